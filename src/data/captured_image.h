/// Captured data as one block of bytes that can lie anywhere: in the memory of a device, whose addresses it then holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "data/captured.h"

namespace pp::data {

struct CapturedImage {
    std::vector<uint64_t> block;  ///< its bytes, in whole words
    std::vector<uint64_t> words;  ///< the leaves, as Captured::words
};

/// How many bytes the image of `captured` takes, a multiple of 8.
size_t image_bytes(const Captured& captured);
/// The image for a block that is to lie at `address`. Any thread; the data is only read. Throws std::bad_alloc.
CapturedImage make_image(const Captured& captured, uint64_t address);

}  // namespace pp::data
