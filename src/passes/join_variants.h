/// A function whose results are of several kinds, as one whose results are all of the kind that they are stored as.
#pragma once

#include <optional>
#include <vector>

#include "ir/ir.h"

namespace pp::passes {

/// `function`, after all passes, with results of `kind`, whose leaves are held as `leaves` say: bools become ints, ints
/// become floats, rounded to nearest as float() does; unless `rounds`, one beyond 2**53 hands its element back, for no
/// float may be equal to it. What they were made of is forgotten. Nothing where some result would have to become
/// something else.
std::optional<ir::Function> join_variants(const ir::Function& function, KindRef kind,
                                          const std::vector<ir::Type>& leaves, bool rounds);

}  // namespace pp::passes
