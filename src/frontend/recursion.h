/// Recursion whose depth is known at run time only: callers wait in memory while the function that they call again
/// runs.
///
/// Calls are followed in place, so a call chain is part of every version. Where a function is called again with
/// arguments of the same kinds, the frames from its first call on are suspended: what they hold is stored on a stack in
/// memory, behind it the number of the place where they wait, and the new call runs in their stead. Where that returns,
/// the number says who goes on.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "frontend/state.h"
#include "frontend/versions.h"

namespace pp::frontend {

class Recursions {
public:
    Recursions(Translation& translation, Versions& versions) : translation_(translation), versions_(versions) {}

    /// Whether memory can hold all that the frames from `first` on need: nothing that has an identity.
    bool may_suspend(const State& state, size_t first) const;
    /// Stores the frames from `first` on and takes them out of the state. What is called next has to `resume`.
    /// Answers with the number for its frame's `resumes`. Elements for which too many would wait are handed back: few
    /// are too many where what is called `is_cached`.
    uint32_t suspend(State& state, size_t first, bool is_cached);
    /// The current block ends: whoever waits goes on with the value. The state is without the frame that returns.
    void resume(State state, uint32_t group, const Value& value);
    /// After all versions: ends what `resume` left open. The element is handed back there, which never happens.
    void finish();

private:
    using Key = std::vector<uint64_t>;
    /// Where suspended frames wait.
    struct Site {
        State frames;
        std::vector<ir::Type> types;  ///< of all atoms; those of origins are not stored
        int64_t bytes = 0;
    };
    /// What goes on where a value of one kind is returned.
    struct Return {
        uint32_t group = 0;
        State state;
        ir::ValueId tag = ir::kNoValue;
        ir::BlockId block = 0;
        ir::BlockId open = 0;  ///< where none of the sites so far waits
    };

    uint32_t group_of(const State& state, size_t first);
    void go_on(Return& where, uint32_t site);

    Translation& translation_;
    Versions& versions_;
    std::map<Key, uint32_t> groups_;                             ///< numbered from 1
    std::map<std::pair<uint32_t, Key>, uint32_t> site_numbers_;  ///< by group
    std::deque<std::pair<uint32_t, Site>> sites_;                ///< group, site
    std::map<std::pair<uint32_t, Key>, Return> returns_;
};

}  // namespace pp::frontend
