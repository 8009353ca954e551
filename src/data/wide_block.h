/// Elements with texts of one byte a character, copied as such of four.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "data/array_body.h"

namespace pp::data {

/// A new block of `count` elements of `type`, whose type is `with_wide_text` of that. Throws std::bad_alloc.
std::shared_ptr<ArrayBlock> wide_block(const ElementType& type, std::span<const LeafView> from, int64_t count);

}  // namespace pp::data
