/// Arrays that a function sees of its surroundings: read where they lie.
#pragma once

#include <Python.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "data/array_body.h"
#include "python/captures.h"

namespace pp::python {

/// Whether it is a pp.Array, and of no class derived from that.
bool is_captured_array(PyObject* object);

/// `tuple[tuple[element, ...], ...]`: the sequence of the elements, and where these do not lie as a tuple's items do,
/// more sequences that say how: one whose items are the elements' numbers (in rows of which these are only a part,
/// between two tuples of the others), or one for each leaf. Their numbers are of a `number_kind`. The first one's
/// address is then 0.
KindRef array_capture_kind(PyObject* array);

/// The Array as it is now; null where it is not of `kind`. Shares its memory, so that who writes to it copies first.
/// GIL held; fetches what only a device has. Throws std::bad_alloc, UserError.
CapturedRef capture_array(PyObject* array, KindRef kind);

/// The words of a capture (data::Captured::words) whose elements lie in `block`, the body's first being its element
/// `first`.
std::vector<uint64_t> array_words(PyObject* array, const data::ArrayBlock& block, int64_t first);

}  // namespace pp::python
