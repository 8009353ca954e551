/// sorted() of a few numbers that are known one by one.
#pragma once

#include <optional>
#include <vector>

#include "frontend/translation.h"

namespace pp::frontend {

/// The numbers in order, stable, as values of their own: a network of comparisons, so that loops over elements
/// vectorise. NaN hands the element back. Nothing where they are too many, or not all floats or all ints.
std::optional<std::vector<Value>> sorted_numbers(Translation& translation, const std::vector<Value>& items,
                                                 bool is_falling);

}  // namespace pp::frontend
