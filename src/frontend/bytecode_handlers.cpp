/// See bytecode_handlers.h.
#include "frontend/bytecode_handlers.h"

#include <algorithm>

#include "base/error.h"

namespace pp::frontend {

namespace {

/// A row of the exception table; places are code units.
struct Entry {
    uint32_t begin = 0, end = 0, target = 0;
    int32_t depth = 0;
    bool pushes_position = false;
};

/// Numbers of six bits a byte, the highest first; bit 6 says that more follow, bit 7 only marks an entry's beginning.
uint32_t read_number(const std::vector<uint8_t>& table, size_t& at) {
    uint32_t value = 0;
    for (;;) {
        PP_CHECK(at < table.size());
        uint8_t byte = table[at++];
        value = value << 6 | (byte & 0x3f);
        if (!(byte & 0x40)) return value;
    }
}

std::vector<Entry> read_table(const std::vector<uint8_t>& table) {
    std::vector<Entry> entries;
    for (size_t at = 0; at < table.size();) {
        Entry entry;
        entry.begin = read_number(table, at);
        entry.end = entry.begin + read_number(table, at);
        entry.target = read_number(table, at);
        uint32_t depth = read_number(table, at);
        entry.depth = static_cast<int32_t>(depth >> 1);
        entry.pushes_position = depth & 1;
        entries.push_back(entry);
    }
    return entries;
}

class Finder {
public:
    Finder(const CodeView& code, const std::vector<Instruction>& instructions)
        : instructions_(instructions), entries_(read_table(code.exception_table)) {}

    HandlerPlace of(size_t instruction) const {
        const Entry* entry = covering(instructions_[instruction].unit);
        bool hides = false;
        // Each step leads to code that is covered by an entry further out.
        for (size_t steps = 0; entry && steps <= entries_.size(); ++steps) {
            size_t handler = at(entry->target);
            size_t last = handler;
            if (is_cleanup(handler, last)) {
                hides = hides || hides_local(*entry, handler, last);
                entry = covering(instructions_[last].unit);
                continue;
            }
            return {hides ? HandlerPlace::Kind::Hides : HandlerPlace::Kind::Handler, static_cast<int32_t>(handler),
                    entry->depth, entry->pushes_position};
        }
        return {};
    }

private:
    const std::vector<Instruction>& instructions_;
    const std::vector<Entry> entries_;

    const Entry* covering(uint32_t unit) const {
        auto covers = [&](const Entry& entry) { return entry.begin <= unit && unit < entry.end; };
        auto found = std::find_if(entries_.begin(), entries_.end(), covers);
        return found == entries_.end() ? nullptr : &*found;
    }

    /// The instruction at or, where an EXTENDED_ARG stands there, behind the code unit.
    size_t at(uint32_t unit) const {
        auto found = std::lower_bound(instructions_.begin(), instructions_.end(), unit,
                                      [](const Instruction& each, uint32_t place) { return each.unit < place; });
        PP_CHECK(found != instructions_.end());
        return static_cast<size_t>(found - instructions_.begin());
    }

    bool is(size_t instruction, Opcode opcode) const {
        return instruction < instructions_.size() && instructions_[instruction].opcode == opcode;
    }

    /// Whether the handler only puts things back and raises again; `last` is where it does that.
    bool is_cleanup(size_t handler, size_t& last) const {
        if (is(handler, Opcode::COPY) && is(handler + 1, Opcode::POP_EXCEPT) && is(handler + 2, Opcode::RERAISE)) {
            last = handler + 2;
            return true;
        }
        if (is(handler, Opcode::CALL_INTRINSIC_1) && is(handler + 1, Opcode::RERAISE)) {
            last = handler + 1;
            return true;
        }
        size_t end = handler;
        while (is(end, Opcode::SWAP) || is(end, Opcode::POP_TOP) || is(end, Opcode::STORE_FAST) ||
               is(end, Opcode::STORE_FAST_STORE_FAST)) {
            ++end;
        }
        last = end;
        return end > handler && is(end, Opcode::RERAISE);
    }

    /// Whether the cleanup puts back a local that code beyond the entry's reads: the comprehension's variable has the
    /// name of another one.
    bool hides_local(const Entry& entry, size_t handler, size_t last) const {
        for (size_t i = handler; i < last; ++i) {
            if (instructions_[i].opcode == Opcode::STORE_FAST_STORE_FAST) return true;
            if (instructions_[i].opcode != Opcode::STORE_FAST) continue;
            int32_t slot = instructions_[i].argument;
            auto is_read_elsewhere = [&](const Instruction& each) {
                bool is_outside = each.unit < entry.begin || each.unit >= entry.end;
                return is_outside && reads(each, slot);
            };
            if (std::any_of(instructions_.begin(), instructions_.end(), is_read_elsewhere)) return true;
        }
        return false;
    }

    static bool reads(const Instruction& instruction, int32_t slot) {
        switch (instruction.opcode) {
        case Opcode::LOAD_FAST:
        case Opcode::LOAD_FAST_BORROW:
        case Opcode::LOAD_FAST_CHECK:
        case Opcode::LOAD_DEREF: return instruction.argument == slot;
        case Opcode::LOAD_FAST_LOAD_FAST:
        case Opcode::LOAD_FAST_BORROW_LOAD_FAST_BORROW:
            return (instruction.argument >> 4) == slot || (instruction.argument & 15) == slot;
        case Opcode::STORE_FAST_LOAD_FAST: return (instruction.argument & 15) == slot;
        default: return false;
        }
    }
};

}  // namespace

std::vector<HandlerPlace> find_handlers(const CodeView& code, const std::vector<Instruction>& instructions) {
    std::vector<HandlerPlace> places(instructions.size());
    if (code.exception_table.empty()) return places;
    Finder finder(code, instructions);
    for (size_t i = 0; i < instructions.size(); ++i)
        places[i] = finder.of(i);
    return places;
}

}  // namespace pp::frontend
