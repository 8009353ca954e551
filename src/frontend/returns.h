/// Collects what the function returns: every distinct kind is a variant of its own.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "frontend/translation.h"

namespace pp::frontend {

class Returns {
public:
    explicit Returns(Translation& translation) : translation_(translation) {}

    /// From now on a None keeps its origin: it stands for an object, see changes_of in changes.h.
    void keep_references() { keeps_references_ = true; }
    /// Records of the input are returned by their fields, not as the objects they are.
    void copy_records() { copies_records_ = true; }
    /// Ends the current block by returning `value` from the compiled function.
    void add(const Value& value);
    bool is_empty() const noexcept { return sites_.empty(); }
    /// Lays out variants and output slots and writes the blocks' terminators.
    void finish();

private:
    struct Site {
        ir::BlockId block;
        size_t variant;
        std::vector<ir::ValueId> leaves;
        std::vector<NodeOrigin> origins;
    };
    struct Variant {
        KindRef kind;
        std::vector<ir::Origin> origins;  ///< kDynamicOrigin where sites differ
    };

    std::optional<Value> as_returned(const Value& value);
    bool take(const Value& value, Site& site, std::vector<const Node*>& lists);

    Translation& translation_;
    std::map<const Node*, const Node*> carried_;  ///< what `as_returned` made of nodes, so that they stay one
    std::vector<Site> sites_;
    std::vector<Variant> variants_;
    bool keeps_references_ = false;
    bool copies_records_ = false;
    bool holds_one_list_ = false;  ///< what `take` collects from
};

}  // namespace pp::frontend
