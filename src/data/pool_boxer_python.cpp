/// Makes results in claimed pools: counts the blocks each chunk needs, claims them on the calling thread, has all
/// threads fill them meanwhile, and finishes what only the calling thread may do.
#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <sched.h>

#include "data/arenas_python.h"
#include "data/box_job_python.h"
#include "data/chunk_writer_python.h"
#include "device/thread_pool.h"

namespace pp::data {
namespace {

/// Results whose references could overflow the count that is kept of them for a while.
constexpr int64_t kMostResults = int64_t{1} << 30;
/// Results in a chunk, at the least, so that its edges cost nothing.
constexpr int64_t kChunkResults = 2048;
/// Claiming is done in so many steps over all classes, so that the first chunks find everything they need early.
constexpr int64_t kClaimSteps = 64;

class PoolBoxer {
public:
    PoolBoxer(const BoxJob& job, std::vector<PackPlan> plans, const ReadyObjects& ready)
        : job_(job), plans_(std::move(plans)), models_(number_models(plans_)), origins_(raw_paths(job)),
          context_{job, plans_, origins_, ready}, pool_(device::ThreadPool::instance()),
          chunk_(std::max(job.count / (16 * pool_.thread_count()), kChunkResults)),
          chunks_((job.count + chunk_ - 1) / chunk_), results_(static_cast<size_t>(chunks_)),
          large_(static_cast<size_t>(chunks_)), states_(static_cast<size_t>(pool_.thread_count())) {
        for (WriterState& state : states_) {
            state.records_made.resize(models_.size());
        }
        for (uint32_t c = 0; c < kBlockClasses; ++c) {
            if (std::any_of(plans_.begin(), plans_.end(), [c](const PackPlan& plan) { return plan.is_used[c]; })) {
                classes_.push_back(c);
            }
        }
    }

    /// Finds out which blocks are needed. False where memory for that runs out; then nothing has happened.
    bool count() {
        number_blocks();
        return !counting_failed_.load(std::memory_order_relaxed);
    }

    /// After `count`. False with a Python exception set.
    bool run(TrackedRows& rows) {
        size_t bytes = 0;
        for (size_t k = 0; k < classes_.size(); ++k) {
            runs_.push_back(std::make_unique<PoolRun>(classes_[k], first_block(chunks_, k)));
            bytes += static_cast<size_t>(runs_.back()->pools()) * kPoolBytes;
        }
        WarmArenas::prepare(bytes);
        pool_.parallel_for(
            job_.count, chunk_, [this](int64_t begin, int64_t end, int worker) { write_chunk(begin, end, worker); }, {},
            true, [this] { claim(); });
        for (WriterState& state : states_) {
            state.references.settle();
            count_records(state);
        }
        for (const ChunkResult& result : results_) {
            rows.add(result.watched);
        }
        release_unclaimed();
        return make_missing() && make_unclaimed();
    }

private:
    static std::vector<const RecordModel*> number_models(std::vector<PackPlan>& plans) {
        std::vector<const RecordModel*> models;
        for (PackPlan& plan : plans) {
            for (BoxNode& node : plan.nodes) {
                if (node.model) {
                    node.model_number = static_cast<uint32_t>(models.size());
                    models.push_back(node.model);
                }
            }
        }
        return models;
    }

    static std::vector<RawPath> raw_paths(const BoxJob& job) {
        std::vector<RawPath> paths;
        for (const OriginPath& path : job.shape.origins) {
            paths.push_back(raw_path(path));
        }
        return paths;
    }

    /// What a thread's records hold references to beside their fields.
    void count_records(const WriterState& state) const {
        for (size_t m = 0; m < models_.size(); ++m) {
            for (const RecordModel::Shared& shared : models_[m]->shared()) {
                add_references(shared.object, shared.references * state.records_made[m]);
            }
        }
    }

    int64_t& first_block(int64_t chunk, size_t k) {
        return first_blocks_[static_cast<size_t>(chunk) * classes_.size() + k];
    }
    int64_t chunk_end(int64_t chunk) const { return std::min((chunk + 1) * chunk_, job_.count); }

    /// Fills `first_blocks_`: for each chunk and class the number of its first block, at the end the totals.
    void number_blocks() {
        first_blocks_.resize(static_cast<size_t>(chunks_ + 1) * classes_.size());
        const bool is_uniform = !job_.shape.has_tag && !job_.skip && plans_.front().conditional.empty();
        auto count = [this, is_uniform](int64_t begin, int64_t end, int) {
            BlockCounts counts;
            if (is_uniform) {
                counts.of_class = plans_.front().fixed;
            } else if (!count_blocks_of(begin, end, counts)) {
                counting_failed_.store(true, std::memory_order_relaxed);
            }
            for (size_t k = 0; k < classes_.size(); ++k) {
                first_block(begin / chunk_ + 1, k) = counts[classes_[k]] * (is_uniform ? end - begin : 1);
            }
        };
        if (is_uniform) {
            for (int64_t chunk = 0; chunk < chunks_; ++chunk) {
                count(chunk * chunk_, chunk_end(chunk), 0);
            }
        } else {
            pool_.parallel_for(job_.count, chunk_, count);
        }
        for (size_t i = classes_.size(); i < first_blocks_.size(); ++i) {
            first_blocks_[i] += first_blocks_[i - classes_.size()];
        }
    }

    /// Those too large for pools are noted in `large_`. False where memory ran out.
    bool count_blocks_of(int64_t begin, int64_t end, BlockCounts& counts) noexcept {
        try {
            add_blocks_of(begin, end, counts);
            std::vector<LargeBlock>& large = large_[static_cast<size_t>(begin / chunk_)];
            large.reserve(counts.large.size());
            for (const size_t bytes : counts.large) {
                large.push_back({bytes});
            }
        } catch (const std::bad_alloc&) {
            return false;
        }
        return true;
    }

    void add_blocks_of(int64_t begin, int64_t end, BlockCounts& counts) const {
        if (job_.shape.has_tag) {
            const auto* tags = static_cast<const uint8_t*>(job_.slots[0]);
            for (size_t v = 0; v < plans_.size(); ++v) {
                count_blocks(plans_[v], context_.ready.small_ints, begin, end, counts,
                             [&](int64_t i) { return tags[i] == v && !job_.is_left_out(i); });
            }
        } else if (job_.skip) {
            count_blocks(plans_.front(), context_.ready.small_ints, begin, end, counts,
                         [&](int64_t i) { return !job_.is_left_out(i); });
        } else {
            count_all_blocks(plans_.front(), context_.ready.small_ints, begin, end, counts);
        }
    }

    /// On the calling thread, while the others begin already.
    void claim() noexcept {
        bool claims = true;
        for (const auto& run : runs_) {
            claims = claims && (run->pools() == 0 || run->open());
        }
        for (int64_t step = 1; claims && step <= kClaimSteps; ++step) {
            for (const auto& run : runs_) {
                claims = claims && run->claim_until(run->pools() * step / kClaimSteps);
            }
            claims = claims && make_large_until(chunks_ * step / kClaimSteps);
        }
        for (const auto& run : runs_) {
            run->close();
        }
        claiming_has_ended_.store(true, std::memory_order_release);
    }

    /// Has the allocator make the blocks too large for pools of the chunks below `chunks`. It does not touch pools for
    /// such sizes. False where memory ran out.
    bool make_large_until(int64_t chunks) noexcept {
        for (int64_t chunk = with_large_.load(std::memory_order_relaxed); chunk < chunks; ++chunk) {
            for (LargeBlock& block : large_[static_cast<size_t>(chunk)]) {
                block.address = static_cast<char*>(PyObject_Malloc(block.bytes));
                if (!block.address) {
                    return false;
                }
            }
            with_large_.store(chunk + 1, std::memory_order_release);
        }
        return true;
    }

    /// Waits until every pool that a chunk needs has been claimed; false when that will not happen.
    bool wait_for_pools(int64_t chunk) noexcept {
        if (!wait_until([&] { return with_large_.load(std::memory_order_acquire) > chunk; })) {
            return false;
        }
        for (size_t k = 0; k < runs_.size(); ++k) {
            const PoolRun& run = *runs_[k];
            const int64_t needed = (first_block(chunk + 1, k) + run.blocks_per_pool() - 1) / run.blocks_per_pool();
            if (!wait_until([&] { return run.claimed() >= needed; })) {
                return false;
            }
        }
        return true;
    }

    template <typename IsReady> bool wait_until(IsReady is_ready) noexcept {
        for (int turn = 1; !is_ready(); ++turn) {
            if (claiming_has_ended_.load(std::memory_order_acquire) && !is_ready()) {
                return false;
            }
            // The calling thread may need this very processor.
            if (turn % 256 == 0) {
                sched_yield();
            }
            __builtin_ia32_pause();
        }
        return true;
    }

    void write_chunk(int64_t begin, int64_t end, int worker) noexcept {
        const int64_t chunk = begin / chunk_;
        if (!wait_for_pools(chunk)) {
            return;
        }
        ChunkBlocks blocks;
        for (size_t k = 0; k < runs_.size(); ++k) {
            blocks[classes_[k]] = BlockCursor(*runs_[k], first_block(chunk, k));
        }
        blocks.set_large(large_[static_cast<size_t>(chunk)].data());
        // Where another chunk's counters lie beside this one's, threads would fight for the line.
        ChunkResult result;
        ChunkWriter(context_, blocks, states_[static_cast<size_t>(worker)], result).write(begin, end);
        result.is_done = true;
        results_[static_cast<size_t>(chunk)] = std::move(result);
    }

    bool make_missing() {
        for (const ChunkResult& result : results_) {
            if (result.out_of_memory) {
                PyErr_NoMemory();
                return false;
            }
            for (const MissingObject& missing : result.missing) {
                *missing.place = box_node(job_.shape.origins, job_.columns, *missing.node, missing.position,
                                          job_.source(missing.position), job_.shape.objects);
                if (!*missing.place) {
                    return false;
                }
            }
        }
        return true;
    }

    /// Gives back the blocks of chunks that lacked some.
    void release_unclaimed() {
        for (int64_t chunk = 0; chunk < chunks_; ++chunk) {
            if (results_[static_cast<size_t>(chunk)].is_done) {
                continue;
            }
            for (size_t k = 0; k < runs_.size(); ++k) {
                runs_[k]->release(first_block(chunk, k), first_block(chunk + 1, k));
            }
            for (const LargeBlock& block : large_[static_cast<size_t>(chunk)]) {
                PyObject_Free(block.address);
            }
            if (job_.target_is_blank) {
                std::fill(job_.target + chunk * chunk_, job_.target + chunk_end(chunk), nullptr);
            }
        }
    }

    /// Makes the results of those chunks.
    bool make_unclaimed() {
        for (int64_t chunk = 0; chunk < chunks_; ++chunk) {
            if (!results_[static_cast<size_t>(chunk)].is_done &&
                !api_box_range(job_, chunk * chunk_, chunk_end(chunk))) {
                return false;
            }
        }
        return true;
    }

    const BoxJob& job_;
    std::vector<PackPlan> plans_;
    const std::vector<const RecordModel*> models_;
    const std::vector<RawPath> origins_;
    const WriterContext context_;
    device::ThreadPool& pool_;
    const int64_t chunk_, chunks_;
    std::vector<uint32_t> classes_;      ///< those that any variant may need
    std::vector<int64_t> first_blocks_;  ///< chunk by chunk, in the order of `classes_`
    std::vector<std::unique_ptr<PoolRun>> runs_;
    std::vector<ChunkResult> results_;
    std::vector<std::vector<LargeBlock>> large_;  ///< by chunk
    std::vector<WriterState> states_;             ///< by worker
    std::atomic<int64_t> with_large_{0};          ///< chunks that have their large blocks
    std::atomic<bool> claiming_has_ended_{false}, counting_failed_{false};
};

/// Whether origins lead through records, which nobody reads raw where their layout is not known.
bool has_records(const BoxJob& job) {
    return std::any_of(job.shape.origins.begin(), job.shape.origins.end(), [](const OriginPath& path) {
        KindRef kind = path.kind;
        bool found = false;
        for (const uint32_t index : path.items) {
            found = found || kind->tag == Tag::Record;
            kind = kind->items[index];
        }
        return found;
    });
}

}  // namespace

bool pool_box(const BoxJob& job, TrackedRows& rows, bool& failed) {
    if (job.count == 0 || job.count >= kMostResults || why_no_pools() || (!raw_records_enabled() && has_records(job))) {
        return false;
    }
    std::vector<PackPlan> plans;
    for (std::vector<BoxNode>& nodes : box_plans(job)) {
        std::optional<PackPlan> plan = pack_plan(std::move(nodes));
        if (!plan || (plan->has_watched_rows && why_no_watched_rows())) {
            return false;
        }
        plans.push_back(std::move(*plan));
    }
    const SmallInts* small = SmallInts::find();
    const ReadyTexts* texts = ReadyTexts::find();
    PyObject* empty_tuple = PyTuple_New(0);
    failed = !small || !texts || !empty_tuple || !rows.find_flags();
    bool is_done = true;
    if (!failed) {
        const ReadyObjects ready{*small, *texts, empty_tuple, job.shape.objects, rows.flags()};
        PoolBoxer boxer(job, std::move(plans), ready);
        is_done = boxer.count();
        failed = is_done && !boxer.run(rows);
    }
    Py_XDECREF(empty_tuple);
    return is_done;
}

}  // namespace pp::data
