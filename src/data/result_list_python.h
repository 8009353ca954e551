/// The list a call returns, before its items exist.
#pragma once

#include <Python.h>

#include <cstdint>

namespace pp::data {

/// Makes a list that will have `count` items: empty so far and not watched by the collector, with room that nobody has
/// written to, so that whoever fills it pays its page faults. Null with a Python exception set.
PyObject* new_result_list(int64_t count);

/// Where the items go: `count` slots that hold nothing, not even nulls, until `set_filled` or `fill_with_nulls`.
PyObject** result_slots(PyObject* list);
/// Makes the list one of `count` nulls.
void fill_with_nulls(PyObject* list, int64_t count);
/// Says that every slot holds an object or null.
void set_filled(PyObject* list, int64_t count);

/// Exchanges the items of two lists of the same length, in which nobody looks meanwhile.
void exchange_items(PyObject* a, PyObject* b);

}  // namespace pp::data
