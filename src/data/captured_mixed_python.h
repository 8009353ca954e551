/// Lists and tuples, keys and values of dicts that are of a few types, as data that kernels read.
#pragma once

#include <span>
#include <vector>

#include "data/arena.h"
#include "data/captured_python.h"
#include "data/column.h"

namespace pp::data {

/// How many types such a row may mix: each is a path of its own wherever an item is taken.
inline constexpr size_t kMostMixed = 6;

/// The kind of such a row: tuple[tuple[int, ...], tuple[first, ...], ..., tuple[never, ...]]. The first column says
/// which of the others has the item, the last one marks the form; no row by itself has such a kind. All columns are as
/// long as the row. The items' kinds must be plain and hold nothing that can change.
KindRef mixed_kind(std::span<const KindRef> items);
/// Whether a kind is that form, and whether it is of a list or tuple by itself.
bool is_mixed(KindRef kind);
bool is_mixed(PyObject* object, KindRef kind);

/// Items of a mixed kind in memory.
class MixedColumns {
public:
    /// Reads all items; false where one is of none of the kinds. Two of `words` are for each column: where it begins
    /// and how long it is. GIL held; runs no Python code. Throws std::bad_alloc.
    bool read(std::span<PyObject* const> items, KindRef kind, uint64_t* words, Arena& memory);
    /// Where the item lies that stands at a position, and its kind.
    std::pair<KindRef, const char*> item(KindRef kind, size_t position) const;
    size_t bytes() const noexcept;

private:
    bool read_item(PyObject* item, KindRef kind, size_t position, Arena& memory);

    std::vector<Storage> columns_;
};

/// As CapturedObject::read.
std::shared_ptr<CapturedObject> read_mixed(PyObject* row, KindRef kind);

}  // namespace pp::data
