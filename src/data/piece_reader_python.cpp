/// See piece_reader_python.h.
#include "data/piece_reader_python.h"

#include <algorithm>

#include "data/prefetch_python.h"
#include "data/row_filler_python.h"

namespace pp::data {

bool PieceReader::is_possible(KindRef kind) {
    return raw_reads_enabled() && (read_plan(kind).scratch == 0 || raw_records_enabled());
}

PieceReader::PieceReader(ElementSpan elements, KindRef kind)
    : records_(record_accesses(read_plan(kind))), job_{&read_plan(kind), elements.items, nullptr, nullptr} {
    job_.records = records_.data();
}

void PieceReader::ask(int64_t begin, int64_t end, int64_t known) const {
    ask_for_heads(job_.items, begin + kFew, std::min(end + kFew, known));
    if (job_.plan->kind->tag == Tag::Tuple) {
        ask_for_items<Tag::Tuple>(job_.items, begin, end, job_.plan->row_size);
    } else if (job_.plan->kind->tag == Tag::List) {
        ask_for_items<Tag::List>(job_.items, begin, end, job_.plan->row_size);
    }
}

bool PieceReader::read(void* const* leaves, int64_t begin, int64_t end, int64_t known) const {
    ReadJob job = job_;
    job.leaves = leaves;
    job.known = known;
    std::vector<int64_t> others;
    raw_read_range(job, begin, end, others);
    return others.empty();
}

}  // namespace pp::data
