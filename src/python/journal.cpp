/// See journal.h.
#include "python/journal.h"

#include <structmember.h>

#include "python/exceptions.h"

namespace pp::python {

namespace {

/// Objects without contents of their own, and classes, which are no part of an element.
bool is_atom(PyObject* object) {
    return !PyObject_IS_GC(object) || PyType_Check(object);
}

/// Where instances of the type keep what `__slots__` names.
std::vector<Py_ssize_t> slots_of(PyTypeObject* type) {
    std::vector<Py_ssize_t> offsets;
    PyObject* bases = type->tp_mro;
    for (Py_ssize_t i = 0; bases && i < PyTuple_GET_SIZE(bases); ++i) {
        auto* base = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(bases, i));
        if (!(base->tp_flags & Py_TPFLAGS_HEAPTYPE)) continue;
        const auto* members = base->tp_members;
        for (; members && members->name; ++members) {
            if (members->type == T_OBJECT_EX) offsets.push_back(members->offset);
        }
    }
    return offsets;
}

PyObject*& slot(PyObject* object, Py_ssize_t offset) {
    return *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + offset);
}

bool has_dict(PyTypeObject* type) {
#if PY_VERSION_HEX >= 0x030C0000
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) return true;
#endif
    return type->tp_dictoffset != 0;
}

bool put_back_list(PyObject* list, PyObject* items) {
    return PyList_SetSlice(list, 0, PyList_GET_SIZE(list), items) == 0;
}

bool put_back_dict(PyObject* dict, PyObject* contents) {
    PyDict_Clear(dict);
    return PyDict_Update(dict, contents) == 0;
}

bool put_back_set(PyObject* set, PyObject* contents) {
    if (PySet_Clear(set) < 0) return false;
    Object answer = Object::steal(PyObject_CallMethod(set, "update", "O", contents));
    return bool(answer);
}

void put_back_slots(PyObject* object, const std::vector<Py_ssize_t>& offsets, PyObject* values) {
    for (size_t i = 0; i < offsets.size(); ++i) {
        PyObject* value = PyTuple_GET_ITEM(values, static_cast<Py_ssize_t>(i));
        PyObject* old = std::exchange(slot(object, offsets[i]), value == Py_Ellipsis ? nullptr : Py_NewRef(value));
        Py_XDECREF(old);
    }
}

}  // namespace

void Journal::keep(PyObject* object) {
    pending_.push_back(Object::borrow(object));
    while (!pending_.empty()) {
        Object next = std::move(pending_.back());
        pending_.pop_back();
        PyObject* found = next.get();
        if (!is_atom(found) && seen_.emplace(found, std::move(next)).second) visit(found);
    }
}

void Journal::follow_all(PyObject* tuple) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); ++i) {
        PyObject* item = PyTuple_GET_ITEM(tuple, i);
        if (!is_atom(item)) pending_.push_back(Object::borrow(item));
    }
}

void Journal::visit(PyObject* object) {
    if (PyTuple_Check(object)) follow_all(object);
    if (PyList_Check(object)) {
        Object items = checked(PyList_AsTuple(object));
        follow_all(items.get());
        entries_.push_back({Object::borrow(object), std::move(items), {}});
    } else if (PyDict_Check(object)) {
        Object copy = checked(PyDict_Copy(object));
        PyObject *key = nullptr, *value = nullptr;
        Py_ssize_t position = 0;
        while (PyDict_Next(copy.get(), &position, &key, &value)) {
            if (!is_atom(value)) pending_.push_back(Object::borrow(value));
        }
        entries_.push_back({Object::borrow(object), std::move(copy), {}});
    } else if (PyAnySet_Check(object) && !PyFrozenSet_Check(object)) {
        entries_.push_back({Object::borrow(object), checked(PySet_New(object)), {}});
    }
    if (Py_TYPE(object)->tp_flags & Py_TPFLAGS_HEAPTYPE) keep_instance(object);
}

void Journal::keep_instance(PyObject* object) {
    if (has_dict(Py_TYPE(object))) {
        pending_.push_back(checked(PyObject_GenericGetDict(object, nullptr)));
    }
    std::vector<Py_ssize_t> offsets = slots_of(Py_TYPE(object));
    if (offsets.empty()) return;
    Object values = checked(PyTuple_New(static_cast<Py_ssize_t>(offsets.size())));
    for (size_t i = 0; i < offsets.size(); ++i) {
        PyObject* value = slot(object, offsets[i]);
        PyTuple_SET_ITEM(values.get(), static_cast<Py_ssize_t>(i), Py_NewRef(value ? value : Py_Ellipsis));
    }
    follow_all(values.get());
    entries_.push_back({Object::borrow(object), std::move(values), std::move(offsets)});
}

void Journal::restore() noexcept {
    PyObject *type = nullptr, *value = nullptr, *trace = nullptr;
    PyErr_Fetch(&type, &value, &trace);
    bool is_complete = true;
    for (const Entry& entry : entries_) {
        PyObject* container = entry.container.get();
        bool is_back = true;
        if (!entry.slots.empty()) {
            put_back_slots(container, entry.slots, entry.copy.get());
        } else if (PyList_Check(container)) {
            is_back = put_back_list(container, entry.copy.get());
        } else if (PyDict_Check(container)) {
            is_back = put_back_dict(container, entry.copy.get());
        } else {
            is_back = put_back_set(container, entry.copy.get());
        }
        if (!is_back) PyErr_Clear();  // told below: the exception in flight is the one that matters
        is_complete = is_complete && is_back;
    }
    entries_.clear();
    PyErr_Restore(type, value, trace);
    if (!is_complete && PyErr_Occurred()) {
        add_note_to_current_error("parallel_party: not all elements could be put back as they were");
    }
}

}  // namespace pp::python
