/// Operators as operations, rows built and taken apart, and what has no compiled form.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "frontend/operators.h"
#include "frontend/rows.h"
#include "frontend/translator.h"

namespace pp::frontend {
namespace {

Outcomes identity(Translation& t, const Value& left, const Value& right, bool is_inverted) {
    const ir::ValueId same = identical(t, left, right);
    if (same == ir::kNoValue) {
        return t.unsupported("'is' between values of type " + quoted(type_name(left)),
                             "whether equal values are one object is an accident", "compare with '=='");
    }
    return t.done(bool_value(is_inverted ? logical_not(t, same) : same));
}

Outcomes membership(Translation& t, const Value& item, const Value& container, bool is_inverted) {
    return then(t, contains(t, container, item), [&](const Value& found) {
        return t.done(is_inverted ? bool_value(logical_not(t, found.leaf)) : found);
    });
}

struct NoForm {
    Canon op;
    std::string_view construct, reason, advice;
};

constexpr NoForm kNoForms[] = {
    {Canon::StoreAttribute, "changing an attribute", "map only computes", "return the new value"},
    {Canon::StoreSubscript, "changing an item", "map only computes", "build a new row and return it"},
    {Canon::BuildSet, "a set", "", "use a tuple"},
    {Canon::SetAdd, "a set", "", "use a tuple"},
    {Canon::BuildMap, "a dict", "", "use a tuple"},
    {Canon::BuildMapKeys, "a dict", "", "use a tuple"},
    {Canon::MapAdd, "a dict", "", "use a tuple"},
    {Canon::BuildString, "making text", "", "return the numbers and format them afterwards"},
    {Canon::Format, "making text", "", "return the numbers and format them afterwards"},
    {Canon::Convert, "making text", "", "return the numbers and format them afterwards"},
    {Canon::Yield, "a generator", "", "use a list comprehension or a loop"},
};

}  // namespace

bool Translator::operate(const Operation& operation) {
    const bool is_inverted = operation.argument == 1;
    if (operation.op == Canon::Unary) {
        const Value operand = pop();
        return proceed(unary(translation_, static_cast<UnaryOperator>(operation.argument), operand));
    }
    const Value right = pop(), left = pop();
    switch (operation.op) {
    case Canon::Binary:
        if (operation.in_place && left.shape == Shape::List) {
            translation_.unsupported("changing a list in place", {}, "write 'a = a + b' or a comprehension");
            return false;
        }
        return proceed(binary(translation_, static_cast<BinaryOperator>(operation.argument), left, right));
    case Canon::Compare:
        return proceed(compare(translation_, static_cast<CompareOperator>(operation.argument), left, right));
    case Canon::Is: return proceed(identity(translation_, left, right, is_inverted));
    case Canon::Contains: return proceed(membership(translation_, left, right, is_inverted));
    default: return proceed(subscript(translation_, left, right));
    }
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

/// Only what keyword defaults need; a dict of any other use is refused where it is used.
bool Translator::build_dict(const Operation& operation) {
    if (operation.keywords.empty()) {
        return no_form(operation);
    }
    Node& node = translation_.node();
    node.keywords = &operation.keywords;
    node.items = pop(operation.keywords.size());
    push({.shape = Shape::Dict, .node = &node});
    return true;
}

/// The items of what is to be taken apart; ends the path where that cannot be done.
bool Translator::pop_items(std::vector<Value>& items) {
    const Value value = pop();
    if (try_items(translation_, value, items)) {
        return true;
    }
    if (value.is_number() || value.shape == Shape::None || value.shape == Shape::Function) {
        translation_.raises(quoted(type_name(value)) + " object is not iterable");
    } else {
        translation_.unsupported("taking a " + quoted(type_name(value)) + " apart", "its length is not known here",
                                 "use tuples and lists");
    }
    return false;
}

bool Translator::unpack(const Operation& operation) {
    const auto count = static_cast<size_t>(operation.argument);
    std::vector<Value> items;
    if (!pop_items(items)) {
        return false;
    }
    if (items.size() != count) {
        translation_.raises("expected " + std::to_string(count) + " values to unpack, got " + std::to_string(items.size()));
        return false;
    }
    frame().stack.insert(frame().stack.end(), items.rbegin(), items.rend());
    return true;
}

bool Translator::unpack_star(const Operation& operation) {
    const auto before = static_cast<std::ptrdiff_t>(operation.argument & 0xFF);
    const auto after = static_cast<std::ptrdiff_t>(operation.argument >> 8);
    std::vector<Value> items;
    if (!pop_items(items)) {
        return false;
    }
    if (std::ssize(items) < before + after) {
        translation_.raises("not enough values to unpack");
        return false;
    }
    std::vector<Value>& stack = frame().stack;
    stack.insert(stack.end(), items.rbegin(), items.rbegin() + after);
    stack.push_back(translation_.row(Shape::List, {items.begin() + before, items.end() - after}));
    stack.insert(stack.end(), items.rend() - before, items.rend());
    return true;
}

bool Translator::list_append(const Operation& operation) {
    const Value value = pop();
    std::vector<Value>& stack = frame().stack;
    const auto list = stack.end() - operation.argument;
    const auto is_range_loop = [](const Value& entry) { return entry.shape == Shape::RangeIterator; };
    if (std::any_of(list, stack.end(), is_range_loop)) {
        translation_.unsupported("a list whose length is computed", "the length of a row is part of its type",
                                 "iterate over a row, or over a range() of constants up to 8");
        return false;
    }
    std::vector<Value> items = list->items();
    items.push_back(value);
    *list = translation_.row(Shape::List, std::move(items));
    return true;
}

bool Translator::list_extend(const Operation& operation) {
    std::vector<Value> more;
    if (!pop_items(more)) {
        return false;
    }
    const auto list = frame().stack.end() - operation.argument;
    std::vector<Value> items = list->items();
    items.insert(items.end(), more.begin(), more.end());
    *list = translation_.row(Shape::List, std::move(items));
    return true;
}

bool Translator::no_form(const Operation& operation) {
    if (operation.op == Canon::Unsupported) {
        translation_.unsupported(operation.text, {});
        return false;
    }
    const auto row = std::find_if(std::begin(kNoForms), std::end(kNoForms),
                                  [&](const NoForm& entry) { return entry.op == operation.op; });
    PP_CHECK(row != std::end(kNoForms));
    translation_.unsupported(row->construct, row->reason, row->advice);
    return false;
}

}  // namespace pp::frontend
