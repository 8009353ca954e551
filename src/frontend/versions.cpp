/// See versions.h.
#include "frontend/versions.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace pp::frontend {
namespace {

/// More than this many combinations of kinds at one operation of one call chain, in one round of the unrolled loops
/// around it, and the path is given up.
constexpr int kMostVersions = 128;

std::vector<uint32_t> chain_of(const State& state) {
    std::vector<uint32_t> chain;
    chain.reserve(state.frames.size());
    for (const Frame& frame : state.frames) {
        chain.push_back(frame.operation);
    }
    return chain;
}

/// Which atoms a loop's head takes as parameters from the start: what the loop stores, and a range's position.
void mark_loop_parameters(const State& state, const StateForm& form, std::vector<bool>& is_parameter) {
    const Frame& frame = state.frames.back();
    const CodeAnalysis& analysis = *frame.analysis;
    if (!analysis.is_loop_head(frame.operation)) {
        return;
    }
    const bool is_for = analysis.operations()[frame.operation].op == Canon::Next;
    const Shape iterator = is_for ? frame.stack.back().shape : Shape::Null;
    if (iterator == Shape::RowIterator) {
        return;  // unrolled: no jump leads back to this very version
    }
    if (analysis.changes_objects(frame.operation)) {
        std::fill(is_parameter.begin() + form.elements.begin, is_parameter.begin() + form.elements.end, true);
    }
    const size_t slots = frame.slots.size(), height = frame.stack.size();
    const auto mark = [&](size_t index) {
        std::fill(is_parameter.begin() + form.ranges[index].begin, is_parameter.begin() + form.ranges[index].end, true);
    };
    for (size_t slot = 0; slot < slots; ++slot) {
        if (analysis.changes(frame.operation, static_cast<uint32_t>(slot))) {
            mark(slot);
        }
    }
    for (size_t entry = height - std::min(height, analysis.changed_entries(frame.operation)); entry < height; ++entry) {
        mark(slots + entry);
    }
    if (iterator == Shape::RangeIterator || iterator == Shape::SequenceIterator) {
        is_parameter[form.ranges[slots + height - 1].begin] = true;
    }
}

}  // namespace

size_t Versions::KeyHash::operator()(const std::vector<uint64_t>& key) const noexcept {
    uint64_t hash = key.size();
    for (uint64_t word : key) {
        hash = (hash ^ word) * 0x9E3779B97F4A7C15ull;
        hash ^= hash >> 29;
    }
    return hash;
}

bool Versions::Order::operator()(const std::vector<uint32_t>& left, const std::vector<uint32_t>& right) const noexcept {
    const auto [a, b] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
    if (a != left.end() && b != right.end()) {
        return *a < *b;
    }
    return left.size() > right.size();
}

void Versions::arrive(State state, ir::BlockId from, size_t edge, bool all_parameters) {
    StateForm form = take_apart(state);
    Version*& known = by_key_[form.key];
    if (!known) {
        if (is_too_many(state)) {
            by_key_.erase(form.key);
            const ir::BlockId block = translation_.builder().add_block();
            translation_.function().blocks[from].terminator.edges[edge].block = block;
            translation_.enter(block);
            translation_.unsupported("code that meets so many combinations of types", "each gets a version of its own",
                                     "split the function, or give rows items of one type");
            return;
        }
        known = &create(std::move(state), form, all_parameters);
    } else if (known->is_translated && !fits(*known, form.atoms)) {
        known = &create(std::move(state), form, true);
    }
    Version& version = *known;
    translation_.function().blocks[from].terminator.edges[edge].block = version.block;
    Arrival arrival{from, edge, std::move(form.atoms)};
    if (version.is_translated) {
        connect(version, arrival);
        return;
    }
    for (size_t i = 0; i < version.atoms.size(); ++i) {
        if (!(version.atoms[i] == arrival.atoms[i])) {
            version.is_parameter[i] = true;
        }
    }
    version.arrivals.push_back(std::move(arrival));
}

std::optional<State> Versions::next() {
    if (pending_.empty()) {
        return std::nullopt;
    }
    Version& version = *pending_.begin()->second;
    pending_.erase(pending_.begin());
    for (size_t i = 0; i < version.atoms.size(); ++i) {
        if (version.is_parameter[i]) {
            Atom& atom = version.atoms[i];
            atom.value = translation_.builder().add_parameter(version.block, atom.type);
            atom.fixed = ir::kFresh;
        }
    }
    version.is_translated = true;
    for (const Arrival& arrival : version.arrivals) {
        connect(version, arrival);
    }
    version.arrivals.clear();
    translation_.enter(version.block);
    State state = put_together(translation_, version.state, version.atoms);
    version.state = {};
    return state;
}

Versions::Version& Versions::create(State state, StateForm& form, bool all_parameters) {
    Version& version = versions_.emplace_back();
    version.block = translation_.builder().add_block();
    version.atoms = form.atoms;
    version.is_parameter.assign(form.atoms.size(), all_parameters);
    mark_loop_parameters(state, form, version.is_parameter);
    version.state = std::move(state);
    pending_.emplace(chain_of(version.state), &version);
    return version;
}

bool Versions::fits(const Version& version, const std::vector<Atom>& atoms) const {
    for (size_t i = 0; i < atoms.size(); ++i) {
        if (!version.is_parameter[i] && !(version.atoms[i] == atoms[i])) {
            return false;
        }
    }
    return true;
}

void Versions::connect(const Version& version, const Arrival& arrival) {
    for (size_t i = 0; i < arrival.atoms.size(); ++i) {
        if (version.is_parameter[i]) {
            const Atom& atom = arrival.atoms[i];
            const ir::ValueId value = atom.value == ir::kNoValue ? translation_.origin(atom.fixed) : atom.value;
            translation_.function().blocks[arrival.from].terminator.edges[arrival.edge].arguments.push_back(value);
        }
    }
}

bool Versions::is_too_many(const State& state) {
    std::vector<uint32_t> place = chain_of(state);
    for (const Frame& frame : state.frames) {
        for (const Value& value : frame.stack) {
            if (value.shape == Shape::RowIterator) {
                place.push_back(static_cast<uint32_t>(value.node->position));
            }
        }
    }
    return ++counts_[place] > kMostVersions;
}

}  // namespace pp::frontend
