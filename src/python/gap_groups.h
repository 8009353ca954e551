/// Columns in which something is None, by what is there: each group's elements have one kind, as kernels want it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "data/leaf_view.h"
#include "python/typed_columns.h"

namespace pp::python {

struct GapGroup {
    std::vector<KindRef> kinds;          ///< of the columns
    std::vector<data::LeafView> leaves;  ///< of what is there, in the order of the kinds' leaves
    std::vector<int64_t> elements;       ///< ascending; at least one
};

/// All elements of columns that the host may look at, in the order of the groups' first elements. Nothing where there
/// would be too many groups. GIL held, for all threads of the pool to work meanwhile.
std::optional<std::vector<GapGroup>> group_by_gaps(const TypedColumns& columns);

}  // namespace pp::python
