/// CPython bytecode -> canonical stack operations: the one place that knows CPython's versions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "frontend/code_view.h"

namespace pp::frontend {

/// The canonical operations: one small stack machine for every CPython. `n` is `Operation::argument`.
///
/// Under a call the stack is always: callable, self-or-null, arguments. Where CPython pushes its null before the
/// callable (3.11, 3.12), decode() moves it to where the callable is complete, on every path.
enum class Canon : uint8_t {
    Const,        ///< push constants[n]
    SmallInt,     ///< push the int n
    Local,        ///< push slots[n]; unbound raises
    StoreLocal,   ///< pop into slots[n]
    DeleteLocal,  ///< unbind slots[n], bound or not (a Local before it raises what `del` would)
    Deref,        ///< push the contents of cell or free slot n
    StoreDeref,
    Cell,            ///< push the cell itself (for MakeFunction's closure tuple)
    Global,          ///< push global or builtin names[n]
    Attribute,       ///< pop object, push its attribute names[n]
    StoreAttribute,  ///< pop object, pop value
    PushNull,        ///< push the empty marker that Call expects above a plain callable
    Pop,
    Copy,            ///< push the n-th entry from the top (1: the top)
    Swap,            ///< exchange the top with the n-th entry from the top
    Unary,           ///< n: UnaryOperator
    Binary,          ///< n: BinaryOperator; `in_place` for augmented assignment
    Compare,         ///< n: CompareOperator
    Is,              ///< n: 1 inverts
    Contains,        ///< n: 1 inverts (`not in`)
    Subscript,       ///< container, key -> item
    StoreSubscript,  ///< value, container, key ->
    BuildTuple,
    BuildList,
    BuildSet,
    BuildMap,
    BuildString,
    BuildSlice,
    Unpack,      ///< pop sequence, push n items, the first on top
    UnpackStar,  ///< low byte: items before, next byte: after
    ListAppend,  ///< pop value, append to the list n-th from the top (after the pop)
    ListExtend,
    SetAdd,
    MapAdd,
    Call,      ///< stack: callable, self-or-null, n arguments; `keywords` names the last of them
    CallStar,  ///< callable, self-or-null, tuple, and a dict where n & 1
    Jump,      ///< to `target`
    JumpIfTrue,
    JumpIfFalse,  ///< pop; by Python's truth. decode() gives JumpIfFalse only
    Iterate,      ///< pop iterable, push iterator
    Next,         ///< push the next item of the iterator on top; exhausted: pop the iterator (n: 1: what its generator
                  ///< returned takes its place) and go to `target`
    Return,
    Raise,           ///< n operands
    MakeFunction,    ///< pop code, push function; bits of n: 1 defaults, 2 keyword defaults, 4 annotations (or the
                     ///< function that makes them), 8 closure tuple; pushed in that order, below the code
    CallableSelf,    ///< pop object, push attribute names[n] as (callable, self-or-null): a method about to be called
    CommonConstant,  ///< n: 0 AssertionError, 1 NotImplementedError
    ListToTuple,
    Format,           ///< pop a format specification where n & 1, then a value; push the value's text
    Nothing,          ///< no effect: only decode() itself uses it
    Unsupported,      ///< an instruction with no canonical form; what it belongs to in `text`. Nothing comes after it
    None,             ///< push None (a code object may test for None without having it among its constants)
    Convert,          ///< pop a value, push its text by n: 1 str(), 2 repr(), 3 ascii()
    BuildMapKeys,     ///< pop n values of the str keys `keywords`; where that is empty, before them the tuple of n keys
    Yield,            ///< only in generators (kGenerator): pop what is yielded, push what is sent (None)
    BeginHandler,     ///< an exception handler begins: push the exception once more, as what `raise` alone raises again
    MatchException,   ///< exception, class or tuple of classes -> exception, bool
    SetUpdate,        ///< pop items, put them into the set n-th from the top (after the pop)
    Import,           ///< level, names or None -> module names[n]
    ImportFrom,       ///< module -> module, its attribute names[n]
    MatchSequence,    ///< push whether the top is a sequence that a pattern may take apart
    MatchMapping,     ///< push whether the top is a mapping
    MatchKeys,        ///< mapping, keys -> mapping, keys, their values as a tuple, or None
    MatchClass,       ///< subject, class, names of attributes -> the attributes as a tuple, or None; n positional ones
    GetLength,        ///< push the length of the top
    DictUpdate,       ///< pop a mapping, put its items into the dict n-th from the top (after the pop); with `in_place`
                      ///< no key may be there already: keywords of a call
    DeleteSubscript,  ///< pop key, container
    Reraise,          ///< pop an exception and raise it again
    Super,            ///< super, class, object -> what super(class, object) gives
    Special,          ///< pop object, push what its class has under `__enter__` (n & 1: `__exit__`) as (callable,
                      ///< self-or-null), where n & 2 as one
};

enum class UnaryOperator : uint8_t { Not, Negative, Positive, Invert, ToBool };
enum class BinaryOperator : uint8_t {
    Add,
    Subtract,
    Multiply,
    TrueDivide,
    FloorDivide,
    Modulo,
    Power,
    LeftShift,
    RightShift,
    And,
    Or,
    Xor,
    MatrixMultiply,
};
enum class CompareOperator : uint8_t { Lt, Le, Eq, Ne, Gt, Ge };

inline constexpr uint32_t kNoHandler = ~uint32_t{0};

struct Operation {
    Canon op = Canon::Nothing;
    bool in_place = false;
    int32_t argument = 0;
    uint32_t target = 0;                ///< index of an operation
    std::vector<std::string> keywords;  ///< Call, BuildMapKeys
    std::string text;                   ///< Unsupported: what the construct is called: "with statement", "yield from"
    /// Where an exception goes that the operation raises; kNoHandler: it leaves the function.
    uint32_t handler = kNoHandler;
    int32_t handler_depth = 0;     ///< entries that stay on the stack
    bool pushes_position = false;  ///< between them and the exception comes an entry that nobody looks at
    SourceSpan span;

    bool operator==(const Operation&) const = default;
};

/// One code object in canonical form: the same operations for every CPython wherever the compilers' differences are
/// only in arrangement. No unreachable operations, equal pieces of code only once, blocks in reverse postorder.
/// Only operations that may raise have a handler. A constant slice is taken apart
/// (BuildSlice), a comprehension inlined by CPython leaves its variable unbound, `all(...)` and the like are plain
/// calls. A loop without effect is a Jump to itself. Throws UserError when the version has no table.
std::vector<Operation> decode(const CodeView& code);

/// The text form that tests compare: an operation a line with its index, jump targets as indices, constants by value.
std::string print(const std::vector<Operation>& operations, const CodeView& code);

/// True when opcode names and numbers of the running interpreter (`opcode.opmap`) are those of the table for `version`.
/// Pseudo and instrumented opcodes are left out of account: `co_code` never has them.
bool opcodes_match(int version, const std::vector<std::pair<std::string, int>>& opmap);

}  // namespace pp::frontend
