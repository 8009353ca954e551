/// See array_values.h.
#include "python/array_values.h"

#include <algorithm>
#include <mutex>
#include <string>

#include "base/error.h"
#include "data/array_elements_python.h"
#include "data/column.h"
#include "data/large_ints_python.h"
#include "data/parallel_python.h"
#include "data/record_place_python.h"
#include "python/array_class.h"
#include "python/array_object.h"
#include "python/cuda_exchange.h"
#include "python/number_table.h"

namespace pp::python {

namespace {

constexpr int64_t kBlock = 1024;

[[noreturn]] void refuse_kind(const data::ElementType& type, const data::ElementType& from) {
    throw UserError(ErrorKind::Conversion,
                    "elements of type " + from.to_string() + " where the Array holds " + type.to_string());
}

/// What elements of type `from` become where `type` or `format` is asked for.
data::ElementTypeRef wanted_type(data::ElementTypeRef from, data::ElementTypeRef type,
                                 std::optional<data::NumberFormat> format) {
    if (!from->is_known()) return type ? type : from;
    if (type && type->is_known()) {
        if (!data::takes_kind(*type, from->kind)) refuse_kind(*type, *from);
        return type;
    }
    if (!format) return from;
    data::ElementTypeRef stored = data::element_type(from->kind, *format);
    if (!stored) {
        throw UserError(ErrorKind::Conversion, "elements of type " + from->to_string() + " cannot be stored as " +
                                                   data::to_string(*format) + " without changing what they are");
    }
    return stored;
}

ArrayValues values_of(std::span<const data::LeafView> leaves, int64_t count, data::ElementTypeRef from,
                      data::ElementTypeRef wanted) {
    if (from != wanted || count == 0) return {convert(leaves, count, wanted), 0, count};
    auto block = std::make_shared<data::ArrayBlock>(wanted, count);
    std::vector<data::LeafView> to;
    for (size_t i = 0; i < leaves.size(); ++i)
        to.push_back(block->leaf(i));
    data::copy_elements(leaves, to, count);
    if (wanted->is_dynamic) block->items().own_all(*wanted, to, 0, count);
    return {std::move(block), 0, count};
}

/// An Array of nothing but the type that its elements will have.
data::ElementTypeRef empty_type(data::ElementTypeRef type, std::optional<data::NumberFormat> format) {
    if (type && type->is_known()) return type;
    if (!format) return data::unknown_element_type();
    return data::element_type(data::scalar_kind(*format), *format);
}

ArrayValues values_of_objects(PyObject* rows, data::ElementTypeRef type, std::optional<data::NumberFormat> format) {
    const data::ElementSpan span{PySequence_Fast_ITEMS(rows), PySequence_Fast_GET_SIZE(rows)};
    if (span.count == 0) return {std::make_shared<data::ArrayBlock>(empty_type(type, format), 0), 0, 0};
    if (format && (!type || !type->is_known())) {
        KindRef kind = data::array_kind(data::column_kind(span));
        if (!kind && *format == data::NumberFormat::UInt64) kind = data::kind_with_large_ints(span);
        if (kind) kind = data::in_class_order(kind);
        if (kind && kind->tag == Tag::None) kind = data::scalar_kind(*format);
        if (kind && !data::is_settled(kind)) {  // others say what the first one leaves open
            const auto open = data::read_block(span, nullptr, data::scalar_kind(*format));
            keep_classes(*open->type());
            return values_of(open->leaves(), open->capacity(), open->type(),
                             wanted_type(open->type(), nullptr, format));
        }
        const std::span objects(span.items, static_cast<size_t>(span.count));
        if (kind && data::optional_kind(kind) && std::ranges::find(objects, Py_None) != objects.end())
            kind = data::optional_kind(kind);
        type = kind ? wanted_type(data::element_type(kind), nullptr, format) : empty_type(nullptr, format);
    }
    auto block = data::read_block(span, type);
    keep_classes(*block->type());
    const int64_t count = block->capacity();
    return {std::move(block), 0, count};
}

/// Whether an Array may take such elements in, but not leaf by leaf: tuples as namedtuples, numbers where something may
/// be None.
bool is_taken_as_objects(data::ElementTypeRef type, const data::ElementType& from) {
    return type && type->is_known() && !data::takes_kind(*type, from.kind) &&
           (!type->is_scalar() || from.is_dynamic || from.has_gaps);
}

ArrayValues values_of_array(PyObject* array, data::ElementTypeRef type, std::optional<data::NumberFormat> format) {
    const ArrayAccess access(array);
    if (access.count() > 0 && is_taken_as_objects(type, *access.type()))
        return values_of_objects(array_to_list(array).get(), type, format);
    data::ElementTypeRef wanted = wanted_type(access.type(), type, format);
    if (wanted == access.type() && access.has_whole_elements() && access.body().may_share()) {
        access.body().settle(access.first() + access.count());
        return {access.body().share(), access.body().first() + access.first(), access.count()};
    }
    return values_of(access.read(), access.count(), access.type(), wanted);
}

ArrayValues values_of_table(const NumberTable& table, data::ElementTypeRef type,
                            std::optional<data::NumberFormat> format) {
    if (table.count() == 0 || !is_taken_as_objects(type, *table.type()))
        return values_of(table.leaves(), table.count(), table.type(), wanted_type(table.type(), type, format));
    ArrayValues own = values_of(table.leaves(), table.count(), table.type(), table.type());
    return values_of_array(new_array(std::move(own.block), 0, own.count).get(), type, format);
}

/// They stay there where they are stored as they are.
ArrayValues values_on_gpu(const CudaTable& table, data::ElementTypeRef type, std::optional<data::NumberFormat> format) {
    ArrayValues values{table.copy(), 0, table.count(), table.ordinal()};
    if (values.count > 0 && is_taken_as_objects(type, *table.type()))
        return values_of_array(new_array(values.block, 0, values.count).get(), type, format);
    data::ElementTypeRef wanted = wanted_type(table.type(), type, format);
    if (wanted == table.type()) return values;
    values.block->before_read(0, values.count);
    values.block = convert(values.leaves(), values.count, wanted);
    return values;
}

}  // namespace

data::PackedElement pack_result(PyObject* result, const data::ElementType& type, int64_t index, bool rounds) {
    try {
        const auto ints = rounds ? data::IntsAsFloats::Nearest : data::IntsAsFloats::Exact;
        return data::PackedElement(result, type, ints);
    } catch (const UserError& error) {
        throw UserError(error.kind(), std::string(error.what()) + " (the result of element " + std::to_string(index) +
                                          "); give a list to get any results");
    }
}

std::vector<data::LeafView> ArrayValues::leaves() const {
    block->before_read(first, first + count);
    std::vector<data::LeafView> leaves;
    for (size_t i = 0; i < type()->leaves.size(); ++i)
        leaves.push_back(block->leaf(i).from(first));
    return leaves;
}

namespace {

/// Whether it is looked at where it lies.
bool is_at_hand(PyObject* data) {
    return is_array(data) || PyList_CheckExact(data) || PyTuple_CheckExact(data) || PyBytes_Check(data) ||
           NumberTable::may_be_one(data);
}

}  // namespace

void raise_changing_type() {
    PyErr_SetString(PyExc_RuntimeError, "what the Array holds was changed by what is put into it");
    throw PythonError{};
}

ArrayValues take_values_for(PyObject* array, PyObject* data) {
    const Object pulled = is_at_hand(data) ? Object::borrow(data) : checked(PySequence_List(data));
    for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
        data::ElementTypeRef type = ArrayAccess(array).type();
        ArrayValues values = take_values(pulled.get(), type);
        if (ArrayAccess(array).type() == type) return values;
    }
    raise_changing_type();
}

ArrayValues take_values(PyObject* data, data::ElementTypeRef type, std::optional<data::NumberFormat> format) {
    if (is_array(data)) return values_of_array(data, type, format);
    if (PyList_CheckExact(data) || PyTuple_CheckExact(data)) return values_of_objects(data, type, format);
    if (NumberTable::may_be_one(data)) {
        if (const auto cuda = CudaTable::open(data)) return values_on_gpu(*cuda, type, format);
    }
    const auto table = PyBytes_Check(data) || NumberTable::may_be_one(data) ? NumberTable::open(data) : nullptr;
    if (table) return values_of_table(*table, type, format);
    const Object list = checked(PySequence_List(data));
    return values_of_objects(list.get(), type, format);
}

std::shared_ptr<data::ArrayBlock> convert(std::span<const data::LeafView> from, int64_t count,
                                          data::ElementTypeRef type) {
    auto block = std::make_shared<data::ArrayBlock>(type, count);
    const auto becomes_float = [&](size_t leaf) {
        return data::native_type(from[leaf].format) == ir::Type::I64 && data::is_floating(type->leaves[leaf]);
    };
    bool has_ints_as_floats = false;
    for (size_t i = 0; i < from.size(); ++i)
        has_ints_as_floats |= becomes_float(i);
    int64_t misfit = count;
    std::mutex mutex;
    data::in_chunks(count, static_cast<int64_t>(from.size()), [&](int64_t begin, int64_t end) {
        alignas(64) char scratch[kBlock * 8];
        std::vector<int64_t> misfits;
        for (int64_t piece = begin; piece < end; piece += kBlock) {
            const int64_t piece_end = std::min(piece + kBlock, end);
            for (size_t i = 0; i < from.size(); ++i) {
                data::read_leaf(from[i], piece, piece_end, scratch, misfits);
                const ir::Type read = data::native_type(from[i].format);
                if (becomes_float(i))
                    data::find_inexact(reinterpret_cast<const int64_t*>(scratch), piece, piece_end, misfits);
                data::write_leaf(read, scratch, piece, piece_end, block->leaf(i), misfits);
            }
        }
        if (misfits.empty()) return;
        std::lock_guard lock(mutex);
        misfit = std::min(misfit, *std::ranges::min_element(misfits));
    });
    if (misfit == count && type->is_dynamic) block->items().own_all(*type, block->leaves(), 0, count);
    if (misfit < count) {
        const std::string what = has_ints_as_floats ? "an int that no float is equal to, where the Array holds "
                                                    : "a value is out of the bounds of ";
        throw UserError(ErrorKind::Overflow, what + type->to_string() + " (element " + std::to_string(misfit) + ")");
    }
    return block;
}

}  // namespace pp::python
