/// See optional_leaves.h.
#include "data/optional_leaves.h"

#include "data/leaf_view.h"

namespace pp::data {

namespace {

void append_gaps(KindRef kind, uint32_t first_leaf, int outer, std::vector<Gap>& gaps) {
    if (is_optional(kind)) {
        gaps.push_back({first_leaf + static_cast<uint32_t>(kind->items[0]->leaves), outer});
        return append_gaps(kind->items[0], first_leaf, static_cast<int>(gaps.size()) - 1, gaps);
    }
    for (KindRef item : kind->items) {
        append_gaps(item, first_leaf, outer, gaps);
        first_leaf += static_cast<uint32_t>(item->leaves);
    }
}

/// Walks the kind of elements; `gap` and `leaf` are those that come next.
class Present {
public:
    Present(uint64_t present, std::vector<uint32_t>& leaves) : present_(present), leaves_(leaves) {}

    KindRef kind_of(KindRef kind, bool is_there) {
        if (is_optional(kind)) {
            const bool is_set = (present_ >> gap_++ & 1) != 0;
            KindRef value = kind_of(kind->items[0], is_there && is_set);
            ++leaf_;
            return is_set ? value : none_kind();
        }
        if (kind->items.empty()) {
            for (size_t i = 0; i < kind->leaves; ++i, ++leaf_) {
                if (is_there) {
                    leaves_.push_back(leaf_);
                }
            }
            return kind;
        }
        std::vector<KindRef> items;
        for (KindRef item : kind->items) {
            items.push_back(kind_of(item, is_there));
        }
        return with_items(kind, items);
    }

private:
    const uint64_t present_;
    std::vector<uint32_t>& leaves_;
    uint32_t leaf_ = 0, gap_ = 0;
};

class Sources {
public:
    explicit Sources(const ElementType& type) : type_(type) {}

    /// `kind`: of a result, as an array kind.
    bool add(KindRef to, KindRef kind) {
        if (is_optional(to)) {
            if (kind->tag == Tag::None) {
                return add_empty(to->leaves);
            }
            if (!add(to->items[0], kind)) {
                return false;
            }
            all.push_back(kLeafIsThere);
            return true;
        }
        if (to->is_scalar()) {
            return kind->is_scalar() && takes(type_.leaves[all.size()], kind->tag) && add_own(1);
        }
        if (to->items.empty()) {  // text, or rows of any length
            const bool is_nothing = to->item && kind->item && kind->item->tag == Tag::Never;
            return is_nothing ? add_empty(to->leaves) : to == kind && add_own(to->leaves);
        }
        if (to->tag != kind->tag || to->record != kind->record || to->items.size() != kind->items.size()) {
            return false;
        }
        for (size_t i = 0; i < to->items.size(); ++i) {
            if (!add(to->items[i], kind->items[i])) {
                return false;
            }
        }
        return true;
    }

    std::vector<uint32_t> all;

private:
    bool add_own(size_t leaves) {
        for (size_t i = 0; i < leaves; ++i) {
            all.push_back(next_++);
        }
        return true;
    }
    bool add_empty(size_t leaves) {
        all.insert(all.end(), leaves, kLeafIsEmpty);
        return true;
    }

    const ElementType& type_;
    uint32_t next_ = 0;
};

}  // namespace

std::vector<Gap> gaps_of(KindRef kind) {
    std::vector<Gap> gaps;
    append_gaps(kind, 0, -1, gaps);
    return gaps;
}

KindRef kind_of_present(KindRef kind, uint64_t present, std::vector<uint32_t>& leaves) {
    return Present(present, leaves).kind_of(kind, true);
}

std::optional<std::vector<uint32_t>> leaf_sources(const ElementType& type, KindRef kind) {
    KindRef own = array_kind(kind);
    Sources sources(type);
    if (own == nullptr || !sources.add(type.kind, own)) {
        return std::nullopt;
    }
    return std::move(sources.all);
}

}  // namespace pp::data
