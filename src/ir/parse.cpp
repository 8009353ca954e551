/// The text form, read. print.cpp writes it.
#include <algorithm>
#include <bit>
#include <cctype>
#include <charconv>
#include <iterator>
#include <limits>
#include <map>
#include <string_view>

#include "base/error.h"
#include "ir/ir.h"

namespace pp::ir {
namespace {

/// One line of the text, consumed from the left. Blanks between words do not matter.
class Line {
public:
    Line(std::string_view text, int number) : rest_(text), number_(number) { skip_blanks(); }

    [[noreturn]] void fail(const std::string& what) const {
        throw InternalError("IR text, line " + std::to_string(number_) + ": " + what + " before '" +
                            std::string(rest_) + "'");
    }

    bool at_end() const { return rest_.empty(); }

    bool starts_with(std::string_view text) const { return rest_.starts_with(text); }

    bool accept(std::string_view text) {
        if (!rest_.starts_with(text)) {
            return false;
        }
        rest_.remove_prefix(text.size());
        skip_blanks();
        return true;
    }

    void expect(std::string_view text) {
        if (!accept(text)) {
            fail("expected '" + std::string(text) + "'");
        }
    }

    void expect_end() const {
        if (!at_end()) {
            fail("expected the end of the line");
        }
    }

    /// Letters, digits, dots and underscores.
    std::string_view word() {
        size_t length = 0;
        while (length < rest_.size() && (std::isalnum(static_cast<unsigned char>(rest_[length])) != 0 ||
                                         rest_[length] == '.' || rest_[length] == '_')) {
            ++length;
        }
        const std::string_view result = rest_.substr(0, length);
        rest_.remove_prefix(length);
        skip_blanks();
        return result;
    }

    template <typename Number, typename... Format> Number number(Format... format) {
        Number value{};
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value, format...);
        if (error != std::errc{}) {
            fail("expected a number");
        }
        rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
        skip_blanks();
        return value;
    }

    std::string quoted() {
        std::string result;
        if (!rest_.starts_with('"')) {
            fail("expected '\"'");
        }
        rest_.remove_prefix(1);
        while (!rest_.empty() && rest_[0] != '"') {
            const bool escaped = rest_[0] == '\\' && rest_.size() > 1;
            const char character = rest_[escaped ? 1 : 0];
            result += escaped && character == 'n' ? '\n' : character;
            rest_.remove_prefix(escaped ? 2 : 1);
        }
        expect("\"");
        return result;
    }

private:
    void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }

    std::string_view rest_;
    int number_;
};

Type parse_type(Line& line) {
    const std::string_view text = line.word();
    for (Type type : {Type::F64, Type::I64, Type::I32, Type::Bool}) {
        if (text == type_text(type)) {
            return type;
        }
    }
    line.fail("expected a type");
}

KindRef parse_kind(Line& line);

/// `dict{x: float}`, `Point[x: float]` (a namedtuple), `Point(x: float)`. Classes are not told apart in the text.
KindRef parse_record(Line& line, std::string_view name) {
    const bool is_dict = line.starts_with("{"), is_tuple = line.starts_with("[");
    line.expect(is_dict ? "{" : is_tuple ? "[" : "(");
    const char* const end = is_dict ? "}" : is_tuple ? "]" : ")";
    std::vector<std::string> fields;
    std::vector<KindRef> items;
    if (!line.accept(end)) {
        do {
            fields.emplace_back(line.word());
            line.expect(":");
            items.push_back(parse_kind(line));
        } while (line.accept(","));
        line.expect(end);
    }
    const RecordForm form = is_tuple         ? (name == "dict" ? RecordForm::Items : RecordForm::NamedTuple)
                            : !is_dict       ? RecordForm::Object
                            : name == "keys" ? RecordForm::Keys
                                             : RecordForm::Dict;
    return record_kind(record_shape(form, 0, is_dict ? "dict" : name, fields), items);
}

KindRef parse_kind(Line& line) {
    const std::string_view text = line.word();
    if (text == "float") {
        return float_kind();
    }
    if (text == "int") {
        return int_kind();
    }
    if (text == "bool") {
        return bool_kind();
    }
    if (text == "None") {
        return none_kind();
    }
    if (text == "Any") {
        return any_kind();
    }
    if (text == "Some") {
        return some_kind();
    }
    if (text == "Other") {
        return other_kind();
    }
    if (text == "Missing") {
        return missing_kind();
    }
    if (text == "complex") {
        return complex_kind();
    }
    if (text == "object") {
        line.expect("#");
        return object_kind(line.number<uint32_t>());
    }
    if (text == "never") {
        return never_kind();
    }
    if (text == "str") {
        const bool is_wide = line.accept("[wide]");
        return text_kind(is_wide ? 4 : 1);
    }
    if (text.empty()) {
        line.fail("expected a kind");
    }
    if (text != "tuple" && text != "list") {
        return parse_record(line, text);
    }
    std::vector<KindRef> items;
    line.expect("[");
    if (!line.accept("()")) {
        do {
            items.push_back(parse_kind(line));
        } while (line.accept(",") && !line.starts_with("..."));
    }
    if (line.accept("...")) {
        line.expect("]");
        return text == "tuple" ? tuple_of_kind(items.at(0)) : list_of_kind(items.at(0));
    }
    line.expect("]");
    return text == "tuple" ? tuple_kind(items) : list_kind(items);
}

Op parse_op(Line& line) {
    static const std::map<std::string_view, Op> ops = {
#define PP_OP(name, text, operands) {text, Op::name},
#include "ir/ops.inc"
#undef PP_OP
    };
    const auto found = ops.find(line.word());
    if (found == ops.end()) {
        line.fail("unknown operation");
    }
    return found->second;
}

MathFunction parse_math_function(Line& line) {
    static const std::map<std::string_view, MathFunction> functions = {
#define PP_MATH(name, libm, arity, check, libdevice, ulp) {libm, MathFunction::name},
#include "ir/math_functions.inc"
#undef PP_MATH
    };
    const auto found = functions.find(line.word());
    if (found == functions.end()) {
        line.fail("unknown math function");
    }
    return found->second;
}

Comparison parse_comparison(Line& line) {
    const std::string_view text = line.word();
    for (int i = 0; i <= static_cast<int>(Comparison::Ge); ++i) {
        if (text == comparison_text(static_cast<Comparison>(i))) {
            return static_cast<Comparison>(i);
        }
    }
    line.fail("expected a comparison");
}

/// The type comes after the constant in the text, so its spelling must tell what it is: only floats have a point, an
/// exponent, or are no numbers.
uint64_t parse_constant(Line& line) {
    if (line.accept("nan:")) {
        return line.number<uint64_t>(16);
    }
    if (line.accept("true")) {
        return 1;
    }
    if (line.accept("false")) {
        return 0;
    }
    Line ahead = line;
    ahead.accept("-");
    const std::string_view digits = ahead.word();
    if (digits.find_first_not_of("0123456789") == std::string_view::npos) {
        return static_cast<uint64_t>(line.number<int64_t>());
    }
    const uint64_t bits = std::bit_cast<uint64_t>(line.number<double>());
    // from_chars does not promise which NaN it gives.
    return digits == "nan" ? std::bit_cast<uint64_t>(std::numeric_limits<double>::quiet_NaN()) : bits;
}

class Parser {
public:
    Function run(const std::string& text) {
        int number = 0;
        for (size_t begin = 0; begin < text.size(); ++number) {
            const size_t end = std::min(text.find('\n', begin), text.size());
            Line line(std::string_view(text).substr(begin, end - begin), number + 1);
            if (!line.at_end()) {
                parse_line(line);
                line.expect_end();
            }
            begin = end + 1;
        }
        if (block_is_open_) {
            throw InternalError("IR text: the last block has no end");
        }
        for (const auto& [name, id] : values_) {
            if (!defined_[id]) {
                throw InternalError("IR text: %" + std::to_string(name) + " is used, but nowhere defined");
            }
        }
        return std::move(function_);
    }

private:
    void parse_line(Line& line) {
        if (line.accept("function ")) {
            parse_head(line);
        } else if (line.accept("variant ")) {
            parse_variant(line);
        } else if (line.accept("hand_back ")) {
            parse_hand_back(line);
        } else if (!block_is_open_ && line.accept("data ")) {
            parse_data(line);
        } else if (line.accept("block ")) {
            parse_block(line);
        } else if (!block_is_open_) {
            line.fail("expected a block");
        } else if (line.accept("jump ")) {
            terminator({.kind = Terminator::Kind::Jump}).edges.push_back(parse_edge(line));
        } else if (line.accept("branch ")) {
            Terminator& end = terminator({.kind = Terminator::Kind::Branch, .condition = parse_use(line)});
            end.edges.push_back(parse_edge(line));
            line.expect("else ");
            end.edges.push_back(parse_edge(line));
        } else if (line.accept("return ")) {
            Terminator& end = terminator({.kind = Terminator::Kind::Return, .variant = line.number<uint32_t>()});
            end.results = parse_uses(line);
        } else {
            parse_operation(line);
        }
    }

    Terminator& terminator(Terminator terminator) {
        block_is_open_ = false;
        return function_.blocks.back().terminator = std::move(terminator);
    }

    void parse_head(Line& line) {
        function_.name = line.quoted();
        line.expect("(");
        while (!line.accept(")")) {
            const bool uniform = !line.accept("input ");
            if (uniform) {
                line.expect("uniform ");
            }
            parse_numbered_type(line, uniform ? function_.uniforms : function_.inputs);
        }
        line.expect("-> (");
        while (!line.accept(")")) {
            line.expect("slot ");
            parse_numbered_type(line, function_.outputs);
        }
    }

    static void parse_numbered_type(Line& line, std::vector<Type>& types) {
        expect_index(line, types.size());
        line.expect(":");
        types.push_back(parse_type(line));
        line.accept(",");
    }

    static void expect_index(Line& line, size_t index) {
        if (line.number<size_t>() != index) {
            line.fail("expected number " + std::to_string(index));
        }
    }

    template <typename Number> static std::vector<Number> parse_numbers(Line& line) {
        std::vector<Number> numbers;
        line.expect("(");
        while (!line.accept(")")) {
            numbers.push_back(line.number<Number>());
        }
        return numbers;
    }

    void parse_variant(Line& line) {
        expect_index(line, function_.variants.size());
        line.expect(":");
        Variant variant;
        variant.kind = parse_kind(line);
        line.expect("origins");
        variant.origins = parse_numbers<Origin>(line);
        line.expect("slots");
        variant.slots = parse_numbers<uint32_t>(line);
        function_.variants.push_back(std::move(variant));
    }

    void parse_data(Line& line) {
        expect_index(line, function_.data.size());
        line.expect(":");
        line.expect("x");
        const std::string_view digits = line.word();
        const auto digit = [&](char character) {
            const size_t value = std::string_view("0123456789abcdef").find(character);
            return value == std::string_view::npos ? (line.fail("expected hexadecimal digits"), value) : value;
        };
        std::string bytes;
        for (size_t i = 0; i + 1 < digits.size(); i += 2) {
            bytes += static_cast<char>(digit(digits[i]) << 4 | digit(digits[i + 1]));
        }
        function_.data.push_back(std::move(bytes));
    }

    /// A reason in the head, a terminator in a block.
    void parse_hand_back(Line& line) {
        if (block_is_open_) {
            terminator({.kind = Terminator::Kind::HandBack, .reason = line.number<uint32_t>()});
            return;
        }
        expect_index(line, function_.hand_backs.size());
        line.expect(":");
        HandBackReason reason;
        reason.unsupported = line.accept("unsupported ");
        if (!reason.unsupported) {
            line.expect("raises ");
        }
        reason.message = line.quoted();
        function_.hand_backs.push_back(std::move(reason));
    }

    void parse_block(Line& line) {
        if (block_is_open_) {
            line.fail("expected the end of the block");
        }
        expect_index(line, function_.blocks.size());
        block_is_open_ = true;
        function_.blocks.emplace_back();
        if (line.accept("(")) {
            while (!line.accept(")")) {
                const ValueId id = parse_definition(line);
                line.expect(":");
                function_.values[id].type = parse_type(line);
                function_.values[id].is_parameter = true;
                function_.blocks.back().parameters.push_back(id);
                line.accept(",");
            }
        }
        line.expect(":");
    }

    Edge parse_edge(Line& line) {
        line.expect("block ");
        Edge edge;
        edge.block = line.number<BlockId>();
        edge.arguments = parse_uses(line);
        return edge;
    }

    ValueId add_value(bool defined) {
        function_.values.emplace_back();
        defined_.push_back(defined);
        return static_cast<ValueId>(function_.values.size() - 1);
    }

    ValueId parse_use(Line& line) {
        line.expect("%");
        const auto name = line.number<uint32_t>();
        const auto found = values_.find(name);
        return found != values_.end() ? found->second : values_[name] = add_value(false);
    }

    std::vector<ValueId> parse_uses(Line& line) {
        std::vector<ValueId> uses;
        line.expect("(");
        while (!line.accept(")")) {
            uses.push_back(parse_use(line));
            line.accept(",");
        }
        return uses;
    }

    ValueId parse_definition(Line& line) {
        const ValueId id = parse_use(line);
        if (defined_[id]) {
            line.fail("defined twice");
        }
        defined_[id] = true;
        return id;
    }

    void parse_operation(Line& line) {
        const bool has_result = line.starts_with("%");
        const ValueId id = has_result ? parse_definition(line) : add_value(true);
        if (has_result) {
            line.expect("=");
        }
        Value value;
        value.op = parse_op(line);
        switch (value.op) {
        case Op::Const: value.immediate = parse_constant(line); break;
        case Op::Input:
        case Op::Uniform:
        case Op::Data:
        case Op::Load:
        case Op::Store: value.immediate = line.number<uint32_t>(); break;
        case Op::Write: {
            const auto bytes = line.number<uint8_t>();
            value.immediate = WriteLeaf{bytes, line.number<uint8_t>() != 0}.immediate();
            break;
        }
        case Op::Item: {
            const auto bytes = line.number<uint32_t>(), stride = line.number<uint32_t>();
            value.immediate = ItemLeaf{bytes, stride, line.number<uint32_t>()}.immediate();
            break;
        }
        case Op::Copy:
        case Op::Order: {
            const auto first = line.number<uint8_t>();
            value.immediate = Units{first, line.number<uint8_t>()}.immediate();
            break;
        }
        case Op::CallMath:
        case Op::PyMath: value.immediate = static_cast<uint64_t>(parse_math_function(line)); break;
        case Op::PyCompareIntFloat: value.immediate = static_cast<uint64_t>(parse_comparison(line)); break;
        default: break;
        }
        while (line.starts_with("%")) {
            if (value.operand_count == std::size(value.operands)) {
                line.fail("too many operands");
            }
            value.operands[value.operand_count++] = parse_use(line);
        }
        if (has_result) {
            line.expect(":");
            value.type = parse_type(line);
        }
        if (value.op == Op::Const && value.type == Type::I32) {
            value.immediate = static_cast<uint32_t>(value.immediate);  // as Builder::origin stores it
        }
        function_.values[id] = value;
        function_.blocks.back().body.push_back(id);
    }

    Function function_;
    std::map<uint32_t, ValueId> values_;  ///< by the number in the text
    std::vector<bool> defined_;
    bool block_is_open_ = false;
};

}  // namespace

Function parse(const std::string& text) {
    return Parser().run(text);
}

}  // namespace pp::ir
