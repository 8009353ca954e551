/// The patterns of match statements. Kinds decide them while translating, but for lengths that are known at run time.
#include <algorithm>
#include <string>

#include "base/error.h"
#include "frontend/intrinsics.h"
#include "frontend/records.h"
#include "frontend/translator.h"

namespace pp::frontend {
namespace {

/// Types whose instances a single positional pattern captures as they are: `case int(n)`.
bool captures_itself(const Value& owner) {
    constexpr std::string_view kTypes[] = {"bool", "bytes", "dict", "float", "frozenset",
                                           "int",  "list",  "set",  "str",   "tuple"};
    return owner.shape == Shape::Intrinsic &&
           std::find_if(std::begin(kTypes), std::end(kTypes), [&](std::string_view type) {
               return owner.node->name == "builtins." + std::string(type);
           }) != std::end(kTypes);
}

}  // namespace

/// Whether the top of the stack is a sequence, or a mapping.
bool Translator::match_shape(const Operation& operation) {
    const Value subject = frame().stack.back();
    translation_.looks().look_into(subject);
    if (!subject.is_known() && subject.shape != Shape::Range && subject.shape != Shape::Mapping &&
        subject.shape != Shape::Object) {
        translation_.unsupported("matching a " + quoted(type_name(subject)), {}, "test for its type before");
        return false;
    }
    const bool is_sequence = subject.is_row() || subject.shape == Shape::Sequence || subject.shape == Shape::Range ||
                             is_named_tuple(subject);
    const bool is_mapping = is_dict(subject) || (subject.shape == Shape::Mapping && subject.node->name == "dict");
    push(translation_.bool_constant(operation.op == Canon::MatchSequence ? is_sequence : is_mapping));
    return true;
}

bool Translator::get_length() {
    const Value subject = frame().stack.back();
    const IntrinsicEntry* length = find_intrinsic("builtins.len");
    return proceed(length->call(translation_, {length->name, {&subject, 1}, {}}));
}

bool Translator::match_keys() {
    const std::vector<Value>& stack = frame().stack;
    const Value keys = stack.back(), subject = stack[stack.size() - 2];
    PP_CHECK(keys.shape == Shape::Tuple);
    if (!is_dict(subject)) {
        translation_.unsupported("matching the keys of this dict", {}, "look the keys up");
        return false;
    }
    std::vector<Value> values;
    for (const Value& key : keys.items()) {
        const std::string* text = key.shape == Shape::Object ? key.node->text : nullptr;
        const Value value = text ? field(translation_, subject, *text) : Value{};
        if (value.is_null()) {
            push(none_value());
            return true;
        }
        values.push_back(value);
    }
    push(translation_.row(Shape::Tuple, std::move(values)));
    return true;
}

bool Translator::match_class(const Operation& operation) {
    const Value keywords = pop(), owner = pop(), subject = pop();
    const auto positional = static_cast<size_t>(operation.argument);
    const IntrinsicEntry* test = find_intrinsic("builtins.isinstance");
    const Value arguments[] = {subject, owner};
    translation_.looks().look_into(subject);
    const Outcomes tested = test->call(translation_, {test->name, arguments, {}});
    if (tested.empty()) {
        return false;
    }
    if (translation_.known_bool(tested.front().value.leaf) == false) {
        push(none_value());
        return true;
    }
    std::vector<Value> found;
    std::vector<std::string> names;
    if (positional == 1 && captures_itself(owner)) {
        found.push_back(subject);
    } else if (positional > 0) {
        names = owner.shape == Shape::Class ? translation_.environment().match_arguments(owner.number)
                                            : std::vector<std::string>{};
        if (names.size() < positional) {
            translation_.unsupported("this class pattern", {}, "name the attributes");
            return false;
        }
        names.resize(positional);
    }
    for (const Value& keyword : keywords.items()) {
        names.push_back(keyword.shape == Shape::Object && keyword.node->text ? *keyword.node->text : std::string());
    }
    return push_matched(subject, names, std::move(found));
}

/// Pushes the attributes so called, behind what has been found; None where one is missing.
bool Translator::push_matched(const Value& subject, std::span<const std::string> names, std::vector<Value> found) {
    for (const std::string& name : names) {
        const Outcomes ways =
            subject.shape == Shape::Record ? record_attribute(translation_, subject, name) : Outcomes{};
        if (ways.size() != 1 || ways.front().follows || ways.front().raises) {
            translation_.unsupported("matching the attribute " + quoted(name) + " of a " + quoted(type_name(subject)),
                                     {}, "match fields, and test the rest with if");
            return false;
        }
        found.push_back(ways.front().value);
    }
    push(translation_.row(Shape::Tuple, std::move(found)));
    return true;
}

}  // namespace pp::frontend
