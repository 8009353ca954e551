/// How objects of one kind are taken apart: the kind's tree as a flat list of steps, made once for each kind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ir/kind.h"

namespace pp::data {

/// Bounds of the rows that can be read: items of one row, rows within rows, objects in all.
inline constexpr size_t kMaximumRow = 64;
inline constexpr int kMaximumDepth = 8;
inline constexpr size_t kMaximumNodes = 1024;

/// Kinds that have a loop of their own; all others run the steps.
enum class ReadShape : uint8_t { Float, Int, Bool, FloatTuple, FloatList, Sequence, Steps };

/// One object of the tree. It is item number `item` of the row whose items are in frame `frame`; frame 0 has the
/// element as its only item. Rows put their own items into frame `own_frame`.
struct ReadPlan;
struct ReadStep {
    Tag tag;
    uint16_t frame;
    uint16_t item;
    uint16_t leaf;          ///< Float, Int, Bool: which; TupleOf, ListOf, Text: the first of two
    uint16_t own_frame;     ///< Tuple, List
    uint16_t size;          ///< Tuple, List: number of items; Text: bytes of a code unit
    const ReadPlan* items;  ///< TupleOf, ListOf: how each item is read
    uint32_t item_bytes;    ///< TupleOf, ListOf
};

struct ReadPlan {
    KindRef kind;
    ReadShape shape;
    uint16_t row_size;                 ///< items of an element that is a row, else 0
    std::vector<ReadStep> steps;       ///< preorder
    std::vector<ReadStep> inner_rows;  ///< those of the element's own items that are rows
    std::vector<Tag> leaves;           ///< Float, Int, Bool; of dynamic kinds Int, Int
};

/// The plan of `kind`; lives for ever. Any thread.
const ReadPlan& read_plan(KindRef kind);

}  // namespace pp::data
