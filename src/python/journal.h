/// What handed-back elements may change, as it was before, to put it back should a later one raise.
#pragma once

#include <Python.h>

#include <unordered_map>
#include <vector>

#include "python/object.h"

namespace pp::python {

/// Keeps lists, deques, dicts, sets, and the class and the attributes of plain instances. GIL held for every member.
class Journal {
public:
    /// Copies every such container that can be reached from `object` and has not been copied yet. Runs no Python code
    /// of the user's. Throws PythonError.
    void keep(PyObject* object);
    /// Puts the contents back. The exception that is set stays set; a container that could not be put back is named in
    /// a note on it.
    void restore() noexcept;

private:
    struct Entry {
        Object container;
        Object copy;  ///< list, deque: tuple; dict: dict, of an OrderedDict in its order; set: set
    };
    struct Instance {
        Object object;
        Object type;
        Object dict;                    ///< what its attributes are in; null where it has none
        Object values;                  ///< tuple of those in slots; Ellipsis for what is not there
        std::vector<Py_ssize_t> slots;  ///< where these are
    };

    void visit(PyObject* object);
    void keep_instance(PyObject* object);
    void follow_all(PyObject* tuple);

    static bool put_back(const Entry& entry);
    static bool put_back(const Instance& instance);

    std::vector<Entry> entries_;
    std::vector<Instance> instances_;
    std::unordered_map<PyObject*, Object> seen_;  ///< kept alive, so that no address is used again
    std::vector<Object> pending_;
};

}  // namespace pp::python
