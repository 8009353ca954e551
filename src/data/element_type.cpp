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
    return kind->tag == Tag::Record && !is_optional(kind) && kind->record->form != RecordForm::Number &&
           kind->record->form != RecordForm::Keys && kind->record->form != RecordForm::Items &&
           kind->record->find(RecordShape::kIdentity) == RecordShape::kNoField;
}

bool is_dynamic_leaf(KindRef kind) {
    return kind->item != nullptr || kind->tag == Tag::Text;
}

bool has_items(KindRef kind) {
    return kind->is_row() || is_plain_record(kind);
}

bool has_objects(KindRef kind) {
    return (kind->tag == Tag::Record && !is_optional(kind) && kind->record->form != RecordForm::NamedTuple) ||
           std::ranges::any_of(kind->items, has_objects);
}

bool has_gaps(KindRef kind) {
    return is_optional(kind) || std::ranges::any_of(kind->items, has_gaps);
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
    if (is_dynamic_leaf(kind)) {
        next += 2;
        return kind;
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
    if (is_dynamic_leaf(kind)) {
        const std::string item = kind->item ? element_type(kind->item)->to_string() : std::string();
        text.append(kind->item ? "tuple[" : "str").append(item).append(kind->item ? ", ...]" : "");
        leaf += 2;
        return;
    }
    if (is_optional(kind)) {
        append_text(type, kind->items[0], leaf, text);
        text += " | None";
        ++leaf;
        return;
    }
    if (kind->tag == Tag::None) {
        text += "None";
        return;
    }
    const RecordShape* record = kind->record;
    const char* brackets = !record || record->form == RecordForm::NamedTuple ? "[]" : record->is_dict() ? "{}" : "()";
    text += record ? record->class_name : "tuple";
    for (size_t i = 0; i < kind->items.size(); ++i) {
        if (i == 0) {
            text += brackets[0];
        } else {
            text += ", ";
        }
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
        place->is_dynamic = kind->is_dynamic;
        place->has_gaps = has_gaps(kind);
        place->is_interleaved =
            !kind->is_dynamic && !place->has_gaps &&
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

namespace {

/// Those that are leaves: not the items of rows of any length.
void append_numbers(KindRef kind, std::vector<KindRef>& numbers) {
    if (kind->is_scalar()) {
        numbers.push_back(kind);
    }
    if (is_optional(kind)) {
        return append_numbers(kind->items[0], numbers);
    }
    for (KindRef item : kind->items) {
        append_numbers(item, numbers);
    }
}

/// Whether the items of all rows of any length are stored in that format. A text has none that could be.
bool has_items_of(KindRef kind, NumberFormat format) {
    if (kind->is_scalar()) {
        return true;
    }
    if (is_optional(kind)) {
        return has_items_of(kind->items[0], format);
    }
    const auto has_it = [format](KindRef item) { return has_items_of(item, format); };
    if (!kind->item) {
        return !kind->items.empty() && std::ranges::any_of(kind->items, has_it);
    }
    std::vector<KindRef> numbers;
    append_numbers(kind->item, numbers);
    return std::ranges::all_of(numbers, [format](KindRef leaf) { return format_of(leaf) == format; }) &&
           has_items_of(kind->item, format);
}

/// Of all leaves, of which `next` says how those are stored that are numbers.
bool add_formats(KindRef kind, std::span<const NumberFormat>& next, std::vector<NumberFormat>& formats) {
    if (is_dynamic_leaf(kind)) {
        formats.insert(formats.end(), 2, NumberFormat::Int64);
        return true;
    }
    if (kind->is_scalar()) {
        if (next.empty() || !takes(next.front(), kind->tag)) {
            return false;
        }
        formats.push_back(next.front());
        next = next.subspan(1);
        return true;
    }
    if (is_optional(kind)) {
        const bool has_taken = add_formats(kind->items[0], next, formats);
        formats.push_back(NumberFormat::Bool);
        return has_taken;
    }
    return std::ranges::all_of(kind->items, [&](KindRef item) { return add_formats(item, next, formats); });
}

}  // namespace

ElementTypeRef element_type(KindRef kind, NumberFormat format) {
    std::vector<KindRef> numbers;
    append_numbers(kind, numbers);
    const auto takes_it = [format](KindRef number) { return takes(format, number->tag); };
    if (!has_items_of(kind, format) || !std::ranges::all_of(numbers, takes_it)) {
        return nullptr;
    }
    const std::vector<NumberFormat> stored(numbers.size(), format);
    std::span<const NumberFormat> next = stored;
    std::vector<NumberFormat> formats;
    return add_formats(kind, next, formats) && next.empty() ? element_type(kind, formats) : nullptr;
}

ElementTypeRef unknown_element_type() {
    return element_type(never_kind());
}

KindRef array_kind(KindRef kind) {
    if (kind->is_scalar() || kind->tag == Tag::Text || kind->tag == Tag::None || is_optional(kind)) {
        return kind;
    }
    if (kind->is_row() && kind->items.empty()) {
        return tuple_of_kind(never_kind());
    }
    if (kind->item) {
        KindRef item = kind->item->tag == Tag::Never ? kind->item : array_kind(kind->item);
        return item && item->is_plain && item->tag != Tag::None ? tuple_of_kind(item) : nullptr;
    }
    if (!has_items(kind) || kind->items.empty()) {
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

namespace {

KindRef join_optionals(KindRef left, KindRef right) {
    const auto value = [](KindRef kind) {
        return kind->tag == Tag::None ? never_kind() : is_optional(kind) ? kind->items[0] : kind;
    };
    KindRef both = join_array_kinds(value(left), value(right));
    return both ? optional_kind(both) : nullptr;
}

/// Rows of any length whose items are those of both; null where these have no kind in common.
KindRef join_rows(KindRef left, KindRef right) {
    KindRef all = nullptr;
    for (KindRef row : {left, right}) {
        std::vector<KindRef> items = row->items;
        if (row->item) {
            items.push_back(row->item);
        }
        for (KindRef item : items) {
            all = all ? join_array_kinds(all, item) : item;
            if (!all) {
                return nullptr;
            }
        }
    }
    return all && all->is_plain && all->tag != Tag::None ? tuple_of_kind(all) : nullptr;
}

}  // namespace

KindRef join_array_kinds(KindRef left, KindRef right) {
    if (left == right || right->tag == Tag::Never) {
        return left;
    }
    if (left->tag == Tag::Never) {
        return right;
    }
    if (left->tag == Tag::None || right->tag == Tag::None || is_optional(left) || is_optional(right)) {
        return join_optionals(left, right);
    }
    if (left->is_scalar() && right->is_scalar()) {
        return left->tag == Tag::Float || right->tag == Tag::Float ? float_kind() : int_kind();
    }
    if (left->tag == Tag::Text && right->tag == Tag::Text) {
        return text_kind(4);
    }
    const auto is_row = [](KindRef kind) { return kind->tag == Tag::Tuple || kind->tag == Tag::TupleOf; };
    if (is_row(left) && is_row(right) && (left->item || right->item || left->items.size() != right->items.size())) {
        return join_rows(left, right);
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

namespace {

/// Apart from what sorts of numbers they are.
bool have_same_tree(KindRef left, KindRef right) {
    if (left->is_scalar() && right->is_scalar()) {
        return true;
    }
    return left == right || (left->tag == right->tag && !is_dynamic_leaf(left) && left->record == right->record &&
                             std::ranges::equal(left->items, right->items, have_same_tree));
}

}  // namespace

bool takes_kind(const ElementType& type, KindRef kind) {
    KindRef own = array_kind(kind);
    if (!own || !have_same_tree(type.kind, own)) {
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

KindRef with_wide_text(KindRef kind) {
    if (kind->tag == Tag::Text) {
        return text_kind(4);
    }
    if (!kind->is_dynamic) {
        return kind;
    }
    if (kind->item) {
        return tuple_of_kind(with_wide_text(kind->item));
    }
    std::vector<KindRef> items;
    for (KindRef item : kind->items) {
        items.push_back(with_wide_text(item));
    }
    return with_items(kind, items);
}

ElementTypeRef with_wide_text(const ElementType& type) {
    return type.is_dynamic ? element_type(with_wide_text(type.kind), type.leaves) : &type;
}

KindRef optional_kind(KindRef kind) {
    static const RecordShape* shape =
        record_shape(RecordForm::Optional, 0, "optional", std::vector<std::string>{"value", "is_there"});
    return is_optional(kind)                             ? kind
           : kind->tag == Tag::None || has_objects(kind) ? nullptr
                                                         : record_kind(shape, std::vector{kind, bool_kind()});
}

bool is_settled(KindRef kind) {
    return kind->tag != Tag::Never && kind->tag != Tag::None && (!kind->item || is_settled(kind->item)) &&
           std::ranges::all_of(kind->items, is_settled);
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
