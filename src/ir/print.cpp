/// The text form, written. parse.cpp reads it.
#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <string_view>

#include "ir/ir.h"

namespace pp::ir {
namespace {

template <typename Number, typename... Format> std::string number_text(Number number, Format... format) {
    std::array<char, 40> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, format...).ptr;
    return {buffer.data(), end};
}

/// The shortest digits that read back as the same bits; NaNs other than the usual one show theirs.
std::string float_text(uint64_t bits) {
    const double value = std::bit_cast<double>(bits);
    if (std::isnan(value)) {
        const bool usual = bits == std::bit_cast<uint64_t>(std::numeric_limits<double>::quiet_NaN());
        return usual ? "nan" : "nan:" + number_text(bits, 16);
    }
    std::string text = number_text(value);
    if (text.find_first_not_of("-0123456789") == std::string::npos) {
        text += ".0";
    }
    return text;
}

std::string constant_text(const Value& value) {
    switch (value.type) {
    case Type::F64: return float_text(value.immediate);
    case Type::Bool: return value.immediate != 0 ? "true" : "false";
    case Type::I32: return number_text(static_cast<int32_t>(value.immediate));
    default: return number_text(static_cast<int64_t>(value.immediate));
    }
}

std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (char character : text) {
        if (character == '"' || character == '\\' || character == '\n') {
            result += '\\';
        }
        result += character == '\n' ? 'n' : character;
    }
    return result + '"';
}

class Printer {
public:
    explicit Printer(const Function& function) : function_(function), numbers_(function.values.size(), kNoValue) {
        for (const Block& block : function.blocks) {
            number(block.parameters);
            number(block.body);
        }
    }

    std::string run() {
        head();
        for (size_t i = 0; i < function_.variants.size(); ++i) {
            variant(i);
        }
        for (size_t i = 0; i < function_.hand_backs.size(); ++i) {
            hand_back(i);
        }
        for (size_t i = 0; i < function_.data.size(); ++i) {
            data(i);
        }
        for (size_t i = 0; i < function_.blocks.size(); ++i) {
            block(i);
        }
        return std::move(text_);
    }

private:
    /// By place in the text, so that two functions that differ only in how their values are stored read the same.
    void number(const std::vector<ValueId>& values) {
        for (ValueId id : values) {
            if (function_.values[id].type != Type::Void) {
                numbers_[id] = next_number_++;
            }
        }
    }

    void add_name(ValueId id) {
        // A dump is wanted most of a function that the verifier refuses.
        const bool known = id < numbers_.size() && numbers_[id] != kNoValue;
        text_ += "%";
        text_ += known ? std::to_string(numbers_[id]) : "?";
    }

    void add_names(std::span<const ValueId> ids) {
        text_ += "(";
        for (size_t i = 0; i < ids.size(); ++i) {
            text_ += i == 0 ? "" : ", ";
            add_name(ids[i]);
        }
        text_ += ")";
    }

    void add_edge(const Edge& edge) {
        add_counted("block ", edge.block);
        add_names(edge.arguments);
    }

    void add_counted(const char* what, size_t number) {
        text_ += what;
        text_ += std::to_string(number);
    }

    template <typename Number> void add_numbers(const char* what, const std::vector<Number>& numbers) {
        text_ += what;
        for (size_t i = 0; i < numbers.size(); ++i) {
            text_ += i == 0 ? "" : " ";
            text_ += std::to_string(numbers[i]);
        }
        text_ += ")";
    }

    void head() {
        text_ += "function ";
        text_ += quoted(function_.name);
        text_ += " (";
        types("input ", function_.inputs, true);
        types("uniform ", function_.uniforms, function_.inputs.empty());
        text_ += ") -> (";
        types("slot ", function_.outputs, true);
        text_ += ")\n";
    }

    void types(const char* what, const std::vector<Type>& types, bool first) {
        for (size_t i = 0; i < types.size(); ++i) {
            text_ += first && i == 0 ? "" : ", ";
            add_counted(what, i);
            text_ += ": ";
            text_ += type_text(types[i]);
        }
    }

    void variant(size_t index) {
        const Variant& variant = function_.variants[index];
        add_counted("  variant ", index);
        text_ += ": ";
        text_ += variant.kind->to_string();
        add_numbers(" origins (", variant.origins);
        add_numbers(" slots (", variant.slots);
        text_ += "\n";
    }

    void hand_back(size_t index) {
        const HandBackReason& reason = function_.hand_backs[index];
        add_counted("  hand_back ", index);
        text_ += reason.unsupported ? ": unsupported " : ": raises ";
        text_ += quoted(std::string_view(reason.message).substr(0, reason.message.find('\n')));
        text_ += "\n";
    }

    /// In hexadecimal: the bytes need not be text.
    void data(size_t index) {
        add_counted("  data ", index);
        text_ += ": x";
        for (const char byte : function_.data[index]) {
            constexpr std::string_view kDigits = "0123456789abcdef";
            text_ += kDigits[static_cast<uint8_t>(byte) >> 4];
            text_ += kDigits[static_cast<uint8_t>(byte) & 15];
        }
        text_ += "\n";
    }

    void block(size_t index) {
        const Block& block = function_.blocks[index];
        add_counted("block ", index);
        for (size_t i = 0; i < block.parameters.size(); ++i) {
            text_ += i == 0 ? "(" : ", ";
            add_name(block.parameters[i]);
            text_ += ": ";
            text_ += type_text(function_.values[block.parameters[i]].type);
        }
        text_ += block.parameters.empty() ? ":\n" : "):\n";
        for (ValueId id : block.body) {
            operation(id);
        }
        terminator(block.terminator);
    }

    void operation(ValueId id) {
        const Value& value = function_.values[id];
        text_ += "  ";
        if (value.type != Type::Void) {
            add_name(id);
            text_ += " = ";
        }
        text_ += op_text(value.op);
        immediate(value);
        for (int i = 0; i < value.operand_count; ++i) {
            text_ += " ";
            add_name(value.operands[i]);
        }
        if (value.type != Type::Void) {
            text_ += " : ";
            text_ += type_text(value.type);
        }
        text_ += "\n";
    }

    void immediate(const Value& value) {
        switch (value.op) {
        case Op::Const:
            text_ += " ";
            text_ += constant_text(value);
            break;
        case Op::Input:
        case Op::Uniform:
        case Op::Data:
        case Op::Load:
        case Op::Store: add_counted(" ", value.immediate); break;
        case Op::Write: {
            const WriteLeaf leaf = WriteLeaf::of(value.immediate);
            add_counted(" ", leaf.bytes);
            text_ += leaf.is_last ? " 1" : " 0";
            break;
        }
        case Op::Item: {
            const ItemLeaf leaf = ItemLeaf::of(value.immediate);
            add_counted(" ", leaf.bytes);
            add_counted(" ", leaf.stride);
            add_counted(" ", leaf.offset);
            break;
        }
        case Op::Copy:
        case Op::Order:
            add_counted(" ", Units::of(value.immediate).first);
            add_counted(" ", Units::of(value.immediate).second);
            break;
        case Op::CallMath:
        case Op::PyMath:
            text_ += " ";
            text_ += math_info(static_cast<MathFunction>(value.immediate)).name;
            break;
        case Op::PyCompareIntFloat:
            text_ += " ";
            text_ += comparison_text(static_cast<Comparison>(value.immediate));
            break;
        default: break;
        }
    }

    void terminator(const Terminator& terminator) {
        switch (terminator.kind) {
        case Terminator::Kind::Jump:
            text_ += "  jump ";
            add_edge(terminator.edges[0]);
            break;
        case Terminator::Kind::Branch:
            text_ += "  branch ";
            add_name(terminator.condition);
            text_ += " ";
            add_edge(terminator.edges[0]);
            text_ += " else ";
            add_edge(terminator.edges[1]);
            break;
        case Terminator::Kind::Return:
            add_counted("  return ", terminator.variant);
            text_ += " ";
            add_names(terminator.results);
            break;
        case Terminator::Kind::HandBack: add_counted("  hand_back ", terminator.reason); break;
        }
        text_ += "\n";
    }

    const Function& function_;
    std::vector<ValueId> numbers_;
    ValueId next_number_ = 0;
    std::string text_;
};

}  // namespace

std::string print(const Function& function) {
    return Printer(function).run();
}

}  // namespace pp::ir
