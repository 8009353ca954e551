/// Making single objects in the blocks of a chunk, by any thread.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>

#include "data/block_cursor_python.h"
#include "data/object_writer_python.h"
#include "data/ready_texts_python.h"
#include "data/reference_counts_python.h"
#include "data/small_ints_python.h"
#include "data/text_writer_python.h"
#include "data/tracked_rows_python.h"

namespace pp::data {

/// Objects that exist already, and what else all chunks of a job share; read only.
struct ReadyObjects {
    const SmallInts& small_ints;
    const ReadyTexts& texts;
    PyObject* empty_tuple;
    std::span<PyObject* const> constants;  ///< by Kind::object
    uintptr_t link_flags;
};

/// Every function returns a new reference. Blocks are taken in the order in which they were counted.
class ChunkObjects {
public:
    ChunkObjects(const ReadyObjects& ready, ChunkBlocks& blocks, PendingReferences& references, TrackedChain& watched)
        : ready_(ready), blocks_(blocks), references_(references), watched_(watched) {}

    PyObject* take(PyObject* object) noexcept { return references_.take(object); }
    PyObject* new_float(double value) noexcept { return write_float(blocks_[block_class(kFloatBytes)].take(), value); }
    PyObject* new_bool(bool value) noexcept { return take(value ? Py_True : Py_False); }
    PyObject* new_complex(double real, double imaginary) noexcept {
        return write_complex(blocks_[block_class(kComplexBytes)].take(), real, imaginary);
    }
    PyObject* new_int(int64_t value) noexcept {
        if (ready_.small_ints.contains(value)) {
            return take(ready_.small_ints.object(value));
        }
        const bool is_wide = digit_count(magnitude_of(value)) == 3;
        return write_int(blocks_[block_class(is_wide ? kWideIntBytes : kIntBytes)].take(), value);
    }
    PyObject* new_text(const void* units, uint32_t unit_bytes, int64_t length) noexcept {
        if (is_ready_text(units, unit_bytes, length)) {
            return take(ready_.texts.object(units, unit_bytes, length));
        }
        const TextForm form = text_form(units, unit_bytes, length);
        return write_text(blocks_.take(form.bytes()), form, units, unit_bytes);
    }
    /// `items`: of the new row, still to be set.
    PyObject* new_tuple(size_t size, PyObject**& items) noexcept {
        if (size == 0) {
            return take(ready_.empty_tuple);
        }
        PyObject* row = write_tuple(blocks_.take(tuple_bytes(size)), size);
        items = new_tuple_items(row);
        return row;
    }
    PyObject* new_list(size_t size, PyObject**& items) noexcept {
        char* block = blocks_[block_class(kListBytes)].take();
        items = size == 0 ? nullptr : reinterpret_cast<PyObject**>(blocks_.take(items_bytes(size)));
        return write_list(block, size, items);
    }
    /// Has the collector watch it from the end of the job on.
    void watch(PyObject* object) noexcept { watched_.append(link_of(object), ready_.link_flags); }

    const ReadyObjects& ready() const noexcept { return ready_; }
    ChunkBlocks& blocks() noexcept { return blocks_; }

private:
    const ReadyObjects& ready_;
    ChunkBlocks& blocks_;
    PendingReferences& references_;
    TrackedChain& watched_;
};

}  // namespace pp::data
