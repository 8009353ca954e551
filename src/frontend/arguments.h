/// Binding a call's arguments to a Python function's parameters.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/intrinsics.h"

namespace pp::frontend {

/// The slots of a new frame, or why there is none.
struct BoundArguments {
    std::vector<Value> slots;  ///< parameters only; cells are not yet made
    std::string error;         ///< why CPython would refuse the call; empty: it would not
};

/// `callee` is a Function.
BoundArguments bind_arguments(Translation& translation, const Value& callee, std::span<const Value> positional,
                              std::span<const KeywordArgument> keywords);

}  // namespace pp::frontend
