/// The intermediate representation: scalar SSA with block parameters. It knows neither Python versions nor devices.
///
/// Rows never appear: the front end takes them apart, so that every value is one scalar. A function computes one
/// element: it reads input leaves and uniforms and ends in `Return` (a variant and its slots) or in `HandBack`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "base/source.h"
#include "ir/kind.h"

namespace pp::ir {

/// Void: operations without a result. I32 is used for origins only (see `Return`).
enum class Type : uint8_t { Void, F64, I64, I32, Bool };

enum class Op : uint16_t {
#define PP_OP(name, text, operands) name,
#include "ir/ops.inc"
#undef PP_OP
};

enum class Comparison : uint8_t { Eq, Ne, Lt, Le, Gt, Ge };

enum class MathFunction : uint8_t {
#define PP_MATH(name, libm, arity, check, libdevice, ulp) name,
#include "ir/math_functions.inc"
#undef PP_MATH
};

inline constexpr size_t kMathFunctionCount = 0
#define PP_MATH(name, libm, arity, check, libdevice, ulp) +1
#include "ir/math_functions.inc"
#undef PP_MATH
    ;

/// How CPython judges a math function's result before it returns it.
enum class MathCheck : uint8_t {
    None,    ///< never raises
    Domain,  ///< a NaN from a number, or an infinity from a finite number, is a ValueError
    Range,   ///< as Domain, but an infinity from a finite number is an OverflowError
    Pow,     ///< math.pow's rules
    Fmod,    ///< math.fmod's and math.remainder's rules
};

struct MathInfo {
    const char* name;  ///< libm's name, in the text form too
    int arity;
    MathCheck check;
    const char* libdevice;
    int gpu_ulp;
};
const MathInfo& math_info(MathFunction function);

/// Bytes of a code unit of the first and of the second operand of Copy and Order, as their immediate.
struct Units {
    uint8_t first, second;

    static Units of(uint64_t immediate) {
        return {static_cast<uint8_t>(immediate & 0xFF), static_cast<uint8_t>(immediate >> 8 & 0xFF)};
    }
    uint64_t immediate() const { return first | uint64_t{second} << 8; }
};

/// Which leaf of an item Item reads, as its immediate: so many bytes at `offset` within the `stride` bytes of an item.
struct ItemLeaf {
    uint32_t bytes, stride, offset;

    static ItemLeaf of(uint64_t immediate) {
        return {static_cast<uint32_t>(immediate >> 56), static_cast<uint32_t>(immediate >> 28 & 0xFFFFFFF),
                static_cast<uint32_t>(immediate & 0xFFFFFFF)};
    }
    uint64_t immediate() const { return uint64_t{bytes} << 56 | uint64_t{stride} << 28 | offset; }
};

/// What Write stores, as its immediate: so many bytes. `is_last`: no check of the element comes after it, so that what
/// was there before need not be kept.
struct WriteLeaf {
    uint8_t bytes;
    bool is_last;

    static WriteLeaf of(uint64_t immediate) {
        return {static_cast<uint8_t>(immediate & 0xFF), (immediate >> 8 & 1) != 0};
    }
    uint64_t immediate() const { return bytes | uint64_t{is_last} << 8; }
};

using ValueId = uint32_t;
using BlockId = uint32_t;
inline constexpr ValueId kNoValue = ~ValueId{0};

/// One operation or block parameter. Operands are inline: no operation has more than three.
struct Value {
    Op op = Op::Const;
    Type type = Type::Void;
    bool is_parameter = false;
    uint8_t operand_count = 0;
    ValueId operands[3] = {kNoValue, kNoValue, kNoValue};
    uint64_t immediate = 0;  ///< see ops.inc
    SourceSpan span;         ///< where the user wrote it
};

/// A jump to `block` with one argument for each of its parameters.
struct Edge {
    BlockId block = 0;
    std::vector<ValueId> arguments;
};

/// How a block ends.
struct Terminator {
    enum class Kind : uint8_t { Jump, Branch, Return, HandBack } kind = Kind::HandBack;
    ValueId condition = kNoValue;  ///< Branch
    std::vector<Edge> edges;       ///< Jump: one; Branch: if true, if false
    uint32_t variant = 0;          ///< Return: index in `Function::variants`
    std::vector<ValueId> results;  ///< Return: leaves of the variant's kind, then its dynamic origins
    uint32_t reason = 0;           ///< HandBack: index in `Function::hand_backs`
};

struct Block {
    std::vector<ValueId> parameters;
    std::vector<ValueId> body;
    Terminator terminator;
};

/// Where a returned value came from, so that an element passed through is the same Python object again.
/// Nodes of the inputs are numbered in preorder over all columns from 1; 0 means made by the function.
using Origin = int32_t;
inline constexpr Origin kFresh = 0;
inline constexpr Origin kDynamicOrigin = -1;  ///< known at run time only: stored in a slot

/// One shape a function may return. Constant leaves (None, objects) take no slot.
struct Variant {
    KindRef kind;
    std::vector<Origin> origins;  ///< one for each node of `kind`, in preorder
    std::vector<uint32_t> slots;  ///< output slot of each leaf, then of each dynamic origin in preorder
};

/// A path that has no compiled form, or that would raise.
struct HandBackReason {
    std::string message;  ///< complete text for `explain`, caret and advice included
    bool unsupported;     ///< false: CPython would raise here
    SourceSpan span;
};

struct Function {
    std::string name;
    std::vector<Type> inputs;  ///< leaves of the columns' kinds, column by column
    std::vector<Type> uniforms;
    /// Types of the output arrays. With several variants slot 0 is the tag (`Type::Bool` storage, one byte).
    std::vector<Type> outputs;
    std::vector<Variant> variants;
    std::vector<HandBackReason> hand_backs;
    std::vector<std::string> data;  ///< constants that kernels address: the bytes of text
    std::vector<Value> values;
    std::vector<Block> blocks;  ///< block 0 is the entry, without parameters

    bool has_tag() const noexcept { return variants.size() > 1; }
};

const char* op_text(Op op);
const char* type_text(Type type);
const char* comparison_text(Comparison comparison);
/// How many operands `op` takes; -1: its math function's arity.
int operand_count(Op op);
/// The type `op` wants for its operand `index`; Void where that depends on the operation (Select) or there is none.
Type operand_type(Op op, int index);
/// The IR type in which a Float, Int or Bool kind is held; Void for other kinds.
Type type_of_leaf(KindRef leaf);
/// The type of `op`'s result for operands of the given types; Const, Input, Uniform, Select, Load and Item say
/// theirs themselves.
Type result_type(Op op, Type first_operand);
/// False for the operations that may hand the element back or change memory: Guard, the checked ones, most of Python's
/// own.
/// These must stay even where nobody uses their result.
bool is_pure(Op op);
/// The operations on memory that the function may write. Two equal ones need not have one result.
bool uses_memory(Op op);
bool uses_memory(const Function& function);
/// Whether it has an Item: it reads what lies outside of its elements.
bool reads_items(const Function& function);
/// Whether it has a Write: its elements run one after the other.
bool writes_shared(const Function& function);
/// Whether some element may be handed back, after all passes: by a check, on a path of CPython's, or since a loop runs
/// for ever. May be true of a function that never does.
bool can_hand_back(const Function& function);
/// By output slot the input whose value every return that fills it puts there; -1 where some puts another one.
std::vector<int64_t> passed_inputs(const Function& function);

/// Builds a function block by block. Not thread-safe.
class Builder {
public:
    explicit Builder(Function& function) : function_(function) {}

    BlockId add_block();
    ValueId add_parameter(BlockId block, Type type);
    /// Operations are appended to this block.
    void set_block(BlockId block) { block_ = block; }
    BlockId block() const noexcept { return block_; }
    void set_span(const SourceSpan& span) { span_ = span; }

    ValueId constant(double value);
    ValueId constant(int64_t value);
    ValueId constant(bool value);
    ValueId origin(Origin value);
    ValueId input(uint32_t leaf);
    ValueId uniform(uint32_t index);
    ValueId data(uint32_t index);
    ValueId load(Type type, uint32_t bytes, ValueId address, ValueId offset);
    ValueId item(Type type, const ItemLeaf& leaf, ValueId address, ValueId position, ValueId count);
    ValueId op(Op op, std::initializer_list<ValueId> operands, uint64_t immediate = 0);
    ValueId math(Op op, MathFunction function, std::initializer_list<ValueId> operands);

    void jump(Edge edge);
    void branch(ValueId condition, Edge if_true, Edge if_false);
    void ret(uint32_t variant, std::vector<ValueId> results);
    void hand_back(uint32_t reason);

    Function& function() noexcept { return function_; }
    Type type(ValueId value) const { return function_.values[value].type; }

private:
    ValueId append(Value value);

    Function& function_;
    BlockId block_ = 0;
    SourceSpan span_;
};

/// The text form, stable across Python versions: what golden tests hold and `explain` shows. `parse(print(f))` is `f`.
std::string print(const Function& function);
/// Reads the text form, for tests. Throws InternalError with the line number.
Function parse(const std::string& text);
/// Throws InternalError when a rule above is broken: types, dominance of definitions, edges' arguments, slots.
void verify(const Function& function);

}  // namespace pp::ir
