/// See recursion.h.
#include "frontend/recursion.h"

#include <algorithm>

#include "base/error.h"
#include "frontend/code_analysis.h"
#include "frontend/looks.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

/// Frames that may wait at once. CPython's own limit for all frames is 1000; what goes deeper is its business.
constexpr int64_t kMostSuspended = 800;
/// Behind a cache: CPython computes each result once, compiled code as often as it is asked for, which grows with a
/// power of the depth.
constexpr int64_t kMostBehindCache = 8;
constexpr int64_t kFirstBytes = 1024;

/// Whether a value is nothing but its leaves, or an object that nobody can change.
bool has_no_identity(const Value& value) {
    switch (value.shape) {
    case Shape::Cell:
    case Shape::Any:
    case Shape::Some:
    case Shape::Other:
    case Shape::List:
    case Shape::HashTable:
    case Shape::Mapping:
    case Shape::Record: return false;
    case Shape::Sequence:
        if (value.is_list()) {
            return false;
        }
        break;
    default: break;
    }
    return !value.node || std::all_of(value.node->items.begin(), value.node->items.end(), has_no_identity);
}

State below(const State& state, size_t first) {
    State rest;
    rest.elements = state.elements;
    rest.frames.assign(state.frames.begin(), state.frames.begin() + static_cast<std::ptrdiff_t>(first));
    rest.cells = state.cells;
    return rest;
}

State above(const State& state, size_t first) {
    State rest;
    rest.frames.assign(state.frames.begin() + static_cast<std::ptrdiff_t>(first), state.frames.end());
    return rest;
}

}  // namespace

bool Recursions::may_suspend(const State& state, size_t first) const {
    return std::all_of(state.frames.begin() + static_cast<std::ptrdiff_t>(first), state.frames.end(),
                       [](const Frame& frame) {
                           const auto is_fine = [&](const Value& value) { return has_no_identity(value); };
                           for (uint32_t slot = 0; slot < frame.slots.size(); ++slot) {
                               if (frame.analysis->is_live(frame.operation, slot) && !is_fine(frame.slots[slot])) {
                                   return false;
                               }
                           }
                           return frame.ending <= Ending::Cached && (frame.analysis->code().flags & kGenerator) == 0 &&
                                  std::all_of(frame.stack.begin(), frame.stack.end(), is_fine);
                       });
}

uint32_t Recursions::group_of(const State& state, size_t first) {
    Key key = take_apart(below(state, first)).key;
    key.push_back(reinterpret_cast<uintptr_t>(state.frames[first].analysis));
    return groups_.try_emplace(std::move(key), static_cast<uint32_t>(groups_.size() + 1)).first->second;
}

uint32_t Recursions::suspend(State& state, size_t first, bool is_cached) {
    Translation& t = translation_;
    const uint32_t group = group_of(state, first);
    State frames = above(state, first);
    StateForm form = take_apart(frames);
    frames = put_together(t, frames, form.atoms);
    for (const Frame& frame : frames.frames) {
        for (const std::vector<Value>* values : {&frame.slots, &frame.stack}) {
            for (const Value& value : *values) {
                t.looks().look(value);  // where it came from is forgotten
            }
        }
    }
    const auto [known, is_new] = site_numbers_.try_emplace({group, form.key}, static_cast<uint32_t>(sites_.size()));
    const uint32_t number = known->second;
    if (is_new) {
        Site site{std::move(frames), {}, 8};
        for (const Atom& atom : form.atoms) {
            site.types.push_back(atom.type);
            site.bytes += atom.type == ir::Type::I32 ? 0 : 8;
        }
        sites_.emplace_back(group, std::move(site));
    }
    const Site& site = sites_[number].second;
    const auto count = static_cast<int64_t>(state.frames.size() - first);
    if (state.suspended.empty()) {
        const Value address = int_value(t.emit(Op::Reserve, {t.constant(kFirstBytes)}));
        state.suspended = {address, t.int_constant(0), t.int_constant(0)};
    }
    const ValueId used = state.suspended[1].leaf, depth = state.suspended[2].leaf;
    t.guard(t.emit(Op::ILt, {depth, t.constant(is_cached ? kMostBehindCache : kMostSuspended)}));
    const ValueId longer = t.emit(Op::IAdd, {used, t.constant(site.bytes)});
    const ValueId address = t.emit(Op::Extend, {state.suspended[0].leaf, used, longer});
    int64_t offset = 0;
    const auto store = [&](ValueId value, uint64_t bytes) {
        const ValueId place = t.emit(Op::IAdd, {used, t.constant(offset)});
        t.emit(Op::Store, {address, place, value}, bytes);
        offset += 8;
    };
    for (const Atom& atom : form.atoms) {
        if (atom.type != ir::Type::I32) {
            store(atom.value, atom.type == ir::Type::Bool ? 1 : 8);
        }
    }
    store(t.constant(static_cast<int64_t>(number)), 8);
    state.suspended = {int_value(address), int_value(longer), int_value(t.emit(Op::IAdd, {depth, t.constant(count)}))};
    state.frames.resize(first);
    if (is_new) {
        const ir::BlockId block = t.builder().block();
        for (auto& [key, where] : returns_) {
            if (where.group == group) {
                go_on(where, number);
            }
        }
        t.enter(block);
    }
    return group;
}

void Recursions::resume(State state, uint32_t group, const Value& value) {
    Translation& t = translation_;
    state.suspended.push_back(value);
    StateForm form = take_apart(state);
    const ir::BlockId from = t.builder().block();
    t.builder().jump({});
    const auto [known, is_new] = returns_.try_emplace({group, form.key});
    Return& where = known->second;
    if (is_new) {
        where.group = group;
        where.open = t.builder().add_block();
        t.enter(where.open);
        std::vector<Atom> atoms = form.atoms;
        for (Atom& atom : atoms) {
            atom = {atom.type, t.builder().add_parameter(where.open, atom.type), ir::kFresh};
        }
        where.state = put_together(t, state, atoms);
        const ValueId last = t.emit(Op::ISub, {where.state.suspended[1].leaf, t.constant(int64_t{8})});
        where.tag = t.builder().load(ir::Type::I64, 8, where.state.suspended[0].leaf, last);
        where.block = where.open;
    }
    ir::Edge edge{where.block, {}};
    for (const Atom& atom : form.atoms) {
        edge.arguments.push_back(atom.value == ir::kNoValue ? t.origin(atom.fixed) : atom.value);
    }
    t.function().blocks[from].terminator.edges[0] = std::move(edge);
    for (uint32_t site = 0; is_new && site < sites_.size(); ++site) {
        if (sites_[site].first == group) {
            go_on(where, site);
        }
    }
}

/// Where the tag is the site's number, its frames are put together from memory and go on.
void Recursions::go_on(Return& where, uint32_t number) {
    Translation& t = translation_;
    const Site& site = sites_[number].second;
    t.enter(where.open);
    const Fork fork = t.fork(t.emit(Op::IEq, {where.tag, t.constant(static_cast<int64_t>(number))}));
    where.open = fork.if_false;
    t.enter(fork.if_true);
    const ValueId address = where.state.suspended[0].leaf;
    const ValueId begin = t.emit(Op::ISub, {where.state.suspended[1].leaf, t.constant(site.bytes)});
    std::vector<Atom> atoms;
    int64_t offset = 0;
    for (const ir::Type type : site.types) {
        if (type == ir::Type::I32) {
            atoms.push_back({type});
            continue;
        }
        const ValueId place = t.emit(Op::IAdd, {begin, t.constant(offset)});
        atoms.push_back({type, t.builder().load(type, type == ir::Type::Bool ? 1 : 8, address, place)});
        offset += 8;
    }
    State state = where.state;
    const Value value = state.suspended.back();
    const State waiting = put_together(t, site.frames, atoms);
    state.frames.insert(state.frames.end(), waiting.frames.begin(), waiting.frames.end());
    const auto count = static_cast<int64_t>(waiting.frames.size());
    const ValueId depth = t.emit(Op::ISub, {state.suspended[2].leaf, t.constant(count)});
    state.suspended = {int_value(address), int_value(begin), int_value(depth)};
    if (std::none_of(state.frames.begin(), state.frames.end(), [](const Frame& frame) { return frame.resumes != 0; })) {
        state.suspended.clear();
    }
    state.frames.back().stack.push_back(value);
    const ir::BlockId from = t.builder().block();
    t.builder().jump({});
    versions_.arrive(std::move(state), from, 0);
}

void Recursions::finish() {
    for (auto& [key, where] : returns_) {
        translation_.enter(where.open);
        translation_.beyond("recursion deeper than compiled code goes");
    }
}

}  // namespace pp::frontend
