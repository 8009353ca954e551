/// A plain copy of a CPython code object: all that the front end ever sees of one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/source.h"

namespace pp::frontend {

struct CodeView;

struct Constant;
using ConstantTuple = std::vector<Constant>;

/// A constant that has no machine form; the environment knows the object by this number.
struct ObjectConstant {
    uint32_t object;
    std::string type_name;  ///< for messages: "str", "int" (beyond 64 bits), "bytes", ...
    std::string text;       ///< value of a str (names of keyword arguments), of an int as hex() writes it, else empty
    /// Of a slice (a constant since 3.14): start, stop, step; of a complex: its two parts; of a frozenset: its items,
    /// in no order; else empty.
    ConstantTuple items;
};

struct Constant {
    std::variant<std::monostate /*None*/, bool, int64_t, double, ObjectConstant, ConstantTuple,
                 std::shared_ptr<const CodeView>>
        value;
};

/// What a slot of the frame holds (co_localspluskinds).
enum class SlotKind : uint8_t { Local, Cell /* a local that inner functions see */, Free };

struct CodeView {
    int version = 0;  ///< of the bytecode: 311, 312, 313, 314
    std::string name, qualified_name, filename;
    int32_t first_line = 0;
    uint32_t flags = 0;          ///< co_flags
    int32_t argument_count = 0;  ///< co_argcount (positional-only ones included)
    int32_t positional_only_count = 0;
    int32_t keyword_only_count = 0;
    std::vector<uint8_t> code;  ///< co_code: never the specialised form
    std::vector<Constant> constants;
    std::vector<std::string> names;  ///< globals and attributes
    std::vector<std::string> slots;  ///< fast locals, then cells that are no arguments, then free variables
    std::vector<SlotKind> slot_kinds;
    std::vector<uint8_t> exception_table;
    std::vector<SourceSpan> positions;  ///< one for each two-byte code unit
};

/// co_flags bits the front end looks at; the same in every supported version.
enum CodeFlag : uint32_t {
    kVarArgs = 0x04,
    kVarKeywords = 0x08,
    kGenerator = 0x20,
    kCoroutine = 0x80,
    kAsyncGenerator = 0x200,
};

}  // namespace pp::frontend
