/// The pipeline as a whole: its order, and that random functions compute after it what they computed before.
#include <algorithm>
#include <array>
#include <bit>
#include <iterator>
#include <limits>
#include <random>

#include "base/error.h"
#include "passes/passes.h"
#include "passes_testing.h"

namespace pp::passes {
namespace {

using ir::Builder;
using ir::Op;
using ir::Type;
using ir::ValueId;
using testing::Guards;
using testing::Outcome;

TEST(Pipeline, TellsItsObserverEachPass) {
    ir::Function function = ir::parse(R"(function "f" (input 0: i64) -> (slot 0: bool, slot 1: i64, slot 2: i32)
  variant 0: int origins (-1) slots (1 2)
  variant 1: None origins (0) slots ()
block 0:
  %0 = input 0 : i64
  %1 = const 1 : i32
  %2 = const 2 : i64
  %3 = py.int.mod %0 %2 : i64
  return 0 (%3, %1)
)");
    std::vector<std::string> names;
    run_pipeline(function, [&](const char* pass, const ir::Function& now) {
        names.emplace_back(pass);
        EXPECT_NO_THROW(ir::verify(now));
    });
    EXPECT_EQ(names.front(), "simplify_blocks");
    EXPECT_EQ(std::count(names.begin(), names.end(), "settle_origins"), 1);
    EXPECT_EQ(std::count(names.begin(), names.end(), "expand"), 1);
    EXPECT_EQ(names.back(), "settle_writes");
    EXPECT_FALSE(function.has_tag());
    EXPECT_EQ(function.outputs, std::vector<Type>{Type::I64});
    EXPECT_EQ(function.variants[0].origins, std::vector<ir::Origin>{1});
    EXPECT_EQ(ir::print(function).find("py."), std::string::npos);
}

TEST(Pipeline, RefusesABrokenFunction) {
    ir::Function function;
    EXPECT_THROW(run_pipeline(function), InternalError);
}

/// Functions with forks, joins, bounded loops, guards, checked arithmetic and protected divisions, over values of all
/// types, constants among them. Every local is handed on as a parameter now and then, as the front end does it.
class Generator {
public:
    explicit Generator(unsigned seed) : random_(seed), builder_(function_) {}

    ir::Function run(bool loops) {
        loops_ = loops;
        function_.name = "random";
        function_.inputs = {Type::F64, Type::F64, Type::I64, Type::I64, Type::Bool};
        function_.uniforms = {Type::I64, Type::Bool};
        function_.outputs = {Type::Bool, Type::F64, Type::I64, Type::I32, Type::I32, Type::Bool};
        const KindRef items[] = {float_kind(), int_kind()};
        function_.variants = {{tuple_kind(items), {ir::kDynamicOrigin, 1, ir::kDynamicOrigin}, {1, 2, 3, 4}},
                              {bool_kind(), {ir::kFresh}, {5}},
                              {none_kind(), {ir::kFresh}, {}}};
        function_.hand_backs = {{"a", true, {}}, {"b", false, {}}};
        builder_.set_block(builder_.add_block());
        for (uint32_t i = 0; i < 5; ++i) {
            builder_.input(i);
            add(builder_.input(i));
        }
        add(builder_.uniform(0));
        add(builder_.uniform(1));
        add(builder_.origin(0));
        add(builder_.origin(3));
        region(3);
        finish();
        return std::move(function_);
    }

private:
    int pick(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }

    std::vector<ValueId>& pool(Type type) { return pools_[static_cast<size_t>(type)]; }
    void add(ValueId id) { pool(builder_.type(id)).push_back(id); }

    ValueId any(Type type) {
        if (pool(type).empty() || (type != Type::I32 && pick(5) == 0)) {
            return constant(type);
        }
        // Mostly recent ones, so that operations depend on each other.
        const std::vector<ValueId>& values = pool(type);
        const auto size = static_cast<int>(values.size());
        return values[static_cast<size_t>(pick(2) == 0 ? pick(size) : size - 1 - pick(std::min(size, 4)))];
    }

    ValueId constant(Type type) {
        static const double floats[] = {0.0, -0.0, 1.0, 0.5, -3.25, 1e300, std::numeric_limits<double>::infinity()};
        static const int64_t ints[] = {
            0, 1, -1, 2, 7, 63, std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()};
        switch (type) {
        case Type::F64: return builder_.constant(floats[pick(7)]);
        case Type::I64: return builder_.constant(ints[pick(8)]);
        case Type::I32: return builder_.origin(pick(3));
        default: return builder_.constant(pick(2) == 0);
        }
    }

    void operation() {
        static const Op ops[] = {
            Op::FAdd,        Op::FSub,        Op::FMul,        Op::FDiv,      Op::FNeg, Op::FAbs,      Op::FFloor,
            Op::FEq,         Op::FNe,         Op::FLt,         Op::FLe,       Op::IAdd, Op::ISub,      Op::IMul,
            Op::IAddChecked, Op::ISubChecked, Op::IMulChecked, Op::IAnd,      Op::IOr,  Op::IXor,      Op::IEq,
            Op::INe,         Op::ILt,         Op::ILe,         Op::BAnd,      Op::BOr,  Op::BXor,      Op::BNot,
            Op::BNot,        Op::BoolToInt,   Op::IntToFloat,  Op::IPopcount, Op::IClz, Op::FloatBits, Op::BitsFloat};
        switch (pick(12)) {
        case 0: select(); return;
        case 1: division(); return;
        case 2:
            if (pick(3) == 0) {
                builder_.op(Op::Guard, {any(Type::Bool)});
            }
            return;
        default: break;
        }
        const Op op = ops[pick(static_cast<int>(std::size(ops)))];
        const ValueId first = any(ir::operand_type(op, 0));
        add(ir::operand_count(op) == 1 ? builder_.op(op, {first})
                                       : builder_.op(op, {first, any(ir::operand_type(op, 1))}));
    }

    void select() {
        static const Type types[] = {Type::F64, Type::I64, Type::I32, Type::Bool};
        const Type type = types[pick(4)];
        add(builder_.op(Op::Select, {any(Type::Bool), any(type), any(type)}));
    }

    /// As expansion writes it: a guard, and a select because the guard may be sticky.
    void division() {
        const ValueId divisor = any(Type::I64);
        const ValueId zero = builder_.constant(int64_t{0});
        const ValueId minus_one = builder_.constant(int64_t{-1});
        const ValueId is_safe =
            builder_.op(Op::BAnd, {builder_.op(Op::INe, {divisor, zero}), builder_.op(Op::INe, {divisor, minus_one})});
        if (pick(2) == 0) {
            builder_.op(Op::Guard, {is_safe});
        }
        const ValueId one = builder_.constant(int64_t{1});
        const ValueId safe = builder_.op(Op::Select, {is_safe, divisor, one});
        add(builder_.op(pick(2) == 0 ? Op::IDiv : Op::IRem, {any(Type::I64), safe}));
        if (pick(2) == 0) {
            add(is_safe);
        }
    }

    using Pools = std::array<std::vector<ValueId>, 5>;

    /// Some values of each type to hand on, and their types.
    std::vector<ValueId> some() {
        std::vector<ValueId> values;
        for (Type type : {Type::F64, Type::I64, Type::I32, Type::Bool}) {
            for (int i = pick(3); i > 0; --i) {
                values.push_back(any(type));
            }
        }
        return values;
    }

    std::vector<ValueId> like(const std::vector<ValueId>& values) {
        std::vector<ValueId> others;
        for (ValueId value : values) {
            others.push_back(pick(3) == 0 ? value : any(builder_.type(value)));
        }
        return others;
    }

    void enter(ir::BlockId block, const std::vector<ValueId>& values) {
        std::vector<ValueId> parameters;
        for (ValueId value : values) {
            parameters.push_back(builder_.add_parameter(block, builder_.type(value)));
        }
        builder_.set_block(block);
        for (ValueId parameter : parameters) {
            add(parameter);
        }
    }

    void region(int depth) {
        for (int part = 0; part < 3; ++part) {
            for (int i = pick(7); i > 0; --i) {
                operation();
            }
            const int what = depth > 0 ? pick(4) : 3;
            if (what < 2) {
                fork(depth);
            } else if (what == 2 && loops_) {
                loop(depth);
            }
        }
    }

    void fork(int depth) {
        const ValueId condition = any(Type::Bool);
        const ir::BlockId join = builder_.add_block();
        const ir::BlockId sides[] = {builder_.add_block(), builder_.add_block()};
        builder_.branch(condition, {sides[0], {}}, {sides[1], {}});
        const Pools before = pools_;
        builder_.set_block(sides[0]);
        if (pick(3) != 0) {
            region(depth - 1);
        }
        const std::vector<ValueId> values = some();
        builder_.jump({join, values});
        pools_ = before;
        builder_.set_block(sides[1]);
        const int end = pick(4);
        if (end != 0) {
            region(depth - 1);
        }
        if (end == 1) {
            finish();
        } else {
            // What the first side computed is not defined here.
            std::vector<ValueId> others;
            for (ValueId value : values) {
                others.push_back(any(builder_.type(value)));
            }
            builder_.jump({join, others});
        }
        pools_ = before;
        enter(join, values);
    }

    void loop(int depth) {
        std::vector<ValueId> values = some();
        values.push_back(builder_.constant(int64_t{0}));
        const ir::BlockId head = builder_.add_block();
        const ir::BlockId body = builder_.add_block();
        const ir::BlockId exit = builder_.add_block();
        builder_.jump({head, values});
        enter(head, values);
        std::vector<ValueId> parameters = function_.blocks[head].parameters;
        const ValueId limit = builder_.constant(int64_t{1 + pick(3)});
        const ValueId goes_on = builder_.op(Op::ILt, {parameters.back(), limit});
        builder_.branch(goes_on, {body, {}}, {exit, {}});
        const Pools before = pools_;
        builder_.set_block(body);
        region(depth - 1);
        const ValueId count = builder_.op(Op::IAdd, {parameters.back(), builder_.constant(int64_t{1})});
        parameters.pop_back();
        std::vector<ValueId> next = like(parameters);
        next.push_back(count);
        builder_.jump({head, next});
        pools_ = before;
        builder_.set_block(exit);
    }

    void finish() {
        switch (pick(6)) {
        case 0: builder_.ret(1, {any(Type::Bool)}); return;
        case 1: builder_.ret(2, {}); return;
        case 2: builder_.hand_back(static_cast<uint32_t>(pick(2))); return;
        default: builder_.ret(0, {any(Type::F64), any(Type::I64), any(Type::I32), any(Type::I32)}); return;
        }
    }

    std::mt19937 random_;
    ir::Function function_;
    Builder builder_;
    Pools pools_;
    bool loops_ = false;
};

std::vector<uint64_t> random_words(std::mt19937& random, const std::vector<Type>& types) {
    static const double floats[] = {0.0, -0.0, 1.0, 2.5, -1e300, std::numeric_limits<double>::quiet_NaN()};
    static const int64_t ints[] = {
        0, 1, -1, 3, 1000, std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()};
    std::vector<uint64_t> words;
    for (Type type : types) {
        const auto choice = static_cast<size_t>(std::uniform_int_distribution<int>(0, 419)(random));
        words.push_back(type == Type::F64   ? std::bit_cast<uint64_t>(floats[choice % 6])
                        : type == Type::I64 ? static_cast<uint64_t>(ints[choice % 7])
                                            : choice % 2);
    }
    return words;
}

/// Runs the pipeline on random functions and compares results; counts elements that return.
int compare_random_functions(bool loops, Guards guards, unsigned seeds) {
    int returned = 0;
    for (unsigned seed = 0; seed < seeds; ++seed) {
        const ir::Function before = Generator(seed).run(loops);
        ir::Function function = before;
        run_pipeline(function, [&](const char* pass, const ir::Function& now) {
            std::mt19937 random(seed);
            for (int element = 0; element < 8; ++element) {
                const std::vector<uint64_t> inputs = random_words(random, before.inputs);
                const std::vector<uint64_t> uniforms = random_words(random, before.uniforms);
                const Outcome wanted = testing::evaluate(before, inputs, uniforms, guards);
                EXPECT_EQ(testing::evaluate(now, inputs, uniforms, guards), wanted)
                    << "seed " << seed << " after " << pass << ", wanted " << wanted.text();
                returned += wanted.handed_back || wanted.ran_out ? 0 : 1;
            }
        });
        const std::string text = ir::print(function);
        EXPECT_EQ(ir::print(ir::parse(text)), text) << "seed " << seed;
        if (::testing::Test::HasFailure()) {
            ADD_FAILURE() << ir::print(before);
            break;
        }
    }
    return returned;
}

TEST(Pipeline, KeepsWhatRandomFunctionsCompute) {
    EXPECT_GT(compare_random_functions(true, Guards::Leave, 400), 400);
}

TEST(Pipeline, KeepsOperationsDefinedAfterFailedGuards) {
    EXPECT_GT(compare_random_functions(false, Guards::Accumulate, 400), 400);
}

}  // namespace
}  // namespace pp::passes
