/// Making dicts, namedtuples and instances without running Python code.
#pragma once

#include <Python.h>

#include "data/record_class_python.h"

namespace pp::data {

/// A new record with these fields, whose references it takes in any case, in this order: what a dict display, or a
/// class whose attributes are set as `object` does it, would have made. Null with an exception set. GIL held.
PyObject* new_record(const RecordAccess& access, PyObject** fields);

}  // namespace pp::data
