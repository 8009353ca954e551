/// See array_class.h.
#include "python/array_class.h"

#include <new>
#include <vector>

#include "data/interpreter_python.h"
#include "python/array_object.h"
#include "python/exceptions.h"

namespace pp::python {

namespace {

PyObject* make_empty(PyTypeObject* type, PyObject*, PyObject*) {
    return guarded([&] {
        auto body = std::make_shared<data::ArrayBody>(data::unknown_element_type());
        Object object = checked(type->tp_alloc(type, 0));
        auto* array = reinterpret_cast<ArrayObject*>(object.get());
        new (&array->body) std::shared_ptr<data::ArrayBody>(std::move(body));
        new (&array->part) ArrayPart();
        return object.release();
    });
}

void destroy(PyObject* object) {
    auto* array = reinterpret_cast<ArrayObject*>(object);
    PyTypeObject* type = Py_TYPE(object);
    // Null where the memory for it was all there was.
    if (array->body && array->part.is_view) array->body->unpin();
    array->body.~shared_ptr();
    type->tp_free(object);
    Py_DECREF(type);
}

struct IteratorObject {
    PyObject_HEAD PyObject* array;  ///< null when it has ended
    Py_ssize_t next;
};

IteratorObject* iterator_in(PyObject* object) {
    return reinterpret_cast<IteratorObject*>(object);
}

void destroy_iterator(PyObject* object) {
    PyTypeObject* type = Py_TYPE(object);
    Py_XDECREF(iterator_in(object)->array);
    type->tp_free(object);
    Py_DECREF(type);
}

PyObject* next_element(PyObject* object) {
    IteratorObject* iterator = iterator_in(object);
    if (!iterator->array) return nullptr;
    if (iterator->next < array_length(iterator->array)) return array_item(iterator->array, iterator->next++);
    Py_CLEAR(iterator->array);
    return nullptr;
}

PyObject* length_hint(PyObject* object, PyObject*) {
    const IteratorObject* iterator = iterator_in(object);
    const Py_ssize_t left = iterator->array ? array_length(iterator->array) - iterator->next : 0;
    return PyLong_FromSsize_t(left < 0 ? 0 : left);
}

PyMethodDef iterator_methods[] = {
    {"__length_hint__", length_hint, METH_NOARGS, nullptr},
    {},
};

PyType_Slot iterator_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(destroy_iterator)},
    {Py_tp_iter, reinterpret_cast<void*>(PyObject_SelfIter)},
    {Py_tp_iternext, reinterpret_cast<void*>(next_element)},
    {Py_tp_methods, iterator_methods},
    {},
};

PyType_Spec iterator_specification = {"parallel_party._core.ArrayIterator", sizeof(IteratorObject), 0,
                                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, iterator_slots};

struct IteratorClass {
    Object type = checked(PyType_FromSpec(&iterator_specification));
};

PyObject* make_iterator(PyObject* self) {
    return guarded([&] {
        auto* type = reinterpret_cast<PyTypeObject*>(data::Interpreter::current().the<IteratorClass>().type.get());
        Object iterator = checked(type->tp_alloc(type, 0));
        iterator_in(iterator.get())->array = Py_NewRef(self);
        return iterator.release();
    });
}

PyType_Slot slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(make_empty)},
    {Py_tp_dealloc, reinterpret_cast<void*>(destroy)},
    {Py_tp_iter, reinterpret_cast<void*>(make_iterator)},
    {Py_tp_hash, reinterpret_cast<void*>(PyObject_HashNotImplemented)},
    {Py_tp_richcompare, reinterpret_cast<void*>(array_compare)},
    {Py_sq_length, reinterpret_cast<void*>(array_length)},
    {Py_sq_item, reinterpret_cast<void*>(array_item)},
    {Py_sq_ass_item, reinterpret_cast<void*>(array_assign_item)},
    {Py_sq_contains, reinterpret_cast<void*>(array_contains)},
    {Py_sq_concat, reinterpret_cast<void*>(array_concat)},
    {Py_sq_repeat, reinterpret_cast<void*>(array_repeat)},
    {Py_sq_inplace_concat, reinterpret_cast<void*>(array_inplace_concat)},
    {Py_sq_inplace_repeat, reinterpret_cast<void*>(array_inplace_repeat)},
    {Py_mp_length, reinterpret_cast<void*>(array_length)},
    {Py_mp_subscript, reinterpret_cast<void*>(array_subscript)},
    {Py_mp_ass_subscript, reinterpret_cast<void*>(array_assign_subscript)},
    {Py_bf_getbuffer, reinterpret_cast<void*>(array_get_buffer)},
    {Py_bf_releasebuffer, reinterpret_cast<void*>(array_release_buffer)},
    {Py_tp_methods, nullptr},  // set below
    {},
};

}  // namespace

Object make_array_base_class() {
    static std::vector<PyMethodDef> methods = [] {
        std::vector<PyMethodDef> all;
        for (PyMethodDef* table : {array_sequence_methods, array_exchange_methods, array_state_methods}) {
            for (; table->ml_name; ++table)
                all.push_back(*table);
        }
        all.push_back({});
        return all;
    }();
    for (PyType_Slot& slot : slots) {
        if (slot.slot == Py_tp_methods) slot.pfunc = methods.data();
    }
    PyType_Spec specification = {"parallel_party._core.ArrayBase", sizeof(ArrayObject), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_SEQUENCE, slots};
    return checked(PyType_FromSpec(&specification));
}

}  // namespace pp::python
