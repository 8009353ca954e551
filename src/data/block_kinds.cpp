/// See block_kinds.h.
#include "data/block_kinds.h"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace pp::data {
namespace {

struct Counts {
    std::mutex mutex;
    std::unordered_map<KindRef, int64_t> by_kind;
};

Counts& counts() {
    static Counts& all = *new Counts;
    return all;
}

bool has_classes(KindRef kind) {
    return (kind->tag == Tag::Record && kind->record->class_id != 0) || std::ranges::any_of(kind->items, has_classes);
}

}  // namespace

BlockKind::BlockKind(KindRef kind) : kind_(has_classes(kind) ? kind : nullptr) {
    if (kind_) {
        std::lock_guard lock(counts().mutex);
        ++counts().by_kind[kind_];
    }
}

BlockKind::~BlockKind() {
    if (kind_) {
        std::lock_guard lock(counts().mutex);
        const auto found = counts().by_kind.find(kind_);
        if (--found->second == 0) {
            counts().by_kind.erase(found);
        }
    }
}

std::vector<KindRef> kinds_of_blocks() {
    std::lock_guard lock(counts().mutex);
    std::vector<KindRef> kinds;
    for (const auto& [kind, count] : counts().by_kind) {
        kinds.push_back(kind);
    }
    return kinds;
}

}  // namespace pp::data
