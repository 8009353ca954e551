/// See typed_columns.h.
#include "python/typed_columns.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "data/array_elements_python.h"
#include "data/parallel_python.h"
#include "python/array_object.h"
#include "python/cuda_exchange.h"

namespace pp::python {

bool TypedColumns::take(std::span<PyObject* const> columns, bool strict, bool reads, bool keeps_gaps) {
    // Without looking into any: taking a buffer may run Python code.
    const auto is_typed = [reads](PyObject* column) {
        return is_array(column) || NumberTable::may_be_one(column) ||
               (reads && (PyList_CheckExact(column) || PyTuple_CheckExact(column) || PyRange_Check(column)));
    };
    if (!std::ranges::all_of(columns, is_typed)) return false;
    columns_.reserve(columns.size());
    for (PyObject* column : columns) {
        if (!add(column, reads || keeps_gaps)) {
            release();
            return false;
        }
    }
    count_ = columns_.empty() ? 0 : INT64_MAX;
    for (const Column& column : columns_)
        count_ = std::min(count_, column.count);
    for (size_t i = 0; strict && i < columns_.size(); ++i) {
        if (columns_[i].count == columns_[0].count) continue;
        throw UserError(ErrorKind::Value, "strict=True: column " + std::to_string(i + 1) + " is " +
                                              (columns_[i].count < columns_[0].count ? "shorter" : "longer") +
                                              " than column 1");
    }
    return true;
}

namespace {

bool is_all_there(const data::LeafView& is_there, int64_t count) {
    for (int64_t i = 0; i < count; ++i)
        if (!*is_there.at(i)) return false;
    return true;
}

}  // namespace

/// An Array that could hold None, and does not, is one of what is there.
bool TypedColumns::add_array(PyObject* array, bool keeps_gaps) {
    const ArrayAccess access(array);
    data::ElementTypeRef type = access.type();
    auto leaves = access.leaves();
    if (type->has_gaps && !keeps_gaps) {
        size_t first = 0;
        if (data::is_optional(type->kind)) {
            access.read();
            has_gaps_ = !is_all_there(leaves.back(), access.count());
            if (!type_with_gaps_) type_with_gaps_ = type;
            type = data::item_type(*type, 0, first);
            leaves.pop_back();
        }
        has_gaps_ |= type->has_gaps;
        if (has_gaps_) return false;
    }
    has_gaps_ |= type->has_gaps;
    int64_t begin = 0, end = access.count();
    access.block_range(begin, end);
    const int64_t width = access.part().is_flat ? static_cast<int64_t>(access.body().type()->leaves.size()) : 1;
    columns_.push_back({type, access.count(), leaves_.size(), access.body().share(), begin, end,
                        access.body().first() * width + access.first(), width, nullptr});
    if (home_ < 0) home_ = access.body().home();
    has_foreign_memory_ |= access.body().has_exported_buffer();
    leaves_.insert(leaves_.end(), leaves.begin(), leaves.end());
    return true;
}

bool TypedColumns::add(PyObject* object, bool keeps_gaps) {
    if (is_array(object)) return add_array(object, keeps_gaps);
    if (PyList_CheckExact(object) || PyTuple_CheckExact(object)) return add_objects(object);
    if (PyRange_Check(object)) return add_range(object);
    if (auto cuda = CudaTable::open(object)) {
        auto block = CudaTable::lend(cuda);
        columns_.push_back({cuda->type(), cuda->count(), leaves_.size(), block, 0, cuda->count(), 0, 1, nullptr});
        if (home_ < 0) home_ = cuda->ordinal();
        for (size_t i = 0; i < cuda->type()->leaves.size(); ++i)
            leaves_.push_back(block->leaf(i));
        return true;
    }
    auto table = NumberTable::open(object);
    if (!table) return false;
    if (table->type()->has_gaps) {
        throw UserError(ErrorKind::Conversion, "a column of Arrow's has nulls in it; make an Array of it first, with "
                                               "parallel_party.array()");
    }
    has_foreign_memory_ = true;
    columns_.push_back({table->type(), table->count(), leaves_.size(), nullptr, 0, 0, 0, 1, nullptr});
    leaves_.insert(leaves_.end(), table->leaves().begin(), table->leaves().end());
    columns_.back().table = std::move(table);
    return true;
}

bool TypedColumns::add_objects(PyObject* list_or_tuple) {
    auto block = data::read_exactly({PySequence_Fast_ITEMS(list_or_tuple), PySequence_Fast_GET_SIZE(list_or_tuple)});
    if (!block) return false;
    add_block(std::move(block));
    return true;
}

/// Its numbers, without making them objects; false where some has more than 64 bits.
bool TypedColumns::add_range(PyObject* range) {
    const Py_ssize_t count = PyObject_Size(range);
    int64_t ends[2] = {0, 0};  // the first and the second
    for (Py_ssize_t i = 0; i < std::min<Py_ssize_t>(count, 2); ++i) {
        int overflow = 0;
        const Object number = checked(PySequence_GetItem(range, i)),
                     last = checked(PySequence_GetItem(range, count - 1));
        ends[i] = PyLong_AsLongLongAndOverflow(number.get(), &overflow);
        if (!overflow) PyLong_AsLongLongAndOverflow(last.get(), &overflow);
        if (overflow) return false;
    }
    if (count < 0) PyErr_Clear();  // more than there is memory for
    if (count <= 0) return false;
    const uint64_t step = count > 1 ? static_cast<uint64_t>(ends[1]) - static_cast<uint64_t>(ends[0]) : 0;
    auto block = std::make_shared<data::ArrayBlock>(data::element_type(int_kind()), count);
    auto* numbers = reinterpret_cast<uint64_t*>(block->leaf(0).base);
    data::in_chunks(count, 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
            numbers[i] = static_cast<uint64_t>(ends[0]) + static_cast<uint64_t>(i) * step;
    });
    add_block(std::move(block));
    return true;
}

void TypedColumns::add_block(std::shared_ptr<data::ArrayBlock> block) {
    const int64_t count = block->capacity();
    columns_.push_back({block->type(), count, leaves_.size(), block, 0, count, 0, 1, nullptr});
    for (size_t i = 0; i < block->type()->leaves.size(); ++i)
        leaves_.push_back(block->leaf(i));
}

Object TypedColumns::element(size_t column, int64_t index) const {
    const Column& of = columns_[column];
    if (of.block) {
        const int64_t place = (of.first + index) / of.width;
        of.block->before_read(place, place + 1);
    }
    return checked(
        data::element_object(*of.type, std::span(leaves_).subspan(of.first_leaf, of.type->leaves.size()), index));
}

void TypedColumns::fetch() const {
    for (const Column& column : columns_)
        if (column.block) column.block->before_read(column.begin, column.end);
}

std::optional<std::vector<engine::ResidentBlock>> TypedColumns::residents(std::vector<uint32_t>& block_of_leaf) const {
    if (has_foreign_memory_) return std::nullopt;
    std::vector<engine::ResidentBlock> blocks;
    for (const Column& column : columns_) {
        if (!column.block) return std::nullopt;
        block_of_leaf.insert(block_of_leaf.end(), column.type->leaves.size(), static_cast<uint32_t>(blocks.size()));
        blocks.push_back({&column.block->residency(), column.block->memory(), column.begin, column.end, column.width,
                          column.first - column.begin * column.width});
    }
    return blocks;
}

std::vector<std::shared_ptr<data::ArrayBlock>> TypedColumns::blocks() const {
    std::vector<std::shared_ptr<data::ArrayBlock>> blocks;
    for (const Column& column : columns_)
        if (column.block) blocks.push_back(column.block);
    return blocks;
}

void TypedColumns::release() {
    columns_.clear();
    leaves_.clear();
}

}  // namespace pp::python
