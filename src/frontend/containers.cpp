/// Operators as operations, rows built and taken apart, and what has no compiled form.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "frontend/arrays.h"
#include "frontend/bytecode_unsupported.h"
#include "frontend/enums.h"
#include "frontend/hash_tables.h"
#include "frontend/intrinsics_support.h"
#include "frontend/keys.h"
#include "frontend/mappings.h"
#include "frontend/numbers.h"
#include "frontend/operators.h"
#include "frontend/records.h"
#include "frontend/rows.h"
#include "frontend/sequences.h"
#include "frontend/set_operators.h"
#include "frontend/tables.h"
#include "frontend/translator.h"

namespace pp::frontend {
namespace {

/// Bytes of text that stands in the function and is taken apart in place.
constexpr size_t kLongestText = 256;

/// Whether an augmented assignment would change the list `left` rather than raise.
bool is_change_of_list(BinaryOperator op, const Value& left, const Value& right) {
    const bool extends = op == BinaryOperator::Add && !right.is_number() && right.shape != Shape::None;
    const bool repeats = op == BinaryOperator::Multiply && right.is_integral();
    return left.is_list() && (extends || repeats);
}

Outcomes identity(Translation& t, const Value& left, const Value& right, bool is_inverted) {
    const ir::ValueId same = identical(t, left, right);
    if (same == ir::kNoValue) {
        return t.unsupported("'is' between values of type " + quoted(type_name(left)),
                             "whether equal values are one object is an accident", "compare with '=='");
    }
    return t.done(bool_value(is_inverted ? logical_not(t, same) : same));
}

Outcomes membership(Translation& t, const Value& item, const Value& container, bool is_inverted) {
    const Value text = as_text(t, container);
    if (container.is_dynamic() || !text.is_null()) {
        return contains_dynamic(t, text.is_null() ? container : text, item, is_inverted);
    }
    if (is_hash_table(container)) {
        return hash_contains(t, container, item, is_inverted);
    }
    if (container.shape == Shape::View && container.node->name.starts_with("dict_") && !holds_mixed(container)) {
        return contains_dynamic(t, indexable_of(t, container), item, is_inverted);
    }
    const bool is_looked_up = container.shape == Shape::Table || (is_dict(container) && item.shape != Shape::Object);
    if (const Value table = is_looked_up ? as_table(t, container) : Value{}; table.shape == Shape::Table) {
        return table_contains(t, table, item, is_inverted);
    }
    return then(t, contains(t, container, item), [&](const Value& found) {
        return t.done(is_inverted ? bool_value(logical_not(t, found.leaf)) : found);
    });
}

/// Rows are joined, repeated and indexed without a look at their items.
void look_at_operands(Looks& looks, Canon op, const Value& left, const Value& right) {
    const auto is_none = [](const Value& value) { return value.shape == Shape::None; };
    if (op == Canon::Is && (is_none(left) || is_none(right))) {
        looks.look_at_identity(left);
        looks.look_at_identity(right);
    } else if (op == Canon::Binary) {
        looks.look_into(left);
        looks.look_into(right);
    } else if (op == Canon::Subscript) {
        looks.look_into(left);
        looks.look(right);
    } else {
        looks.look(left);
        looks.look(right);
    }
}

struct NoForm {
    Canon op;
    std::string_view construct, reason, advice;
};

constexpr NoForm kNoForms[] = {
    {Canon::BuildSet, "a set of these", "", "use a tuple"},
    {Canon::SetAdd, "a set that grows in a loop of computed length", "", "use a list"},
    {Canon::SetUpdate, "a set of these", "", "use a tuple"},
    {Canon::BuildMap, "a dict of these", "", "use numbers, text and rows of these"},
    {Canon::BuildMapKeys, "a dict of these", "", "use numbers, text and rows of these"},
    {Canon::MapAdd, "a dict that grows in a loop of computed length", "", "use lists of keys and of values"},
    {Canon::BuildString, "making text", "", "return the numbers and format them afterwards"},
    {Canon::Format, "making text", "", "return the numbers and format them afterwards"},
    {Canon::Convert, "making text", "", "return the numbers and format them afterwards"},
};

}  // namespace

bool Translator::operate(const Operation& operation) {
    const bool is_inverted = operation.argument == 1;
    if (operation.op == Canon::Unary) {
        const auto op = static_cast<UnaryOperator>(operation.argument);
        const Value operand = as_plain_int(translation_, pop(), {method_name(op)});
        translation_.looks().look_into(operand);
        if (auto outcomes = class_unary(translation_, static_cast<UnaryOperator>(operation.argument), operand)) {
            return proceed(std::move(*outcomes));
        }
        const auto sign = static_cast<UnaryOperator>(operation.argument);
        if (sign == UnaryOperator::Not || sign == UnaryOperator::ToBool) {
            if (const std::optional<bool> goes_on = ask_truth(operand)) {
                return *goes_on;
            }
        }
        return proceed(unary(translation_, static_cast<UnaryOperator>(operation.argument), operand));
    }
    if (operation.op == Canon::Subscript) {
        refuse_item_of_not_own();
    }
    Value right = pop(), left = pop();
    if (operation.in_place && (left.shape == Shape::Opaque || is_array(left))) {
        refuse_if_not_own(left);
    }
    if (operation.op == Canon::Subscript && !is_dict(left)) {
        right = as_plain_int(translation_, right, {"__index__"});
    }
    if (operation.op == Canon::Subscript && (is_number_object(left) || is_number_object(right))) {
        return proceed(numpy_computes(translation_, "indexing", is_number_object(left) ? left : right));
    }
    if (operation.op == Canon::Subscript && is_int_member(translation_, right)) {
        return proceed(translation_.beyond("indexing by a " + quoted(type_name(right))));
    }
    if (left.shape == Shape::Place) {
        left = list_in(left);
    }
    look_at_operands(translation_.looks(), operation.op, left, right);
    switch (operation.op) {
    case Canon::Binary: return operate_binary(operation, left, right);
    case Canon::Compare:
        if (auto outcomes = set_compare(translation_, static_cast<CompareOperator>(operation.argument), left, right)) {
            return proceed(std::move(*outcomes));
        }
        if (auto outcomes =
                class_compare(translation_, static_cast<CompareOperator>(operation.argument), left, right)) {
            return proceed(std::move(*outcomes));
        }
        return proceed(compare(translation_, static_cast<CompareOperator>(operation.argument), left, right));
    case Canon::Is: return proceed(identity(translation_, left, right, is_inverted));
    case Canon::Contains:
        if (is_instance_record(right) || is_enum_member(right)) {
            const Binding own = translation_.environment().class_attribute(class_id_of(right), "__contains__");
            return proceed(own.kind == Binding::Kind::Function
                               ? translation_.follow(is_inverted ? "lacks" : "holds", {right, left})
                               : translation_.unsupported("'in' a " + quoted(type_name(right)),
                                                          "its class has no __contains__", "loop over its items"));
        }
        if (is_enum_member(left)) {
            if (const auto members = members_of(translation_, right, true)) {
                return proceed(membership(translation_, left, translation_.row(Shape::Tuple, *members), is_inverted));
            }
        }
        return proceed(membership(translation_, left, right, is_inverted));
    default: return load_item(left, right);
    }
}

bool Translator::operate_binary(const Operation& operation, Value left, Value right) {
    replace_int_members(translation_, method_name(static_cast<BinaryOperator>(operation.argument)), operation.in_place,
                        left, right);
    if (auto outcomes = class_binary(translation_, static_cast<BinaryOperator>(operation.argument), operation.in_place,
                                     left, right)) {
        return proceed(std::move(*outcomes));
    }
    if (operation.in_place && left.shape == Shape::Table && type_name(left) == "set") {
        translation_.refuse("changing a set from outside the function", "all elements share it",
                            "write 'a = a | b', which makes a new one");
    }
    if (!operation.in_place || type_name(left) == "frozenset") {
        if (auto outcomes = set_binary(translation_, static_cast<BinaryOperator>(operation.argument), left, right)) {
            return proceed(std::move(*outcomes));
        }
    } else if (operation.argument == static_cast<int32_t>(BinaryOperator::Or)) {
        if (is_set(left) && is_set(right)) {
            return unite_in_place(left, right);
        }
        if (const std::optional<bool> goes_on = update_in_place(left, right)) {
            return *goes_on;
        }
    }
    if (!operation.in_place && operation.argument == static_cast<int32_t>(BinaryOperator::Or)) {
        if (const Value both = united_dict(left, right); !both.is_null()) {
            push(both);
            return true;
        }
    }
    if (operation.in_place && operation.argument == static_cast<int32_t>(BinaryOperator::Add) && left.is_list()) {
        refuse_if_not_own(left);
        push(left);  // the list itself, as it is after the change
        if (!change_list("list.extend", std::vector<Value>{left, right})) {
            return false;
        }
        pop();
        return true;
    }
    if (operation.in_place && is_change_of_list(static_cast<BinaryOperator>(operation.argument), left, right)) {
        refuse_if_not_own(left);
        translation_.unsupported("changing a list in place", {}, "write 'a = a + b' or a comprehension");
        return false;
    }
    return proceed(binary(translation_, static_cast<BinaryOperator>(operation.argument), left, right));
}

/// `container[key]`
bool Translator::load_item(const Value& container, const Value& key) {
    if ((container.shape == Shape::Mapping || is_hash_table(container)) && container.node->fallback != Shape::Null) {
        return default_item(container, key);
    }
    if (is_place_wanted()) {
        if (const std::optional<bool> goes_on = push_place(container, key)) {
            return *goes_on;
        }
    }
    if (auto outcomes = class_method(translation_, "__getitem__", {container, key})) {
        return proceed(std::move(*outcomes));
    }
    if (std::optional<Outcomes> member = member_by_name(translation_, container, key)) {
        return proceed(std::move(*member));
    }
    return proceed(subscript(translation_, container, key));
}

bool Translator::build_row(const Operation& operation) {
    std::vector<Value> items = pop(static_cast<size_t>(operation.argument));
    if (std::any_of(items.begin(), items.end(), [](const Value& item) { return item.is_iterator(); })) {
        translation_.unsupported("keeping an iterator", {}, "make it a tuple");
        return false;
    }
    push(translation_.row(operation.op == Canon::BuildTuple ? Shape::Tuple : Shape::List, std::move(items)));
    return true;
}

bool Translator::build_slice(const Operation& operation) {
    Node& node = translation_.node();
    node.items = pop(static_cast<size_t>(operation.argument));
    if (node.items.size() == 2) {
        node.items.push_back(none_value());
    }
    push({.shape = Shape::Slice, .node = &node});
    return true;
}

/// A dict whose keys are constant text is a record; any other is a value to look up in.
bool Translator::build_dict(const Operation& operation) {
    std::vector<std::string> names = operation.keywords;
    std::vector<Value> values;
    if (operation.op == Canon::BuildMapKeys) {
        const std::vector<Value> keys = names.empty() ? pop().items() : std::vector<Value>{};
        values = pop(static_cast<size_t>(operation.argument));
        if (names.empty()) {
            return push_mapping(operation, "dict", keys, std::move(values));
        }
    } else {
        const std::vector<Value> pairs = pop(2 * static_cast<size_t>(operation.argument));
        std::vector<Value> keys;
        for (size_t i = 0; i < pairs.size(); i += 2) {
            keys.push_back(pairs[i]);
            values.push_back(pairs[i + 1]);
        }
        if (!std::all_of(keys.begin(), keys.end(), constant_text)) {
            return push_mapping(operation, "dict", std::move(keys), std::move(values));
        }
        for (const Value& key : keys) {
            names.push_back(*constant_text(key));
        }
    }
    std::vector<std::string> keys;
    std::vector<Value> fields;
    for (size_t i = 0; i < names.size(); ++i) {
        const auto known = std::find(keys.begin(), keys.end(), names[i]);
        if (known != keys.end()) {  // a later value takes the place of an earlier one
            fields[static_cast<size_t>(known - keys.begin())] = values[i];
            continue;
        }
        keys.push_back(names[i]);
        fields.push_back(values[i]);
    }
    if (std::any_of(fields.begin(), fields.end(), [](const Value& field) { return field.is_iterator(); })) {
        translation_.unsupported("keeping an iterator", {}, "make it a tuple");
        return false;
    }
    push(translation_.record(record_shape(RecordForm::Dict, 0, "dict", keys), std::move(fields)));
    return true;
}

/// A dict or, without values, a set that is no record.
bool Translator::push_mapping(const Operation& operation, std::string_view type, std::vector<Value> keys,
                              std::vector<Value> values) {
    const auto is_key = [](const Value& key) {
        return (kind_of(key) && key.shape != Shape::Record) || is_dict(key) || key.shape == Shape::Mapping;
    };
    const auto is_iterator = [](const Value& value) { return value.is_iterator(); };
    if (!std::all_of(keys.begin(), keys.end(), is_key) || std::any_of(values.begin(), values.end(), is_iterator)) {
        return no_form(operation);
    }
    for (const Value& key : keys) {
        if (const std::optional<KeyFault> fault = key_fault(translation_, key)) {
            return proceed(no_key(translation_, *fault));
        }
    }
    push(mapping(translation_, type, std::move(keys), std::move(values)));
    return true;
}

/// Sets, and the dicts and sets that comprehensions build.
bool Translator::build_set(const Operation& operation) {
    if (operation.op == Canon::BuildSet) {
        return push_mapping(operation, "set", pop(static_cast<size_t>(operation.argument)), {});
    }
    const Value value = operation.op == Canon::MapAdd ? pop() : Value{};
    std::vector<Value> added{pop()};
    const size_t place = frame().stack.size() - static_cast<size_t>(operation.argument);
    if (operation.op != Canon::SetUpdate && !value.is_iterator() &&
        (is_in_loop(place) || is_hash_table(frame().stack[place]))) {
        return add_to_table(place, added[0], value);
    }
    Value built = as_mapping(translation_, frame().stack[place]);
    if (operation.op == Canon::SetUpdate && added[0].shape == Shape::Mapping) {
        added = added[0].items();
    } else if (operation.op == Canon::SetUpdate) {
        return no_form(operation);
    }
    const Value& old = frame().stack[place];
    const std::string* name = constant_text(added[0]);
    if (operation.op == Canon::MapAdd && name && is_dict(old) && !is_in_loop(place) && !value.is_iterator()) {
        std::vector<std::string> names = old.node->record->fields;
        std::vector<Value> fields = old.items();
        const auto known = std::find(names.begin(), names.end(), *name);
        if (known == names.end()) {
            names.push_back(*name);
            fields.push_back(value);
        } else {
            fields[static_cast<size_t>(known - names.begin())] = value;
        }
        frame().stack[place] =
            translation_.record(record_shape(RecordForm::Dict, 0, "dict", std::move(names)), std::move(fields));
        return true;
    }
    const auto is_key = [](const Value& key) {
        return (kind_of(key) && key.shape != Shape::Record) || is_dict(key) || key.shape == Shape::Mapping;
    };
    if (is_in_loop(place) || built.is_null() || !std::all_of(added.begin(), added.end(), is_key) ||
        value.is_iterator()) {
        return no_form(operation);
    }
    for (const Value& key : added) {
        if (const std::optional<KeyFault> fault = key_fault(translation_, key)) {
            return proceed(no_key(translation_, *fault));
        }
        built = with_key(translation_, built, key, value);
    }
    if (operation.op == Canon::SetUpdate) {  // the items of another set come all at once
        built = reordered_mapping(translation_, built);
    }
    frame().stack[place] = built;
    return true;
}

/// `{**a, ...}`, `f(**a, ...)` of dicts whose keys are constant text.
bool Translator::update_dict(const Operation& operation) {
    const Value more = pop();
    Value& dict = frame().stack[frame().stack.size() - static_cast<size_t>(operation.argument)];
    const auto is_whole = [](const Value& value) {
        return is_dict(value) && value.node->record->form == RecordForm::Dict;
    };
    translation_.looks().look_at_keys(more);
    if (!is_whole(more) || !is_whole(dict)) {
        translation_.unsupported(operation.in_place ? "'**' in a call" : "'**' in a dict", {},
                                 "name the keys one by one");
        return false;
    }
    std::vector<std::string> names = dict.node->record->fields;
    std::vector<Value> fields = dict.items();
    for (size_t i = 0; i < more.items().size(); ++i) {
        const std::string& name = more.node->record->fields[i];
        const auto known = std::find(names.begin(), names.end(), name);
        if (known != names.end() && operation.in_place) {
            return proceed(
                translation_.raises("TypeError", "got multiple values for keyword argument " + quoted(name)));
        }
        if (known == names.end()) {
            names.push_back(name);
            fields.push_back(more.items()[i]);
        } else {
            fields[static_cast<size_t>(known - names.begin())] = more.items()[i];
        }
    }
    dict = translation_.record(record_shape(RecordForm::Dict, 0, "dict", std::move(names)), std::move(fields));
    return true;
}

/// The items of what is to be taken apart; ends the path where that cannot be done.
bool Translator::pop_items(std::vector<Value>& items) {
    const Value value = pop();
    translation_.looks().look_into(value);
    if (try_items(translation_, value, items)) {
        return true;
    }
    if (const std::string* text = constant_text(value); text && text->size() <= kLongestText) {
        const Value characters = as_text(translation_, value);
        const int64_t count = *translation_.known_int(int_value(length_of(characters)));
        for (int64_t i = 0; i < count; ++i) {
            items.push_back(item_at(translation_, characters, translation_.constant(i)));
        }
        return true;
    }
    if (value.is_number() || value.shape == Shape::None || value.shape == Shape::Function) {
        translation_.raises(quoted(type_name(value)) + " object is not iterable");
    } else {
        translation_.unsupported("taking a " + quoted(type_name(value)) + " apart", "its length is not known here",
                                 is_instance_record(value) ? "write tuple(...) around it"
                                 : is_array(value)         ? "write list(...) of the Array, or index it"
                                                           : array_instead(value, "use tuples and lists"));
    }
    return false;
}

bool Translator::unpack(const Operation& operation) {
    const auto count = static_cast<size_t>(operation.argument);
    std::vector<Value> items;
    translation_.looks().look_into(frame().stack.back());
    if (const Value value = indexable_of(translation_, frame().stack.back());
        value.is_dynamic() || is_array(frame().stack.back())) {
        pop();
        translation_.looks().look_into(value);
        const ir::ValueId wanted = translation_.constant(operation.argument + int64_t{0});
        translation_.guard(translation_.emit(ir::Op::IEq, {count_of(translation_, value), wanted}));
        for (int64_t i = 0; i < operation.argument; ++i) {
            items.push_back(item_at(translation_, value, translation_.constant(i)));
        }
    } else if (!pop_items(items)) {
        return false;
    }
    if (items.size() != count) {
        return proceed(translation_.raises("ValueError", "expected " + std::to_string(count) +
                                                             " values to unpack, got " + std::to_string(items.size())));
    }
    frame().stack.insert(frame().stack.end(), items.rbegin(), items.rend());
    return true;
}

bool Translator::unpack_star(const Operation& operation) {
    const auto before = static_cast<std::ptrdiff_t>(operation.argument & 0xFF);
    const auto after = static_cast<std::ptrdiff_t>(operation.argument >> 8);
    std::vector<Value> items;
    if (const Value value = indexable_of(translation_, frame().stack.back()); value.shape == Shape::Sequence) {
        pop();
        return unpack_sequence(value, before, after);
    }
    if (!pop_items(items)) {
        return false;
    }
    if (std::ssize(items) < before + after) {
        return proceed(translation_.raises("ValueError", "not enough values to unpack"));
    }
    std::vector<Value>& stack = frame().stack;
    stack.insert(stack.end(), items.rbegin(), items.rbegin() + after);
    stack.push_back(translation_.row(Shape::List, {items.begin() + before, items.end() - after}));
    stack.insert(stack.end(), items.rend() - before, items.rend());
    return true;
}

/// `a, *b, c = items` where the number of items is known at run time only.
bool Translator::unpack_sequence(const Value& items, int64_t before, int64_t after) {
    Translation& t = translation_;
    const KindRef kind = items.node->kind;
    if (holds_lists(kind->item)) {
        t.unsupported("taking a list of lists apart with '*'", "both would hold the same lists", "index it");
        return false;
    }
    t.looks().look_into(items);
    const ir::ValueId length = length_of(items), least = t.constant(before + after);
    const Outcomes raised =
        t.raised_where(t.emit(ir::Op::ILt, {length, least}), "ValueError", "not enough values to unpack");
    for (const Outcome& way : raised) {
        const ir::BlockId block = t.builder().block();
        const State kept = state_;
        t.enter(way.block);
        raise(way.value);
        state_ = kept;
        set_places();
        look_for_handlers();
        t.enter(block);
    }
    t.guard(t.emit(ir::Op::ILe, {least, length}));
    for (int64_t i = after; i > 0; --i) {
        push(item_at(t, items, t.emit(ir::Op::ISub, {length, t.constant(after - i + 1)})));
    }
    const ir::ValueId count = t.emit(ir::Op::ISub, {length, least});
    push(copy_of(t, items, list_of_kind(kind->item), t.constant(before), count));
    for (int64_t i = before; i > 0; --i) {
        push(item_at(t, items, t.constant(i - 1)));
    }
    return true;
}

bool Translator::list_append(const Operation& operation) {
    const Value value = pop();
    return append_to(frame().stack.size() - static_cast<size_t>(operation.argument), value);
}

/// A generator is run at once, where it is made: nobody can tell, since nothing it shares with others may be assigned
/// to before its items are taken.
bool Translator::yield_item() {
    const Value value = pop();
    push(none_value());
    return append_to(0, value);
}

bool Translator::list_extend(const Operation& operation) {
    std::vector<Value> more;
    const Value grown_list = *(frame().stack.end() - 1 - operation.argument);
    translation_.looks().look_into(frame().stack.back());
    if (grown_list.shape == Shape::Sequence || is_indexable(frame().stack.back())) {
        const Value items = pop();
        if (!change_list("list.extend", std::vector<Value>{grown_list, items})) {
            return false;
        }
        pop();
        return true;
    }
    if (!pop_items(more)) {
        return false;
    }
    const auto list = frame().stack.end() - operation.argument;
    std::vector<Value> items = list->items();
    items.insert(items.end(), more.begin(), more.end());
    *list = translation_.row(Shape::List, std::move(items));
    return true;
}

/// An instruction that has no canonical operation.
bool Translator::no_form_at_all(const Operation& operation) {
    if (operation.text == kGlobalAssignment || operation.text == kGlobalDeletion) {
        translation_.refuse(operation.text, "elements are computed in parallel and share nothing",
                            "return the value, and assign what map() returns");
    }
    translation_.unsupported(operation.text, {});
    return false;
}

/// f-strings: a value made text (Format, Convert), pieces of text joined (BuildString).
bool Translator::make_text(const Operation& operation) {
    if (operation.op == Canon::Format) {
        const bool has_specification = (operation.argument & 1) != 0;
        std::vector<Value> arguments = pop(has_specification ? 2 : 1);
        translation_.looks().look(arguments[0]);
        const IntrinsicEntry* format = find_intrinsic("builtins.format");
        return proceed(has_specification ? format->call(translation_, {format->name, arguments, {}})
                                         : formatted_plainly(translation_, arguments[0]));
    }
    if (operation.op == Canon::Convert) {
        const Value value = pop();
        translation_.looks().look(value);
        const IntrinsicEntry* representation =
            find_intrinsic(operation.argument == 2 ? "builtins.repr" : "builtins.ascii");
        return proceed(operation.argument == 1
                           ? text_of(translation_, value)
                           : representation->call(translation_,
                                                  {representation->name, {&value, 1}, {}, representation->parameter}));
    }
    const std::vector<Value> pieces = pop(static_cast<size_t>(operation.argument));
    for (const Value& piece : pieces) {
        translation_.looks().look(piece);
    }
    if (pieces.empty()) {  // the specification of f"{x:}"
        push(translation_.object(~uint32_t{0}, "str", translation_.keep("")));
        return true;
    }
    Value text = as_text(translation_, pieces.front());
    for (size_t i = 1; i < pieces.size(); ++i) {
        if (text.is_null() || as_text(translation_, pieces[i]).is_null()) {
            return no_form(operation);
        }
        text = concatenate_dynamic(translation_, text, pieces[i]).front().value;
    }
    push(text);
    return true;
}

bool Translator::no_form(const Operation& operation) {
    if (operation.op == Canon::Unsupported) {
        return no_form_at_all(operation);
    }
    const std::vector<Value>& stack = frame().stack;
    if (operation.op == Canon::StoreAttribute && (stack.back().shape == Shape::Module || stack.back().is_captured)) {
        translation_.refuse("changing an attribute of a " + quoted(type_name(stack.back())), "all elements share it",
                            "return the value");
    }
    const auto row = std::find_if(std::begin(kNoForms), std::end(kNoForms),
                                  [&](const NoForm& entry) { return entry.op == operation.op; });
    PP_CHECK(row != std::end(kNoForms));
    translation_.unsupported(row->construct, row->reason, row->advice);
    return false;
}

}  // namespace pp::frontend
