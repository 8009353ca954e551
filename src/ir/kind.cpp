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
        kind->items.assign(items.begin(), items.end());
        kind->object = object;
        kind->leaves = kind->is_scalar() ? 1 : 0;
        kind->nodes = 1;
        for (KindRef item : items) {
            kind->leaves += item->leaves;
            kind->nodes += item->nodes;
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

void append_leaves(KindRef kind, std::vector<KindRef>& leaves) {
    if (kind->is_scalar()) {
        leaves.push_back(kind);
    }
    for (KindRef item : kind->items) {
        append_leaves(item, leaves);
    }
}

}  // namespace pp
