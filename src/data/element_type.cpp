/// See element_type.h.
#include "data/element_type.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "data/leaf_view.h"

namespace pp::data {
namespace {

/// What is more than its fields is none: a scalar of numpy's, an enum's member.
bool is_plain_record(KindRef kind) {
    return kind->tag == Tag::Record && kind->record->form != RecordForm::Number &&
           kind->record->form != RecordForm::Keys &&
           kind->record->find(RecordShape::kIdentity) == RecordShape::kNoField;
}

bool has_items(KindRef kind) {
    return kind->is_row() || is_plain_record(kind);
}

bool has_objects(KindRef kind) {
    return (kind->tag == Tag::Record && kind->record->form != RecordForm::NamedTuple) ||
           std::ranges::any_of(kind->items, has_objects);
}

NumberFormat format_of(KindRef scalar) {
    return scalar->tag == Tag::Float ? NumberFormat::Float64
           : scalar->tag == Tag::Int ? NumberFormat::Int64
                                     : NumberFormat::Bool;
}

std::vector<KindRef> leaves_of(KindRef kind) {
    std::vector<KindRef> leaves;
    append_leaves(kind, leaves);
    return leaves;
}

/// `kind` with every leaf as the formats say.
KindRef with_leaves(KindRef kind, const NumberFormat*& next) {
    if (kind->is_scalar()) {
        return scalar_kind(*next++);
    }
    std::vector<KindRef> items;
    for (KindRef item : kind->items) {
        items.push_back(with_leaves(item, next));
    }
    return with_items(kind, items);
}

void append_text(const ElementType& type, KindRef kind, size_t& leaf, std::string& text) {
    if (kind->is_scalar()) {
        text += to_string(type.leaves[leaf++]);
        return;
    }
    const RecordShape* record = kind->record;
    const char* brackets = !record || record->form == RecordForm::NamedTuple ? "[]" : record->is_dict() ? "{}" : "()";
    text += record ? record->class_name : "tuple";
    for (size_t i = 0; i < kind->items.size(); ++i) {
        text += i == 0 ? std::string(1, brackets[0]) : ", ";
        if (record) {
            text += record->fields[i] + ": ";
        }
        append_text(type, kind->items[i], leaf, text);
    }
    text += brackets[1];
}

}  // namespace

KindRef scalar_kind(NumberFormat format) {
    return is_floating(format) ? float_kind() : format == NumberFormat::Bool ? bool_kind() : int_kind();
}

std::string ElementType::to_string() const {
    std::string text;
    size_t leaf = 0;
    if (is_known()) {
        append_text(*this, kind, leaf, text);
    }
    return is_known() ? text : "unknown";
}

ElementTypeRef element_type(KindRef kind, std::span<const NumberFormat> leaves) {
    static std::mutex& mutex = *new std::mutex;
    static auto& types = *new std::map<std::pair<KindRef, std::vector<NumberFormat>>, std::unique_ptr<ElementType>>;
    const NumberFormat* next = leaves.data();
    PP_CHECK(leaves.size() == kind->leaves);
    kind = leaves.empty() ? kind : with_leaves(kind, next);
    std::lock_guard lock(mutex);
    auto& place = types[{kind, {leaves.begin(), leaves.end()}}];
    if (!place) {
        place = std::make_unique<ElementType>();
        place->kind = kind;
        place->leaves.assign(leaves.begin(), leaves.end());
        place->is_interleaved =
            std::ranges::all_of(leaves, [&](NumberFormat format) { return format == leaves.front(); });
        place->row_bytes = 0;
        place->has_objects = has_objects(kind);
        for (const NumberFormat format : leaves) {
            place->row_bytes += format_bytes(format);
        }
    }
    return place.get();
}

ElementTypeRef element_type(KindRef kind) {
    std::vector<NumberFormat> formats;
    for (KindRef leaf : leaves_of(kind)) {
        formats.push_back(format_of(leaf));
    }
    return element_type(kind, formats);
}

ElementTypeRef element_type(KindRef kind, NumberFormat format) {
    const std::vector<KindRef> leaves = leaves_of(kind);
    if (!std::ranges::all_of(leaves, [format](KindRef leaf) { return takes(format, leaf->tag); })) {
        return nullptr;
    }
    return element_type(kind, std::vector<NumberFormat>(leaves.size(), format));
}

ElementTypeRef unknown_element_type() {
    return element_type(never_kind());
}

KindRef array_kind(KindRef kind) {
    if (kind->is_scalar()) {
        return kind;
    }
    if (!has_items(kind) || kind->leaves == 0) {
        return nullptr;
    }
    std::vector<KindRef> items;
    for (KindRef item : kind->items) {
        items.push_back(array_kind(item));
        if (!items.back()) {
            return nullptr;
        }
    }
    return kind->is_row() ? tuple_kind(items) : with_items(kind, items);
}

KindRef in_order_of(KindRef like, KindRef kind) {
    const RecordShape *wanted = like->record, *given = kind->record;
    if (!wanted || !given || wanted == given || wanted->form != given->form || wanted->class_id != given->class_id ||
        wanted->fields.size() != given->fields.size()) {
        return kind;
    }
    std::vector<KindRef> items;
    for (size_t i = 0; i < wanted->fields.size(); ++i) {
        const size_t at = given->find(wanted->fields[i]);
        if (at == RecordShape::kNoField) {
            return kind;
        }
        items.push_back(in_order_of(like->items[i], kind->items[at]));
    }
    return record_kind(wanted, items);
}

KindRef join_array_kinds(KindRef left, KindRef right) {
    if (left == right) {
        return left;
    }
    if (left->is_scalar() && right->is_scalar()) {
        return left->tag == Tag::Float || right->tag == Tag::Float ? float_kind() : int_kind();
    }
    if (left->tag != right->tag || left->record != right->record || left->items.size() != right->items.size() ||
        left->is_scalar()) {
        return nullptr;
    }
    std::vector<KindRef> items;
    for (size_t i = 0; i < left->items.size(); ++i) {
        items.push_back(join_array_kinds(left->items[i], right->items[i]));
        if (!items.back()) {
            return nullptr;
        }
    }
    return with_items(left, items);
}

bool takes_kind(const ElementType& type, KindRef kind) {
    KindRef own = array_kind(kind);
    if (!own || own->leaves != type.leaves.size() || join_array_kinds(type.kind, own) == nullptr) {
        return false;
    }
    const std::vector<KindRef> leaves = leaves_of(own);
    for (size_t i = 0; i < leaves.size(); ++i) {
        if (!takes(type.leaves[i], leaves[i]->tag)) {
            return false;
        }
    }
    return true;
}

ElementTypeRef item_type(const ElementType& type, size_t index, size_t& first_leaf) {
    first_leaf = 0;
    for (size_t i = 0; i < index; ++i) {
        first_leaf += type.kind->items[i]->leaves;
    }
    KindRef item = type.kind->items[index];
    return element_type(item, std::span(type.leaves).subspan(first_leaf, item->leaves));
}

}  // namespace pp::data
