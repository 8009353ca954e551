/// See journal.h.
#include "python/journal.h"

#include <structmember.h>

#include <cstring>

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

/// `collections.deque`, borrowed; null where nobody has imported it.
PyTypeObject* deque_type() {
    PyObject* module = PyDict_GetItemString(PyImport_GetModuleDict(), "collections");
    PyObject* type = module ? PyDict_GetItemString(PyModule_GetDict(module), "deque") : nullptr;
    return type && PyType_Check(type) ? reinterpret_cast<PyTypeObject*>(type) : nullptr;
}

/// Names are compared first: most objects are none, and looking the type up takes longer.
bool is_deque(PyObject* object) {
    for (PyTypeObject* type = Py_TYPE(object); type; type = type->tp_base) {
        if (std::strcmp(type->tp_name, "collections.deque") == 0) return type == deque_type();
    }
    return false;
}

/// By the type's own methods: a class derived from it may have others.
bool put_back_deque(PyObject* deque, PyObject* items) {
    auto* type = reinterpret_cast<PyObject*>(deque_type());
    const Object cleared = Object::steal(PyObject_CallMethod(type, "clear", "O", deque));
    const Object filled = Object::steal(cleared ? PyObject_CallMethod(type, "extend", "OO", deque, items) : nullptr);
    return bool(filled);
}

/// An OrderedDict's items in its own order, which the dict below it does not know.
Object copy_of_ordered(PyObject* ordered) {
    Object copy = checked(PyDict_New());
    Object keys = checked(PyODict_Type.tp_iter(ordered));
    while (Object key = Object::steal(PyIter_Next(keys.get()))) {
        PyObject* value = PyDict_GetItemWithError(ordered, key.get());
        if (!value || PyDict_SetItem(copy.get(), key.get(), value) < 0) throw PythonError{};
    }
    if (PyErr_Occurred()) throw PythonError{};
    return copy;
}

bool put_back_ordered(PyObject* ordered, PyObject* contents) {
    auto* type = reinterpret_cast<PyObject*>(&PyODict_Type);
    if (const Object cleared = Object::steal(PyObject_CallMethod(type, "clear", "O", ordered)); !cleared) return false;
    PyObject *key = nullptr, *value = nullptr;
    for (Py_ssize_t position = 0; PyDict_Next(contents, &position, &key, &value);) {
        if (PyODict_SetItem(ordered, key, value) < 0) return false;
    }
    return true;
}

bool put_back_dict(PyObject* dict, PyObject* contents) {
    if (PyODict_Check(dict)) return put_back_ordered(dict, contents);
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
        entries_.push_back({Object::borrow(object), std::move(items)});
    } else if (PyDict_Check(object)) {
        Object copy = PyODict_Check(object) ? copy_of_ordered(object) : checked(PyDict_Copy(object));
        PyObject *key = nullptr, *value = nullptr;
        Py_ssize_t position = 0;
        while (PyDict_Next(copy.get(), &position, &key, &value)) {
            if (!is_atom(key)) pending_.push_back(Object::borrow(key));
            if (!is_atom(value)) pending_.push_back(Object::borrow(value));
        }
        entries_.push_back({Object::borrow(object), std::move(copy)});
    } else if (PyAnySet_Check(object)) {
        const Object iterator = checked(PySet_Type.tp_iter(object));  // a class derived from it may have another one
        const Object items = checked(PySequence_Tuple(iterator.get()));
        follow_all(items.get());
        if (!PyFrozenSet_Check(object)) entries_.push_back({Object::borrow(object), checked(PySet_New(items.get()))});
    } else if (is_deque(object)) {
        const Object iterator = checked(deque_type()->tp_iter(object));
        Object items = checked(PySequence_Tuple(iterator.get()));
        follow_all(items.get());
        entries_.push_back({Object::borrow(object), std::move(items)});
    }
    if (Py_TYPE(object)->tp_flags & Py_TPFLAGS_HEAPTYPE) keep_instance(object);
}

void Journal::keep_instance(PyObject* object) {
    PyTypeObject* type = Py_TYPE(object);
    Object dict = has_dict(type) ? checked(PyObject_GenericGetDict(object, nullptr)) : Object{};
    if (dict) pending_.push_back(Object::borrow(dict.get()));
    std::vector<Py_ssize_t> offsets = slots_of(type);
    Object values = checked(PyTuple_New(static_cast<Py_ssize_t>(offsets.size())));
    for (size_t i = 0; i < offsets.size(); ++i) {
        PyObject* value = slot(object, offsets[i]);
        PyTuple_SET_ITEM(values.get(), static_cast<Py_ssize_t>(i), Py_NewRef(value ? value : Py_Ellipsis));
    }
    follow_all(values.get());
    instances_.push_back({Object::borrow(object), Object::borrow(reinterpret_cast<PyObject*>(type)), std::move(dict),
                          std::move(values), std::move(offsets)});
}

bool Journal::put_back(const Entry& entry) {
    PyObject* container = entry.container.get();
    if (PyList_Check(container)) return put_back_list(container, entry.copy.get());
    if (PyDict_Check(container)) return put_back_dict(container, entry.copy.get());
    return PyAnySet_Check(container) ? put_back_set(container, entry.copy.get())
                                     : put_back_deque(container, entry.copy.get());
}

/// By what all objects have: the class may have a `__setattr__` of its own.
bool Journal::put_back(const Instance& instance) {
    PyObject* object = instance.object.get();
    if (reinterpret_cast<PyObject*>(Py_TYPE(object)) != instance.type.get()) {
        const Object name = Object::steal(PyUnicode_FromString("__class__"));
        if (!name || PyObject_GenericSetAttr(object, name.get(), instance.type.get()) < 0) return false;
    }
    if (instance.dict) {
        const Object now = Object::steal(PyObject_GenericGetDict(object, nullptr));
        if (!now) return false;
        const bool is_other = now.get() != instance.dict.get();
        if (is_other && PyObject_GenericSetDict(object, instance.dict.get(), nullptr) < 0) return false;
    }
    put_back_slots(object, instance.slots, instance.values.get());
    return true;
}

void Journal::restore() noexcept {
    PyObject *type = nullptr, *value = nullptr, *trace = nullptr;
    PyErr_Fetch(&type, &value, &trace);
    bool is_complete = true;
    const auto note = [&](bool is_back) {
        if (!is_back) PyErr_Clear();  // told below: the exception in flight is the one that matters
        is_complete = is_complete && is_back;
    };
    for (const Instance& instance : instances_)  // first: a dict may be in the place of another one
        note(put_back(instance));
    for (const Entry& entry : entries_)
        note(put_back(entry));
    instances_.clear();
    entries_.clear();
    PyErr_Restore(type, value, trace);
    if (!is_complete && PyErr_Occurred()) {
        add_note_to_current_error("parallel_party: not all elements could be put back as they were");
    }
}

}  // namespace pp::python
