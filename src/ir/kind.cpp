/// The intern table of kinds and their spelling.
#include "ir/kind.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>

namespace pp {
namespace {

/// Kinds are handed out as bare pointers to every thread, so the table is never destroyed, not even at exit.
class InternTable {
public:
    KindRef intern(Tag tag, std::span<const KindRef> items, uint32_t object, const RecordShape* record) {
        std::lock_guard lock(mutex_);
        std::unique_ptr<Kind>& entry = kinds_[Key(tag, {items.begin(), items.end()}, object, record)];
        if (!entry) {
            entry = make(tag, items, object, record);
        }
        return entry.get();
    }

    const RecordShape* intern(RecordForm form, uint64_t class_id, std::string_view class_name,
                              std::span<const std::string> fields) {
        std::lock_guard lock(mutex_);
        std::unique_ptr<RecordShape>& entry = shapes_[ShapeKey(form, class_id, {fields.begin(), fields.end()})];
        if (!entry) {
            entry = std::make_unique<RecordShape>(
                RecordShape{form, class_id, std::string(class_name), {fields.begin(), fields.end()}});
        }
        return entry.get();
    }

private:
    using Key = std::tuple<Tag, std::vector<KindRef>, uint32_t, const RecordShape*>;
    using ShapeKey = std::tuple<RecordForm, uint64_t, std::vector<std::string>>;

    static std::unique_ptr<Kind> make(Tag tag, std::span<const KindRef> items, uint32_t object,
                                      const RecordShape* record) {
        auto kind = std::make_unique<Kind>();
        kind->tag = tag;
        kind->object = object;
        kind->record = record;
        kind->nodes = 1;
        kind->has_carried = kind->is_carried();
        kind->is_plain = tag < Tag::Any;
        if (tag == Tag::TupleOf || tag == Tag::ListOf || tag == Tag::Text) {
            kind->item = items.empty() ? nullptr : items.front();
            kind->is_dynamic = true;
            kind->is_plain = !kind->item || kind->item->is_plain;
            kind->leaves = 2;
            return kind;
        }
        kind->items.assign(items.begin(), items.end());
        kind->leaves = kind->is_scalar() || tag == Tag::Identity ? 1 : tag == Tag::Complex ? 2 : 0;
        for (KindRef item : items) {
            kind->leaves += item->leaves;
            kind->nodes += item->nodes;
            kind->has_carried |= item->has_carried;
            kind->is_plain = kind->is_plain && item->is_plain;
            kind->is_dynamic = kind->is_dynamic || item->is_dynamic;
        }
        return kind;
    }

    std::mutex mutex_;
    std::map<Key, std::unique_ptr<Kind>> kinds_;
    std::map<ShapeKey, std::unique_ptr<RecordShape>> shapes_;
};

InternTable& table() {
    static InternTable* const table = new InternTable;
    return *table;
}

KindRef intern(Tag tag, std::span<const KindRef> items = {}, uint32_t object = 0, const RecordShape* record = nullptr) {
    return table().intern(tag, items, object, record);
}

void append_text(KindRef kind, std::string& text);

void append_record(KindRef kind, std::string& text) {
    if (kind->record->form == RecordForm::Number) {
        text += kind->record->class_name;
        return;
    }
    const bool is_dict = kind->record->is_dict();
    const bool is_tuple = kind->record->form == RecordForm::NamedTuple || kind->record->form == RecordForm::Items;
    text += kind->record->form == RecordForm::Dict ? "dict" : is_dict ? "keys" : kind->record->class_name;
    text += is_dict ? "{" : is_tuple ? "[" : "(";
    for (size_t i = 0; i < kind->items.size(); ++i) {
        text += (i == 0 ? "" : ", ") + kind->record->fields[i] + ": ";
        append_text(kind->items[i], text);
    }
    text += is_dict ? "}" : is_tuple ? "]" : ")";
}

void append_text(KindRef kind, std::string& text) {
    switch (kind->tag) {
    case Tag::Float: text += "float"; return;
    case Tag::Int: text += "int"; return;
    case Tag::Bool: text += "bool"; return;
    case Tag::None: text += "None"; return;
    case Tag::Object: text += "object#" + std::to_string(kind->object); return;
    case Tag::Any: text += "Any"; return;
    case Tag::Some: text += "Some"; return;
    case Tag::Other: text += "Other"; return;
    case Tag::Missing: text += "Missing"; return;
    case Tag::Complex: text += "complex"; return;
    case Tag::Record: append_record(kind, text); return;
    case Tag::Identity: text += "Identity"; return;
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

size_t RecordShape::find(std::string_view name) const noexcept {
    const auto found = std::find(fields.begin(), fields.end(), name);
    return found == fields.end() ? kNoField : static_cast<size_t>(found - fields.begin());
}

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

KindRef any_kind() {
    static const KindRef kind = intern(Tag::Any);
    return kind;
}

KindRef some_kind() {
    static const KindRef kind = intern(Tag::Some);
    return kind;
}

KindRef other_kind() {
    static const KindRef kind = intern(Tag::Other);
    return kind;
}

KindRef complex_kind() {
    static const KindRef kind = intern(Tag::Complex);
    return kind;
}

KindRef identity_kind() {
    static const KindRef kind = intern(Tag::Identity);
    return kind;
}

KindRef number_kind(NumberLayout format) {
    const bool is_float = format == NumberLayout::F64 || format == NumberLayout::F32;
    const Tag tag = is_float ? Tag::Float : format == NumberLayout::Bool ? Tag::Bool : Tag::Int;
    return intern(tag, {}, static_cast<uint32_t>(format));
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

const RecordShape* record_shape(RecordForm form, uint64_t class_id, std::string_view class_name,
                                std::span<const std::string> fields) {
    return table().intern(form, class_id, class_name, fields);
}

KindRef record_kind(const RecordShape* shape, std::span<const KindRef> items) {
    return intern(Tag::Record, items, 0, shape);
}

KindRef with_items(KindRef kind, std::span<const KindRef> items) {
    return intern(kind->tag, items, 0, kind->record);
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

KindRef missing_kind() {
    static const KindRef kind = intern(Tag::Missing);
    return kind;
}

namespace {

/// For records that may have other fields, too.
bool covers_fields(KindRef wide, KindRef narrow) {
    const RecordShape &shape = *wide->record, &other = *narrow->record;
    const bool is_same_form = shape.is_dict() ? other.is_dict() : other.form == shape.form;
    if (!is_same_form || shape.class_id != other.class_id) {
        return false;
    }
    for (size_t i = 0; i < shape.fields.size(); ++i) {
        const size_t found = other.find(shape.fields[i]);
        // Only a Dict or an Object as it was found in the input is known to have no other fields.
        const bool is_absent = found == RecordShape::kNoField && other.form != RecordForm::Keys;
        const KindRef field = found != RecordShape::kNoField ? narrow->items[found]
                              : is_absent                    ? missing_kind()
                                                             : nullptr;
        if (!field || !covers(wide->items[i], field)) {
            return false;
        }
    }
    return true;
}

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

bool covers(KindRef wide, KindRef narrow) {
    if (wide == narrow || (wide->tag == Tag::Any && narrow->tag != Tag::Missing)) {
        return true;
    }
    if (wide->tag == Tag::Some) {
        return narrow->tag != Tag::None && narrow->tag != Tag::Bool && narrow->tag != Tag::Any &&
               narrow->tag != Tag::Missing;
    }
    if (wide->tag != narrow->tag || wide->item || wide->tag == Tag::Text || wide->tag == Tag::Object) {
        return false;
    }
    if (wide->is_record(RecordForm::Object) || wide->is_record(RecordForm::Keys)) {
        return covers_fields(wide, narrow);
    }
    return wide->record == narrow->record &&
           std::equal(wide->items.begin(), wide->items.end(), narrow->items.begin(), narrow->items.end(), covers);
}

KindRef join(KindRef left, KindRef right) {
    if (left == right) {
        return left;
    }
    if (!left->is_plain || !right->is_plain) {
        return nullptr;
    }
    if (right->tag == Tag::Never) {
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
    switch (static_cast<NumberLayout>(leaf->is_scalar() ? leaf->object : 0)) {
    case NumberLayout::F32:
    case NumberLayout::I32:
    case NumberLayout::U32: return 4;
    case NumberLayout::I16:
    case NumberLayout::U16: return 2;
    case NumberLayout::I8:
    case NumberLayout::U8: return 1;
    default: return leaf->tag == Tag::Bool ? 1 : 8;
    }
}

namespace {

template <typename Visit> void visit_leaves(KindRef kind, const Visit& visit) {
    if (kind->is_scalar()) {
        visit(kind);
    }
    if (kind->tag == Tag::Identity) {
        visit(int_kind());
    }
    if (kind->tag == Tag::Complex) {
        visit(float_kind());
        visit(float_kind());
    }
    if (kind->item || kind->tag == Tag::Text) {
        visit(int_kind());
        visit(int_kind());
    }
    for (KindRef item : kind->items) {
        visit_leaves(item, visit);
    }
}

}  // namespace

uint32_t item_bytes(KindRef item) {
    uint32_t count = 0, alone = 0, together = 0;
    visit_leaves(item, [&](KindRef leaf) {
        ++count;
        alone = leaf_bytes(leaf);
        together += leaf->object != 0 ? alone : 8;
    });
    return count == 1 ? alone : together;
}

void append_leaves(KindRef kind, std::vector<KindRef>& leaves) {
    visit_leaves(kind, [&](KindRef leaf) { leaves.push_back(leaf); });
}

}  // namespace pp
