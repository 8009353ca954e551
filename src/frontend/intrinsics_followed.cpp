/// Functions that CPython computes by algorithms of its own: the arguments are brought in form, the prelude goes on.
#include <algorithm>
#include <optional>
#include <string>

#include "frontend/intrinsics_support.h"
#include "frontend/operators.h"
#include "frontend/sequences.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

/// The prelude's function is called as the intrinsic is, without the module.
std::string_view own_name(const IntrinsicCall& call) {
    return call.name.substr(call.name.rfind('.') + 1);
}

/// A function of `Arity` floats.
template <size_t Arity> Outcomes of_floats(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, Arity, Arity)) {
        return wrong_count(t, call);
    }
    if (!are_numbers(call.arguments)) {
        return not_numbers(t, call);
    }
    return t.follow(own_name(call), to_floats(t, call.arguments));
}

/// A function of `Arity` ints.
template <size_t Arity> Outcomes of_ints(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, Arity, Arity)) {
        return wrong_count(t, call);
    }
    if (!are_integral(call.arguments)) {
        return not_integral(t, call);
    }
    std::vector<Value> arguments;
    for (const Value& argument : call.arguments) {
        arguments.push_back(as_int(t, argument));
    }
    return t.follow(own_name(call), std::move(arguments));
}

/// math.perm: without the second argument it is the factorial.
Outcomes perm(Translation& t, const IntrinsicCall& call) {
    const bool is_factorial =
        has_count(call, 1, 1) || (has_count(call, 2, 2) && call.arguments[1].shape == Shape::None);
    return is_factorial ? of_ints<1>(t, {"math.factorial", call.arguments.first(1), {}}) : of_ints<2>(t, call);
}

/// math.gcd and math.lcm take any number of ints.
Outcomes divisor(Translation& t, const IntrinsicCall& call) {
    if (!are_integral(call.arguments)) {
        return not_integral(t, call);
    }
    if (has_count(call, 2, 2)) {
        return of_ints<2>(t, call);
    }
    const std::vector<Value> items(call.arguments.begin(), call.arguments.end());
    return t.follow(std::string(own_name(call)) + "_of", {t.row(Shape::Tuple, items)});
}

/// math.ldexp takes a float and an int.
Outcomes ldexp(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 2)) {
        return wrong_count(t, call);
    }
    if (!call.arguments[0].is_number() || !call.arguments[1].is_integral()) {
        return wrong_type(t, call, call.arguments[call.arguments[0].is_number() ? 1 : 0]);
    }
    return t.follow("ldexp", {float_value(to_float(t, call.arguments[0])), as_int(t, call.arguments[1])});
}

Outcomes isclose(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 2)) {
        return wrong_count(t, call);
    }
    Value relative = t.float_constant(1e-9);
    Value absolute = t.float_constant(0.0);
    for (const KeywordArgument& keyword : call.keywords) {
        if (keyword.name != "rel_tol" && keyword.name != "abs_tol") {
            return t.raises("math.isclose() got an unexpected keyword argument");
        }
        (keyword.name == "rel_tol" ? relative : absolute) = keyword.value;
    }
    const Value arguments[] = {call.arguments[0], call.arguments[1], relative, absolute};
    return of_floats<4>(t, {call.name, arguments, {}});
}

Value magnitude(Translation& t, ValueId x) {
    return float_value(t.emit(Op::FAbs, {x}));
}

Outcomes hypot(Translation& t, const IntrinsicCall& call) {
    if (!are_numbers(call.arguments)) {
        return not_numbers(t, call);
    }
    std::vector<Value> magnitudes;
    for (const Value& coordinate : call.arguments) {
        magnitudes.push_back(magnitude(t, to_float(t, coordinate)));
    }
    return t.follow("norm", {t.row(Shape::Tuple, std::move(magnitudes))});
}

/// Two rows of numbers, equally long, whose items are known one by one.
struct NumberRows {
    std::vector<Value> left, right;
};

/// The arguments as such rows. Where they are not, the path is ended; `unequal` is what CPython says of the lengths.
std::optional<NumberRows> two_rows(Translation& t, const IntrinsicCall& call, std::string_view unequal) {
    NumberRows rows;
    const bool catches = t.catches();
    t.set_catches(false);  // nobody takes what is raised here as a way on: CPython raises it
    if (!has_count(call, 2, 2)) {
        wrong_count(t, call);
    } else if (!try_items(t, call.arguments[0], rows.left)) {
        wrong_type(t, call, call.arguments[0]);
    } else if (!try_items(t, call.arguments[1], rows.right)) {
        wrong_type(t, call, call.arguments[1]);
    } else if (rows.left.size() != rows.right.size()) {
        t.raises(unequal);
    } else if (!are_numbers(rows.left) || !are_numbers(rows.right)) {
        not_numbers(t, {call.name, are_numbers(rows.left) ? rows.right : rows.left, {}});
    } else {
        t.set_catches(catches);
        return rows;
    }
    return std::nullopt;
}

Outcomes dist(Translation& t, const IntrinsicCall& call) {
    const auto rows = two_rows(t, call, "both points must have the same number of dimensions");
    if (!rows) {
        return {};
    }
    std::vector<Value> differences;
    for (size_t i = 0; i < rows->left.size(); ++i) {
        const ValueId left = to_float(t, rows->left[i]), right = to_float(t, rows->right[i]);
        differences.push_back(magnitude(t, t.emit(Op::FSub, {left, right})));
    }
    return t.follow("norm", {t.row(Shape::Tuple, std::move(differences))});
}

/// math.sumprod goes through three stages, told apart by types: pairs of ints; pairs of a float and a number; the rest.
Outcomes sumprod(Translation& t, const IntrinsicCall& call) {
    const auto rows = two_rows(t, call, "Inputs are not the same length");
    if (!rows) {
        return {};
    }
    std::vector<Value> stages[3];
    size_t stage = 0;
    for (size_t i = 0; i < rows->left.size(); ++i) {
        const Value &left = rows->left[i], &right = rows->right[i];
        const bool whole = left.shape == Shape::Int && right.shape == Shape::Int;
        const bool real = left.shape == Shape::Float || right.shape == Shape::Float;
        if (stage == 0 && !whole) {
            stage = 1;
        }
        if (stage == 1 && !real) {
            stage = 2;
        }
        stages[stage].push_back(t.row(Shape::Tuple, {left, right}));
    }
    std::vector<Value> arguments;
    for (std::vector<Value>& pairs : stages) {
        arguments.push_back(t.row(Shape::Tuple, std::move(pairs)));
    }
    return t.follow("sumprod", std::move(arguments));
}

Outcomes fsum(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 1)) {
        return wrong_count(t, call);
    }
    const Value row = iterable(t, call.arguments[0]);
    if (row.is_null()) {
        return wrong_type(t, call, call.arguments[0]);
    }
    if (row.is_row() && !are_numbers(row.items())) {
        return not_numbers(t, {call.name, row.items(), {}});
    }
    return t.follow("fsum", {row});
}

/// sum and math.prod: a row and a start.
Outcomes accumulate(Translation& t, const IntrinsicCall& call) {
    const bool is_sum = call.name == "builtins.sum";
    Value start = has_count(call, 2, 2) ? call.arguments[1] : Value{};
    if (!has_count(call, 1, is_sum ? 2 : 1) || !take_keyword(call, "start", start)) {
        return wrong_count(t, call);
    }
    if (start.is_null()) {
        start = t.int_constant(is_sum ? 0 : 1);
    }
    const Value row = iterable(t, call.arguments[0]);
    if (row.is_null()) {
        return wrong_type(t, call, call.arguments[0]);
    }
    if (is_sum && !as_text(t, start).is_null()) {
        return t.raises("TypeError", "sum() can't sum strings [use ''.join(seq) instead]");
    }
    if (row.is_row() && row.items().empty()) {
        return t.done(start);
    }
    const auto is_complex = [](const Value& value) { return value.shape == Shape::Complex; };
    if (is_complex(start) || (row.is_row() && std::any_of(row.items().begin(), row.items().end(), is_complex))) {
        return t.unsupported(std::string(call.name) + "() of complex numbers", {}, "add them in a loop");
    }
    if (!row.is_row() || !start.is_integral() || !are_integral(row.items())) {
        return t.follow(is_sum ? "sum_items" : "prod", {row, start});
    }
    ValueId total = to_int(t, start);
    for (const Value& item : row.items()) {
        total = t.emit(is_sum ? Op::IAddChecked : Op::IMulChecked, {total, to_int(t, item)});
    }
    return t.done(int_value(total));
}

/// bisect.bisect_left(a, x, lo=0, hi=None) and bisect_right.
Outcomes bisected(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 4)) {
        return wrong_count(t, call);
    }
    std::vector<Value> arguments(call.arguments.begin(), call.arguments.end());
    arguments.resize(4);
    for (const KeywordArgument& keyword : call.keywords) {
        const size_t place = keyword.name == "lo" ? 2 : keyword.name == "hi" ? 3 : 0;
        if (place == 0 || !arguments[place].is_null()) {
            return t.unsupported(std::string(call.name) + "() with " + quoted(keyword.name), {},
                                 "search in a list of the keys");
        }
        arguments[place] = keyword.value;
    }
    arguments[2] = arguments[2].is_null() ? t.int_constant(0) : arguments[2];
    arguments[3] = arguments[3].is_null() ? none_value() : arguments[3];
    const bool has_bounds =
        arguments[2].is_integral() && (arguments[3].is_integral() || arguments[3].shape == Shape::None);
    return has_bounds ? t.follow(own_name(call), std::move(arguments)) : wrong_type(t, call, arguments[2]);
}

constexpr IntrinsicEntry kFollowed[] = {
    {"bisect.bisect_left", bisected, 0, false, true, true},
    {"bisect.bisect_right", bisected, 0, false, true, true},
    {"math.gamma", of_floats<1>},
    {"math.lgamma", of_floats<1>},
    {"math.frexp", of_floats<1>},
    {"math.modf", of_floats<1>},
    {"math.ulp", of_floats<1>},
    {"math.nextafter", of_floats<2>},
    {"math.isclose", isclose, 0, false, true},
    {"math.ldexp", ldexp},
    {"math.isqrt", of_ints<1>},
    {"math.factorial", of_ints<1>},
    {"math.comb", of_ints<2>},
    {"math.perm", perm},
    {"math.gcd", divisor},
    {"math.lcm", divisor},
    {"math.hypot", hypot},
    {"math.dist", dist},
    {"math.sumprod", sumprod},
    {"math.fsum", fsum},
    {"math.prod", accumulate, 0, false, true},
    {"builtins.sum", accumulate, 0, false, true},
};

}  // namespace

std::span<const IntrinsicEntry> followed_intrinsics() {
    return kFollowed;
}

}  // namespace pp::frontend
