/// How objects of one kind are taken apart: the kind's tree as a flat list of steps, made once for each kind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ir/kind.h"

namespace pp::data {

/// Bounds of what can be read: items of one row, fields of one record, rows within rows, objects in all.
inline constexpr size_t kMaximumRow = 64;
inline constexpr size_t kMaximumFields = 128;
inline constexpr int kMaximumDepth = 8;
inline constexpr size_t kMaximumNodes = 1024;

/// Kinds that have a loop of their own; all others run the steps. SomeFloats: of a row, some items are floats and the
/// others are not looked at. Nothing: of Any, not even the pointer is looked at.
enum class ReadShape : uint8_t { Float, Int, Bool, FloatTuple, FloatList, SomeFloats, Sequence, Text, Nothing, Steps };

/// One object of the tree. It is item number `item` of the row whose items are in frame `frame`; frame 0 has the
/// element as its only item. Rows put their own items into frame `own_frame`.
struct ReadPlan;
struct ReadStep {
    Tag tag;
    uint16_t frame;
    uint16_t item;
    uint16_t leaf;          ///< Float, Int, Bool: which; Complex, TupleOf, ListOf, Text: the first of two
    uint16_t own_frame;     ///< Tuple, List, Record
    uint16_t size;          ///< Tuple, List, Record: number of items; Text: bytes of a code unit
    uint16_t scratch;       ///< Record: where among the pointers of a reader those of its fields are
    const ReadPlan* items;  ///< TupleOf, ListOf: how each item is read
    uint32_t item_bytes;    ///< TupleOf, ListOf
    KindRef kind;           ///< Record
    bool is_owned;          ///< Text: whoever owns the element owns it too: nothing that can change lies between
};

struct ReadPlan {
    KindRef kind;
    ReadShape shape;
    uint16_t row_size;                 ///< items of an element that is a row, else 0
    std::vector<ReadStep> steps;       ///< preorder, without what is Any
    std::vector<ReadStep> inner_rows;  ///< those of the element's own items that are rows
    std::vector<Tag> leaves;           ///< Float, Int, Bool; of dynamic kinds Int, Int
    uint16_t records = 0;              ///< Record steps, those of sequences' items included
    uint16_t scratch = 0;              ///< pointers that a reader needs for the fields of records
};

/// The plan of `kind`; lives for ever. Any thread.
const ReadPlan& read_plan(KindRef kind);

}  // namespace pp::data
