/// Reading a column piece by piece, by many threads, while other things are done to the same pieces.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>
#include <vector>

#include "data/range_reader_python.h"
#include "data/reader_python.h"

namespace pp::data {

class PieceReader {
public:
    /// Whether columns of the kind can be read like that. GIL held.
    static bool is_possible(KindRef kind);

    /// As `read_elements`: `kind` is not dynamic. GIL held, and kept until the last piece is read; `leaves` must live
    /// that long.
    PieceReader(ElementSpan elements, KindRef kind, std::span<void* const> leaves);

    /// False where some element of [begin, end) is of another kind. Any thread. Throws std::bad_alloc.
    bool read(int64_t begin, int64_t end) const;

private:
    std::vector<const RecordAccess*> records_;
    ReadJob job_;
};

}  // namespace pp::data
