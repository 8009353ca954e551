/// The objects of an element that a function may change, and where they are found.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ir/ir.h"
#include "ir/kind.h"

namespace pp::data {

/// A list, a dict or an instance: the element itself, or one below it.
struct ElementObject {
    KindRef kind;
    ir::Origin origin;  ///< its node's number
    uint32_t column;
    std::vector<uint32_t> items;  ///< the way to it: item indices down from the column's element
    std::string name;             ///< the same as messages show it: "column 1[0].position"

    /// The origin of its item number `index`.
    ir::Origin item_origin(size_t index) const;
    /// The item as messages name it: "column 1[0][2]", "column 1.x", "column 1['x']".
    std::string path_to(size_t index) const;
};

/// All of them for columns of these kinds, by origin, ascending: the order of frontend::State::elements.
std::vector<ElementObject> element_objects(std::span<const KindRef> columns);

/// Whether objects of the kind can be changed.
bool is_changeable(KindRef kind);

/// Whether objects of the two kinds, or what they keep their attributes in, could be one and the same.
bool may_be_one(KindRef first, KindRef second);

}  // namespace pp::data
