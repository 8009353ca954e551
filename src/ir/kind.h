/// The kind of a Python value as far as compiled code cares: a scalar, None, an object it only carries, a row of fixed
/// shape, a record, or a sequence of unknown length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pp {

/// Object is one particular immutable Python object known by its number (a string constant, say): it can be returned
/// and compared by identity, nothing else. Tuple and List are rows whose length and items' kinds are part of the kind.
/// TupleOf and ListOf are those of any length, with items of one kind; Text is a str. Never has no values: it is the
/// kind of the items of a list that nothing was put into.
///
/// Any, Some and Other are objects that compiled code carries and never looks into: Any may be anything at all, since
/// the function never looks at it; Some is any object but None, True and False, for functions that ask `is None`; Other
/// is an object of a type that has no kind. They have no leaves: what passes through is found again by where it came
/// from. Complex has two Float leaves. A Record has named fields, whose kinds are `items`; a field of kind Missing is
/// one that it has not got. Identity, of an enum's member, is the member itself of which only the address is read, an
/// Int leaf.
enum class Tag : uint8_t {
    Float,
    Int,
    Bool,
    None,
    Object,
    Tuple,
    List,
    TupleOf,
    ListOf,
    Text,
    Never,
    Any,
    Some,
    Other,
    Missing,
    Complex,
    Record,
    Identity
};

/// How a record keeps its fields: a Dict has exactly these keys in this order, Keys is a dict that may have others,
/// too; a NamedTuple keeps them as a tuple does; any other Object in slots or in its dictionary, among others. A Number
/// is a scalar of numpy's: immutable, its one field is what it is worth. An Optional is what Arrays know and functions
/// never see: a value, and a bool that says whether there is one, or None. Items are a container that
/// the function made, as a result only: its class_id is an ItemsType (items_type.h), its fields are lists, of the keys
/// and of dicts the values; of a deque its items and its maxlen.
enum class RecordForm : uint8_t { Dict, Keys, NamedTuple, Object, Number, Optional, Items };

/// How an object keeps a number right behind its head.
/// Python: as an int of Python's does.
enum class NumberLayout : uint32_t { None, F64, F32, I64, I32, I16, I8, Python, U64, U32, U16, U8, Bool };

/// What a record is beside its fields' kinds. Interned, lives for ever.
struct RecordShape {
    RecordForm form;
    uint64_t class_id;  ///< which class, as the reader of classes numbers them; 0 for a dict
    std::string class_name;
    std::vector<std::string> fields;  ///< in order

    static constexpr size_t kNoField = ~size_t{0};
    /// The name under which a record whose identity can be told has a field of kind Identity: no attribute's.
    static constexpr std::string_view kIdentity = "id()";
    /// The only field of a Number, one of a member of an IntEnum or IntFlag: what it is worth, of kind `number_kind`.
    static constexpr std::string_view kNumber = "value()";
    bool is_dict() const noexcept { return form == RecordForm::Dict || form == RecordForm::Keys; }
    /// The position of the field called `name`, or kNoField.
    size_t find(std::string_view name) const noexcept;
};

struct Kind;
/// Kinds are interned and live for ever: equal kinds have equal addresses. Safe to share between threads.
using KindRef = const Kind*;

struct Kind {
    Tag tag;
    std::vector<KindRef> items;           ///< Tuple, List, Record: kinds of the items
    KindRef item = nullptr;               ///< TupleOf, ListOf: the kind of every item
    const RecordShape* record = nullptr;  ///< Record
    uint32_t object = 0;                  ///< Object: which one; Text: bytes of a code unit, 1 (up to U+00FF) or 4;
                                          ///< Float, Int, Bool: the NumberLayout in which a Number keeps it
    bool is_dynamic = false;              ///< it, or something in it, is a TupleOf, ListOf or Text
    bool has_carried = false;             ///< whether some node of the tree is Any, Some or Other
    bool is_plain = true;                 ///< no Any, Some, Other, Missing, Complex or Record in it: memory can hold it
    uint32_t leaves = 0;                  ///< how many leaves (see append_leaves)
    uint32_t nodes = 0;                   ///< how many kinds in the tree, this one included, in preorder

    bool is_record(RecordForm form) const noexcept { return tag == Tag::Record && record->form == form; }
    bool is_row() const noexcept { return tag == Tag::Tuple || tag == Tag::List; }
    bool is_scalar() const noexcept { return tag == Tag::Float || tag == Tag::Int || tag == Tag::Bool; }
    bool is_carried() const noexcept { return tag == Tag::Any || tag == Tag::Some || tag == Tag::Other; }
    bool is_sequence() const noexcept { return tag == Tag::TupleOf || tag == Tag::ListOf; }
    /// As in Python annotations: `float`, `tuple[float, int]`, `list[float, float]`, `None`, `object#3`,
    /// `list[float, ...]`, `str`, `Any`, `Some`, `Other`; a record with its fields: `dict{x: float}`, `keys{x: float}`,
    /// a namedtuple `Point[x: float]`, others `Particle(x: float, y: float)`, a scalar of numpy's `numpy.float64`.
    std::string to_string() const;
};

KindRef float_kind();
KindRef int_kind();
KindRef bool_kind();
KindRef none_kind();
KindRef any_kind();
KindRef some_kind();
KindRef other_kind();
KindRef missing_kind();
KindRef complex_kind();
KindRef identity_kind();
/// What a Number of this format is worth: a Float, an Int or a Bool, of which only the way of reading differs.
KindRef number_kind(NumberLayout format);
KindRef object_kind(uint32_t object);
KindRef tuple_kind(std::span<const KindRef> items);
KindRef list_kind(std::span<const KindRef> items);
const RecordShape* record_shape(RecordForm form, uint64_t class_id, std::string_view class_name,
                                std::span<const std::string> fields);
/// One item for each of the shape's fields.
KindRef record_kind(const RecordShape* shape, std::span<const KindRef> items);
/// The same tuple, list or record with items of other kinds.
KindRef with_items(KindRef kind, std::span<const KindRef> items);

/// Whether every object of kind `narrow` is one of kind `wide` too.
bool covers(KindRef wide, KindRef narrow);

KindRef tuple_of_kind(KindRef item);
KindRef list_of_kind(KindRef item);
KindRef text_kind(uint32_t unit_bytes);
KindRef never_kind();

/// The kind that takes in both: rows of different lengths become sequences, where their items have such a kind; null
/// where there is none.
KindRef join(KindRef left, KindRef right);

/// Appends the leaves of `kind`, depth first: its Floats, Ints and Bools, and for each sequence or text two Ints, the
/// address of its first item (code unit) and its length.
void append_leaves(KindRef kind, std::vector<KindRef>& leaves);

/// Bytes of a scalar leaf in memory.
uint32_t leaf_bytes(KindRef leaf);
/// How the items of a sequence lie in memory, one behind the other. An item of one leaf takes its bytes; of several,
/// each takes 8, in their order, but for those of a `number_kind`, which take no more than their layout says.
uint32_t item_bytes(KindRef item);

}  // namespace pp
