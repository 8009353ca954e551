/// See array_gaps.h.
#include "frontend/array_gaps.h"

#include <algorithm>
#include <utility>

#include "frontend/array_elements.h"
#include "frontend/arrays.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

/// Beyond this there are too many ways to be.
constexpr size_t kMostGaps = 4;

size_t count_gaps(KindRef kind) {
    size_t count = kind->is_record(RecordForm::Optional) ? 1 : 0;
    for (KindRef item : kind->items) {
        count += count_gaps(item);
    }
    return count;
}

class GapReader {
public:
    GapReader(Translation& translation, const Value& view, ValueId position)
        : t_(translation), view_(view), position_(position) {}

    Outcomes read(KindRef kind, size_t first_leaf) {
        if (!has_gaps(kind)) {
            return t_.done(part(kind, first_leaf));
        }
        if (kind->is_record(RecordForm::Optional)) {
            return optional(kind->items.front(), first_leaf);
        }
        return items(kind, first_leaf, {});
    }

private:
    Value part(KindRef kind, size_t first_leaf) { return element_part(t_, view_, position_, kind, first_leaf); }

    /// The bool behind its leaves says whether it is there.
    Outcomes optional(KindRef kind, size_t first_leaf) {
        const Value is_there = part(bool_kind(), first_leaf + kind->leaves);
        const Fork fork = t_.fork(is_there.leaf);
        Outcomes outcomes{{.block = fork.if_false, .value = none_value()}};
        t_.enter(fork.if_true);
        return joined(std::move(outcomes), read(kind, first_leaf));
    }

    /// The items of a row or a record, after those in `known`.
    Outcomes items(KindRef kind, size_t leaf, std::vector<Value> known) {
        if (known.size() == kind->items.size()) {
            return t_.done(kind->tag == Tag::Record ? record_of_array(t_, kind, std::move(known))
                                                    : t_.row(Shape::Tuple, std::move(known)));
        }
        KindRef item = kind->items[known.size()];
        return then(t_, read(item, leaf), [&](const Value& value) {
            std::vector<Value> more = known;
            more.push_back(value);
            return items(kind, leaf + item->leaves, std::move(more));
        });
    }

    Translation& t_;
    const Value& view_;
    const ValueId position_;
};

}  // namespace

bool has_gaps(KindRef kind) {
    return count_gaps(kind) > 0;
}

bool is_view_with_gaps(const Value& value) {
    if (!is_array_view(value)) {
        return false;
    }
    const Value& source = value.items().front();
    return source.shape == Shape::Sequence ? has_gaps(source.node->kind->item) : is_view_with_gaps(source);
}

Outcomes element_with_gaps(Translation& t, const Value& view, ValueId position) {
    const std::vector<Value>& sources = view.items();
    if (sources.front().shape != Shape::Sequence) {  // of a slice: where it begins, its step
        const ValueId distance = t.emit(Op::IMul, {position, sources[2].leaf});
        return element_with_gaps(t, sources[0], t.emit(Op::IAdd, {sources[1].leaf, distance}));
    }
    const KindRef kind = sources.front().node->kind->item;
    if (count_gaps(kind) > kMostGaps) {
        return t.unsupported("an element of an Array in which more than 4 parts may be None", {},
                             "give the Array as a column, or name its .columns");
    }
    return GapReader(t, view, position).read(kind, 0);
}

}  // namespace pp::frontend
