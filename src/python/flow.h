/// Results that are taken block by block while later elements are still being read: what is at hand is still in the
/// processor's cache then.
#pragma once

#include <cstdint>

#include "data/few_results_python.h"

namespace pp::python {

class Columns;
class GroupRun;

/// Elements whose results are taken together by one thread.
inline constexpr int64_t kFlowBlock = 8192;

/// Takes the results of one run over all elements. Opened, given blocks, and in the end either kept or dropped; the GIL
/// is held, and no Python code runs, from `open` until then.
class Flow {
public:
    virtual ~Flow() = default;
    /// Whether the results of the group, which is for all elements, can be taken; the arrays behind them have no values
    /// yet. Throws std::bad_alloc.
    virtual bool open(const GroupRun& group, const Columns& columns) = 0;
    /// What the calling thread does first, while others begin already.
    virtual void begin() noexcept {}
    /// Has `few` make results [begin, end), one block, and takes them. False where it cannot. Any thread. Throws
    /// std::bad_alloc.
    virtual bool take(int64_t begin, int64_t end, data::FewResults& few) = 0;
    /// After all blocks: false where they cannot be kept after all. Throws std::bad_alloc.
    virtual bool close() { return true; }
    /// Takes back everything: the results will come again as a whole.
    virtual void drop() noexcept = 0;
};

}  // namespace pp::python
