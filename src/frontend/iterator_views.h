/// Views that iterators go over and that nothing else is made of: see Shape::View.
#pragma once

#include <span>
#include <string_view>

#include "frontend/intrinsics.h"
#include "frontend/translation.h"

namespace pp::frontend {

/// A value again and again (items: it); the items of an indexable again and again (it); some items of an indexable (it,
/// the position of the first, the step, how many).
inline constexpr std::string_view kRepeatView = "repeat", kCycleView = "cycle", kSliceView = "slice";
/// The name of the Range that itertools.count() gives.
inline constexpr std::string_view kCountRange = "count";

/// What is left of an iterator in the variable that it was taken from, an Opaque.
inline constexpr std::string_view kTakenIterator = "iterator that was taken";

/// The items of an indexable at `start`, `start` + `step`, ..., `count` of them.
Value sliced_view(Translation& translation, const Value& source, const Value& start, const Value& step,
                  ir::ValueId count);

/// The functions of itertools that make them: intrinsics_iterators.cpp.
std::span<const IntrinsicEntry> iterator_intrinsics();

}  // namespace pp::frontend
