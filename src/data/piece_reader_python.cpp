/// See piece_reader_python.h.
#include "data/piece_reader_python.h"

#include <algorithm>

namespace pp::data {

FewReader::FewReader(const ReadJob& job) : job_(job), items_(job.items), read_(raw_range_reader(*job.plan)) {}

bool PieceReader::is_possible(KindRef kind) {
    return raw_reads_enabled() && (read_plan(kind).scratch == 0 || raw_records_enabled());
}

PieceReader::PieceReader(ElementSpan elements, KindRef kind)
    : records_(record_accesses(read_plan(kind))), job_{&read_plan(kind), elements.items, nullptr, nullptr} {
    const std::vector<ReadStep>& steps = job_.plan->steps;
    if ((kind->tag == Tag::Tuple || kind->tag == Tag::List) && steps.size() > 1) {
        rows_ = kind->tag;
        first_ = last_ = steps[1].item;
        for (const ReadStep& step : steps) {
            if (step.frame == steps[1].frame) {
                last_ = std::max<Py_ssize_t>(last_, step.item);
            }
        }
    }
    if (kind->tag == Tag::Record) {
        places_ = float_places(*job_.plan, *records_.front());
    }
}

FewReader PieceReader::few(void* const* leaves) const {
    ReadJob job = job_;
    job.leaves = leaves;
    job.records = records_.data();
    job.places = places_ ? &*places_ : nullptr;
    job.is_asked_for = rows_ != Tag::None;
    return FewReader(job);
}

bool PieceReader::lie_in_order(int64_t begin, int64_t end) const {
    switch (rows_) {
    case Tag::Tuple: return ahead<Tag::Tuple>(end).lie_in_order(begin, end);
    case Tag::List: return ahead<Tag::List>(end).lie_in_order(begin, end);
    default:
        return most_stretches(begin, end,
                              [this](int64_t from, int64_t to) { return data::lie_in_order(job_.items, from, to); });
    }
}

void PieceReader::start(int64_t begin, int64_t known) const {
    switch (rows_) {
    case Tag::Tuple: return ahead<Tag::Tuple>(known).start(begin);
    case Tag::List: return ahead<Tag::List>(known).start(begin);
    default: return;
    }
}

void PieceReader::ask(int64_t begin, int64_t end, int64_t known) const {
    switch (rows_) {
    case Tag::Tuple: return ahead<Tag::Tuple>(known).ask(begin, end);
    case Tag::List: return ahead<Tag::List>(known).ask(begin, end);
    default: return;
    }
}

}  // namespace pp::data
