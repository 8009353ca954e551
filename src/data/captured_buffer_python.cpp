/// See captured_buffer_python.h.
#include "data/captured_buffer_python.h"

#include <cstring>
#include <limits>
#include <string_view>

#include "data/column.h"

namespace pp::data {
namespace {

/// Exactly an array.array: what is derived from it has another base.
bool is_array(PyObject* object) {
    const PyTypeObject* type = Py_TYPE(object);
    return std::string_view(type->tp_name) == "array.array" && type->tp_base == &PyBaseObject_Type &&
           type->tp_dictoffset == 0 && type->tp_as_buffer && type->tp_as_buffer->bf_getbuffer;
}

/// A buffer held for as long as it is looked at.
class HeldBuffer {
public:
    explicit HeldBuffer(PyObject* object) {
        is_held_ = PyObject_GetBuffer(object, &view_, PyBUF_FORMAT | PyBUF_ND | PyBUF_STRIDES) == 0;
        if (!is_held_) {
            PyErr_Clear();  // released, or with gaps: it has no kind, which is told to whoever asks
        }
    }
    ~HeldBuffer() {
        if (is_held_) {
            PyBuffer_Release(&view_);
        }
    }
    HeldBuffer(const HeldBuffer&) = delete;
    HeldBuffer& operator=(const HeldBuffer&) = delete;

    bool is_flat() const { return is_held_ && view_.ndim == 1 && PyBuffer_IsContiguous(&view_, 'C'); }
    /// The struct module's code of an item in native size, or 0.
    char format() const {
        const std::string_view text = view_.format ? view_.format : "B";
        const std::string_view code = text.starts_with('@') ? text.substr(1) : text;
        return code.size() == 1 ? code[0] : '\0';
    }
    const char* bytes() const { return static_cast<const char*>(view_.buf); }
    size_t size() const { return static_cast<size_t>(view_.len); }
    int64_t count() const { return view_.itemsize > 0 ? view_.len / view_.itemsize : 0; }

private:
    Py_buffer view_{};
    bool is_held_ = false;
};

template <typename From, typename To> bool convert(const char* from, int64_t count, void* to) {
    for (int64_t i = 0; i < count; ++i) {
        From value;
        std::memcpy(&value, from + i * static_cast<int64_t>(sizeof value), sizeof value);
        if constexpr (std::is_same_v<From, unsigned long long> || std::is_same_v<From, unsigned long>) {
            if (value > static_cast<From>(std::numeric_limits<int64_t>::max())) {
                return false;
            }
        }
        static_cast<To*>(to)[i] = static_cast<To>(value);
    }
    return true;
}

/// False where an item does not fit.
bool convert(char format, const char* from, int64_t count, void* to) {
    switch (format) {
    case 'd': return convert<double, double>(from, count, to);
    case 'f': return convert<float, double>(from, count, to);
    case '?': return convert<bool, uint8_t>(from, count, to);
    case 'b': return convert<signed char, int64_t>(from, count, to);
    case 'B': return convert<unsigned char, int64_t>(from, count, to);
    case 'h': return convert<short, int64_t>(from, count, to);
    case 'H': return convert<unsigned short, int64_t>(from, count, to);
    case 'i': return convert<int, int64_t>(from, count, to);
    case 'I': return convert<unsigned, int64_t>(from, count, to);
    case 'l': return convert<long, int64_t>(from, count, to);
    case 'L': return convert<unsigned long, int64_t>(from, count, to);
    case 'q': return convert<long long, int64_t>(from, count, to);
    case 'Q': return convert<unsigned long long, int64_t>(from, count, to);
    default: return false;
    }
}

KindRef kind_of_format(char format) {
    return format == 'd' || format == 'f'                                          ? float_kind()
           : format == '?'                                                         ? bool_kind()
           : std::string_view("bBhHiIlLqQ").find(format) != std::string_view::npos ? int_kind()
                                                                                   : nullptr;
}

KindRef kind_of(const HeldBuffer& buffer) {
    const KindRef item = buffer.is_flat() ? kind_of_format(buffer.format()) : nullptr;
    const KindRef items = item ? tuple_of_kind(item) : nullptr;
    return items ? tuple_kind({&items, 1}) : nullptr;
}

class CapturedBuffer final : public CapturedObject {
public:
    explicit CapturedBuffer(KindRef kind) : CapturedObject(kind) {}

    bool read(PyObject* object) {
        const HeldBuffer buffer(object);
        if (kind_of(buffer) != kind_) {
            return false;
        }
        format_ = buffer.format();
        const auto count = static_cast<size_t>(buffer.count());
        items_ = Storage(count * item_bytes(kind_->items[0]->item));
        words_ = {reinterpret_cast<uintptr_t>(items_.data()), count};
        if (!convert(format_, buffer.bytes(), buffer.count(), items_.data())) {
            return false;
        }
        // Items of 8 bytes are as they were.
        if (buffer.size() != items_.bytes()) {
            raw_ = Storage(buffer.size());
            std::memcpy(raw_.data(), buffer.bytes(), buffer.size());
        }
        return true;
    }

    bool is_current(PyObject* object) const override {
        const HeldBuffer buffer(object);
        const Storage& known = raw_.bytes() != 0 ? raw_ : items_;
        return kind_of(buffer) == kind_ && buffer.format() == format_ && buffer.size() == known.bytes() &&
               (buffer.size() == 0 || std::memcmp(buffer.bytes(), known.data(), buffer.size()) == 0);
    }
    size_t bytes() const noexcept override { return sizeof *this + items_.bytes() + raw_.bytes(); }

private:
    char format_ = '\0';
    Storage items_, raw_;
};

}  // namespace

bool is_buffer(PyObject* object) {
    return PyBytes_CheckExact(object) || PyByteArray_CheckExact(object) || PyMemoryView_Check(object) ||
           is_array(object);
}

KindRef buffer_kind(PyObject* object) {
    return is_buffer(object) ? kind_of(HeldBuffer(object)) : nullptr;
}

std::shared_ptr<CapturedObject> read_buffer(PyObject* buffer, KindRef kind) {
    auto made = std::make_shared<CapturedBuffer>(kind);
    return made->read(buffer) ? made : nullptr;
}

}  // namespace pp::data
