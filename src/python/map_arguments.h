/// The arguments of `pp.map` and `pp.explain`, sorted into what is the library's and what is the function's.
#pragma once

#include <Python.h>

#include <string>
#include <vector>

#include "codegen/codegen.h"
#include "engine/placement.h"
#include "python/environment.h"

namespace pp::python {

struct MapArguments {
    PyObject* function = nullptr;  ///< as given; borrowed
    CallShape shape;               ///< functools.partial, methods and objects with a __call__ taken apart
    std::vector<PyObject*> columns;
    std::vector<PyObject*> keyword_names, keyword_values;  ///< the call's own, for calling `function`
    engine::DeviceRequest device;
    codegen::Options options;
    PyObject* out = nullptr;  ///< null: none given
    bool strict = false;
    std::vector<Object> owned;  ///< keeps what these held alive
};

/// A public function that takes a function and columns.
struct PublicFunction {
    const char* name;  ///< for messages
    bool takes_strict;
    bool takes_out;
    bool changes_elements;
};

/// The context variable that `parallel_party.device` sets to a str; borrowed. Throws PythonError.
PyObject* device_variable();

/// Vectorcall arguments -> MapArguments. Throws UserError, PythonError. For device="auto" stands what the context
/// says, else PARALLEL_PARTY_DEVICE.
MapArguments parse_arguments(const PublicFunction& called, PyObject* const* args, Py_ssize_t count,
                             PyObject* keyword_names);

}  // namespace pp::python
