/// See leaf_view.h.
#include "data/leaf_view.h"

#include <cstring>

#include "base/error.h"
#include "data/column.h"

namespace pp::data {
namespace {

template <typename T> T load(const char* place) {
    T value;
    std::memcpy(&value, place, sizeof(value));
    return value;
}

template <typename T> void store(char* place, T value) {
    std::memcpy(place, &value, sizeof(value));
}

/// Numbers begin to end of a run; `place(i)` is where number i lies.
template <typename Stored, typename Native, typename Place>
void read_values(Place place, int64_t begin, int64_t end, Native* to, std::vector<int64_t>& misfits) {
    for (int64_t i = begin; i < end; ++i) {
        const auto value = load<Stored>(place(i));
        if constexpr (std::same_as<Stored, uint64_t>) {
            const bool fits = value <= static_cast<uint64_t>(INT64_MAX);
            if (!fits) {
                misfits.push_back(i);
            }
            to[i - begin] = fits ? static_cast<Native>(value) : Native{};
        } else {
            to[i - begin] = static_cast<Native>(value);
        }
    }
}

template <typename Stored, typename Native, typename Place>
void write_values(const Native* from, int64_t begin, int64_t end, Place place, std::vector<int64_t>& misfits) {
    for (int64_t i = begin; i < end; ++i) {
        const Native value = from[i - begin];
        if constexpr (std::same_as<Stored, Native> || (std::floating_point<Stored> && !std::floating_point<Native>)) {
            store(place(i), static_cast<Stored>(value));
        } else if (fits<Stored>(value)) {
            store(place(i), static_cast<Stored>(value));
        } else {
            misfits.push_back(i);
        }
    }
}

template <typename Place>
void read_all(NumberFormat format, Place place, int64_t begin, int64_t end, void* to, std::vector<int64_t>& misfits) {
    with_number(format, [&](auto kind) {
        using Stored = decltype(kind);
        switch (native_type(format)) {
        case ir::Type::F64: read_values<Stored>(place, begin, end, static_cast<double*>(to), misfits); break;
        case ir::Type::I64: read_values<Stored>(place, begin, end, static_cast<int64_t*>(to), misfits); break;
        default: read_values<Stored>(place, begin, end, static_cast<uint8_t*>(to), misfits); break;
        }
    });
}

template <typename Place>
void write_all(ir::Type type, const void* from, int64_t begin, int64_t end, NumberFormat format, Place place,
               std::vector<int64_t>& misfits) {
    with_number(format, [&](auto kind) {
        using Stored = decltype(kind);
        switch (type) {
        case ir::Type::F64: write_values<Stored>(static_cast<const double*>(from), begin, end, place, misfits); break;
        case ir::Type::I64: write_values<Stored>(static_cast<const int64_t*>(from), begin, end, place, misfits); break;
        default: write_values<Stored>(static_cast<const uint8_t*>(from), begin, end, place, misfits); break;
        }
    });
}

template <size_t Bytes> void copy_values(const LeafView& from, const LeafView& to, int64_t count) {
    const char* source = from.base;
    char* target = to.base;
    for (int64_t i = 0; i < count; ++i, source += from.stride, target += to.stride) {
        std::memcpy(target, source, Bytes);
    }
}

}  // namespace

ir::Type native_type(NumberFormat format) {
    return is_floating(format) ? ir::Type::F64 : format == NumberFormat::Bool ? ir::Type::Bool : ir::Type::I64;
}

NumberFormat native_format(ir::Type type) {
    PP_CHECK(type == ir::Type::F64 || type == ir::Type::I64 || type == ir::Type::Bool);
    return type == ir::Type::F64   ? NumberFormat::Float64
           : type == ir::Type::I64 ? NumberFormat::Int64
                                   : NumberFormat::Bool;
}

bool is_native(const LeafView& leaf) {
    return leaf.format == native_format(native_type(leaf.format)) &&
           leaf.stride == static_cast<int64_t>(format_bytes(leaf.format)) &&
           reinterpret_cast<uintptr_t>(leaf.base) % format_bytes(leaf.format) == 0;
}

bool takes(NumberFormat format, Tag tag) {
    switch (tag) {
    case Tag::Float: return is_floating(format);
    case Tag::Int: return format != NumberFormat::Bool;
    case Tag::Bool: return true;
    default: return false;
    }
}

void read_leaf(const LeafView& from, int64_t begin, int64_t end, void* to, std::vector<int64_t>& misfits) {
    if (is_native(from)) {
        std::memcpy(to, from.at(begin), static_cast<size_t>(end - begin) * format_bytes(from.format));
        return;
    }
    read_all(from.format, [&from](int64_t i) { return from.at(i); }, begin, end, to, misfits);
}

void read_leaf_at(const LeafView& from, std::span<const int64_t> elements, int64_t begin, void* to,
                  std::vector<int64_t>& misfits) {
    const auto place = [&](int64_t i) { return from.at(elements[static_cast<size_t>(i - begin)]); };
    read_all(from.format, place, begin, begin + static_cast<int64_t>(elements.size()), to, misfits);
}

void write_leaf(ir::Type type, const void* from, int64_t begin, int64_t end, const LeafView& to,
                std::vector<int64_t>& misfits) {
    if (type == native_type(to.format) && is_native(to)) {
        std::memcpy(to.at(begin), from, static_cast<size_t>(end - begin) * format_bytes(to.format));
        return;
    }
    write_all(type, from, begin, end, to.format, [&to](int64_t i) { return to.at(i); }, misfits);
}

void write_leaf_at(ir::Type type, const void* from, std::span<const int64_t> elements, int64_t begin,
                   const LeafView& to, std::vector<int64_t>& misfits) {
    const auto place = [&](int64_t i) { return to.at(elements[static_cast<size_t>(i - begin)]); };
    write_all(type, from, begin, begin + static_cast<int64_t>(elements.size()), to.format, place, misfits);
}

void find_inexact(const int64_t* values, int64_t begin, int64_t end, std::vector<int64_t>& inexact) {
    for (int64_t i = begin; i < end; ++i) {
        if (!is_exact_float(values[i - begin])) {
            inexact.push_back(i);
        }
    }
}

void copy_leaf(const LeafView& from, const LeafView& to, int64_t count) {
    PP_CHECK(from.format == to.format);
    const size_t bytes = format_bytes(from.format);
    if (from.stride == to.stride && from.stride == static_cast<int64_t>(bytes)) {
        std::memcpy(to.base, from.base, bytes * static_cast<size_t>(count));
        return;
    }
    switch (bytes) {
    case 8: return copy_values<8>(from, to, count);
    case 4: return copy_values<4>(from, to, count);
    case 2: return copy_values<2>(from, to, count);
    default: return copy_values<1>(from, to, count);
    }
}

}  // namespace pp::data
