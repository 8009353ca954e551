/// See array_iterator.h.
#include "python/array_iterator.h"

#include <algorithm>

#include "data/interpreter_python.h"
#include "python/array_class.h"
#include "python/exceptions.h"
#include "python/imports.h"
#include "python/object.h"

namespace pp::python {

namespace {

struct IteratorObject {
    PyObject_HEAD PyObject* array;  ///< null when it has ended
    Py_ssize_t next;
    Py_ssize_t step;  ///< 1, or -1 from the end
};

IteratorObject* iterator_in(PyObject* object) {
    return reinterpret_cast<IteratorObject*>(object);
}

int traverse(PyObject* object, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(iterator_in(object)->array);
    return 0;
}

int clear(PyObject* object) {
    Py_CLEAR(iterator_in(object)->array);
    return 0;
}

void destroy(PyObject* object) {
    PyTypeObject* type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    clear(object);
    type->tp_free(object);
    Py_DECREF(type);
}

PyObject* next_element(PyObject* object) {
    IteratorObject* iterator = iterator_in(object);
    if (!iterator->array) return nullptr;
    const Py_ssize_t index = iterator->next;
    if (index >= 0 && index < array_length(iterator->array)) {
        iterator->next += iterator->step;
        return array_item(iterator->array, index);
    }
    Py_CLEAR(iterator->array);
    return nullptr;
}

PyObject* length_hint(PyObject* object, PyObject*) {
    const IteratorObject* iterator = iterator_in(object);
    const Py_ssize_t count = iterator->array ? array_length(iterator->array) : 0;
    const Py_ssize_t left = iterator->step > 0 ? count - iterator->next : iterator->next + 1;
    return PyLong_FromSsize_t(left < 0 || left > count ? 0 : left);
}

PyObject* reduce(PyObject* object, PyObject*) {
    return guarded([&] {
        const IteratorObject* iterator = iterator_in(object);
        const Object module = import_module("builtins");
        const bool is_reversed = iterator->array && iterator->step < 0;  // one that has ended is any that has
        const Object maker = checked(PyObject_GetAttrString(module.get(), is_reversed ? "reversed" : "iter"));
        if (!iterator->array) return checked(Py_BuildValue("O(())", maker.get())).release();
        return checked(Py_BuildValue("O(O)n", maker.get(), iterator->array, iterator->next)).release();
    });
}

PyObject* set_state(PyObject* object, PyObject* state) {
    const Py_ssize_t index = PyLong_AsSsize_t(state);
    if (index == -1 && PyErr_Occurred()) return nullptr;
    IteratorObject* iterator = iterator_in(object);
    if (iterator->array) {
        const Py_ssize_t count = array_length(iterator->array);
        const Py_ssize_t lowest = iterator->step > 0 ? 0 : -1;
        iterator->next = std::clamp(index, lowest, lowest + count);
    }
    return Py_NewRef(Py_None);
}

PyMethodDef methods[] = {
    {"__length_hint__", length_hint, METH_NOARGS, "Return how many elements are left, as far as can be told."},
    {"__reduce__", reduce, METH_NOARGS, "Return how to make it again."},
    {"__setstate__", set_state, METH_O, "Go on at that index."},
    {},
};

PyType_Slot slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(destroy)},
    {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(clear)},
    {Py_tp_iter, reinterpret_cast<void*>(PyObject_SelfIter)},
    {Py_tp_iternext, reinterpret_cast<void*>(next_element)},
    {Py_tp_methods, methods},
    {},
};

PyType_Spec specification = {"parallel_party._core.ArrayIterator", sizeof(IteratorObject), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

struct IteratorClass {
    Object type = checked(PyType_FromSpec(&specification));
};

PyObject* make(PyObject* array, Py_ssize_t first, Py_ssize_t step) {
    return guarded([&] {
        auto* type = reinterpret_cast<PyTypeObject*>(data::Interpreter::current().the<IteratorClass>().type.get());
        Object iterator = checked(type->tp_alloc(type, 0));
        IteratorObject* fields = iterator_in(iterator.get());
        fields->array = Py_NewRef(array);
        fields->next = first;
        fields->step = step;
        return iterator.release();
    });
}

}  // namespace

PyObject* make_array_iterator(PyObject* self) {
    return make(self, 0, 1);
}

PyObject* make_reversed_array_iterator(PyObject* self, PyObject*) {
    return make(self, array_length(self) - 1, -1);
}

}  // namespace pp::python
