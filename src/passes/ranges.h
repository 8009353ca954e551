/// What ints a value can be, as far as single operations tell.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "ir/ir.h"

namespace pp::passes {

struct Range {
    int64_t low = std::numeric_limits<int64_t>::min();
    int64_t high = std::numeric_limits<int64_t>::max();
};

/// Ranges of the int values noted so far; every int is possible for the others. A checked operation's range is that of
/// results that it does not hand back.
class Ranges {
public:
    explicit Ranges(const ir::Function& function) : function_(function), ranges_(function.values.size()) {}

    /// To be called for each value after its operands.
    void note(ir::ValueId id);
    /// True for a checked operation (noted operands) whose exact result always fits.
    bool always_fits(const ir::Value& value) const;

private:
    Range find(const ir::Value& value) const;
    Range arithmetic(const ir::Value& value) const;
    Range bitwise(const ir::Value& value) const;
    Range of(const ir::Value& value, int operand) const { return ranges_[value.operands[operand]]; }

    const ir::Function& function_;
    std::vector<Range> ranges_;
};

}  // namespace pp::passes
