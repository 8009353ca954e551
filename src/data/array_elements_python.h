/// Elements of Arrays as Python objects: one at a time, and many by all threads.
#pragma once

#include <Python.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "data/array_body.h"
#include "data/element_object_python.h"
#include "data/element_type.h"
#include "data/leaf_view.h"
#include "data/packed_element_python.h"
#include "data/reader_python.h"
#include "data/tracked_rows_python.h"

namespace pp::data {

/// Reads all elements into a new block of that type, or where it is null, of the type that takes in all of them. The
/// block's type is `with_wide_text` of the type given where a text asks for that. Throws
/// as PackedElement, the element's number in the message, and std::bad_alloc. GIL held; runs Python code only where
/// elements have an `__index__`, after it has last looked at `elements`. `open_as`: the numbers of which no element
/// says what they are, in rows without items or where all are None; null: that is refused.
std::shared_ptr<ArrayBlock> read_block(ElementSpan elements, ElementTypeRef type, KindRef open_as = nullptr);

/// Reads all elements into a new block where each is of the first one's kind exactly and comes out as it went in; else
/// null. GIL held; runs no Python code.
std::shared_ptr<ArrayBlock> read_exactly(ElementSpan elements);

/// Makes elements [0, count) into objects at `target`, whose slots hold nothing yet, not even nulls. Rows for the
/// collector are added to `rows`. False with an exception set: slots hold objects or nulls. GIL held; runs no Python
/// code.
bool box_elements(const ElementType& type, std::span<const LeafView> leaves, int64_t count, PyObject** target,
                  TrackedRows& rows);

}  // namespace pp::data
