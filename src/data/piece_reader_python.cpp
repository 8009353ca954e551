/// See piece_reader_python.h.
#include "data/piece_reader_python.h"

namespace pp::data {

bool PieceReader::is_possible(KindRef kind) {
    return raw_reads_enabled() && (read_plan(kind).scratch == 0 || raw_records_enabled());
}

PieceReader::PieceReader(ElementSpan elements, KindRef kind, std::span<void* const> leaves)
    : records_(record_accesses(read_plan(kind))), job_{&read_plan(kind), elements.items, nullptr, leaves.data()} {
    job_.records = records_.data();
}

bool PieceReader::read(int64_t begin, int64_t end) const {
    std::vector<int64_t> others;
    raw_read_range(job_, begin, end, others);
    return others.empty();
}

}  // namespace pp::data
