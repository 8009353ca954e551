/// The versions of operations: one block for every combination of call chain, operation and kinds that reaches it.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "frontend/state.h"

namespace pp::frontend {

/// Collects the edges that lead to each version, and hands the versions out so that (loops aside) all edges to one have
/// arrived before it is translated. Then only what differs between them needs a block parameter; what does not keeps
/// what is known of it. A loop's head takes parameters for what the loop stores; should an edge that comes late differ
/// in anything else, the version is translated once more with parameters for everything.
class Versions {
public:
    explicit Versions(Translation& translation) : translation_(translation) {}

    /// Edge `edge` of `from`'s terminator leads to the state's version.
    /// A version that begins with `all_parameters` takes whatever edges come later.
    void arrive(State state, ir::BlockId from, size_t edge, bool all_parameters = false);
    /// The next version to translate, its block made the current one; nothing when all are done.
    std::optional<State> next();

private:
    struct Arrival {
        ir::BlockId from;
        size_t edge;
        std::vector<Atom> atoms;
    };
    struct Version {
        ir::BlockId block;
        bool is_translated = false;
        State state;
        std::vector<Atom> atoms;  ///< of the first arrival, then those the block was translated with
        std::vector<bool> is_parameter;
        std::vector<Arrival> arrivals;  ///< until it is translated
    };
    struct KeyHash {
        size_t operator()(const std::vector<uint64_t>& key) const noexcept;
    };

    Version& create(State state, StateForm& form, bool all_parameters);
    bool fits(const Version& version, const std::vector<Atom>& atoms) const;
    void connect(const Version& version, const Arrival& arrival);
    bool is_too_many(const State& state);

    Translation& translation_;
    std::deque<Version> versions_;
    std::unordered_map<std::vector<uint64_t>, Version*, KeyHash> by_key_;
    /// Call chains as lists of operations; a deeper chain comes before the operation its call returns to.
    struct Order {
        bool operator()(const std::vector<uint32_t>& left, const std::vector<uint32_t>& right) const noexcept;
    };
    std::multimap<std::vector<uint32_t>, Version*, Order> pending_;
    std::map<std::vector<uint32_t>, int> counts_;
};

}  // namespace pp::frontend
