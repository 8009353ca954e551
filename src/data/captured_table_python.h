/// Dicts and sets as tables in which kernels look keys up: parallel_party/_prelude/tables.py does it.
#pragma once

#include "data/captured_python.h"

namespace pp::data {

/// The kind of the table of keys and values (null: of a set) in columns of these kinds, tuple[key, ...] or a mixed one
/// (captured_mixed_python.h); null where tables cannot have such keys.
///
/// A table is tuple[tuple[int, ...], keys, values]: keys and values in the order of iteration, and a power of two of
/// places, more than twice as many as keys. The number of a key stands in the first free place from that of its code on
/// (modulo their number); others are -1.
KindRef table_kind(KindRef keys, KindRef values);

/// As CapturedObject::read.
std::shared_ptr<CapturedObject> read_table(PyObject* dict_or_set, KindRef kind);

}  // namespace pp::data
