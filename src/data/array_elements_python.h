/// Elements of Arrays as Python objects: one at a time, and many by all threads.
#pragma once

#include <Python.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "data/array_body.h"
#include "data/element_type.h"
#include "data/leaf_view.h"
#include "data/reader_python.h"
#include "data/tracked_rows_python.h"

namespace pp::data {

/// A new reference to element `index`. Null with an exception set. GIL held; runs no Python code.
PyObject* element_object(const ElementType& type, std::span<const LeafView> leaves, int64_t index);

/// One element on its way into an Array: its leaves as they will be stored.
class PackedElement {
public:
    /// Throws UserError(Conversion) for an object of another kind, UserError(Overflow) for a value that does not fit,
    /// both without the element's number. GIL held. Exact ints, floats, bools, tuples and lists run no Python code;
    /// an `__index__` does. Throws PythonErrorSet where that raised.
    PackedElement(PyObject* object, const ElementType& type);
    void store(std::span<const LeafView> leaves, int64_t index) const;

private:
    void pack(PyObject* object, const ElementType& type, KindRef kind);
    void pack_number(PyObject* object, NumberFormat format);

    struct Word {
        char bytes[8];
    };
    std::vector<Word> words_;
};

/// Thrown where a Python exception has been set.
struct PythonErrorSet {};

/// Reads all elements into a new block of that type, or where it is null, of the type that takes in all of them. Throws
/// as PackedElement, the element's number in the message, and std::bad_alloc. GIL held; runs Python code only where
/// elements have an `__index__`, after it has last looked at `elements`.
std::shared_ptr<ArrayBlock> read_block(ElementSpan elements, ElementTypeRef type);

/// Reads all elements into a new block where each is of the first one's kind exactly and comes out as it went in; else
/// null. GIL held; runs no Python code.
std::shared_ptr<ArrayBlock> read_exactly(ElementSpan elements);

/// Makes elements [0, count) into objects at `target`, whose slots hold nothing yet, not even nulls. Rows for the
/// collector are added to `rows`. False with an exception set: slots hold objects or nulls. GIL held; runs no Python
/// code.
bool box_elements(const ElementType& type, std::span<const LeafView> leaves, int64_t count, PyObject** target,
                  TrackedRows& rows);

}  // namespace pp::data
