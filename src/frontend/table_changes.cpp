/// Dicts and sets of the function's own whose keys it computes: assignments, deletions and methods that change them.
#include <algorithm>
#include <string>
#include <utility>

#include "frontend/changes.h"
#include "frontend/hash_tables.h"
#include "frontend/iterator_views.h"
#include "frontend/mappings.h"
#include "frontend/operators.h"
#include "frontend/records.h"
#include "frontend/sequences.h"
#include "frontend/set_operators.h"
#include "frontend/tables.h"
#include "frontend/translator.h"

namespace pp::frontend {
namespace {

/// A dict whose keys are constant text.
bool is_whole_dict(const Value& value) {
    return is_dict(value) && value.node->record->form == RecordForm::Dict && value.origin == NodeOrigin{} &&
           !value.is_captured;
}

/// The same, an element whose keys all elements have, or one from outside the function.
bool shows_constant_keys(const Value& value) {
    return is_dict(value) && value.node->record->form == RecordForm::Dict && !value.is_held;
}

/// The same where it may be changed.
bool has_constant_keys(const Value& value) {
    return shows_constant_keys(value) && !value.is_captured;
}

bool is_dict_made_here(const Value& value) {
    return is_whole_dict(value) || is_hash_dict(value) || (value.shape == Shape::Mapping && value.node->name == "dict");
}

bool is_set_made_here(const Value& value) {
    return (is_hash_table(value) && !is_hash_dict(value)) || is_mapping_set(value);
}

/// Whether values of the kind may be keys, as they lie in memory.
bool is_key_kind(KindRef kind) {
    constexpr Tag kTags[] = {Tag::Float, Tag::Int, Tag::Bool, Tag::None, Tag::Text, Tag::TupleOf, Tag::Tuple};
    return std::find(std::begin(kTags), std::end(kTags), kind->tag) != std::end(kTags) &&
           (!kind->item || is_key_kind(kind->item)) && std::all_of(kind->items.begin(), kind->items.end(), is_key_kind);
}

/// Whether a list that is or is in `value` is, or is in, one of the items.
bool shares_list(const Value& value, const std::vector<Value>& items) {
    const auto holds = [&](const Value& item) { return refers_to(item, value.node); };
    const auto shares = [&](const Value& part) { return shares_list(part, items); };
    return (value.is_list() && std::any_of(items.begin(), items.end(), holds)) ||
           (value.is_row() && std::any_of(value.items().begin(), value.items().end(), shares));
}

bool is_without_items(const Value& value) {
    return (value.is_row() || is_whole_dict(value) || value.shape == Shape::Mapping) && value.items().empty();
}

struct TableMethod {
    std::string_view name, function;
    size_t count;  ///< of arguments
};

constexpr TableMethod kMethods[] = {
    {"dict.setdefault", "hash_default", 1},
    {"dict.setdefault", "hash_default", 2},
    {"dict.pop", "hash_take", 1},
    {"dict.pop", "hash_take_or", 2},
    {"dict.popitem", "hash_take_last", 0},
    {"dict.clear", "hash_clear", 0},
    {"dict.copy", "", 0},
    {"dict.update", "hash_store_pairs", 1},
    {"set.add", "hash_add", 1},
    {"set.discard", "hash_discard", 1},
    {"set.remove", "hash_remove", 1},
    {"set.clear", "hash_clear_keys", 0},
    {"set.copy", "", 0},
    {"set.update", "hash_add_all", 1},
};

}  // namespace

/// Whether items may be put into the dict or set, and taken from it; ends the path where that has no compiled form.
bool Translator::may_change_table(const Value& table) {
    if (!may_change(table)) {
        return false;
    }
    const bool is_known_one_by_one = !is_hash_table(table);
    const auto is_row_iterator = [](const Value& value) {
        return value.shape == Shape::RowIterator && value.items().front().shape != Shape::List;
    };
    const auto iterates = [&](const Frame& frame) {
        return std::any_of(frame.stack.begin(), frame.stack.end(), is_row_iterator);
    };
    // Which dict such an iterator is of is not known; CPython raises where it changes.
    if (is_known_one_by_one && translation_.has_iterated_over_mapping() &&
        std::any_of(state_.frames.begin(), state_.frames.end(), iterates)) {
        translation_.unsupported("changing the keys of a dict while a loop runs over one", {},
                                 "loop over a list of the keys, list(...)");
        return false;
    }
    return true;
}

/// Makes a table of a dict or set whose items were known one by one; nothing, with the path ended, where that cannot
/// be.
std::optional<Value> Translator::as_changeable_table(const Value& made, const Value& key, const Value* value) {
    if (is_hash_table(made)) {
        return made;
    }
    const Value plain = hash_key(translation_, key);
    if (plain.is_null()) {
        return std::nullopt;
    }
    const std::vector<Value> items = made.items();  // `made` may be an entry of the stack, and be replaced
    const std::optional<Value> table =
        hash_table_of(translation_, made, kind_of(plain), value ? kind_of_stored(translation_, *value) : nullptr);
    if (!table) {
        translation_.unsupported("a " + quoted(type_name(made)) + " with computed keys and items of several types",
                                 "its items lie in memory, all of one type", "give all keys one type, and all values");
        return std::nullopt;
    }
    if (value && shares_list(*value, items)) {
        translation_.unsupported("keeping one list in two places of a dict with computed keys",
                                 "they would no longer be the same list", "make a list for each key");
        return std::nullopt;
    }
    replace_list(translation_, state_, made.node, *table);
    if (!freeze_items(items)) {
        return std::nullopt;
    }
    return table;
}

/// Follows a function of the prelude that gives None, for its effect: nothing is pushed.
bool Translator::follow_for_effect(Outcomes way) {
    if (way.empty() || !enter_function(way.front().value, way.front().arguments, {})) {
        return false;
    }
    frame().ending = Ending::Drop;
    return true;
}

/// `dict[key] = value`
bool Translator::store_in_table(const Value& dict, const Value& key, const Value& value) {
    if (!may_change_table(dict)) {
        return false;
    }
    if (!is_dict_made_here(dict)) {
        return proceed(
            translation_.raises("TypeError", quoted(type_name(dict)) + " object does not support item assignment"));
    }
    if (!kind_of(value)) {
        translation_.unsupported("keeping a " + quoted(type_name(value)) + " in a 'dict'", {},
                                 "keep numbers, None, text, or tuples of these");
        return false;
    }
    if (const std::string* text = constant_text(key); text && is_whole_dict(dict)) {
        return add_key(dict, *text, value);
    }
    const std::optional<Value> table = as_changeable_table(dict, key, &value);
    const Value plain = table ? hash_key(translation_, key) : Value{};
    return !plain.is_null() && follow_for_effect(follow_hash(translation_, "hash_store", *table, {plain, value}));
}

/// A dict whose keys are constant text gets another one.
bool Translator::add_key(const Value& dict, const std::string& key, const Value& value) {
    if (refers_to(value, dict.node)) {
        translation_.unsupported("an object within itself", {});
        return false;
    }
    std::vector<std::string> names = dict.node->record->fields;
    std::vector<Value> fields = dict.items();
    names.push_back(key);
    fields.push_back(value);
    const Value longer =
        translation_.record(record_shape(RecordForm::Dict, 0, "dict", std::move(names)), std::move(fields));
    replace_list(translation_, state_, dict.node, longer);
    return true;
}

/// `del dict[key]`
bool Translator::delete_key(const Value& dict, const Value& key) {
    if (!may_change_table(dict)) {
        return false;
    }
    if (is_hash_dict(dict)) {
        const Value plain = hash_key(translation_, key);
        return !plain.is_null() && follow_for_effect(follow_hash(translation_, "hash_delete", dict, {plain}));
    }
    const std::string* text = constant_text(key);
    if (!is_dict_made_here(dict)) {
        translation_.unsupported("del statement on an item of a " + quoted(type_name(dict)), {},
                                 "build a new one without it");
        return false;
    }
    if (!text || !is_whole_dict(dict)) {
        return delete_computed(dict, key);
    }
    std::vector<std::string> names = dict.node->record->fields;
    std::vector<Value> fields = dict.items();
    const auto known = std::find(names.begin(), names.end(), *text);
    if (known == names.end()) {
        return proceed(translation_.raises("KeyError", *text));
    }
    fields.erase(fields.begin() + (known - names.begin()));
    names.erase(known);
    const Value shorter =
        translation_.record(record_shape(RecordForm::Dict, 0, "dict", std::move(names)), std::move(fields));
    replace_list(translation_, state_, dict.node, shorter);
    return true;
}

/// `del dict[key]` of a dict whose keys are known one by one, and a key that is none of them for certain.
bool Translator::delete_computed(const Value& dict, const Value& key) {
    const Value all = as_mapping(translation_, dict);
    if (key_count(all) == 0) {
        return proceed(translation_.raises("KeyError", "KeyError"));
    }
    const std::optional<Value> table = as_changeable_table(dict, key, &all.items()[key_count(all)]);
    const Value plain = table ? hash_key(translation_, key) : Value{};
    return !plain.is_null() && follow_for_effect(follow_hash(translation_, "hash_delete", *table, {plain}));
}

/// `dict.popitem()` of a dict whose keys are known one by one.
bool Translator::pop_last_item(const Value& dict) {
    const Value all = as_mapping(translation_, dict);
    const size_t count = key_count(all);
    if (count == 0) {
        return proceed(translation_.raises("KeyError", "popitem(): dictionary is empty"));
    }
    if (!has_distinct_keys(translation_, all)) {
        translation_.unsupported("popitem() of a dict with these keys", {}, "name the key");
        return false;
    }
    const auto begin = all.items().begin(), middle = begin + static_cast<std::ptrdiff_t>(count);
    const Value last = all.items()[count - 1], text = as_text(translation_, last);
    const Value item = translation_.row(Shape::Tuple, {text.is_null() ? last : text, all.items().back()});
    if (is_whole_dict(dict)) {
        std::vector<std::string> names = dict.node->record->fields;
        names.pop_back();
        replace_list(translation_, state_, dict.node,
                     translation_.record(record_shape(RecordForm::Dict, 0, "dict", std::move(names)),
                                         {dict.items().begin(), dict.items().end() - 1}));
    } else {
        replace_list(translation_, state_, dict.node,
                     mapping(translation_, dict.node->name, {begin, middle - 1}, {middle, all.items().end() - 1}));
    }
    push(item);
    return true;
}

/// An item of a comprehension in a loop of computed length: the dict or set at `place` on the stack gets it.
bool Translator::add_to_table(size_t place, const Value& key, const Value& value) {
    const bool is_set = value.is_null();
    const std::optional<Value> table = as_changeable_table(frame().stack[place], key, is_set ? nullptr : &value);
    const Value plain = table ? hash_key(translation_, key) : Value{};
    if (plain.is_null()) {
        return false;
    }
    return follow_for_effect(is_set ? translation_.follow("hash_add", {table->items()[0], hash_keys(*table), plain})
                                    : follow_hash(translation_, "hash_store", *table, {plain, value}));
}

/// A method that changes the dict or set which it is called on, or copies it.
bool Translator::call_table_method(std::string_view name, std::span<const Value> arguments,
                                   std::span<const KeywordArgument> keywords) {
    const Value made = arguments[0];
    const bool is_update = name == "dict.update" && arguments.size() <= 2;
    if (is_update && arguments.size() == 2 && is_dict(arguments[1])) {
        translation_.looks().look_at_keys(arguments[1]);
    }
    if (is_update && (arguments.size() < 2 || shows_constant_keys(arguments[1])) &&
        (!keywords.empty() || (arguments.size() == 2 && has_constant_keys(made) && !arguments[1].items().empty()))) {
        return update_keys(made, arguments.subspan(1), keywords);
    }
    if (!keywords.empty()) {
        return call_intrinsic(name, arguments, keywords);
    }
    if (name == "dict.copy" && arguments.size() == 1 && is_dict(made)) {
        translation_.looks().look_at_keys(made);
    }
    if (name == "dict.copy" && arguments.size() == 1 && shows_constant_keys(made) && !is_whole_dict(made)) {
        translation_.looks().look_into(made);
        push(translation_.record(made.node->record, made.items()));
        return true;
    }
    const auto row = std::find_if(std::begin(kMethods), std::end(kMethods), [&](const TableMethod& method) {
        return method.name == name && arguments.size() - 1 == method.count;
    });
    const std::string_view method = name.substr(name.find('.') + 1);
    if (row == std::end(kMethods)) {
        return proceed(translation_.raises("TypeError", std::string(name) + "() does not take these arguments"));
    }
    if (method != "copy" && !may_change_table(made)) {
        return false;
    }
    const bool is_set = is_set_made_here(made);
    if (!is_set && !is_dict_made_here(made)) {
        translation_.unsupported("the method " + quoted(method) + " of this " + quoted(type_name(made)), {});
        return false;
    }
    if (!is_hash_table(made) && (method == "copy" || method == "clear")) {
        return copy_or_clear(made, method == "copy");
    }
    if (method == "copy") {
        if (const std::optional<Value> copy = copy_of_hash_table(translation_, made)) {
            push(*copy);
            return true;
        }
        translation_.unsupported("copying a dict that holds lists", "both would hold the same lists");
        return false;
    }
    if (arguments.size() > 1 && is_whole_dict(made) && constant_text(arguments[1])) {
        return call_dict_method(method, made, arguments.subspan(1));
    }
    if (method == "update") {
        return update_table(made, arguments[1]);
    }
    if (method == "popitem" && !is_hash_table(made)) {
        return pop_last_item(made);
    }
    if (method == "pop" && !is_hash_table(made) && made.items().empty()) {
        return proceed(arguments.size() > 2 ? translation_.done(arguments[2])
                                            : translation_.raises("KeyError", "KeyError"));
    }
    const Value default_value = arguments.size() > 2 ? arguments[2] : none_value();
    std::optional<Value> table = made;
    if (arguments.size() > 1) {
        // What is taken lies there already: its type is theirs, whatever the default is.
        const Value all = method == "pop" && !is_hash_table(made) ? as_mapping(translation_, made) : Value{};
        const Value stored = all.is_null() ? default_value : all.items()[key_count(all)];
        table = as_changeable_table(made, arguments[1], is_set ? nullptr : &stored);
    }
    if (!table) {
        return false;
    }
    std::vector<Value> given;
    if (arguments.size() > 1) {
        given.push_back(hash_key(translation_, arguments[1]));
        if (given[0].is_null()) {
            return false;
        }
    }
    if (row->function == "hash_default") {
        given.push_back(default_value);
        if (default_value.is_list() && is_place_wanted()) {
            given.insert(given.begin(), table->items().begin(), table->items().end());
            return follow_to_place(*table, "hash_default_number", std::move(given));
        }
    } else {
        given.insert(given.end(), arguments.begin() + static_cast<std::ptrdiff_t>(given.size()) + 1, arguments.end());
    }
    if (method == "discard" || method == "remove") {
        const Value changed = reordered(translation_, *table);
        replace_list(translation_, state_, table->node, changed);
        table = changed;
    }
    return proceed(follow_hash(translation_, row->function, *table, std::move(given)));
}

/// Of a dict or set whose items are known one by one.
bool Translator::copy_or_clear(const Value& made, bool copies) {
    if (made.node->fallback != Shape::Null) {
        translation_.unsupported("copying or clearing an empty defaultdict", {}, "make a new one");
        return false;
    }
    const auto copy = [&](bool is_empty) {
        if (made.shape == Shape::Mapping) {
            const auto middle = made.items().begin() + static_cast<std::ptrdiff_t>(key_count(made));
            const Value same = is_empty ? mapping(translation_, made.node->name, {}, {})
                                        : mapping(translation_, made.node->name, {made.items().begin(), middle},
                                                  {middle, made.items().end()});
            return is_empty || !is_mapping_set(made) ? same : reordered_mapping(translation_, same);
        }
        return is_empty ? translation_.record(record_shape(RecordForm::Dict, 0, "dict", {}), {})
                        : translation_.record(made.node->record, made.items());
    };
    if (!copies) {
        replace_list(translation_, state_, made.node, copy(true));
    }
    push(copies ? copy(false) : none_value());
    return true;
}

/// dict.setdefault() and dict.pop() of a dict whose keys are constant text, and such a key.
bool Translator::call_dict_method(std::string_view method, const Value& dict, std::span<const Value> arguments) {
    const std::string& key = *constant_text(arguments[0]);
    const size_t index = dict.node->record->find(key);
    const bool is_there = index != RecordShape::kNoField;
    if (!is_there && method == "pop" && arguments.size() == 1) {
        return proceed(translation_.raises("KeyError", key));
    }
    const Value value = is_there ? dict.items()[index] : arguments.size() > 1 ? arguments[1] : none_value();
    const bool changes = is_there == (method == "pop");
    if (changes && !(is_there ? delete_key(dict, arguments[0]) : add_key(dict, key, value))) {
        return false;
    }
    push(value);
    return true;
}

/// `made.update(more)`
bool Translator::update_table(const Value& made, const Value& more) {
    const bool is_set = is_set_made_here(made);
    translation_.looks().look(more);
    std::vector<Value> items;
    KindRef kind = nullptr;
    Value source;
    if (is_hash_dict(more) && !is_set) {
        source = view(translation_, "zip", {hash_keys(more), hash_values(more)});
    } else if (const Value all = as_mapping(translation_, more);
               !is_set && !all.is_null() && all.node->name == "dict") {
        append_written_items(translation_, all, true, items);
    } else if (!try_items(translation_, more, items)) {
        source = indexable_of(translation_, more);
    }
    if (source.is_null() && items.empty() && is_without_items(more)) {
        push(none_value());
        return true;
    }
    kind = !source.is_null() ? kind_of_items(source) : !items.empty() ? kind_of(items[0]) : nullptr;
    if (source.is_null()) {
        source = translation_.row(Shape::Tuple, items);
    }
    const bool is_pair = kind && kind->tag == Tag::Tuple && kind->items.size() == 2;
    const KindRef key = is_set ? kind : is_pair ? kind->items[0] : nullptr;
    std::optional<Value> table = made;
    if (!is_hash_table(made)) {
        table = key && is_key_kind(key) ? hash_table_of(translation_, made, key, is_set ? nullptr : kind->items[1])
                                        : std::nullopt;
    }
    if (!table) {
        translation_.unsupported(quoted(type_name(made)) + ".update() with a " + quoted(type_name(more)), {},
                                 "assign the items in a loop");
        return false;
    }
    if (!is_hash_table(made)) {
        replace_list(translation_, state_, made.node, *table);
        if (!freeze_items(made.items())) {
            return false;
        }
    }
    if (is_set && (is_dict(more) || is_hash_table(more) || more.shape == Shape::Mapping)) {
        const Value changed = reordered(translation_, *table);  // their items come all at once
        replace_list(translation_, state_, table->node, changed);
        table = changed;
    }
    return proceed(follow_hash(translation_, is_set ? "hash_add_all" : "hash_store_pairs", *table, {source}));
}

/// `made.update(more, key=value, ...)`, of a dict and of one whose keys are constant text.
bool Translator::update_keys(const Value& made, std::span<const Value> more,
                             std::span<const KeywordArgument> keywords) {
    std::vector<std::string> names;
    std::vector<Value> values;
    if (!more.empty()) {
        translation_.looks().look_into(more[0]);
        names = more[0].node->record->fields;
        values = more[0].items();
    }
    for (const KeywordArgument& keyword : keywords) {
        names.emplace_back(keyword.name);
        values.push_back(keyword.value);
    }
    if (!has_constant_keys(made)) {
        const RecordShape* shape = record_shape(RecordForm::Dict, 0, "dict", std::move(names));
        return update_table(made, translation_.record(shape, std::move(values)));
    }
    if (!store_keys(made, names, values)) {
        return false;
    }
    frame().stack.back() = none_value();
    return true;
}

/// Leaves the dict on the stack, as it is after the change.
bool Translator::store_keys(const Value& made, const std::vector<std::string>& names,
                            const std::vector<Value>& values) {
    push(made);  // what replaces it replaces it here, too
    for (size_t i = 0; i < names.size(); ++i) {
        const Value key = translation_.object(~uint32_t{0}, "str", translation_.keep(names[i]));
        if (!store_key(Value(frame().stack.back()), key, values[i])) {
            return false;
        }
    }
    return true;
}

/// `left | right` of dicts whose keys are constant text; a null value for others.
Value Translator::united_dict(const Value& left, const Value& right) {
    for (const Value* dict : {&left, &right}) {
        if (!is_dict(*dict)) {
            return {};
        }
        translation_.looks().look_at_keys(*dict);  // elements may have others than those that are looked at
        translation_.looks().look_into(*dict);
    }
    if (!shows_constant_keys(left) || !shows_constant_keys(right)) {
        return {};
    }
    std::vector<std::string> names = left.node->record->fields;
    std::vector<Value> values = left.items();
    for (size_t i = 0; i < right.items().size(); ++i) {
        const std::string& name = right.node->record->fields[i];
        const auto known = std::find(names.begin(), names.end(), name);
        if (known == names.end()) {
            names.push_back(name);
            values.push_back(right.items()[i]);
        } else {
            values[static_cast<size_t>(known - names.begin())] = right.items()[i];
        }
    }
    return translation_.record(record_shape(RecordForm::Dict, 0, "dict", std::move(names)), std::move(values));
}

/// `made |= more`; nothing where that takes another way.
std::optional<bool> Translator::update_in_place(const Value& made, const Value& more) {
    if (!has_constant_keys(made) || !shows_constant_keys(more)) {
        return std::nullopt;
    }
    translation_.looks().look_at_keys(made);
    translation_.looks().look_at_keys(more);
    translation_.looks().look_into(more);
    return store_keys(made, more.node->record->fields, std::vector<Value>(more.items()));
}

/// `set |= other`: the set itself is pushed, as it is after the change.
bool Translator::unite_in_place(const Value& made, const Value& other) {
    refuse_if_not_own(made);
    const Value items = set_items(translation_, other);
    const KindRef key = items.shape == Shape::Sequence ? items.node->kind->item
                        : items.items().empty()        ? nullptr
                                                       : kind_of(plain_key(translation_, items.items()[0]));
    if (!key) {
        push(made);
        return true;
    }
    const std::optional<Value> table = !may_change_table(made) ? std::nullopt
                                       : is_hash_table(made)   ? std::optional(made)
                                                               : hash_table_of(translation_, made, key, nullptr);
    if (!table) {
        translation_.unsupported("changing a set in place by these items", {}, "add the items in a loop");
        return false;
    }
    const Value changed = reordered(translation_, *table);
    replace_list(translation_, state_, made.node, changed);
    push(changed);
    return follow_for_effect(translation_.follow("hash_add_all", {changed.items()[0], hash_keys(changed), items}));
}

/// collections.defaultdict(int), and of float, bool, str and list.
bool Translator::make_defaultdict(std::span<const Value> arguments) {
    constexpr std::pair<std::string_view, Shape> kFactories[] = {{"builtins.int", Shape::Int},
                                                                 {"builtins.float", Shape::Float},
                                                                 {"builtins.bool", Shape::Bool},
                                                                 {"builtins.str", Shape::Text},
                                                                 {"builtins.list", Shape::List}};
    const std::string_view factory =
        arguments.size() == 1 && arguments[0].shape == Shape::Intrinsic ? arguments[0].node->name : "";
    const auto row = std::find_if(std::begin(kFactories), std::end(kFactories),
                                  [&](const auto& entry) { return entry.first == factory; });
    if (row == std::end(kFactories)) {
        translation_.unsupported("a defaultdict of these", {}, "make one of int, float, bool, str or list");
        return false;
    }
    Value made = mapping(translation_, "dict", {}, {});
    Node& node = translation_.node();
    node = *made.node;
    node.fallback = row->second;
    made.node = &node;
    push(made);
    return true;
}

/// `dict[key]` of a defaultdict: the key is there afterwards.
bool Translator::default_item(const Value& dict, const Value& key) {
    const Shape fallback = dict.node->fallback;
    const Value zero = fallback == Shape::Int     ? translation_.int_constant(0)
                       : fallback == Shape::Float ? translation_.float_constant(0.0)
                       : fallback == Shape::Bool  ? translation_.bool_constant(false)
                       : fallback == Shape::List
                           ? translation_.row(Shape::List, {})
                           : as_text(translation_, translation_.object(0, "str", translation_.keep("")));
    const std::optional<Value> table = may_change_table(dict) ? as_changeable_table(dict, key, &zero) : std::nullopt;
    const Value plain = table ? hash_key(translation_, key) : Value{};
    if (plain.is_null()) {
        return false;
    }
    std::vector<Value> arguments = table->items();
    arguments.insert(arguments.end(), {plain, zero});
    return fallback == Shape::List && is_place_wanted()
               ? follow_to_place(*table, "hash_default_number", std::move(arguments))
               : proceed(translation_.follow("hash_default", std::move(arguments)));
}

/// dict.fromkeys(items, value)
bool Translator::make_from_keys(std::span<const Value> arguments) {
    if (arguments.empty() || arguments.size() > 2) {
        return proceed(translation_.raises("TypeError", "fromkeys() takes 1 or 2 arguments"));
    }
    const Value value = arguments.size() > 1 ? arguments[1] : none_value();
    translation_.looks().look(arguments[0]);
    std::vector<Value> items;
    Value source;
    KindRef kind = nullptr;
    if (try_items(translation_, arguments[0], items)) {
        if (std::all_of(items.begin(), items.end(), constant_text)) {
            push(translation_.record(record_shape(RecordForm::Dict, 0, "dict", {}), {}));
            for (const Value& item : items) {
                const Value made = frame().stack.back();
                if (made.node->record->find(*constant_text(item)) == RecordShape::kNoField &&
                    !add_key(made, *constant_text(item), value)) {
                    return false;
                }
            }
            return true;
        }
        source = translation_.row(Shape::Tuple, items);
        kind = kind_of(items[0]);
    } else {
        source = indexable_of(translation_, arguments[0]);
        kind = source.is_null() ? nullptr : kind_of_items(source);
    }
    const KindRef stored = kind_of_stored(translation_, value);
    const std::optional<Value> table =
        kind && is_key_kind(kind) && stored
            ? hash_table_of(translation_, mapping(translation_, "dict", {}, {}), kind, stored)
            : std::nullopt;
    if (!table) {
        translation_.unsupported("dict.fromkeys() of a " + quoted(type_name(arguments[0])), {},
                                 "assign the items in a loop");
        return false;
    }
    push(*table);
    return follow_for_effect(follow_hash(translation_, "hash_from_keys", *table, {source, value}));
}

/// set(items) and dict(pairs) of computed length.
bool Translator::make_table(std::string_view name, const Value& items) {
    const bool is_set = name != "builtins.dict";
    const Value source = indexable_of(translation_, items);
    const KindRef kind = source.is_null() ? nullptr : kind_of_items(source);
    const bool is_pair = kind && kind->tag == Tag::Tuple && kind->items.size() == 2;
    const KindRef key = is_set ? kind : is_pair ? kind->items[0] : nullptr;
    const Value nothing = mapping(translation_, name.substr(name.find('.') + 1), {}, {});
    const std::optional<Value> table =
        key && is_key_kind(key) ? hash_table_of(translation_, nothing, key, is_set ? nullptr : kind->items[1])
                                : std::nullopt;
    if (!table) {
        translation_.unsupported(std::string(name.substr(9)) + "() of a " + quoted(type_name(items)), {},
                                 is_set ? "use numbers, text and tuples of these" : "assign the items in a loop");
        return false;
    }
    push(*table);
    return follow_for_effect(is_set
                                 ? translation_.follow("hash_add_all", {table->items()[0], hash_keys(*table), source})
                                 : follow_hash(translation_, "hash_store_pairs", *table, {source}));
}

}  // namespace pp::frontend
