/// The kind of a Python value as far as compiled code cares: a scalar, None, one object, a row of fixed shape, or a
/// sequence of unknown length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace pp {

/// Object is one particular immutable Python object known by its number (a string constant, say): it can be returned
/// and compared by identity, nothing else. Tuple and List are rows whose length and items' kinds are part of the kind.
/// TupleOf and ListOf are those of any length, with items of one kind; Text is a str. Never has no values: it is the
/// kind of the items of a list that nothing was put into.
enum class Tag : uint8_t { Float, Int, Bool, None, Object, Tuple, List, TupleOf, ListOf, Text, Never };

struct Kind;
/// Kinds are interned and live for ever: equal kinds have equal addresses. Safe to share between threads.
using KindRef = const Kind*;

struct Kind {
    Tag tag;
    std::vector<KindRef> items;  ///< Tuple, List: kinds of the items
    KindRef item = nullptr;      ///< TupleOf, ListOf: the kind of every item
    uint32_t object = 0;         ///< Object: which one; Text: bytes of a code unit, 1 (up to U+00FF) or 4
    bool is_dynamic = false;     ///< it, or something in it, is a TupleOf, ListOf or Text
    uint32_t leaves = 0;         ///< how many leaves (see append_leaves)
    uint32_t nodes = 0;          ///< how many kinds in the tree, this one included, in preorder

    bool is_row() const noexcept { return tag == Tag::Tuple || tag == Tag::List; }
    bool is_scalar() const noexcept { return tag == Tag::Float || tag == Tag::Int || tag == Tag::Bool; }
    bool is_sequence() const noexcept { return tag == Tag::TupleOf || tag == Tag::ListOf; }
    /// As in Python annotations: `float`, `tuple[float, int]`, `list[float, float]`, `None`, `object#3`,
    /// `list[float, ...]`, `str`.
    std::string to_string() const;
};

KindRef float_kind();
KindRef int_kind();
KindRef bool_kind();
KindRef none_kind();
KindRef object_kind(uint32_t object);
KindRef tuple_kind(std::span<const KindRef> items);
KindRef list_kind(std::span<const KindRef> items);

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
/// each takes 8, in their order.
uint32_t item_bytes(KindRef item);

}  // namespace pp
