/// Noticing that lists and dicts have changed since they were looked at.
#pragma once

#include <Python.h>

#include <vector>

#include "ir/kind.h"

namespace pp::data {

/// The dict or set as a table whose keys can be looked up: `kind` is tuple[tuple[int, ...], keys], of a dict
/// tuple[..., values] (captured_table_python.h).
bool is_table(PyObject* object, KindRef kind);

/// The objects of a table in the order in which iterating gives them: keys, and values of a dict, borrowed. Valid while
/// the GIL is held and no Python code runs.
struct TableItems {
    explicit TableItems(PyObject* dict_or_set);
    std::vector<PyObject*> keys, values;
};

/// Remembers the objects by whose places in lists and dicts a change is noticed, and owns references to them, so that
/// none of these addresses comes to stand for another object. GIL held for every member but `bytes`.
class WatchedObjects {
public:
    WatchedObjects() = default;
    WatchedObjects(const WatchedObjects&) = delete;
    WatchedObjects& operator=(const WatchedObjects&) = delete;
    /// May run Python code.
    ~WatchedObjects();

    /// `object`, which is of `kind`, as it is now. Runs no Python code. Throws std::bad_alloc.
    void remember(PyObject* object, KindRef kind);
    /// Whether `object` and all that it leads to by its kind are as they were remembered. False also where that is not
    /// known: where the interpreter's objects cannot be looked at, always. Wakes the thread pool only where the objects
    /// are many; runs no Python code.
    bool are_in(PyObject* object, KindRef kind) const;
    size_t bytes() const noexcept;

private:
    std::vector<PyObject*> held_;    ///< owned; in the order in which `are_in` comes to them
    std::vector<Py_ssize_t> sizes_;  ///< how many of them each list or dict holds
    bool is_watching_ = false;
};

}  // namespace pp::data
