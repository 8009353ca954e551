/// How results become objects: the tree of a variant's kind as a flat list of nodes, each with its slot and origin.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>
#include <vector>

#include "data/record_class_python.h"
#include "ir/ir.h"

namespace pp::data {

class RecordModel;

/// One object of a result's tree. An item of a row follows its row; `next` leads from an item to the following one.
struct BoxNode {
    Tag tag;
    bool is_atomic;          ///< cannot refer to anything that could refer back; for a List: its items cannot
    uint32_t size;           ///< Tuple, List, Record: number of items
    uint32_t next;           ///< nodes of this subtree
    const void* data;        ///< Float, Int, Bool: the slot's array; Complex, dynamic kinds: that of their first leaf
    ir::Origin origin;       ///< where it came from, unless `origins` says
    const int32_t* origins;  ///< by position: dynamic origins, else null
    PyObject* object;        ///< None, Object: itself; borrowed
    KindRef kind;            ///< dynamic kinds: itself
    const int64_t* lengths;  ///< dynamic kinds: the slot of their second leaf
    const void* imaginary = nullptr;       ///< Complex: the slot of its second leaf
    const RecordAccess* record = nullptr;  ///< Record: its fields
    const RecordModel* model = nullptr;    ///< Record: how to make it in pools, where it is made there
    uint32_t model_number = 0;             ///< among those of all variants
};

/// The nodes of `variant` in preorder, reading from `slots`; `objects` by Kind::object.
std::vector<BoxNode> box_plan(const ir::Variant& variant, std::span<void* const> slots,
                              std::span<PyObject* const> objects);

/// The same for an element of a column: its leaves in order, no origins.
std::vector<BoxNode> box_plan(KindRef kind, std::span<void* const> leaves);

}  // namespace pp::data
