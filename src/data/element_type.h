/// What the elements of an Array are and how they are stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/number_format.h"
#include "ir/kind.h"

namespace pp::data {

/// Interned: equal types have equal addresses and live for ever. Any thread.
struct ElementType {
    /// Of an element as Python sees it: a Float, Int, Bool or Text, a TupleOf, an Optional, a Tuple or a Record of
    /// these; Never where no element has said yet.
    KindRef kind;
    /// Texts and rows of any length have two, the address of their items and how many there are, as Int64.
    std::vector<NumberFormat> leaves;
    /// All leaves are numbers of one format: they lie one behind the other in rows. Else each has a column of its own.
    bool is_interleaved;
    size_t row_bytes;  ///< of one element
    bool is_dynamic;   ///< has texts or rows of any length in it: see data/item_memory.h
    bool has_gaps;     ///< something in it may be None: a bool behind its leaves says whether it is there
    bool has_objects;  ///< it is, or has in it, a dict or an instance: see data/record_view_python.h

    bool is_known() const noexcept { return !leaves.empty(); }
    bool is_scalar() const noexcept { return kind->is_scalar(); }
    /// `float64`, `tuple[float32, float32]`, `Point[x: float64, n: int8]`, `Ball(x: float64)`, `dict{x: float64}`,
    /// `str`, `tuple[float64, ...]`, `float64 | None`.
    std::string to_string() const;
};
using ElementTypeRef = const ElementType*;

/// The kind of numbers stored so.
KindRef scalar_kind(NumberFormat format);
/// The type with these formats, one for each leaf of `kind`.
ElementTypeRef element_type(KindRef kind, std::span<const NumberFormat> leaves);
/// float64, int64, bool_ for floats, ints, bools.
ElementTypeRef element_type(KindRef kind);
/// Every number stored as `format`; null where some leaf's values are of another sort (see `takes`), and for texts. The
/// kind's leaves become floats where the format is one. Items of rows of any length are stored as float64, int64 and
/// bool_ only.
ElementTypeRef element_type(KindRef kind, NumberFormat format);
/// That of an Array of which nothing is known.
ElementTypeRef unknown_element_type();

/// The kind of the elements of an Array that is given elements of `kind`: rows become tuples. Null where none can hold
/// them, as far as that does not depend on a class.
KindRef array_kind(KindRef kind);
/// Of records whose fields have another order than in `like`, the kind with that order; else `kind`.
KindRef in_order_of(KindRef like, KindRef kind);
/// Of which both are elements: ints join floats, bools join ints, rows of different lengths become rows of any length.
/// Null where there is none. Both are array kinds.
KindRef join_array_kinds(KindRef left, KindRef right);
/// Whether the leaves of elements of `kind` (lists as rows included) can be stored as those of `type`, each as it is or
/// converted, as far as their kind says.
bool takes_kind(const ElementType& type, KindRef kind);

/// The same with all texts of 4 bytes a character, and the kind of that.
ElementTypeRef with_wide_text(const ElementType& type);
KindRef with_wide_text(KindRef kind);
/// Whether the kind says of all rows what they hold, and what else might be where None is.
bool is_settled(KindRef kind);
/// What `kind` or None is. Dicts and instances cannot be left out: null.
KindRef optional_kind(KindRef kind);
inline bool is_optional(KindRef kind) {
    return kind->is_record(RecordForm::Optional);
}

/// The type of item number `index` of rows, and the first of its leaves.
ElementTypeRef item_type(const ElementType& type, size_t index, size_t& first_leaf);

}  // namespace pp::data
