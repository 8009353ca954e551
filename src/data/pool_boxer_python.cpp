/// Makes results in claimed pools: counts the blocks each chunk needs, claims them on the calling thread, has all
/// threads fill them meanwhile, and finishes what only the calling thread may do.
#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>

#include "data/box_job_python.h"
#include "data/chunk_writer_python.h"
#include "data/pool_claims_python.h"
#include "device/thread_pool.h"

namespace pp::data {
namespace {

/// Results whose references could overflow the count that is kept of them for a while.
constexpr int64_t kMostResults = int64_t{1} << 30;
/// Results in a chunk, at the least, so that its edges cost nothing.
constexpr int64_t kChunkResults = 2048;

class PoolBoxer {
public:
    PoolBoxer(const BoxJob& job, std::vector<PackPlan> plans, const ReadyObjects& ready)
        : job_(job), plans_(std::move(plans)), models_(number_models(plans_)), origins_(raw_paths(job)),
          context_{job, plans_, origins_, ready}, pool_(device::ThreadPool::instance()),
          chunk_(std::max(job.count / (16 * pool_.thread_count()), kChunkResults)),
          claims_(used_classes(plans_), (job.count + chunk_ - 1) / chunk_),
          results_(static_cast<size_t>(claims_.chunks())), states_(static_cast<size_t>(pool_.thread_count())) {
        for (WriterState& state : states_) {
            state.records_made.resize(models_.size());
        }
    }

    /// Finds out which blocks are needed. False where memory for that runs out; then nothing has happened.
    bool count() {
        number_blocks();
        return !counting_failed_.load(std::memory_order_relaxed);
    }

    /// After `count`. False with a Python exception set.
    bool run(TrackedRows& rows) {
        claims_.prepare();
        pool_.parallel_for(
            job_.count, chunk_, [this](int64_t begin, int64_t end, int worker) { write_chunk(begin, end, worker); }, {},
            true, [this] { claims_.claim(); });
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

    int64_t chunk_end(int64_t chunk) const { return std::min((chunk + 1) * chunk_, job_.count); }

    /// Says what each chunk needs.
    void number_blocks() {
        const bool is_uniform = !job_.shape.has_tag && !job_.skip && plans_.front().conditional.empty();
        auto count = [this](int64_t begin, int64_t end, int) {
            try {
                BlockCounts counts;
                add_blocks_of(begin, end, counts);
                claims_.need(begin / chunk_, counts);
            } catch (const std::bad_alloc&) {
                counting_failed_.store(true, std::memory_order_relaxed);
            }
        };
        if (is_uniform) {
            for (int64_t chunk = 0; chunk < claims_.chunks(); ++chunk) {
                count(chunk * chunk_, chunk_end(chunk), 0);
            }
        } else {
            pool_.parallel_for(job_.count, chunk_, count);
        }
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

    void write_chunk(int64_t begin, int64_t end, int worker) noexcept {
        const int64_t chunk = begin / chunk_;
        if (!claims_.wait_for(chunk)) {
            return;
        }
        ChunkBlocks blocks = claims_.blocks(chunk);
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
        for (int64_t chunk = 0; chunk < claims_.chunks(); ++chunk) {
            if (results_[static_cast<size_t>(chunk)].is_done) {
                continue;
            }
            claims_.release(chunk);
            if (job_.target_is_blank) {
                std::fill(job_.target + chunk * chunk_, job_.target + chunk_end(chunk), nullptr);
            }
        }
    }

    /// Makes the results of those chunks.
    bool make_unclaimed() {
        for (int64_t chunk = 0; chunk < claims_.chunks(); ++chunk) {
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
    const int64_t chunk_;
    PoolClaims claims_;
    std::vector<ChunkResult> results_;
    std::vector<WriterState> states_;  ///< by worker
    std::atomic<bool> counting_failed_{false};
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

bool are_pools_possible(const BoxJob& job) {
    return job.count != 0 && job.count < kMostResults && !why_no_pools() &&
           (raw_records_enabled() || !has_records(job));
}

bool pool_box(const BoxJob& job, TrackedRows& rows, bool& failed) {
    if (!are_pools_possible(job)) {
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
