/// Which kinds of records there are blocks of: their classes have to stay.
#pragma once

#include <vector>

#include "ir/kind.h"

namespace pp::data {

/// Part of a block: of which kind its elements are. Any thread.
class BlockKind {
public:
    /// Throws std::bad_alloc.
    explicit BlockKind(KindRef kind);
    BlockKind(const BlockKind&) = delete;
    ~BlockKind();

private:
    KindRef kind_;  ///< null where it has no class in it
};

/// Of the blocks that there are now, the kinds that have classes in them, each once. Throws std::bad_alloc.
std::vector<KindRef> kinds_of_blocks();

}  // namespace pp::data
