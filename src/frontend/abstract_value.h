/// The values that the translator computes with: trees shaped like Python values, whose leaves are SSA scalars.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/code_view.h"
#include "frontend/environment.h"
#include "ir/ir.h"
#include "ir/kind.h"

namespace pp::frontend {

struct IntrinsicEntry;
struct Node;

/// What a value is, as far as it is known while translating. Up to Text: values that have a kind (see ir/kind.h).
enum class Shape : uint8_t {
    Float,
    Int,
    Bool,
    None,
    Object,    ///< one particular immutable object: `number`; node->name is its type's, node->text a str's value or an
               ///< int's as hex() writes it; node->class_id an enum's, if it is a member
    Any,       ///< an object of the input that is only carried; node->name is the first element's type's
    Some,      ///< the same, neither None nor a bool
    Other,     ///< the same, of a type that has no kind
    Complex,   ///< items: the real and the imaginary part (Floats)
    Record,    ///< node->record; items: its fields, Null where one is known to be missing. The node is its identity
    Tuple,     ///< node->items
    List,      ///< node->items; the node is the list's identity
    Sequence,  ///< a tuple or list of any length: node->kind; items: address, length (Ints); of a list the node is
               ///< its identity
    Text,      ///< a str: node->kind; items: address, length (Ints); node->text: its value where that is known
    Null,      ///< the empty marker under a plain callable; an unbound local
    Range,     ///< items: start, stop, step (Ints); node->length: how many, where that is known and small, else -1
    RangeIterator,  ///< items: next, stop, step (Ints)
    RowIterator,    ///< items: the row; node->position: the next item's. Iterators are never stored: each has one user
    View,           ///< items computed where they are taken: node->name is "enumerate", "zip" or "reversed", items: its
                    ///< sources, of "enumerate" also the start
    Table,  ///< a dict or set from outside whose keys are looked up: node->name is its type's, items: places, keys, of
            ///< a dict also values (Sequences)
    SequenceIterator,  ///< items: the next item's position (Int), what is iterated over (Sequence, Text, View, Range)
    Slice,             ///< items: start, stop, step (each None or anything)
    Place,             ///< items: a list in memory that holds a list, and its position there (Int): see list_places.cpp
    Mapping,      ///< a dict or set that the function made, its keys known one by one: node->name is its type's, items:
                  ///< keys, of a dict then values; node->position: how many keys
    HashTable,    ///< a dict or set that the function made and gave computed keys: node->name is its type's, items:
                  ///< places, keys, of a dict also values (lists in memory that are its own). The node is its identity
    Function,     ///< a Python function: node->function, items: defaults, keyword defaults, closure
    Code,         ///< a code object about to become a function: node->code
    Intrinsic,    ///< a builtin: node->name ("math.sin", "builtins.float"); types are intrinsics too
    Method,       ///< items: the receiver; node->name is the intrinsic that takes it first ("float.is_integer")
    Super,        ///< what super() gives; items: the class behind whose bases it begins, and the object
    BoundMethod,  ///< items: what is called, what it takes first, then values of the keywords that node->record names
    Class,        ///< a class whose instances are records; `number`: its class id, node->name: its name
    ExceptionClass,  ///< a class of exceptions: `number`: its ObjectId, node->name: its name
    Exception,       ///< an exception that was caught or is about to be raised: the same of its class; items: its
                     ///< arguments, node->length: how many, or -1 where they are not known
    Module,          ///< `number`: its ObjectId
    Cell,            ///< `number`: index in the state's cells
    FreeVariable,    ///< `number`: index of the free variable; node->owner: whose
    Opaque,          ///< an object that compiled code can carry but not use; node->name says what it is
};

/// The input node a value came from (see ir::Origin): known while translating, or an SSA value of type I32.
struct NodeOrigin {
    ir::Origin fixed = ir::kFresh;
    ir::ValueId dynamic = ir::kNoValue;  ///< where this is a value, `fixed` means nothing

    bool is_fixed() const noexcept { return dynamic == ir::kNoValue; }
    bool operator==(const NodeOrigin&) const = default;
};

/// Trivially copied. A scalar whose leaf is an ir::Op::Const is a known constant. Nodes belong to the Translation's
/// arena and never change once they are made.
struct Value {
    Shape shape = Shape::Null;
    /// Lists, records, Opaque containers: an object of the surroundings, which all elements share.
    bool is_captured = false;
    bool is_held = false;  ///< lists: a sequence in memory holds it, which does not know it as an object; records: an
                           ///< Array from outside does. It can only be looked at
    /// CPython computes with it what compiled code does with its like: an int beyond 64 bits or a member of an IntEnum,
    /// which are Objects; an instance of a subclass, which is Opaque.
    bool is_unforeseen = false;
    /// Sequences: their items lie in memory that nobody writes while the function runs.
    bool is_read_only = false;
    NodeOrigin origin{};              ///< what has a kind, but no Object
    ir::ValueId leaf = ir::kNoValue;  ///< Float: F64, Int: I64, Bool: Bool
    uint32_t number = 0;
    const Node* node = nullptr;

    bool is_number() const noexcept { return shape <= Shape::Bool; }
    /// An int or a bool.
    bool is_integral() const noexcept { return shape == Shape::Int || shape == Shape::Bool; }
    bool is_row() const noexcept { return shape == Shape::Tuple || shape == Shape::List; }
    /// A list, of fixed or of any length: an object with an identity.
    inline bool is_list() const noexcept;
    /// A value whose length is known at run time only.
    bool is_dynamic() const noexcept { return shape == Shape::Sequence || shape == Shape::Text; }
    bool has_kind() const noexcept { return shape <= Shape::Text; }
    /// An object of the input that compiled code cannot look into.
    bool is_carried() const noexcept { return shape == Shape::Any || shape == Shape::Some || shape == Shape::Other; }
    /// Has a kind, and all is known of it that Python's operators ask for.
    bool is_known() const noexcept { return has_kind() && !is_carried() && shape != Shape::Object; }
    bool is_iterator() const noexcept {
        return shape == Shape::RowIterator || shape == Shape::RangeIterator || shape == Shape::SequenceIterator;
    }
    bool is_null() const noexcept { return shape == Shape::Null; }
    inline const std::vector<Value>& items() const;
    bool operator==(const Value&) const = default;
};

/// The unchanging part of a Python function: one for each function of the environment and each MakeFunction.
struct FunctionShape {
    std::shared_ptr<const CodeView> code;
    FunctionId owner = 0;                       ///< whose globals it sees
    bool is_environments = false;               ///< its free variables are asked of the environment
    bool is_cached = false;                     ///< functools.cache or lru_cache keeps what it returned
    uint32_t default_count = 0;                 ///< items: these first,
    std::vector<std::string> keyword_defaults;  ///< then one item for each of these, then the cells of the closure
};

struct Node {
    std::vector<Value> items;
    int64_t position = 0;
    int64_t length = -1;
    Shape fallback = Shape::Null;  ///< Mapping, HashTable: of a defaultdict what a new key's value is zero of
    bool is_reordered = false;  ///< Mapping, HashTable: a set whose items CPython need not have in the order in which
                                ///< new ones would be that got the same items one by one
    bool is_lazy =
        false;  ///< RowIterator, SequenceIterator: of a generator, which CPython would run as its items are taken
    std::string_view name;  ///< interned: equal names have equal addresses (Translation::name)
    const std::string* text = nullptr;
    FunctionId owner = 0;
    KindRef kind = nullptr;
    std::shared_ptr<const CodeView> code;
    const FunctionShape* function = nullptr;
    const RecordShape* record = nullptr;
    uint64_t class_id = 0;            ///< Object: of an enum's member the class,
    uint32_t address = 0;             ///< the uniform that is its address,
    std::optional<int64_t> number{};  ///< and of an IntEnum's what it is worth
    /// Record of an Array that changes (see array_elements.h): the Array's view, and the element's position (Int);
    /// `position` is the first of its leaves, `kind` says which they are.
    std::vector<Value> element;
};

inline bool Value::is_list() const noexcept {
    return shape == Shape::List || (shape == Shape::Sequence && node->kind->tag == Tag::ListOf);
}

inline const std::vector<Value>& Value::items() const {
    return node->items;
}

inline Value float_value(ir::ValueId leaf) {
    return {.shape = Shape::Float, .leaf = leaf};
}
inline Value int_value(ir::ValueId leaf) {
    return {.shape = Shape::Int, .leaf = leaf};
}
inline Value bool_value(ir::ValueId leaf) {
    return {.shape = Shape::Bool, .leaf = leaf};
}
inline Value none_value() {
    return {.shape = Shape::None};
}

/// The kind of a value for which `has_kind` holds for all of it; null where some item has none.
KindRef kind_of(const Value& value);
/// Python's name of the value's type, for messages: "float", "tuple", "function", "builtin_function_or_method".
std::string type_name(const Value& value);
/// What to write in place of it: an Array, where it is a buffer from outside; of others what is given.
std::string_view array_instead(const Value& value, std::string_view otherwise);
/// What an unforeseen value is or holds: "an int beyond 64 bits", "an instance of 'Color'".
std::string unforeseen_text(const Value& value);
/// A name as messages show it: 'float'.
std::string quoted(std::string_view text);
/// The SSA type of a scalar's leaf.
ir::Type leaf_type(Shape shape);

}  // namespace pp::frontend
