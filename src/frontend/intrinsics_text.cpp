/// Text: its methods, ord, chr, str and int of text. What is spelled in the prelude takes ASCII; the rest is handed
/// back.
#include <string>

#include "frontend/intrinsics_support.h"
#include "frontend/operators.h"
#include "frontend/sequences.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

Outcomes join(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 2)) {
        return wrong_count(t, call);
    }
    std::vector<Value> items;
    Value parts = indexable_of(t, call.arguments[1]);
    if (parts.shape == Shape::View) {
        return t.follow("text_join_items", {call.arguments[0], parts});
    }
    if (parts.is_null() && try_items(t, call.arguments[1], items)) {
        for (Value& item : items) {
            const Value text = as_text(t, item);
            item = text.is_null() ? item : text;
        }
        if (items.empty()) {
            return t.done(dynamic_value(t, text_kind(1), t.constant(int64_t{0}), t.constant(int64_t{0})));
        }
        parts = to_sequence(t, t.row(Shape::Tuple, std::move(items))).value_or(Value{});
    }
    const bool is_of_texts =
        parts.shape == Shape::Text || (parts.shape == Shape::Sequence && parts.node->kind->item->tag == Tag::Text);
    if (!is_of_texts) {
        return t.unsupported("joining what is not known to be text", {}, "join a list of str");
    }
    // The room is as wide as the widest of both.
    Value separator = as_text(t, call.arguments[0]);
    const KindRef item = parts.shape == Shape::Text ? parts.node->kind : parts.node->kind->item;
    separator = *as_kind(t, separator, pp::join(separator.node->kind, item));
    return t.follow("text_join", {separator, parts});
}

Outcomes code_of(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 1)) {
        return wrong_count(t, call);
    }
    const Value text = as_text(t, call.arguments[0]);
    if (text.is_null()) {
        return wrong_type(t, call, call.arguments[0]);
    }
    t.guard(t.emit(Op::IEq, {length_of(text), t.constant(int64_t{1})}));
    return t.done(
        int_value(t.builder().load(ir::Type::I64, text.node->kind->object, address_of(text), t.constant(int64_t{0}))));
}

Outcomes character(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 1)) {
        return wrong_count(t, call);
    }
    if (!call.arguments[0].is_integral()) {
        return wrong_type(t, call, call.arguments[0]);
    }
    const ValueId code = to_int(t, call.arguments[0]);
    t.guard(t.emit(Op::ILe, {t.constant(int64_t{0}), code}));
    t.guard(t.emit(Op::ILe, {code, t.constant(int64_t{0x10FFFF})}));
    const ValueId place = t.emit(Op::Reserve, {t.constant(int64_t{4})});
    t.emit(Op::Store, {place, t.constant(int64_t{0}), code}, 4);
    return t.done(dynamic_value(t, text_kind(4), place, t.constant(int64_t{1})));
}

Outcomes make_text(Translation& t, const IntrinsicCall& call) {
    if (call.arguments.size() != 1 || !call.keywords.empty()) {
        return t.unsupported("str() with these arguments", {});
    }
    return text_of(t, call.arguments[0]);
}

constexpr IntrinsicEntry kTexts[] = {
    {"builtins.ord", code_of},
    {"builtins.chr", character},
    {"builtins.str", make_text, 0, false, true},
    {"str.join", join},
    {"str.upper", of_texts, 1},
    {"str.lower", of_texts, 1},
    {"str.capitalize", of_texts, 1},
    {"str.title", of_texts, 1},
    {"str.swapcase", of_texts, 1},
    {"str.isdigit", of_texts, 1},
    {"str.isalpha", of_texts, 1},
    {"str.isalnum", of_texts, 1},
    {"str.isspace", of_texts, 1},
    {"str.isupper", of_texts, 1},
    {"str.islower", of_texts, 1},
    {"str.isascii", of_texts, 1},
    {"str.istitle", of_texts, 1},
    {"str.isidentifier", of_texts, 1},
    {"str.isprintable", of_texts, 1},
    {"str.splitlines", of_texts, 1},
    {"str.removeprefix", of_texts, 2},
    {"str.removesuffix", of_texts, 2},
    {"str.partition", of_texts, 2},
    {"str.rpartition", of_texts, 2},
    {"str.rindex", of_texts, 2},
    {"str.rfind", of_texts, 2},
};

bool is_nothing_else(const Value&) {
    return false;
}

}  // namespace

std::vector<Value> text_arguments(Translation& t, const IntrinsicCall& call, bool (*others)(const Value&)) {
    std::vector<Value> arguments;
    for (const Value& argument : call.arguments) {
        const Value text = as_text(t, argument);
        if (text.is_null() && !others(argument)) {
            return {};
        }
        arguments.push_back(text.is_null() ? argument : text);
    }
    return arguments;
}

Outcomes not_text(Translation& t, const IntrinsicCall& call) {
    for (const Value& argument : call.arguments) {
        if (as_text(t, argument).is_null()) {
            return argument.is_known() && argument.shape != Shape::Tuple && argument.shape != Shape::Record
                       ? t.raises(std::string(call.name) + "() of a " + quoted(type_name(argument)))
                       : t.unsupported(std::string(call.name) + "() of a " + quoted(type_name(argument)), {});
        }
    }
    return t.raises(std::string(call.name) + "()");
}

Outcomes of_texts(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, call.parameter, call.parameter)) {
        return call.arguments.size() < call.parameter
                   ? wrong_count(t, call)
                   : t.unsupported(std::string(call.name) + "() with these arguments", {});
    }
    std::vector<Value> arguments = text_arguments(t, call, is_nothing_else);
    if (arguments.empty()) {
        return not_text(t, call);
    }
    return t.follow("text_" + std::string(call.name.substr(4)), std::move(arguments));
}

std::span<const IntrinsicEntry> text_intrinsics() {
    return kTexts;
}

}  // namespace pp::frontend
