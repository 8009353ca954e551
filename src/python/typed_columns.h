/// Columns whose elements are in memory already: Arrays, and buffers of numbers.
#pragma once

#include <Python.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "data/array_body.h"
#include "data/element_type.h"
#include "data/leaf_view.h"
#include "engine/resident_columns.h"
#include "python/number_table.h"
#include "python/object.h"

namespace pp::python {

/// GIL held for every member. Arrays stay as they were at the call: who writes to one meanwhile copies it first.
class TypedColumns {
public:
    /// False where some column is neither; then this holds nothing. With `reads` lists, tuples and ranges of elements
    /// of one kind are read as well. Throws PythonError, UserError where they have different lengths and `strict` is
    /// set.
    /// Arrays of which something is None are no columns that kernels read: false then, too, and `has_gaps`, unless it
    /// `reads`, or `keeps_gaps`.
    bool take(std::span<PyObject* const> columns, bool strict, bool reads = false, bool keeps_gaps = false);
    bool has_gaps() const noexcept { return has_gaps_; }
    /// The first such Array's, where elements themselves may be None; else null.
    data::ElementTypeRef type_with_gaps() const noexcept { return type_with_gaps_; }

    /// Elements of the shortest column.
    int64_t count() const noexcept { return count_; }
    size_t size() const noexcept { return columns_.size(); }
    data::ElementTypeRef type(size_t column) const noexcept { return columns_[column].type; }
    /// The leaves of all columns, one column after the other. The host may look at them after `fetch`.
    const std::vector<data::LeafView>& leaves() const noexcept { return leaves_; }
    /// Brings what only a device has.
    void fetch() const;
    /// The columns as a device may have them; nothing where some column's memory is not an Array's own.
    std::optional<std::vector<engine::ResidentBlock>> residents(std::vector<uint32_t>& block_of_leaf) const;
    /// The blocks of the columns that have one.
    std::vector<std::shared_ptr<data::ArrayBlock>> blocks() const;
    /// The GPU on which the first column that has one is used; -1: none.
    int home() const noexcept { return home_; }
    /// Whether some column's memory can be written to by others without copying: a buffer.
    bool has_foreign_memory() const noexcept { return has_foreign_memory_; }
    /// Element `index` as an object. Throws PythonError.
    Object element(size_t column, int64_t index) const;
    /// Lets go of the memory, so that writing to an Array need not copy.
    void release();

private:
    struct Column {
        data::ElementTypeRef type;
        int64_t count;
        size_t first_leaf;
        std::shared_ptr<data::ArrayBlock> block;
        int64_t begin, end;    ///< which elements of the block
        int64_t first, width;  ///< the first element is number `first` of those of which the block's have `width` each
        std::unique_ptr<NumberTable> table;
    };

    bool add(PyObject* object, bool keeps_gaps);
    bool add_array(PyObject* array, bool keeps_gaps);
    bool add_objects(PyObject* list_or_tuple);
    bool add_range(PyObject* range);
    void add_block(std::shared_ptr<data::ArrayBlock> block);

    std::vector<Column> columns_;
    std::vector<data::LeafView> leaves_;
    int64_t count_ = 0;
    bool has_foreign_memory_ = false, has_gaps_ = false;
    data::ElementTypeRef type_with_gaps_ = nullptr;
    int home_ = -1;
};

}  // namespace pp::python
