/// Reading a column piece by piece, by many threads, while other things are done to the same pieces.
#pragma once

#include <Python.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "data/field_places_python.h"
#include "data/prefetch_python.h"
#include "data/range_reader_python.h"
#include "data/reader_python.h"

namespace pp::data {

/// Reads a few elements at a time into the same places. Used by one thread.
class FewReader {
public:
    /// `job.leaves` have places for them.
    explicit FewReader(const ReadJob& job);

    /// Reads elements [begin, end), the first of them into place 0. False where one is of another kind. Elements below
    /// `known` are read soon. Throws std::bad_alloc.
    bool read(int64_t begin, int64_t end, int64_t known) {
        job_.items = items_ + begin;
        job_.known = known - begin;
        read_(job_, 0, end - begin, others_);
        return others_.empty();
    }

private:
    ReadJob job_;
    PyObject* const* items_;
    RangeReader read_;
    std::vector<int64_t> others_;
};

/// GIL held by the owner, who waits, for every member.
class PieceReader {
public:
    /// Whether columns of the kind can be read like that. GIL held.
    static bool is_possible(KindRef kind);

    /// As `read_elements`: `kind` is not dynamic. Until the last piece is read.
    PieceReader(ElementSpan elements, KindRef kind);

    size_t leaves() const { return job_.plan->leaves.size(); }
    /// Any thread. `leaves` must live as long as what is returned, and so must this.
    FewReader few(void* const* leaves) const;

    /// Whether elements are rows; others are asked for while they are read.
    bool has_rows() const { return rows_ != Tag::None; }
    /// As NextObjects has them.
    bool lie_in_order(int64_t begin, int64_t end) const;
    void start(int64_t begin, int64_t known) const;
    void ask(int64_t begin, int64_t end, int64_t known) const;

private:
    template <Tag kTag> RowsAhead<kTag> ahead(int64_t known) const {
        return {job_.items, known, job_.plan->row_size, first_, last_};
    }

    std::vector<const RecordAccess*> records_;
    std::optional<FieldPlaces> places_;  ///< of instances all of whose fields that are read are floats
    Tag rows_ = Tag::None;               ///< Tuple, List: of elements that are asked for before they are read
    Py_ssize_t first_ = 0, last_ = 0;    ///< of rows: items that are read
    ReadJob job_;
};

}  // namespace pp::data
