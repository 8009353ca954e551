/// The module cmath. The prelude has its functions; isclose differs from math's in nothing but the magnitudes.
#include <string>

#include "frontend/intrinsics_support.h"
#include "frontend/operators.h"

namespace pp::frontend {
namespace {

/// Any number as a complex one; Null where the value is none.
Value as_complex(Translation& t, const Value& value) {
    if (value.shape == Shape::Complex) {
        return value;
    }
    return value.is_number() ? t.complex(float_value(to_float(t, value)), t.float_constant(0.0)) : Value{};
}

std::string own_name(const IntrinsicCall& call) {
    return "cmath_" + std::string(call.name.substr(call.name.rfind('.') + 1));
}

/// A function of one complex number.
Outcomes of_one(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 1)) {
        return wrong_count(t, call);
    }
    const Value number = as_complex(t, call.arguments[0]);
    return number.is_null() ? wrong_type(t, call, call.arguments[0]) : t.follow(own_name(call), {number});
}

Outcomes log(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 2)) {
        return of_one(t, call);
    }
    const Value number = as_complex(t, call.arguments[0]), base = as_complex(t, call.arguments[1]);
    return number.is_null() || base.is_null() ? wrong_type(t, call, call.arguments[number.is_null() ? 0 : 1])
                                              : t.follow("cmath_log_of", {number, base});
}

Outcomes rect(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 2)) {
        return wrong_count(t, call);
    }
    return are_numbers(call.arguments) ? t.follow("cmath_rect", to_floats(t, call.arguments)) : not_numbers(t, call);
}

constexpr IntrinsicEntry kCmath[] = {
    {"cmath.sqrt", of_one},  {"cmath.exp", of_one},   {"cmath.log", log},      {"cmath.log10", of_one},
    {"cmath.cos", of_one},   {"cmath.sin", of_one},   {"cmath.tan", of_one},   {"cmath.cosh", of_one},
    {"cmath.sinh", of_one},  {"cmath.tanh", of_one},  {"cmath.acos", of_one},  {"cmath.asin", of_one},
    {"cmath.atan", of_one},  {"cmath.acosh", of_one}, {"cmath.asinh", of_one}, {"cmath.atanh", of_one},
    {"cmath.phase", of_one}, {"cmath.polar", of_one}, {"cmath.rect", rect},    {"cmath.isfinite", of_one},
    {"cmath.isinf", of_one}, {"cmath.isnan", of_one},
};

}  // namespace

std::span<const IntrinsicEntry> cmath_intrinsics() {
    return kCmath;
}

}  // namespace pp::frontend
