/// See referents_python.h.
#include "data/referents_python.h"

namespace pp::data {
namespace {

struct Visitor {
    VisitReferent visit;
    void* argument;

    void operator()(PyObject* object) const {
        if (object) {
            visit(object, argument);
        }
    }
    static int from_collector(PyObject* object, void* self) {
        (*static_cast<Visitor*>(self))(object);
        return 0;
    }
};

void visit_function(PyFunctionObject* function, const Visitor& visitor) {
    visitor(function->func_closure);
    visitor(function->func_defaults);
    visitor(function->func_kwdefaults);
    visitor(function->func_dict);
}

}  // namespace

void visit_class_attributes(PyTypeObject* type, VisitReferent visit, void* argument) {
    PyObject* bases = type->tp_mro;
    for (Py_ssize_t i = 0; bases && i < PyTuple_GET_SIZE(bases); ++i) {
        auto* base = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(bases, i));
        if (!(base->tp_flags & Py_TPFLAGS_HEAPTYPE) || !base->tp_dict) {
            continue;
        }
        PyObject *key = nullptr, *value = nullptr;
        for (Py_ssize_t position = 0; PyDict_Next(base->tp_dict, &position, &key, &value);) {
            if (!Py_TYPE(value)->tp_descr_get) {
                visit(value, argument);
            }
        }
    }
}

void visit_referents(PyObject* object, VisitReferent visit, void* argument) {
    Visitor visitor{visit, argument};
    PyTypeObject* type = Py_TYPE(object);
    if (PyType_Check(object) || PyModule_Check(object)) {
        return;
    }
    if (PyFunction_Check(object)) {
        return visit_function(reinterpret_cast<PyFunctionObject*>(object), visitor);
    }
    if (PyWeakref_Check(object)) {
        visitor(reinterpret_cast<PyWeakReference*>(object)->wr_object);
    }
    if (PyObject_IS_GC(object) && type->tp_traverse) {
        type->tp_traverse(object, Visitor::from_collector, &visitor);
    }
    visit_class_attributes(type, visit, argument);
}

}  // namespace pp::data
