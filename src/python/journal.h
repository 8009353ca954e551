/// What handed-back elements may change, as it was before, to put it back should a later one raise.
#pragma once

#include <Python.h>

#include <unordered_map>
#include <vector>

#include "python/object.h"

namespace pp::python {

/// Keeps lists, dicts, sets and the attributes of plain instances. GIL held for every member.
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
        Object copy;                    ///< list: tuple; dict: dict; set: set; instance: tuple of its slots' values
        std::vector<Py_ssize_t> slots;  ///< instance: where these are
    };

    void visit(PyObject* object);
    void keep_instance(PyObject* object);
    void follow_all(PyObject* tuple);

    std::vector<Entry> entries_;
    std::unordered_map<PyObject*, Object> seen_;  ///< kept alive, so that no address is used again
    std::vector<Object> pending_;
};

}  // namespace pp::python
