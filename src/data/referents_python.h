/// What an object of any type holds.
#pragma once

#include <Python.h>

namespace pp::data {

using VisitReferent = void (*)(PyObject* object, void* argument);

/// Calls `visit(object, argument)` for every object, borrowed, that `object` holds directly, as the collector sees
/// them, and for what a weak reference leads to. Of a function: what it has kept of its surroundings, but not its
/// globals; of an instance also the attributes of its class. Nothing of modules and classes, to which everything leads.
/// GIL held; runs no Python code.
void visit_referents(PyObject* object, VisitReferent visit, void* argument);

/// The same for what a class and its bases hold that were made by class statements, but for methods and properties,
/// which lead to all globals.
void visit_class_attributes(PyTypeObject* type, VisitReferent visit, void* argument);

}  // namespace pp::data
