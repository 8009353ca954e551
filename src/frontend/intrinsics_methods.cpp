/// Methods and properties of floats, ints and bools; the receiver is the first argument.
#include "frontend/intrinsics_support.h"
#include "frontend/operators.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

/// Checks what Python checks when a method is called on its type: `float.is_integer(1)`.
bool is_receiver(const IntrinsicCall& call) {
    if (!has_count(call, 1, 1)) {
        return false;
    }
    const Shape shape = call.arguments[0].shape;
    return call.name.substr(0, 5) == "float" ? shape == Shape::Float : call.arguments[0].is_integral();
}

Outcomes wrong_receiver(Translation& t, const IntrinsicCall& call) {
    return has_count(call, 1, 1) ? wrong_type(t, call, call.arguments[0]) : wrong_count(t, call);
}

/// x.real and x.conjugate(): the float itself, the int.
Outcomes itself(Translation& t, const IntrinsicCall& call) {
    if (!is_receiver(call)) {
        return wrong_receiver(t, call);
    }
    const Value& value = call.arguments[0];
    return t.done(value.shape == Shape::Float ? value : as_int(t, value));
}

Outcomes zero_float(Translation& t, const IntrinsicCall& call) {
    return is_receiver(call) ? t.done(t.float_constant(0.0)) : wrong_receiver(t, call);
}

/// The int `parameter`.
Outcomes constant_int(Translation& t, const IntrinsicCall& call) {
    return is_receiver(call) ? t.done(t.int_constant(static_cast<int64_t>(call.parameter))) : wrong_receiver(t, call);
}

Outcomes float_is_integer(Translation& t, const IntrinsicCall& call) {
    if (!is_receiver(call)) {
        return wrong_receiver(t, call);
    }
    const ValueId x = call.arguments[0].leaf;
    const ValueId is_whole = t.emit(Op::FEq, {t.emit(Op::FFloor, {x}), x});
    return t.done(bool_value(t.emit(Op::BAnd, {is_whole, is_finite(t, x)})));
}

/// Came with Python 3.12.
Outcomes int_is_integer(Translation& t, const IntrinsicCall& call) {
    if (!is_receiver(call)) {
        return wrong_receiver(t, call);
    }
    const bool exists = !t.places().empty() && t.places().back().code->version >= 312;
    return exists ? t.done(t.bool_constant(true)) : t.raises("'int' object has no attribute 'is_integer'");
}

Outcomes bit_length(Translation& t, const IntrinsicCall& call) {
    if (!is_receiver(call)) {
        return wrong_receiver(t, call);
    }
    return t.done(int_value(t.emit(Op::PyIntBitLength, {to_int(t, call.arguments[0])})));
}

Outcomes bit_count(Translation& t, const IntrinsicCall& call) {
    if (!is_receiver(call)) {
        return wrong_receiver(t, call);
    }
    const ValueId value = to_int(t, call.arguments[0]), zero = t.constant(int64_t{0});
    // Wraps for the least int only, whose bits read as unsigned are its magnitude.
    const ValueId negated = t.emit(Op::ISub, {zero, value});
    const ValueId magnitude = t.emit(Op::Select, {t.emit(Op::ILt, {value, zero}), negated, value});
    return t.done(int_value(t.emit(Op::IPopcount, {magnitude})));
}

Outcomes as_ratio(Translation& t, const IntrinsicCall& call) {
    if (!is_receiver(call)) {
        return wrong_receiver(t, call);
    }
    return t.done(t.row(Shape::Tuple, {as_int(t, call.arguments[0]), t.int_constant(1)}));
}

constexpr IntrinsicEntry kMethods[] = {
    {"float.real", itself, 0, true},    {"float.imag", zero_float, 0, true},
    {"float.conjugate", itself},        {"float.is_integer", float_is_integer},
    {"int.real", itself, 0, true},      {"int.imag", constant_int, 0, true},
    {"int.numerator", itself, 0, true}, {"int.denominator", constant_int, 1, true},
    {"int.conjugate", itself},          {"int.is_integer", int_is_integer},
    {"int.bit_length", bit_length},     {"int.bit_count", bit_count},
    {"int.as_integer_ratio", as_ratio},
};

}  // namespace

std::span<const IntrinsicEntry> method_intrinsics() {
    return kMethods;
}

}  // namespace pp::frontend
