/// See array_class.h.
#include "python/array_class.h"

#include <new>
#include <vector>

#include "data/interpreter_python.h"
#include "python/array_iterator.h"
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

PyType_Slot slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(make_empty)},
    {Py_tp_dealloc, reinterpret_cast<void*>(destroy)},
    {Py_tp_iter, reinterpret_cast<void*>(make_array_iterator)},
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
