/// See few_boxer_python.h.
#include "data/few_boxer_python.h"

#include <algorithm>
#include <utility>

#include "data/box_job_python.h"

namespace pp::data {

struct FewBoxer::Maker {
    ChunkBlocks blocks;
    ChunkObjects objects;
    std::span<void* const> slots;

    Maker(const ReadyObjects& ready, ChunkBlocks chunk_blocks, Chunk& chunk, std::span<void* const> slots)
        : blocks(chunk_blocks), objects(ready, blocks, chunk.references, chunk.watched), slots(slots) {}
    Maker(const Maker&) = delete;

    const double* values(uint32_t slot) const { return static_cast<const double*>(slots[slot]); }
};

FewBoxer::FewBoxer(const BoxJob& job, PackPlan plan, int64_t chunk, TrackedRows& rows)
    : job_(job), plan_(std::move(plan)), chunk_size_(chunk), rows_(rows), recipe_(row_recipe(plan_.nodes, job)),
      is_watched_row_(is_watched(plan_.nodes.front())),
      claims_(used_classes({&plan_, 1}), (job.count + chunk - 1) / chunk),
      chunks_(static_cast<size_t>(claims_.chunks())) {}

FewBoxer::~FewBoxer() {
    Py_XDECREF(empty_tuple_);
}

std::unique_ptr<FewBoxer> FewBoxer::open(const BoxJob& job, int64_t chunk, TrackedRows& rows) {
    if (job.shape.has_tag || job.skip || job.indices || !job.shape.taken.empty() || !job.is_as_read ||
        !are_pools_possible(job)) {
        return nullptr;
    }
    std::optional<PackPlan> plan = pack_plan(box_plan(job.shape.variants.front(), job.slots, job.shape.objects));
    if (!plan || !plan->conditional.empty() || plan->may_be_large ||
        (plan->has_watched_rows && why_no_watched_rows())) {
        return nullptr;
    }
    std::unique_ptr<FewBoxer> boxer(new FewBoxer(job, std::move(*plan), chunk, rows));
    const BoxNode& root = boxer->plan_.nodes.front();
    if (!boxer->recipe_) {
        if (root.tag != Tag::Float || root.origins || root.origin != ir::kFresh) {
            return nullptr;
        }
        boxer->slot_ = static_cast<uint32_t>(std::ranges::find(job.slots, root.data) - job.slots.begin());
    } else if (root.size == 0) {
        return nullptr;
    }
    return boxer->find_ready() ? std::move(boxer) : nullptr;
}

/// False with no exception set.
bool FewBoxer::find_ready() {
    const SmallInts* small = SmallInts::find();
    const ReadyTexts* texts = ReadyTexts::find();
    empty_tuple_ = PyTuple_New(0);
    if (!small || !texts || !empty_tuple_ || !rows_.find_flags()) {
        PyErr_Clear();  // no memory: who makes the results in another way will meet that himself
        return false;
    }
    ready_.emplace(ReadyObjects{*small, *texts, empty_tuple_, job_.shape.objects, rows_.flags()});
    for (int64_t chunk = 0; chunk < claims_.chunks(); ++chunk) {
        BlockCounts counts;
        count_all_blocks(plan_, *small, 0, count_of(chunk), counts);
        claims_.need(chunk, counts);
    }
    claims_.prepare();
    return true;
}

/// Elements were read just now: they are rows that hold what is passed on.
template <Tag kTag, Tag kFrom> void FewBoxer::write_rows(Maker& maker, int64_t begin, int64_t end) const {
    const size_t size = recipe_->items.size();
    PyObject* const* elements = recipe_->source.elements;
    for (int64_t i = begin; i < end; ++i) {
        PyObject* const* passed = elements ? row_items_of<kFrom>(elements[i]) : nullptr;
        const bool is_private = elements && Py_REFCNT(elements[i]) == 1;
        PyObject** items = nullptr;
        PyObject* row = kTag == Tag::Tuple ? maker.objects.new_tuple(size, items) : maker.objects.new_list(size, items);
        for (size_t k = 0; k < size; ++k) {
            const RecipeItem& item = recipe_->items[k];
            if (item.from < 0) {
                items[k] = maker.objects.new_float(maker.values(item.slot)[i - begin]);
                continue;
            }
            PyObject* object = passed[item.from];
            items[k] = is_private && Py_REFCNT(object) == 1 ? take_private(object) : maker.objects.take(object);
        }
        if (is_watched_row_) {
            maker.objects.watch(row);
        }
        job_.target[i] = row;
    }
}

template <Tag kTag> void FewBoxer::write_rows_of(Maker& maker, int64_t begin, int64_t end) const {
    recipe_->from_tag == Tag::Tuple ? write_rows<kTag, Tag::Tuple>(maker, begin, end)
                                    : write_rows<kTag, Tag::List>(maker, begin, end);
}

void FewBoxer::write(Maker& maker, int64_t begin, int64_t end) const {
    if (recipe_) {
        return recipe_->tag == Tag::Tuple ? write_rows_of<Tag::Tuple>(maker, begin, end)
                                          : write_rows_of<Tag::List>(maker, begin, end);
    }
    const double* values = maker.values(slot_);
    for (int64_t i = begin; i < end; ++i) {
        job_.target[i] = maker.objects.new_float(values[i - begin]);
    }
}

bool FewBoxer::take(int64_t begin, int64_t end, FewResults& few) {
    const int64_t number = begin / chunk_size_;
    if (!claims_.wait_for(number)) {
        return false;
    }
    // Where another chunk's counters lie beside this one's, threads would fight for the line.
    Chunk chunk;
    Maker maker(*ready_, claims_.blocks(number), chunk, few.slots());
    const int64_t at_once = few.start(begin, end, nullptr);
    bool are_made = true;
    int64_t made = begin;
    try {
        for (int64_t stop; are_made && made < end; made = are_made ? stop : made) {
            stop = std::min(made + at_once, end);
            are_made = few.make(made, stop);
            if (are_made) {
                write(maker, made, stop);
            }
        }
    } catch (const std::bad_alloc&) {
        are_made = false;
    }
    chunk.made = made - begin;
    chunks_[static_cast<size_t>(number)] = chunk;
    return are_made;
}

void FewBoxer::close() noexcept {
    for (Chunk& chunk : chunks_) {
        chunk.references.settle();
        rows_.add(chunk.watched);
    }
}

void FewBoxer::drop() noexcept {
    close();
    for (int64_t number = 0; number < claims_.chunks(); ++number) {
        const Chunk& chunk = chunks_[static_cast<size_t>(number)];
        BlockCounts used;
        for (size_t c = 0; c < used.of_class.size(); ++c) {
            used[c] = plan_.fixed[c] * chunk.made;
        }
        claims_.release(number, used);
        PyObject** target = job_.target + first(number);
        for (int64_t i = 0; i < chunk.made; ++i) {
            Py_DECREF(target[i]);  // runs no code: numbers, and what the elements hold as well
        }
        std::fill_n(target, count_of(number), nullptr);
        rows_.forget(chunk.watched.count);
    }
}

}  // namespace pp::data
