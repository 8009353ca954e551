/// Places in the user's source text.
#pragma once

#include <cstdint>

namespace pp {

/// A stretch of source text. Lines count from 1, columns from 0 in UTF-8 bytes, as code objects give them.
/// `line == 0` means unknown; `column < 0` means that only the line is known.
struct SourceSpan {
    int32_t line = 0;
    int32_t column = -1;
    int32_t end_line = 0;
    int32_t end_column = -1;

    bool operator==(const SourceSpan&) const = default;
};

}  // namespace pp
