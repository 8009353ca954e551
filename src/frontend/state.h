/// What the translator knows between two operations: the frames of the call chain and the cells they share.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "frontend/abstract_value.h"
#include "frontend/code_analysis.h"
#include "frontend/translation.h"

namespace pp::frontend {

/// What becomes of what a frame's function returns.
enum class Ending : uint8_t {
    Result,    ///< it is the call's result
    Cached,    ///< the same, which the function's cache gives to all
    Drop,      ///< an __init__: what it made lies on the caller's stack
    Replace,   ///< it takes the place of the list on the caller's stack, and the call's result is None
    Place,     ///< it is the number of a list in that list: the call's result is its Place
    RemoveAt,  ///< it is the position of the item to be removed from that list, and the call's result is None
};

struct Frame {
    const CodeAnalysis* analysis = nullptr;
    FunctionId owner = 0;      ///< whose globals it sees
    uint32_t operation = 0;    ///< the next one; of a calling frame: where it goes on with the result on its stack
    std::vector<Value> slots;  ///< Null: unbound, or not needed any more
    std::vector<Value> stack;
    Ending ending = Ending::Result;
    uint32_t resumes = 0;    ///< its caller waits in memory, in this group (see recursion.h); 0: it does not
    uint64_t entry_key = 0;  ///< stands for the kinds of its arguments, and for those of their values that are known
};

struct State {
    /// Where the function may change its elements: their lists as they are by now, by origin, ascending.
    std::vector<Value> elements;
    /// Where calls wait in memory: its address, bytes in use, frames that wait (Ints); else empty. See recursion.h.
    std::vector<Value> suspended;
    std::vector<Frame> frames;  ///< outermost first
    std::vector<Value> cells;   ///< contents of the cells that functions made on the way share
};

/// An SSA value in a state: the leaf of a scalar, or (type I32) where a node came from.
struct Atom {
    ir::Type type;
    ir::ValueId value = ir::kNoValue;  ///< kNoValue: the origin `fixed`
    ir::Origin fixed = ir::kFresh;

    bool operator==(const Atom&) const = default;
};

/// A state taken apart: two states with equal keys differ in their atoms only. Slots that are not live are left out.
struct StateForm {
    std::vector<uint64_t> key;
    std::vector<Atom> atoms;
    /// Where in `atoms` those of the top frame's slots and then of its stack's entries are.
    struct Range {
        uint32_t begin = 0, end = 0;
    };
    std::vector<Range> ranges;
    Range elements;  ///< likewise, those of the state's elements
};

StateForm take_apart(const State& state);
/// The same state with other atoms (in take_apart's order), without what is not live, and with its cells renumbered.
State put_together(Translation& translation, const State& state, std::span<const Atom> atoms);

}  // namespace pp::frontend
