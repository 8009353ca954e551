/// Reading a column piece by piece, by many threads, while other things are done to the same pieces.
#pragma once

#include <Python.h>

#include <cstdint>
#include <vector>

#include "data/range_reader_python.h"
#include "data/reader_python.h"

namespace pp::data {

class PieceReader {
public:
    /// Whether columns of the kind can be read like that. GIL held.
    static bool is_possible(KindRef kind);

    /// As `read_elements`: `kind` is not dynamic. GIL held, and kept until the last piece is read.
    PieceReader(ElementSpan elements, KindRef kind);

    size_t leaves() const { return job_.plan->leaves.size(); }

    /// Reads elements [begin, end) into those places of `leaves`. False where some element is of another kind. Elements
    /// below `known` are read soon. Any thread. Throws std::bad_alloc.
    /// Asks for items of elements [begin, end), which are the next `kFew` to be read, and for the heads of those after.
    void ask(int64_t begin, int64_t end, int64_t known) const;
    bool read(void* const* leaves, int64_t begin, int64_t end, int64_t known) const;

private:
    std::vector<const RecordAccess*> records_;
    ReadJob job_;
};

}  // namespace pp::data
