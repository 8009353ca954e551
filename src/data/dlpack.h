/// The memory layout of DLPack, versions 0 and 1: how libraries of arrays hand memory to one another.
#pragma once

#include <cstdint>
#include <optional>

#include "data/number_format.h"

namespace pp::data::dlpack {

inline constexpr int32_t kCpu = 1, kCuda = 2, kCudaHost = 3, kCudaManaged = 13;

struct Device {
    int32_t type, id;
};

struct DataType {
    uint8_t code, bits;
    uint16_t lanes;
};

struct Tensor {
    void* data;
    Device device;
    int32_t ndim;
    DataType type;
    int64_t* shape;
    int64_t* strides;  ///< in items; null: dense, the last dimension fastest
    uint64_t byte_offset;
};

struct ManagedTensor {
    Tensor tensor;
    void* context;
    void (*deleter)(ManagedTensor*);
};

struct VersionedTensor {
    uint32_t major, minor;
    void* context;
    void (*deleter)(VersionedTensor*);
    uint64_t flags;
    Tensor tensor;
};
inline constexpr uint64_t kReadOnly = 1;

inline DataType type_of(NumberFormat format) {
    const uint8_t bits = static_cast<uint8_t>(8 * format_bytes(format));
    if (format == NumberFormat::Bool) return {6, bits, 1};
    if (is_floating(format)) return {2, bits, 1};
    const bool is_signed = format == NumberFormat::Int64 || format == NumberFormat::Int32 ||
                           format == NumberFormat::Int16 || format == NumberFormat::Int8;
    return {static_cast<uint8_t>(is_signed ? 0 : 1), bits, 1};
}

inline std::optional<NumberFormat> format_of(DataType type) {
    for (const NumberFormat format : kNumberFormats) {
        const DataType own = type_of(format);
        if (own.code == type.code && own.bits == type.bits && type.lanes == 1) return format;
    }
    return std::nullopt;
}

}  // namespace pp::data::dlpack
