/// The kinds of a call's elements: which elements are read as one group.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "python/columns.h"

namespace pp::python {

/// One kind for each column.
using Signature = std::vector<KindRef>;

/// Elements that run together: `kinds` takes in every signature of `parts`.
struct SignatureGroup {
    Signature kinds;
    std::map<Signature, std::vector<int64_t>> parts;

    /// The number of elements.
    size_t count() const;
    /// The elements of all parts, ascending; the parts may then have none.
    std::vector<int64_t> take_indices();
    /// Whether splitting it would give groups of other kinds.
    bool is_wider() const { return parts.size() > 1 || parts.begin()->first != kinds; }
};

/// The kinds as which element `index` is to be read by itself.
void signature_of(const Columns& columns, int64_t index, Signature& kinds);
/// The kinds as which most elements can be read; false where there are none. `columns` have elements.
bool common_signature(const Columns& columns, Signature& kinds);
/// Whether elements of signature `narrow` can be read as those of `wide`.
bool takes_in(const Signature& wide, const Signature& narrow);
/// The fewest groups: signatures of rows of different lengths go together where their items have one kind, unless
/// `joins` is false.
std::vector<SignatureGroup> join_signatures(std::map<Signature, std::vector<int64_t>> by_signature, bool joins);

}  // namespace pp::python
