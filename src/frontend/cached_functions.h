/// Calls of functions behind functools.cache and lru_cache: where following the function gives what its cache gives.
#pragma once

#include <span>

#include "frontend/intrinsics.h"
#include "frontend/translation.h"

namespace pp::frontend {

/// Whether the function may be followed with these arguments; else the path is ended. The cache gives one result for
/// all arguments that are equal: `1`, `1.0` and `True`, `0.0` and `-0.0`. So numbers must have one type wherever the
/// function is called, or the whole function is refused, and elements that call it with a float zero are handed back.
bool may_follow_cached(Translation& translation, const Value& callee, std::span<const Value> positional,
                       std::span<const KeywordArgument> keywords);

}  // namespace pp::frontend
