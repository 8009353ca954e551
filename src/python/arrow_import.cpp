/// See arrow_import.h.
#include "python/arrow_import.h"

#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
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

/// Positions [begin, end) of an array's own numbering, its offset left out.
void refuse_nulls(const arrow::Array& array, int64_t begin, int64_t end) {
    if (array.null_count == 0 || array.n_buffers == 0 || !array.buffers[0]) return;
    for (int64_t i = begin; i < end; ++i) {
        if (bit_at(array.buffers[0], array.offset + i)) continue;
        throw UserError(ErrorKind::Conversion, "element " + std::to_string(i) +
                                                   " of the Arrow array is null, and an Array holds numbers only; fill "
                                                   "nulls first, or give a list");
    }
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
    std::vector<std::vector<data::LeafView>> leaves;
    std::vector<int64_t> counts;
    for (;;) {
        auto chunk = std::make_unique<arrow::Array>();
        check(stream->get_next(stream, chunk.get()));
        if (!chunk->release) break;
        chunks_.push_back(std::move(chunk));
        leaves.emplace_back();
        counts.push_back(chunks_.back()->length);
        if (!read_chunk(*chunks_.back(), leaves.back())) return false;
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

/// The leaves of every `step`-th value of `array`, the first being number `first`.
KindRef ForeignArrow::add(const arrow::Schema& schema, const arrow::Array& array, int64_t first, int64_t step,
                          std::vector<data::LeafView>& leaves) {
    const std::string_view format = schema.format;
    if (schema.dictionary || static_cast<int64_t>(leaves.size()) > kMostLeaves) return nullptr;
    std::vector<KindRef> items;
    if (format == "+s") {
        refuse_nulls(array, 0, array.length);
        for (int64_t i = 0; i < schema.n_children; ++i)
            items.push_back(add(*schema.children[i], *array.children[i], array.offset + first, step, leaves));
    } else if (format.starts_with("+w:")) {
        refuse_nulls(array, 0, array.length);
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

KindRef ForeignArrow::add_numbers(const arrow::Schema& schema, const arrow::Array& array, int64_t first, int64_t step,
                                  std::vector<data::LeafView>& leaves) {
    const auto format = arrow::format_of(schema.format);
    if (!format || array.n_buffers != 2) return nullptr;
    refuse_nulls(array, 0, array.length);
    const auto bytes = static_cast<int64_t>(data::format_bytes(*format));
    static char nothing[8];
    auto* base = array.buffers[1] ? static_cast<char*>(const_cast<void*>(array.buffers[1])) : nothing;
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
