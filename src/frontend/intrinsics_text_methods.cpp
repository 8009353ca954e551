/// Methods of str whose arguments are not all text, or may be left out; bin, oct and hex.
#include <string>

#include "frontend/intrinsics_support.h"
#include "frontend/operators.h"
#include "frontend/sequences.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

bool is_nothing_else(const Value&) {
    return false;
}

bool is_option(const Value& value) {
    return value.is_integral() || value.shape == Shape::None;
}

Outcomes with_these(Translation& t, const IntrinsicCall& call) {
    return t.unsupported(std::string(call.name) + "() with these arguments", {});
}

Value space(Translation& t) {
    static const std::string blank = " ";
    return as_text(t, t.object(0, "str", &blank));
}

/// Whether the text starts (parameter 0) or ends (1) with one text.
ValueId has_one_affix(Translation& t, const IntrinsicCall& call, const Value& text, const Value& part) {
    const ValueId zero = t.constant(int64_t{0}), room = t.emit(Op::ISub, {length_of(text), length_of(part)});
    const ValueId fits = t.emit(Op::ILe, {zero, room});
    const ValueId position = call.parameter == 0 ? zero : t.emit(Op::Select, {fits, room, zero});
    // Nothing is compared where the part is too long.
    const Value compared =
        dynamic_value(t, part.node->kind, address_of(part), t.emit(Op::Select, {fits, length_of(part), zero}));
    return t.emit(Op::BAnd, {fits, is_text_at(t, text, position, compared)});
}

/// startswith and endswith of one text or a tuple of texts.
Outcomes has_affix(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 2)) {
        return call.arguments.size() < 2 ? wrong_count(t, call)
                                         : t.unsupported(std::string(call.name) + "() with bounds", {}, "slice first");
    }
    std::vector<Value> texts{call.arguments[0]};
    if (call.arguments[1].shape == Shape::Tuple) {
        texts.insert(texts.end(), call.arguments[1].items().begin(), call.arguments[1].items().end());
    } else {
        texts.push_back(call.arguments[1]);
    }
    texts = text_arguments(t, {call.name, texts, {}}, is_nothing_else);
    if (texts.empty()) {
        return not_text(t, call);
    }
    ValueId found = t.constant(false);
    for (size_t i = 1; i < texts.size(); ++i) {
        found = logical_or(t, found, has_one_affix(t, call, texts[0], texts[i]));
    }
    return t.done(bool_value(found));
}

/// strip, lstrip, rstrip: of white space, or of the characters of a text.
Outcomes strip(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 2)) {
        return wrong_count(t, call);
    }
    const bool is_plain = call.arguments.size() == 1 || call.arguments[1].shape == Shape::None;
    const std::string name = "text_" + std::string(call.name.substr(4));
    const std::vector<Value> arguments =
        text_arguments(t, {call.name, call.arguments.first(is_plain ? 1 : 2), {}}, is_nothing_else);
    return arguments.empty() ? not_text(t, call) : t.follow(is_plain ? name : name + "_of", arguments);
}

/// split(sep=None, maxsplit=-1).
Outcomes split(Translation& t, const IntrinsicCall& call) {
    Value separator = call.arguments.size() > 1 ? call.arguments[1] : Value{};
    Value most = call.arguments.size() > 2 ? call.arguments[2] : Value{};
    if (!has_count(call, 1, 3)) {
        return wrong_count(t, call);
    }
    for (const KeywordArgument& keyword : call.keywords) {
        Value& taken = keyword.name == "sep" ? separator : most;
        if ((keyword.name != "sep" && keyword.name != "maxsplit") || !taken.is_null()) {
            return wrong_count(t, call);
        }
        taken = keyword.value;
    }
    if (!most.is_null() && !most.is_integral()) {
        return wrong_type(t, call, most);
    }
    const Value text = as_text(t, call.arguments[0]);
    if (text.is_null()) {
        return not_text(t, call);
    }
    if (separator.is_null() || separator.shape == Shape::None) {
        const std::string_view words = call.parameter == 0 ? "text_words_most" : "text_rwords_most";
        return most.is_null() ? t.follow("text_words", {text}) : t.follow(words, {text, as_int(t, most)});
    }
    const Value part = as_text(t, separator);
    if (part.is_null()) {
        return wrong_type(t, call, separator);
    }
    const Value all = t.int_constant(-1);
    return t.follow(call.parameter == 0 ? "text_split_most" : "text_rsplit_most",
                    {text, part, most.is_null() ? all : as_int(t, most)});
}

Outcomes replace(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 3, 4)) {
        return wrong_count(t, call);
    }
    std::vector<Value> arguments = text_arguments(t, {call.name, call.arguments.first(3), {}}, is_nothing_else);
    if (arguments.empty() || (call.arguments.size() == 4 && !call.arguments[3].is_integral())) {
        return arguments.empty() ? not_text(t, call) : wrong_type(t, call, call.arguments[3]);
    }
    if (call.arguments.size() == 3) {
        return t.follow("text_replace", std::move(arguments));
    }
    arguments.push_back(as_int(t, call.arguments[3]));
    return t.follow("text_replace_most", std::move(arguments));
}

/// find (parameter 0) and index (1), with bounds or without, count (2) without.
Outcomes find(Translation& t, const IntrinsicCall& call) {
    constexpr std::string_view kNames[] = {"text_find", "text_index", "text_count"};
    if (!has_count(call, 2, 4)) {
        return wrong_count(t, call);
    }
    std::vector<Value> arguments = text_arguments(t, call, is_option);
    if (arguments.empty() || !call.arguments[0].has_kind() || as_text(t, arguments[1]).is_null()) {
        return not_text(t, call);
    }
    if (call.arguments.size() == 2) {
        return t.follow(kNames[call.parameter], std::move(arguments));
    }
    if (call.parameter != 0) {
        return with_these(t, call);
    }
    const bool is_from_start = arguments[2].shape == Shape::None;
    const bool is_to_end = arguments.size() == 3 || arguments[3].shape == Shape::None;
    arguments[2] = is_from_start ? t.int_constant(0) : as_int(t, arguments[2]);
    const Value end = is_to_end ? int_value(length_of(arguments[0])) : as_int(t, arguments[3]);
    return t.follow("text_find_within", {arguments[0], arguments[1], arguments[2], end});
}

/// ljust, rjust, center: a width and what to fill with.
Outcomes pad(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 3)) {
        return wrong_count(t, call);
    }
    const Value text = as_text(t, call.arguments[0]);
    const Value fill = call.arguments.size() == 3 ? as_text(t, call.arguments[2]) : space(t);
    if (text.is_null() || fill.is_null() || !call.arguments[1].is_integral()) {
        return call.arguments[1].is_integral() ? not_text(t, call) : wrong_type(t, call, call.arguments[1]);
    }
    return t.follow("text_" + std::string(call.name.substr(4)), {text, as_int(t, call.arguments[1]), fill});
}

Outcomes zero_fill(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 2)) {
        return wrong_count(t, call);
    }
    const Value text = as_text(t, call.arguments[0]);
    if (text.is_null() || !call.arguments[1].is_integral()) {
        return wrong_type(t, call, call.arguments[1]);
    }
    return t.follow("text_zfill", {text, as_int(t, call.arguments[1])});
}

/// Methods that ASCII text makes equal to others: casefold is lower, isdecimal and isnumeric are isdigit.
Outcomes as_another(Translation& t, const IntrinsicCall& call) {
    const std::string_view name = call.name == "str.casefold" ? "str.lower" : "str.isdigit";
    return of_texts(t, {name, call.arguments, {}, 1});
}

/// bin, oct, hex: `parameter` bits a digit.
Outcomes bits(Translation& t, const IntrinsicCall& call) {
    static const std::string prefixes[] = {"0b", "0o", "0x"};
    if (!has_count(call, 1, 1)) {
        return wrong_count(t, call);
    }
    if (!are_integral(call.arguments)) {
        return not_integral(t, call);
    }
    const Value narrow = dynamic_value(t, text_kind(1), t.constant(int64_t{0}), t.constant(int64_t{0}));
    const std::string& prefix = prefixes[call.parameter / 2];
    return t.follow("text_of_bits",
                    {narrow, as_int(t, call.arguments[0]), t.int_constant(static_cast<int64_t>(call.parameter)),
                     as_text(t, t.object(0, "str", &prefix))});
}

constexpr IntrinsicEntry kTextMethods[] = {
    {"str.startswith", has_affix, 0},
    {"str.endswith", has_affix, 1},
    {"str.strip", strip},
    {"str.lstrip", strip},
    {"str.rstrip", strip},
    {"str.split", split, 0, false, true},
    {"str.rsplit", split, 1, false, true},
    {"str.replace", replace},
    {"str.find", find, 0},
    {"str.index", find, 1},
    {"str.count", find, 2},
    {"str.ljust", pad},
    {"str.rjust", pad},
    {"str.center", pad},
    {"str.zfill", zero_fill},
    {"str.casefold", as_another},
    {"str.isdecimal", as_another},
    {"str.isnumeric", as_another},
    {"builtins.bin", bits, 1},
    {"builtins.oct", bits, 3},
    {"builtins.hex", bits, 4},
};

}  // namespace

std::span<const IntrinsicEntry> text_method_intrinsics() {
    return kTextMethods;
}

}  // namespace pp::frontend
