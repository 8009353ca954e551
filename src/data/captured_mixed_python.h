/// Lists and tuples whose items are of a few types as data that kernels read.
#pragma once

#include <span>

#include "data/captured_python.h"

namespace pp::data {

/// How many types such a row may mix: each is a path of its own wherever an item is taken.
inline constexpr size_t kMostMixed = 6;

/// The kind of such a row: tuple[tuple[int, ...], tuple[first, ...], ..., tuple[never, ...]]. The first column says
/// which of the others has the item, the last one marks the form; no row by itself has such a kind. All columns are as
/// long as the row. The items' kinds must be plain and hold nothing that can change.
KindRef mixed_kind(std::span<const KindRef> items);
/// Whether this kind of this object is that form.
bool is_mixed(PyObject* object, KindRef kind);

/// As CapturedObject::read.
std::shared_ptr<CapturedObject> read_mixed(PyObject* row, KindRef kind);

}  // namespace pp::data
