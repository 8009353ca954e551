/// The intern table of kinds and their spelling.
#include "ir/kind.h"

#include <map>
#include <memory>
#include <mutex>
#include <tuple>

namespace pp {
namespace {

/// Kinds are handed out as bare pointers to every thread, so the table is never destroyed, not even at exit.
class InternTable {
public:
    KindRef intern(Tag tag, std::span<const KindRef> items, uint32_t object) {
        std::lock_guard lock(mutex_);
        std::unique_ptr<Kind>& entry = kinds_[Key(tag, {items.begin(), items.end()}, object)];
        if (!entry) {
            entry = make(tag, items, object);
        }
        return entry.get();
    }

private:
    using Key = std::tuple<Tag, std::vector<KindRef>, uint32_t>;

    static std::unique_ptr<Kind> make(Tag tag, std::span<const KindRef> items, uint32_t object) {
        auto kind = std::make_unique<Kind>();
        kind->tag = tag;
        kind->object = object;
        kind->nodes = 1;
        if (tag == Tag::TupleOf || tag == Tag::ListOf || tag == Tag::Text) {
            kind->item = items.empty() ? nullptr : items.front();
            kind->is_dynamic = true;
            kind->leaves = 2;
            return kind;
        }
        kind->items.assign(items.begin(), items.end());
        kind->leaves = kind->is_scalar() ? 1 : 0;
        for (KindRef item : items) {
            kind->leaves += item->leaves;
            kind->nodes += item->nodes;
            kind->is_dynamic = kind->is_dynamic || item->is_dynamic;
        }
        return kind;
    }

    std::mutex mutex_;
    std::map<Key, std::unique_ptr<Kind>> kinds_;
};

KindRef intern(Tag tag, std::span<const KindRef> items = {}, uint32_t object = 0) {
    static InternTable* const table = new InternTable;
    return table->intern(tag, items, object);
}

void append_text(KindRef kind, std::string& text) {
    switch (kind->tag) {
    case Tag::Float: text += "float"; return;
    case Tag::Int: text += "int"; return;
    case Tag::Bool: text += "bool"; return;
    case Tag::None: text += "None"; return;
    case Tag::Object: text += "object#" + std::to_string(kind->object); return;
    case Tag::Tuple: text += "tuple["; break;
    case Tag::List: text += "list["; break;
    case Tag::TupleOf:
    case Tag::ListOf:
        text += kind->tag == Tag::TupleOf ? "tuple[" : "list[";
        append_text(kind->item, text);
        text += ", ...]";
        return;
    case Tag::Text: text += kind->object == 1 ? "str" : "str[wide]"; return;
    case Tag::Never: text += "never"; return;
    }
    if (kind->items.empty()) {
        text += "()";
    }
    for (size_t i = 0; i < kind->items.size(); ++i) {
        text += i == 0 ? "" : ", ";
        append_text(kind->items[i], text);
    }
    text += "]";
}

}  // namespace

std::string Kind::to_string() const {
    std::string text;
    append_text(this, text);
    return text;
}

KindRef float_kind() {
    static const KindRef kind = intern(Tag::Float);
    return kind;
}

KindRef int_kind() {
    static const KindRef kind = intern(Tag::Int);
    return kind;
}

KindRef bool_kind() {
    static const KindRef kind = intern(Tag::Bool);
    return kind;
}

KindRef none_kind() {
    static const KindRef kind = intern(Tag::None);
    return kind;
}

KindRef object_kind(uint32_t object) {
    return intern(Tag::Object, {}, object);
}

KindRef tuple_kind(std::span<const KindRef> items) {
    return intern(Tag::Tuple, items);
}

KindRef list_kind(std::span<const KindRef> items) {
    return intern(Tag::List, items);
}

KindRef tuple_of_kind(KindRef item) {
    return intern(Tag::TupleOf, {&item, 1});
}

KindRef list_of_kind(KindRef item) {
    return intern(Tag::ListOf, {&item, 1});
}

KindRef text_kind(uint32_t unit_bytes) {
    return intern(Tag::Text, {}, unit_bytes);
}

KindRef never_kind() {
    static const KindRef kind = intern(Tag::Never);
    return kind;
}

namespace {

/// The kind that takes in `item` and all items of the rows; null where there is none.
KindRef join_items(KindRef item, KindRef row) {
    if (row->item) {
        return join(item, row->item);
    }
    for (KindRef each : row->items) {
        item = item ? join(item, each) : nullptr;
    }
    return item;
}

}  // namespace

KindRef join(KindRef left, KindRef right) {
    if (left == right || right->tag == Tag::Never) {
        return left;
    }
    if (left->tag == Tag::Never) {
        return right;
    }
    if (left->tag == Tag::Text && right->tag == Tag::Text) {
        return text_kind(4);
    }
    const auto is_tuple = [](KindRef kind) { return kind->tag == Tag::Tuple || kind->tag == Tag::TupleOf; };
    const auto is_list = [](KindRef kind) { return kind->tag == Tag::List || kind->tag == Tag::ListOf; };
    if (!(is_tuple(left) && is_tuple(right)) && !(is_list(left) && is_list(right))) {
        return nullptr;
    }
    if (left->is_row() && right->is_row() && left->items.size() == right->items.size()) {
        std::vector<KindRef> items;
        for (size_t i = 0; i < left->items.size(); ++i) {
            items.push_back(join(left->items[i], right->items[i]));
            if (!items.back()) {
                return nullptr;
            }
        }
        return is_tuple(left) ? tuple_kind(items) : list_kind(items);
    }
    const KindRef of_left = join_items(never_kind(), left);
    const KindRef item = of_left ? join_items(of_left, right) : nullptr;
    return !item ? nullptr : is_tuple(left) ? tuple_of_kind(item) : list_of_kind(item);
}

uint32_t leaf_bytes(KindRef leaf) {
    return leaf->tag == Tag::Bool ? 1 : 8;
}

uint32_t item_bytes(KindRef item) {
    if (item->leaves != 1) {
        return 8 * item->leaves;
    }
    std::vector<KindRef> leaves;
    append_leaves(item, leaves);
    return leaf_bytes(leaves.front());
}

void append_leaves(KindRef kind, std::vector<KindRef>& leaves) {
    if (kind->is_scalar()) {
        leaves.push_back(kind);
    }
    if (kind->item || kind->tag == Tag::Text) {
        leaves.insert(leaves.end(), 2, int_kind());
    }
    for (KindRef item : kind->items) {
        append_leaves(item, leaves);
    }
}

}  // namespace pp
