/// Text made of values: str(), repr(), format(), f-strings, '%' and str.format(). Digits of floats are an operation of
/// their own, those of ints and all that surrounds digits are the prelude's.
#include <algorithm>
#include <string>

#include "frontend/enums.h"
#include "frontend/format_specification.h"
#include "frontend/hash_tables.h"
#include "frontend/intrinsics_support.h"
#include "frontend/numbers.h"
#include "frontend/operators.h"
#include "frontend/records.h"
#include "frontend/sequences.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

/// The number of an object that no other has: it is compared by its text.
constexpr uint32_t kNoObject = ~uint32_t{0};

/// A str constant that is no object of the environment's: it must not be returned.
Value piece_of_text(Translation& t, std::string_view text) {
    return as_text(t, t.object(kNoObject, "str", t.keep(text)));
}

/// A mark of a specification, or a conversion, as an Object, so that comparisons with constants are decided while
/// translating.
Value option(Translation& t, char mark) {
    static const std::string texts[] = {"", "<", ">", "^", "=", ",", "_", "s", "r", "a", "c", "d", "x", "f"};
    const auto found = std::find(std::begin(texts) + 1, std::end(texts), std::string(1, mark));
    return t.object(kNoObject, "str", found == std::end(texts) ? &texts[0] : &*found);
}

Value narrow_text(Translation& t) {
    return dynamic_value(t, text_kind(1), t.constant(int64_t{0}), t.constant(int64_t{0}));
}

/// What the specification says beside digits: sign, width, fill, alignment, groups.
std::vector<Value> surroundings(Translation& t, const FormatSpecification& wanted) {
    return {piece_of_text(t, wanted.sign == '+'   ? "+"
                             : wanted.sign == ' ' ? " "
                                                  : ""),
            t.int_constant(wanted.width), piece_of_text(t, wanted.fill.empty() ? " " : wanted.fill),
            option(t, wanted.align), option(t, wanted.separator)};
}

bool is_bare(const FormatSpecification& wanted) {
    return wanted.width == 0 && wanted.sign != '+' && wanted.sign != ' ' && wanted.separator == 0;
}

Outcomes no_text(Translation& t, const Value& value) {
    return t.unsupported("making text of a " + quoted(type_name(value)), {},
                         "return the numbers and format them afterwards");
}

Outcomes not_this_way(Translation& t, std::string_view type, std::string_view advice) {
    return t.unsupported("formatting " + std::string(type) + " in this way", {}, advice);
}

/// Zeros before groups get separators as well: that is left to CPython.
bool has_grouped_zeros(const FormatSpecification& wanted) {
    return wanted.separator != 0 && wanted.fill == "0" && wanted.align == '=';
}

constexpr int64_t kMostPlaces = 15;

/// With the types e and g.
Outcomes format_scientific(Translation& t, const Value& number, const FormatSpecification& wanted) {
    const bool is_general = wanted.type == 'g' || wanted.type == 'G';
    const int64_t precision = wanted.precision < 0 ? 6 : wanted.precision;
    const int64_t places = is_general ? std::max<int64_t>(precision, 1) - 1 : precision;
    if (wanted.is_alternate || has_grouped_zeros(wanted) || places > kMostPlaces) {
        return not_this_way(t, "a float", "use at most 15 places");
    }
    std::vector<Value> arguments{narrow_text(t), float_value(number.leaf), t.int_constant(places),
                                 t.bool_constant(is_general),
                                 t.bool_constant(wanted.type == 'E' || wanted.type == 'G')};
    const std::vector<Value> rest = surroundings(t, wanted);
    arguments.insert(arguments.end(), rest.begin(), rest.end());
    return t.follow("float_scientific_text", std::move(arguments));
}

Outcomes format_float(Translation& t, const Value& number, const FormatSpecification& wanted) {
    if (wanted.type != 0 && std::string_view("eEgG").find(wanted.type) != std::string_view::npos) {
        return format_scientific(t, number, wanted);
    }
    const bool is_fixed = wanted.type == 'f' || wanted.type == 'F' || wanted.type == '%';
    const int64_t places = wanted.precision < 0 ? 6 : wanted.precision;
    if (wanted.is_alternate || has_grouped_zeros(wanted) ||
        (!is_fixed && (wanted.type != 0 || wanted.precision >= 0)) || places > kMostPlaces) {
        return not_this_way(t, "a float", "use the types f, e, g and %, with at most 15 places");
    }
    std::vector<Value> arguments{narrow_text(t), float_value(number.leaf)};
    std::string_view name = is_bare(wanted) ? "text_of_float" : "float_number_text";
    if (is_fixed) {
        double scale = 1.0;
        for (int64_t i = 0; i < places; ++i) {
            scale *= 10.0;
        }
        const bool is_percent = wanted.type == '%';
        arguments.push_back(t.float_constant(scale));
        arguments.push_back(t.int_constant(places));
        name = !is_bare(wanted) ? "fixed_number_text" : is_percent ? "percent_text" : "fixed_text";
        if (!is_bare(wanted)) {
            arguments.push_back(t.bool_constant(is_percent));
        }
    }
    if (!is_bare(wanted)) {
        const std::vector<Value> rest = surroundings(t, wanted);
        arguments.insert(arguments.end(), rest.begin(), rest.end());
    }
    return t.follow(name, std::move(arguments));
}

Outcomes format_int(Translation& t, const Value& number, const FormatSpecification& wanted) {
    if (wanted.type != 0 && std::string_view("eEfFgG%").find(wanted.type) != std::string_view::npos) {
        return format_float(t, float_value(to_float(t, number)), wanted);
    }
    const bool is_decimal = wanted.type == 0 || wanted.type == 'd';
    if (wanted.precision >= 0 || wanted.is_alternate || has_grouped_zeros(wanted) ||
        (!is_decimal &&
         (std::string_view("boxX").find(wanted.type) == std::string_view::npos || wanted.separator != 0))) {
        return not_this_way(t, "an int", "use the types d, x, o, b and f, or hex(), oct() and bin()");
    }
    std::vector<Value> arguments{narrow_text(t), int_value(number.leaf)};
    if (is_decimal && is_bare(wanted)) {
        return t.follow("text_of_int", std::move(arguments));
    }
    if (!is_decimal) {
        arguments.push_back(t.int_constant(wanted.type == 'b' ? 1 : wanted.type == 'o' ? 3 : 4));
        arguments.push_back(t.bool_constant(wanted.type == 'X'));
    }
    std::vector<Value> rest = surroundings(t, wanted);
    rest.resize(is_decimal ? 5 : 4);
    arguments.insert(arguments.end(), rest.begin(), rest.end());
    return t.follow(is_decimal ? "int_text" : "bits_text", std::move(arguments));
}

Outcomes format_text(Translation& t, const Value& value, const FormatSpecification& wanted) {
    if ((wanted.type != 0 && wanted.type != 's') || wanted.sign != 0 || wanted.is_alternate || wanted.separator != 0 ||
        wanted.align == '=') {
        return t.raises("ValueError", "a format that text does not have");
    }
    Value text = as_text(t, value);
    if (wanted.precision >= 0) {
        const ValueId most = t.constant(wanted.precision), length = length_of(text);
        const ValueId shorter = t.emit(Op::Select, {t.emit(Op::ILt, {most, length}), most, length});
        text = dynamic_value(t, text.node->kind, address_of(text), shorter);
    }
    if (wanted.width == 0) {
        return t.done(wanted.precision >= 0 ? text : value);
    }
    return t.follow("padded_text",
                    {text, t.int_constant(wanted.width), piece_of_text(t, wanted.fill.empty() ? " " : wanted.fill),
                     option(t, wanted.align)});
}

Value text_of_bool(Translation& t, const Value& value) {
    const Value yes = piece_of_text(t, "True"), no = piece_of_text(t, "False");
    const auto choose = [&](ValueId a, ValueId b) { return t.emit(Op::Select, {value.leaf, a, b}); };
    return dynamic_value(t, text_kind(1), choose(address_of(yes), address_of(no)),
                         choose(length_of(yes), length_of(no)));
}

/// The prelude's function that makes text of a list, tuple or dict as repr() does; empty for anything else.
std::string_view container_text(const Value& value) {
    const bool is_dict_here = (is_dict(value) && value.node->record->form == RecordForm::Dict) || is_hash_dict(value) ||
                              (value.shape == Shape::Mapping && value.node->name == "dict");
    if (is_dict_here) {
        return value.node->fallback == Shape::Null && !value.is_held ? "dict_text" : "";
    }
    if (value.is_list()) {
        return "list_text";
    }
    return value.shape == Shape::Tuple || value.shape == Shape::Sequence ? "tuple_text" : "";
}

/// What a class has to make text of its instances.
enum class TextMethod : uint8_t { Plain /* Python */, Objects, Other };

TextMethod text_method(Translation& t, const Value& instance, std::string_view name) {
    if (is_enum_member(instance) || is_number_object(instance)) {
        return TextMethod::Other;
    }
    const Binding found = t.environment().class_attribute(instance.node->record->class_id, name);
    if (found.kind == Binding::Kind::Function && !found.is_static && !found.takes_class) {
        return TextMethod::Plain;
    }
    const bool is_objects = found.kind == Binding::Kind::Intrinsic && found.name.starts_with("object.");
    return is_objects ? TextMethod::Objects : TextMethod::Other;
}

/// repr(instance), or with `is_str` str(instance).
Outcomes text_of_instance(Translation& t, const Value& instance, bool is_str) {
    const TextMethod own = is_str ? text_method(t, instance, "__str__") : TextMethod::Objects;
    if (own == TextMethod::Plain) {
        return t.follow("str_of_instance", {instance});
    }
    const bool is_shown = own == TextMethod::Objects && text_method(t, instance, "__repr__") == TextMethod::Plain;
    return is_shown ? t.follow("repr_of_instance", {instance}) : no_text(t, instance);
}

/// format(instance, specification)
Outcomes format_instance(Translation& t, const Value& instance, std::string_view specification) {
    const TextMethod own = text_method(t, instance, "__format__");
    if (own == TextMethod::Plain) {
        return t.follow("format_of_instance", {instance, t.object(kNoObject, "str", t.keep(specification))});
    }
    return own == TextMethod::Objects && specification.empty() ? text_of_instance(t, instance, true)
                                                               : no_text(t, instance);
}

/// format(value, specification) of a constant specification.
Outcomes format_value(Translation& t, const Value& value, std::string_view specification) {
    const std::optional<FormatSpecification> wanted = parse_specification(specification);
    if (!wanted) {
        return t.unsupported("the format " + quoted(specification), {}, "use a shorter one");
    }
    if (value.shape == Shape::Float) {
        return format_float(t, value, *wanted);
    }
    if (value.shape == Shape::Int) {
        return format_int(t, value, *wanted);
    }
    if (value.shape == Shape::Bool) {
        return specification.empty() ? t.done(text_of_bool(t, value)) : format_int(t, as_int(t, value), *wanted);
    }
    if (!as_text(t, value).is_null()) {
        return format_text(t, value, *wanted);
    }
    if (value.shape == Shape::None && specification.empty()) {
        return t.done(piece_of_text(t, "None"));
    }
    if (is_instance_record(value)) {
        return format_instance(t, value, specification);
    }
    return specification.empty() && !container_text(value).empty() ? text_of(t, value) : no_text(t, value);
}

/// format(value, specification) of a Text that is known as the program runs only; Null is none.
Outcomes format_computed(Translation& t, const Value& value, const Value& specification) {
    const Value text = as_text(t, value);
    if (specification.is_null() || (!value.is_number() && text.is_null())) {
        return t.unsupported("a format that is computed of a " + quoted(type_name(value)), {},
                             "format numbers and text by it");
    }
    if (!text.is_null()) {
        return t.follow("format_text_by", {text, specification});
    }
    const std::string_view name = value.shape == Shape::Float ? "format_float_by"
                                  : value.shape == Shape::Int ? "format_int_by"
                                                              : "format_bool_by";
    return t.follow(name, {narrow_text(t), value, specification});
}

/// format(value, specification='').
Outcomes format(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 2)) {
        return wrong_count(t, call);
    }
    if (call.arguments.size() == 1) {
        return format_value(t, call.arguments[0], {});
    }
    const Value& specification = call.arguments[1];
    // One that is computed may be known by chance, as that of the least int is on its way of its own.
    const std::string* text = constant_text(specification);
    if (text && (specification.shape == Shape::Object || parse_specification(*text))) {
        return format_value(t, call.arguments[0], *text);
    }
    return format_computed(t, call.arguments[0], as_text(t, specification));
}

/// repr(value), or with `is_ascii` ascii(value).
Outcomes representation_of(Translation& t, const Value& value, bool is_ascii = false) {
    if (const Value text = as_text(t, value); !text.is_null()) {
        return t.follow(is_ascii ? "text_ascii" : "text_repr", {text});
    }
    if (value.is_number() || value.shape == Shape::None) {
        return format_value(t, value, {});
    }
    if (is_instance_record(value) && !is_ascii) {
        return text_of_instance(t, value, false);
    }
    const std::string_view name = container_text(value);
    return name.empty() || is_ascii ? no_text(t, value) : t.follow(name, {value});
}

Outcomes representation(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 1)) {
        return wrong_count(t, call);
    }
    return representation_of(t, call.arguments[0], call.parameter == 1);
}

/// str.format()
Outcomes format_fields(Translation& t, const IntrinsicCall& call) {
    const Value& text = call.arguments.front();
    const auto pieces =
        text.shape == Shape::Object && text.node->text ? parse_brace_format(*text.node->text) : std::nullopt;
    if (!pieces) {
        return t.unsupported("str.format() of this text", {}, "write an f-string");
    }
    std::vector<Value> arguments;
    for (const FormatPiece* field : fields_in_order(*pieces)) {
        const auto keyword = std::find_if(call.keywords.begin(), call.keywords.end(),
                                          [&](const KeywordArgument& each) { return each.name == field->name; });
        const size_t place = static_cast<size_t>(field->number + 1);
        if (field->number < 0 ? keyword == call.keywords.end() : place >= call.arguments.size()) {
            return t.raises(field->number < 0 ? "KeyError" : "IndexError", "a field without a value");
        }
        arguments.push_back(field->number < 0 ? keyword->value : call.arguments[place]);
    }
    return text_of_pieces(t, *pieces, arguments);
}

/// str() of an exception that has one argument or none.
Outcomes text_of_exception(Translation& t, const Value& value) {
    if (value.items().empty()) {
        return t.done(piece_of_text(t, ""));
    }
    Environment& environment = t.environment();
    const bool shows_key =
        environment.is_exception_subclass(value.number, environment.builtin_exception("KeyError").id);
    return shows_key ? representation_of(t, value.items().front()) : text_of(t, value.items().front());
}

/// What the prelude's `formatted` takes of each piece: a value, its specification, and its conversion. `next` is the
/// first of the values.
Value parts_of_pieces(Translation& t, const std::vector<FormatPiece>& pieces, const std::vector<Value>& values,
                      size_t& next) {
    std::vector<Value> parts;
    for (const FormatPiece& piece : pieces) {
        const Value value = piece.has_value ? values.at(next++) : piece_of_text(t, piece.text);
        const Value specification = piece.nested.empty() ? t.object(kNoObject, "str", t.keep(piece.specification))
                                                         : parts_of_pieces(t, piece.nested, values, next);
        parts.push_back(t.row(Shape::Tuple, {value, specification, option(t, piece.conversion)}));
    }
    return t.row(Shape::Tuple, std::move(parts));
}

/// `format % dict`, where all values are named: the prelude's `formatted_by_key` takes a key or a text of each piece.
Outcomes format_by_key(Translation& t, const std::vector<FormatPiece>& pieces, const Value& dict) {
    const bool is_mapping = is_dict(dict) || is_hash_dict(dict) || dict.shape == Shape::Table ||
                            (dict.shape == Shape::Mapping && dict.node->name == "dict");
    if (!is_mapping) {
        return t.unsupported("a '%' format with names of a " + quoted(type_name(dict)), {}, "give it a dict");
    }
    std::vector<Value> parts;
    for (const FormatPiece& piece : pieces) {
        const Value value =
            piece.has_value ? t.object(kNoObject, "str", t.keep(piece.name)) : piece_of_text(t, piece.text);
        parts.push_back(t.row(Shape::Tuple, {value, t.object(kNoObject, "str", t.keep(piece.specification)),
                                             option(t, piece.conversion), t.bool_constant(piece.has_value)}));
    }
    return t.follow("formatted_by_key", {t.row(Shape::Tuple, std::move(parts)), dict});
}

/// Whether CPython makes text of the value by this conversion of '%', as far as that has a compiled form.
bool is_converted(Translation& t, const Value& value, char conversion) {
    switch (conversion) {
    case 'd':
    case 'f': return value.is_number();
    case 'x': return value.is_integral();
    case 'c': return value.is_integral() || !as_text(t, value).is_null();
    default: return true;
    }
}

constexpr IntrinsicEntry kFormats[] = {
    {"builtins.format", format},
    {"builtins.repr", representation, 0},
    {"builtins.ascii", representation, 1},
    {"str.format", format_fields, 0, false, true},
};

}  // namespace

Outcomes text_of(Translation& t, const Value& value) {
    const Value text = as_text(t, value);
    if (value.shape == Shape::Text || (!text.is_null() && value.shape == Shape::Object)) {
        return t.done(value);  // CPython gives the same object
    }
    if (value.shape == Shape::Exception && value.node->length >= 0 && value.node->length <= 1) {
        return text_of_exception(t, value);
    }
    if (is_instance_record(value)) {
        return text_of_instance(t, value, true);
    }
    return container_text(value).empty() ? format_value(t, value, {}) : representation_of(t, value);
}

Outcomes formatted_plainly(Translation& t, const Value& value) {
    return is_instance_record(value) ? format_instance(t, value, {}) : text_of(t, value);
}

Outcomes text_of_pieces(Translation& t, const std::vector<FormatPiece>& pieces, const std::vector<Value>& values) {
    size_t next = 0;
    return t.follow("formatted", {parts_of_pieces(t, pieces, values, next)});
}

Outcomes percent_format(Translation& t, const Value& format, const Value& values) {
    const auto pieces =
        format.shape == Shape::Object && format.node->text ? parse_percent_format(*format.node->text) : std::nullopt;
    if (!pieces) {
        return t.unsupported("making text with this '%' format", {}, "write an f-string");
    }
    if (std::any_of(pieces->begin(), pieces->end(), [](const FormatPiece& piece) { return !piece.name.empty(); })) {
        return format_by_key(t, *pieces, values);
    }
    const Value row = as_plain_tuple(values);
    if (row.shape == Shape::Sequence && !row.is_list()) {
        return t.unsupported("making text with this '%' format of a " + quoted(type_name(row)), {},
                             "write an f-string");
    }
    const std::vector<Value> given = row.shape == Shape::Tuple ? row.items() : std::vector<Value>{row};
    const auto raises_or_not = [&](std::string_view what) {
        // A list, a dict, an instance may be left unused, a tuple of any length is as many values as it has.
        const bool is_counted =
            row.shape == Shape::Tuple || row.is_number() || row.shape == Shape::None || !as_text(t, row).is_null();
        return is_counted ? t.raises("TypeError", what)
                          : t.unsupported("making text with this '%' format of a " + quoted(type_name(row)), {},
                                          "write an f-string");
    };
    for (const Value& value : given) {
        t.looks().look(value);
    }
    std::vector<Value> used;
    for (const FormatPiece& piece : *pieces) {
        if (!piece.has_value) {
            continue;
        }
        if (used.size() >= given.size()) {
            return raises_or_not("not enough arguments for format string");
        }
        const Value& value = given[used.size()];
        if (!is_converted(t, value, piece.conversion)) {
            return t.unsupported("making text with this '%' format of a " + quoted(type_name(value)), {},
                                 "write an f-string");
        }
        used.push_back(value);
    }
    if (used.size() != given.size()) {
        return raises_or_not("not all arguments converted during string formatting");
    }
    return text_of_pieces(t, *pieces, used);
}

std::span<const IntrinsicEntry> format_intrinsics() {
    return kFormats;
}

}  // namespace pp::frontend
