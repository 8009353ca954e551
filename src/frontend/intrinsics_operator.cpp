/// The functions of the operator module: Python's operators under their names.
#include <algorithm>
#include <string>

#include "frontend/intrinsics_support.h"
#include "frontend/operators.h"

namespace pp::frontend {
namespace {

/// Whether the operators of the arguments are not asked of their classes.
bool are_plain(const IntrinsicCall& call) {
    return std::all_of(call.arguments.begin(), call.arguments.end(), [](const Value& value) {
        return value.is_number() || value.shape == Shape::Complex || value.shape == Shape::None;
    });
}

/// The operator as Python has it, within a function of the prelude.
Outcomes as_written(Translation& t, const IntrinsicCall& call) {
    return t.follow("operator_" + std::string(call.name.substr(call.name.rfind('.') + 1)),
                    {call.arguments.begin(), call.arguments.end()});
}

Outcomes binary_operator(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 2)) {
        return wrong_count(t, call);
    }
    return are_plain(call)
               ? binary(t, static_cast<BinaryOperator>(call.parameter), call.arguments[0], call.arguments[1])
               : as_written(t, call);
}

Outcomes comparison(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 2)) {
        return wrong_count(t, call);
    }
    return are_plain(call)
               ? compare(t, static_cast<CompareOperator>(call.parameter), call.arguments[0], call.arguments[1])
               : as_written(t, call);
}

Outcomes unary_operator(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 1)) {
        return wrong_count(t, call);
    }
    return are_plain(call) ? unary(t, static_cast<UnaryOperator>(call.parameter), call.arguments[0])
                           : as_written(t, call);
}

/// operator.is_ with parameter 0, is_not with 1.
Outcomes identity(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 2)) {
        return wrong_count(t, call);
    }
    const ir::ValueId same = identical(t, call.arguments[0], call.arguments[1]);
    if (same == ir::kNoValue) {
        return t.unsupported("'is' between these values", {}, "compare with '=='");
    }
    return t.done(bool_value(call.parameter == 0 ? same : logical_not(t, same)));
}

/// operator.getitem and contains.
Outcomes of_container(Translation& t, const IntrinsicCall& call) {
    return has_count(call, 2, 2) ? as_written(t, call) : wrong_count(t, call);
}

Outcomes index(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 1)) {
        return wrong_count(t, call);
    }
    return are_integral(call.arguments) ? t.done(as_int(t, call.arguments[0])) : not_integral(t, call);
}

/// operator.abs is the builtin under another name.
Outcomes absolute(Translation& t, const IntrinsicCall& call) {
    return find_intrinsic("builtins.abs")->call(t, {"operator.abs", call.arguments, {}});
}

constexpr IntrinsicEntry row(std::string_view name, BinaryOperator op) {
    return {name, binary_operator, static_cast<uint64_t>(op)};
}

constexpr IntrinsicEntry row(std::string_view name, CompareOperator op) {
    return {name, comparison, static_cast<uint64_t>(op)};
}

constexpr IntrinsicEntry row(std::string_view name, UnaryOperator op) {
    return {name, unary_operator, static_cast<uint64_t>(op)};
}

constexpr IntrinsicEntry kOperators[] = {
    row("operator.add", BinaryOperator::Add),
    row("operator.sub", BinaryOperator::Subtract),
    row("operator.mul", BinaryOperator::Multiply),
    row("operator.truediv", BinaryOperator::TrueDivide),
    row("operator.floordiv", BinaryOperator::FloorDivide),
    row("operator.mod", BinaryOperator::Modulo),
    row("operator.pow", BinaryOperator::Power),
    row("operator.lshift", BinaryOperator::LeftShift),
    row("operator.rshift", BinaryOperator::RightShift),
    row("operator.and_", BinaryOperator::And),
    row("operator.or_", BinaryOperator::Or),
    row("operator.xor", BinaryOperator::Xor),
    row("operator.lt", CompareOperator::Lt),
    row("operator.le", CompareOperator::Le),
    row("operator.eq", CompareOperator::Eq),
    row("operator.ne", CompareOperator::Ne),
    row("operator.gt", CompareOperator::Gt),
    row("operator.ge", CompareOperator::Ge),
    row("operator.neg", UnaryOperator::Negative),
    row("operator.pos", UnaryOperator::Positive),
    row("operator.invert", UnaryOperator::Invert),
    row("operator.not_", UnaryOperator::Not),
    row("operator.truth", UnaryOperator::ToBool),
    {"operator.abs", absolute},
    {"operator.index", index},
    {"operator.is_", identity, 0},
    {"operator.is_not", identity, 1},
    {"operator.getitem", of_container},
    {"operator.contains", of_container},
};

}  // namespace

std::span<const IntrinsicEntry> operator_intrinsics() {
    return kOperators;
}

}  // namespace pp::frontend
