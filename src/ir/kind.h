/// The kind of a Python value as far as compiled code cares: a scalar, None, one object, or a row of fixed shape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace pp {

/// Object is one particular immutable Python object known by its number (a string constant, say): it can be returned
/// and compared by identity, nothing else. Tuple and List are rows whose length and items' kinds are part of the kind.
enum class Tag : uint8_t { Float, Int, Bool, None, Object, Tuple, List };

struct Kind;
/// Kinds are interned and live for ever: equal kinds have equal addresses. Safe to share between threads.
using KindRef = const Kind*;

struct Kind {
    Tag tag;
    std::vector<KindRef> items;  ///< Tuple, List: kinds of the items
    uint32_t object = 0;         ///< Object: which one
    uint32_t leaves = 0;         ///< how many Float, Int and Bool leaves, depth first
    uint32_t nodes = 0;          ///< how many kinds in the tree, this one included, in preorder

    bool is_row() const noexcept { return tag == Tag::Tuple || tag == Tag::List; }
    bool is_scalar() const noexcept { return tag == Tag::Float || tag == Tag::Int || tag == Tag::Bool; }
    /// As in Python annotations: `float`, `tuple[float, int]`, `list[float, float]`, `None`, `object#3`.
    std::string to_string() const;
};

KindRef float_kind();
KindRef int_kind();
KindRef bool_kind();
KindRef none_kind();
KindRef object_kind(uint32_t object);
KindRef tuple_kind(std::span<const KindRef> items);
KindRef list_kind(std::span<const KindRef> items);

/// Appends the Float, Int and Bool leaves of `kind`, depth first.
void append_leaves(KindRef kind, std::vector<KindRef>& leaves);

}  // namespace pp
