/// See arrow_import.h.
#include "python/arrow_import.h"

#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "data/column.h"
#include "data/item_memory.h"
#include "data/read_plan.h"

namespace pp::python {

namespace {

namespace arrow = data::arrow;

bool has_attribute(PyObject* object, const char* name) {
    return PyObject_HasAttrString(reinterpret_cast<PyObject*>(Py_TYPE(object)), name);
}

template <typename T> T* in_capsule(PyObject* capsule, const char* name) {
    auto* pointer = static_cast<T*>(PyCapsule_GetPointer(capsule, name));
    if (!pointer) throw PythonError{};
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

}  // namespace

bool ForeignArrow::may_be_one(PyObject* object) {
    return has_attribute(object, "__arrow_c_array__") || has_attribute(object, "__arrow_c_stream__");
}

std::unique_ptr<ForeignArrow> ForeignArrow::open(PyObject* object) {
    std::unique_ptr<ForeignArrow> foreign(new ForeignArrow);
    if (has_attribute(object, "__arrow_c_array__")) return foreign->take_array(object) ? std::move(foreign) : nullptr;
    if (has_attribute(object, "__arrow_c_stream__")) return foreign->take_stream(object) ? std::move(foreign) : nullptr;
    return nullptr;
}

ForeignArrow::~ForeignArrow() {
    for (const auto& chunk : chunks_) {
        if (chunk->release) chunk->release(chunk.get());
    }
    if (stream_schema_.release) stream_schema_.release(&stream_schema_);
}

bool ForeignArrow::take_array(PyObject* object) {
    const Object pair = checked(PyObject_CallMethod(object, "__arrow_c_array__", nullptr));
    PyObject *schema = nullptr, *array = nullptr;
    if (!PyArg_ParseTuple(pair.get(), "OO", &schema, &array)) throw PythonError{};
    capsules_ = {Object::borrow(schema), Object::borrow(array)};
    schema_ = in_capsule<arrow::Schema>(schema, "arrow_schema");
    const auto* chunk = in_capsule<arrow::Array>(array, "arrow_array");
    count_ = chunk->length;
    return read_chunk(*chunk, leaves_);
}

bool ForeignArrow::take_stream(PyObject* object) {
    capsules_ = {checked(PyObject_CallMethod(object, "__arrow_c_stream__", nullptr))};
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
    if (!chunks_.empty()) join(leaves, counts);
    return !chunks_.empty();
}

bool ForeignArrow::read_chunk(const arrow::Array& chunk, std::vector<data::LeafView>& leaves) {
    next_node_ = 0;
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
    if (has_nulls(array)) nullable_.insert(node);
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
    if (schema.dictionary || static_cast<int64_t>(leaves.size()) > kMostLeaves) return nullptr;
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
        for (int64_t i = 0; i < schema.n_children; ++i)
            items.push_back(add(*schema.children[i], *array.children[i], array.offset + first, step, leaves));
    } else if (format.starts_with("+w:")) {
        const int64_t width = std::atoll(format.data() + 3);
        if (width > static_cast<int64_t>(data::kMaximumRow)) return nullptr;
        for (int64_t i = 0; i < width; ++i) {
            const int64_t position = (array.offset + first) * width + i;
            items.push_back(add(*schema.children[0], *array.children[0], position, step * width, leaves));
        }
    } else {
        return add_numbers(schema, array, first, step, leaves);
    }
    for (KindRef item : items) {
        if (!item) return nullptr;
    }
    return items.empty() ? nullptr : tuple_kind(items);
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
    if (!item || !data::array_kind(tuple_of_kind(item))) return nullptr;
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
    const auto format = arrow::format_of(schema.format);
    if (!format || array.n_buffers != 2) return nullptr;
    const auto bytes = static_cast<int64_t>(data::format_bytes(*format));
    auto* base = static_cast<char*>(const_cast<void*>(array.buffers[1] ? array.buffers[1] : no_memory()));
    if (*format == data::NumberFormat::Bool) {
        const int64_t total = array.offset + array.length;
        unpacked_.push_back(std::make_unique<uint8_t[]>(static_cast<size_t>(total) + 1));
        for (int64_t i = 0; i < total; ++i)
            unpacked_.back()[static_cast<size_t>(i)] = bit_at(array.buffers[1], i);
        base = reinterpret_cast<char*>(unpacked_.back().get());
    }
    leaves.push_back({base + (array.offset + first) * bytes, bytes * step, *format});
    return data::scalar_kind(*format);
}

}  // namespace pp::python
