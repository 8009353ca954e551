/// See arrow_import.h.
#include "python/arrow_import.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "data/column.h"
#include "data/item_memory.h"
#include "data/read_plan.h"
#include "python/buffer_copy.h"
#include "python/exceptions.h"

namespace pp::python {

namespace {

namespace arrow = data::arrow;

bool has_attribute(PyObject* object, const char* name) {
    return PyObject_HasAttrString(reinterpret_cast<PyObject*>(Py_TYPE(object)), name);
}

template <typename T> T* in_capsule(PyObject* capsule, const char* name) {
    auto* pointer = static_cast<T*>(PyCapsule_GetPointer(capsule, name));
    if (!pointer) throw PythonError{};
    if (!pointer->release) {
        throw UserError(ErrorKind::Value, std::string("the '") + name +
                                              "' has been released or taken by someone else; export it once more");
    }
    return pointer;
}

bool bit_at(const void* bits, int64_t position) {
    return static_cast<const uint8_t*>(bits)[position / 8] >> (position % 8) & 1;
}

bool has_nulls(const arrow::Array& array) {
    if (array.null_count == 0 || array.n_buffers == 0 || !array.buffers[0]) return false;
    for (int64_t i = 0; i < array.length; ++i) {
        if (!bit_at(array.buffers[0], array.offset + i)) return true;
    }
    return false;
}

const char* no_memory() {
    static const char nothing[8] = {};
    return nothing;
}

constexpr int64_t kMostLeaves = 256;

[[noreturn]] void refuse_table(PyObject* object, const std::string& why) {
    throw UserError(ErrorKind::Conversion, std::string("the rows of a '") + Py_TYPE(object)->tp_name +
                                               "' are no elements of an Array: " + why +
                                               "; leave that out, or give a list of rows");
}

/// What an exporter raises that has no form in Arrow for its values, or lacks the library for it.
bool says_that_there_is_none() {
    for (PyObject* kind : {PyExc_ValueError, PyExc_TypeError, PyExc_NotImplementedError, PyExc_ImportError}) {
        if (PyErr_ExceptionMatches(kind)) return true;
    }
    return false;
}

/// Null where there is none; throws where that cannot be had otherwise either.
Object exported(PyObject* object, const char* method) {
    Object result = Object::steal(PyObject_CallMethod(object, method, nullptr));
    if (result) return result;
    if (!says_that_there_is_none()) throw PythonError{};
    const Object reason = take_current_error();
    if (ForeignArrow::is_table(object) || ForeignArrow::is_stream(object)) {
        const Object text = checked(PyObject_Str(reason.get()));
        const char* utf8 = PyUnicode_AsUTF8(text.get());
        if (!utf8) throw PythonError{};
        refuse_table(object,
                     std::string("they have no form in Arrow, '") + Py_TYPE(reason.get())->tp_name + ": " + utf8 + "'");
    }
    return {};
}

/// Whether NumPy stores its values, as floats.
bool is_numpy_float(PyObject* dtype) {
    if (!std::string_view(Py_TYPE(dtype)->tp_name).starts_with("numpy.")) return false;
    const Object kind = checked(PyObject_GetAttrString(dtype, "kind"));
    return PyUnicode_Check(kind.get()) && PyUnicode_CompareWithASCIIString(kind.get(), "f") == 0;
}

/// Of pandas' series and frames, which columns have NaNs: Arrow is told that these are missing.
std::vector<bool> columns_with_nan(PyObject* object) {
    if (!has_attribute(object, "dtypes") || !has_attribute(object, "__array__")) return {};
    const Object dtypes = checked(PyObject_GetAttrString(object, "dtypes"));
    if (is_numpy_float(dtypes.get())) return {true};
    if (!ForeignArrow::is_table(object)) return {};
    const Object list = checked(PySequence_List(dtypes.get()));
    std::vector<bool> has_nan;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list.get()); ++i)
        has_nan.push_back(is_numpy_float(PyList_GET_ITEM(list.get(), i)));
    return has_nan;
}

}  // namespace

bool ForeignArrow::may_be_one(PyObject* object) {
    return has_attribute(object, "__arrow_c_array__") || has_attribute(object, "__arrow_c_stream__");
}

bool ForeignArrow::is_table(PyObject* object) {
    // What tells tables from series in every library: names of columns, which series have not.
    return may_be_one(object) && (has_attribute(object, "columns") || has_attribute(object, "schema"));
}

bool ForeignArrow::is_stream(PyObject* object) {
    return PyIter_Check(object) && has_attribute(object, "__arrow_c_stream__");
}

std::unique_ptr<ForeignArrow> ForeignArrow::open(PyObject* object) {
    if (!may_be_one(object)) return nullptr;
    std::unique_ptr<ForeignArrow> foreign(new ForeignArrow);
    foreign->nan_columns_ = columns_with_nan(object);
    foreign->has_index_ = is_table(object) && !foreign->nan_columns_.empty() && has_attribute(object, "index");
    const bool is_taken =
        has_attribute(object, "__arrow_c_array__") ? foreign->take_array(object) : foreign->take_stream(object);
    if (is_taken) return foreign;
    if ((is_table(object) && !foreign->has_no_columns()) || is_stream(object)) refuse_table(object, foreign->refusal_);
    return nullptr;
}

ForeignArrow::~ForeignArrow() {
    for (const auto& chunk : chunks_) {
        if (chunk->release) chunk->release(chunk.get());
    }
    if (stream_schema_.release) stream_schema_.release(&stream_schema_);
}

bool ForeignArrow::take_array(PyObject* object) {
    const Object pair = exported(object, "__arrow_c_array__");
    if (!pair) return false;
    if (!PyTuple_Check(pair.get()) || PyTuple_GET_SIZE(pair.get()) != 2) {
        throw UserError(ErrorKind::Type, std::string("__arrow_c_array__ of a '") + Py_TYPE(object)->tp_name +
                                             "' must return a tuple of two capsules, not '" +
                                             Py_TYPE(pair.get())->tp_name + "'");
    }
    PyObject *schema = PyTuple_GET_ITEM(pair.get(), 0), *array = PyTuple_GET_ITEM(pair.get(), 1);
    capsules_ = {Object::borrow(schema), Object::borrow(array)};
    auto* const given_schema = in_capsule<arrow::Schema>(schema, "arrow_schema");
    auto* const given_array = in_capsule<arrow::Array>(array, "arrow_array");
    // Moved, as the interface has it: another consumer of these capsules sees that they are empty.
    stream_schema_ = std::exchange(*given_schema, {});
    schema_ = &stream_schema_;
    chunks_.push_back(std::make_unique<arrow::Array>(std::exchange(*given_array, {})));
    count_ = chunks_[0]->length;
    return read_chunk(*chunks_[0], leaves_);
}

bool ForeignArrow::take_stream(PyObject* object) {
    Object capsule = exported(object, "__arrow_c_stream__");
    if (!capsule) return false;
    capsules_ = {std::move(capsule)};
    read_stream();
    return read_chunks();
}

void ForeignArrow::read_stream() {
    auto* stream = in_capsule<arrow::Stream>(capsules_[0].get(), "arrow_array_stream");
    const auto check = [&](int status) {
        if (status == 0) return;
        const char* message = stream->get_last_error(stream);
        throw UserError(ErrorKind::Value, std::string("the Arrow stream failed: ") + (message ? message : "no reason"));
    };
    check(stream->get_schema(stream, &stream_schema_));
    schema_ = &stream_schema_;
    for (;;) {
        auto chunk = std::make_unique<arrow::Array>();
        check(stream->get_next(stream, chunk.get()));
        if (!chunk->release) break;
        chunks_.push_back(std::move(chunk));
    }
}

bool ForeignArrow::read_chunks() {
    if (chunks_.empty()) {
        empty_ = std::make_unique<EmptyArrow>(*schema_);
        return read_chunk(empty_->array(), leaves_);
    }
    std::vector<std::vector<data::LeafView>> leaves;
    std::vector<int64_t> counts;
    // What one chunk has, missing elements or wide text, all are read with.
    for (size_t known = ~size_t{0}; known != nullable_.size() + wide_.size();) {
        known = nullable_.size() + wide_.size();
        leaves.clear();
        counts.clear();
        for (const auto& chunk : chunks_) {
            leaves.emplace_back();
            counts.push_back(chunk->length);
            if (!read_chunk(*chunk, leaves.back())) return false;
        }
    }
    if (chunks_.size() == 1) {
        leaves_ = std::move(leaves[0]);
        count_ = counts[0];
        return true;
    }
    join(leaves, counts);
    return true;
}

bool ForeignArrow::read_chunk(const arrow::Array& chunk, std::vector<data::LeafView>& leaves) {
    next_node_ = 0;
    next_has_nan_ = nan_columns_.size() == 1 && schema_->n_children == 0;
    kind_ = add(*schema_, chunk, 0, 1, leaves);
    return kind_ != nullptr && !leaves.empty();
}

void ForeignArrow::join(const std::vector<std::vector<data::LeafView>>& chunks, const std::vector<int64_t>& counts) {
    for (const int64_t count : counts)
        count_ += count;
    std::vector<data::NumberFormat> formats;
    for (const data::LeafView& leaf : chunks[0])
        formats.push_back(leaf.format);
    joined_ = std::make_shared<data::ArrayBlock>(data::element_type(kind_, formats), count_);
    for (size_t leaf = 0; leaf < formats.size(); ++leaf) {
        leaves_.push_back(joined_->leaf(leaf));
        int64_t first = 0;
        for (size_t i = 0; i < chunks.size(); first += counts[i++]) {
            if (counts[i] > 0) data::copy_leaf(chunks[i][leaf], leaves_[leaf].from(first), counts[i]);
        }
    }
}

/// The leaves of every `step`-th value of `array`, the first being number `first`; with a bool behind them where some
/// value is missing.
KindRef ForeignArrow::add(const arrow::Schema& schema, const arrow::Array& array, int64_t first, int64_t step,
                          std::vector<data::LeafView>& leaves) {
    const int node = next_node_++;
    const bool has_nan = std::exchange(next_has_nan_, false);
    if (!has_nan && has_nulls(array)) nullable_.insert(node);
    KindRef kind = add_values(node, schema, array, first, step, leaves);
    if (!kind || !nullable_.contains(node)) return kind;
    auto* bytes = unpacked_.emplace_back(std::make_unique<uint8_t[]>(static_cast<size_t>(array.length) + 1)).get();
    const bool has_bits = array.null_count != 0 && array.n_buffers > 0 && array.buffers[0];
    for (int64_t i = 0; i < array.length; ++i)
        bytes[i] = !has_bits || bit_at(array.buffers[0], array.offset + i);
    leaves.push_back({reinterpret_cast<char*>(bytes) + first, step, data::NumberFormat::Bool});
    return data::optional_kind(kind);
}

KindRef ForeignArrow::add_values(int node, const arrow::Schema& schema, const arrow::Array& array, int64_t first,
                                 int64_t step, std::vector<data::LeafView>& leaves) {
    const std::string_view format = schema.format;
    if (schema.dictionary) return refuse("is of Arrow's type " + arrow_type_name(schema));
    if (static_cast<int64_t>(leaves.size()) > kMostLeaves)
        return refuse("comes behind " + std::to_string(kMostLeaves) + " numbers, of which a row has no more");
    std::vector<KindRef> items;
    if (DecodedText::takes(schema)) {
        texts_.push_back(std::make_unique<DecodedText>(schema, array, wide_.contains(node)));
        const DecodedText& text = *texts_.back();
        if (text.kind()->object == 4) wide_.insert(node);
        for (const data::LeafView& leaf : {text.addresses(), text.counts()})
            leaves.push_back({leaf.at(first), leaf.stride * step, leaf.format});
        return text.kind();
    }
    if (format == "+l" || format == "+L") return add_rows(schema, array, first, step, leaves);
    if (format == "+s") {
        // pandas puts the index behind the columns, where it is not the rows' numbers.
        const bool has_index = node == 0 && has_index_;
        const int64_t count = has_index ? std::min(schema.n_children, std::ssize(nan_columns_)) : schema.n_children;
        for (int64_t i = 0; i < count; ++i) {
            const arrow::Schema& column = *schema.children[i];
            path_.emplace_back(column.name ? column.name : "");
            next_has_nan_ =
                node == 0 && static_cast<size_t>(i) < nan_columns_.size() && nan_columns_[static_cast<size_t>(i)];
            items.push_back(add(column, *array.children[i], array.offset + first, step, leaves));
            if (!items.back()) return nullptr;
            path_.pop_back();
        }
    } else if (format.starts_with("+w:")) {
        const int64_t width = std::atoll(format.data() + 3);
        if (width > static_cast<int64_t>(data::kMaximumRow))
            return refuse("has lists of " + std::to_string(width) + " items, where a row has at most " +
                          std::to_string(data::kMaximumRow));
        for (int64_t i = 0; i < width; ++i) {
            const int64_t position = (array.offset + first) * width + i;
            items.push_back(add(*schema.children[0], *array.children[0], position, step * width, leaves));
            if (!items.back()) return nullptr;
        }
    } else {
        return add_numbers(schema, array, first, step, leaves);
    }
    return items.empty() ? refuse("has no columns") : tuple_kind(items);
}

KindRef ForeignArrow::refuse(const std::string& what) {
    std::string column;
    for (const std::string& name : path_)
        column += (column.empty() ? "" : ".") + name;
    refusal_ = (column.empty() ? "it " : "column '" + column + "' ") + what;
    return nullptr;
}

/// Lists: all items as those of rows of any length lie, and where each row begins.
KindRef ForeignArrow::add_rows(const arrow::Schema& schema, const arrow::Array& array, int64_t first, int64_t step,
                               std::vector<data::LeafView>& leaves) {
    const arrow::Array& child = *array.children[0];
    std::vector<data::LeafView> from;
    KindRef item = add(*schema.children[0], child, 0, 1, from);
    if (item && data::is_optional(item)) {
        throw UserError(ErrorKind::Conversion,
                        "a list of the Arrow array has a null in it, which rows of any length have "
                        "not; fill nulls first, or give a list");
    }
    if (!item) return nullptr;
    if (!data::array_kind(tuple_of_kind(item))) return refuse("has lists of what rows of any length do not hold");
    const size_t each = item_bytes(item);
    auto* items = items_.emplace_back(std::make_unique<char[]>(static_cast<size_t>(child.length) * each + 1)).get();
    const std::vector<data::LeafView> to = data::item_leaves(item, items);
    std::vector<int64_t> misfits;
    for (size_t i = 0; i < from.size(); ++i) {
        const ir::Type type = data::native_type(from[i].format);
        const data::Arrays dense(std::vector{type}, child.length);
        data::read_leaf(from[i], 0, child.length, dense.pointers()[0], misfits);
        data::write_leaf(type, dense.pointers()[0], 0, child.length, to[i], misfits);
    }
    if (!misfits.empty()) {
        throw UserError(ErrorKind::Overflow, "an item of the Arrow array's lists is out of the bounds of int64");
    }
    const bool is_short = std::string_view(schema.format) == "+l";
    auto* words = words_.emplace_back(std::make_unique<uint64_t[]>(2 * static_cast<size_t>(array.length) + 1)).get();
    const auto offset = [&](int64_t i) -> int64_t {
        return is_short ? static_cast<const int32_t*>(array.buffers[1])[array.offset + i]
                        : static_cast<const int64_t*>(array.buffers[1])[array.offset + i];
    };
    for (int64_t i = 0; i < array.length; ++i) {
        words[2 * i] = reinterpret_cast<uintptr_t>(items + static_cast<size_t>(offset(i)) * each);
        words[2 * i + 1] = static_cast<uint64_t>(offset(i + 1) - offset(i));
    }
    for (const int64_t word : {0, 1})
        leaves.push_back({reinterpret_cast<char*>(words + 2 * first + word), 16 * step, data::NumberFormat::Int64});
    return tuple_of_kind(item);
}

KindRef ForeignArrow::add_numbers(const arrow::Schema& schema, const arrow::Array& array, int64_t first, int64_t step,
                                  std::vector<data::LeafView>& leaves) {
    const bool has_halves = std::string_view(schema.format) == "e";
    const auto format = has_halves ? data::NumberFormat::Float32 : arrow::format_of(schema.format);
    if (!format || array.n_buffers != 2) return refuse("is of Arrow's type " + arrow_type_name(schema));
    const auto bytes = static_cast<int64_t>(data::format_bytes(*format));
    auto* base = static_cast<char*>(const_cast<void*>(array.buffers[1] ? array.buffers[1] : no_memory()));
    if (*format == data::NumberFormat::Bool) {
        const int64_t total = array.offset + array.length;
        unpacked_.push_back(std::make_unique<uint8_t[]>(static_cast<size_t>(total) + 1));
        for (int64_t i = 0; i < total; ++i)
            unpacked_.back()[static_cast<size_t>(i)] = bit_at(array.buffers[1], i);
        base = reinterpret_cast<char*>(unpacked_.back().get());
    }
    if (has_halves) {
        const NumberGrid halves{base, *format, {array.offset + array.length}, {2}};
        base = halves_as_floats(halves, floats_.emplace_back()).memory;
    }
    leaves.push_back({base + (array.offset + first) * bytes, bytes * step, *format});
    return data::scalar_kind(*format);
}

}  // namespace pp::python
