/// See group_run.h.
#include "python/group_run.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <new>
#include <string_view>

#include "data/origin_python.h"
#include "device/thread_pool.h"
#include "engine/run.h"
#include "python/flowed_few.h"
#include "python/read_and_send.h"

namespace pp::python {

namespace {

/// Elements from which on block by block pays.
constexpr int64_t kWorthFlowing = 1 << 14;
/// Others wait longer for each other: CPython lets a thread run for 5 ms.
constexpr std::chrono::milliseconds kNobodyNotices{2};

/// PARALLEL_PARTY_BLOCKS=0 turns it off.
bool blocks_enabled() {
    static const bool is_enabled = [] {
        const char* wish = std::getenv("PARALLEL_PARTY_BLOCKS");
        return !wish || std::string_view(wish) != "0";
    }();
    return is_enabled;
}

using Clock = std::chrono::steady_clock;
double milliseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Whether elements of the kind may lead to objects that are not named by it: a sequence's items, what a record holds
/// beside the fields that are read.
bool leads_further(KindRef kind) {
    return kind->is_sequence() || (data::is_changeable(kind) && kind->tag == Tag::Record) ||
           std::any_of(kind->items.begin(), kind->items.end(), leads_further);
}

bool has_record(KindRef kind) {
    return kind->tag == Tag::Record || std::any_of(kind->items.begin(), kind->items.end(), has_record);
}

void merge_into(std::vector<int64_t>& all, const std::vector<int64_t>& more) {
    if (more.empty()) return;
    std::vector<int64_t> merged;
    merged.reserve(all.size() + more.size());
    std::set_union(all.begin(), all.end(), more.begin(), more.end(), std::back_inserter(merged));
    all = std::move(merged);
}

}  // namespace

GroupRun::GroupRun(std::shared_ptr<CompiledCall> call, Surroundings seen, std::vector<int64_t> indices,
                   engine::Placement placement)
    : call_(std::move(call)), seen_(std::move(seen)), indices_(std::move(indices)), placement_(std::move(placement)),
      objects_(data::element_objects(call_->columns)) {}

void GroupRun::make_arrays(const Columns& columns) {
    count_ = indices_.empty() ? columns.count() : static_cast<int64_t>(indices_.size());
    const ir::Function& function = call_->specialisation->function();
    inputs_ = data::Arrays(function.inputs, count_);
    make_outputs(function);
    is_read_.assign(function.inputs.size(), 1);
    if (call_->specialisation->is_dynamic()) memory_.emplace();
}

void GroupRun::make_outputs(const ir::Function& function) {
    outputs_ = data::Arrays(function.outputs, count_);
    slots_.assign(outputs_.pointers().begin(), outputs_.pointers().end());
}

void GroupRun::read(const Columns& columns, std::vector<int64_t>& others, engine::Timings& timings) {
    auto start = Clock::now();
    make_arrays(columns);
    const double uploaded = timings.upload;
    size_t leaf = 0;
    std::vector<int64_t> of_column;
    for (size_t c = 0; c < columns.size(); ++c) {
        of_column.clear();
        read_column(columns, c, leaf, of_column, timings);
        leaf += call_->columns[c]->leaves;
        merge_into(others, of_column);
    }
    if (!others.empty() && call_->specialisation->has_loops()) fill_gaps(columns, others);
    timings.read += milliseconds_since(start) - (timings.upload - uploaded);
}

/// Elements that were not read get the values of one that was: kernels run over all of them.
void GroupRun::fill_gaps(const Columns& columns, std::span<const int64_t> others) {
    std::vector<int64_t> gaps;
    for (const int64_t index : others) {
        if (const int64_t position = position_of(index); position >= 0) gaps.push_back(position);
    }
    if (gaps.empty()) return;
    size_t leaf = 0;
    for (size_t c = 0; c < columns.size(); ++c) {
        const KindRef kind = call_->columns[c];
        std::vector<int64_t> none;
        if (!kept_.empty() && kept_[c])  // all or nothing: what lies on the device stays as it is
            data::read_elements(columns.spans()[c], kind, inputs_.pointers().subspan(leaf, kind->leaves), none,
                                nullptr);
        leaf += kind->leaves;
    }
    on_device_.clear();
    has_values_ = data::fill_gaps(call_->specialisation->function().inputs, inputs_.pointers(), gaps, count_);
}

void GroupRun::read_column(const Columns& columns, size_t column, size_t first_leaf, std::vector<int64_t>& others,
                           engine::Timings& timings) {
    KindRef kind = call_->columns[column];
    const auto leaves = inputs_.pointers().subspan(first_leaf, kind->leaves);
    data::Arenas* memory = memory_ ? &*memory_ : nullptr;
    if (!indices_.empty()) {
        return data::read_elements_at(columns.spans()[column], indices_, kind, leaves, others, memory);
    }
    if (!placement_.on_gpu || placement_.ordinal == engine::kEveryGpu || memory)
        return data::read_elements(columns.spans()[column], kind, leaves, others, memory);
    const auto there = known_or_sent(columns, column, first_leaf, others, timings);
    if (!there) return;
    on_device_.resize(inputs_.pointers().size());
    for (size_t i = 0; i < kind->leaves; ++i)
        on_device_[first_leaf + i] = there->address(i);
}

/// The column on the GPU, which has it from an earlier call or gets it now; null where it was only read.
KnownColumns::Kept GroupRun::known_or_sent(const Columns& columns, size_t column, size_t first_leaf,
                                           std::vector<int64_t>& others, engine::Timings& timings) {
    const KindRef kind = call_->columns[column];
    PyObject* const given = columns.given(column);
    const int ordinal = placement_.ordinal;
    KnownColumns& known = KnownColumns::instance();
    const bool may_be_known = !call_->changes_elements && KnownColumns::is_worth_it(given, kind, count_);
    kept_.resize(columns.size());
    // A copy was made of what may have changed since: such a call tells only that it has been given.
    if (may_be_known && columns.is_given(column)) kept_[column] = known.find(given, kind, count_, ordinal);
    if (kept_[column]) {
        std::fill_n(is_read_.begin() + static_cast<std::ptrdiff_t>(first_leaf), kind->leaves, uint8_t{0});
        return kept_[column];
    }
    const bool is_kept = may_be_known && known.is_due(given, kind, count_, ordinal) && columns.is_given(column);
    const auto types = std::span(call_->specialisation->function().inputs).subspan(first_leaf, kind->leaves);
    const auto leaves = inputs_.pointers().subspan(first_leaf, kind->leaves);
    auto sent = read_and_send(columns.spans()[column], kind, types, leaves, ordinal, is_kept, others, timings);
    sent_.push_back(sent);
    if (!is_kept || !others.empty()) return sent;
    if (sent)
        known.keep(given, kind, count_, ordinal, sent);
    else
        known.put_off(given, kind, count_, ordinal);
    return kept_[column] = sent;
}

engine::RunRequest GroupRun::request(const engine::Supervisor* supervisor) {
    auto inputs = inputs_.pointers();
    engine::RunRequest request{call_->specialisation.get(),
                               {const_cast<const void* const*>(inputs.data()), inputs.size()},
                               outputs_.pointers(),
                               seen_.uniforms,
                               seen_.captured,
                               count_,
                               supervisor,
                               memory_ ? &*memory_ : nullptr};
    request.on_device = on_device_;
    return request;
}

bool GroupRun::can_flow(const Columns& columns, std::chrono::nanoseconds patience) const {
    engine::Specialisation& specialisation = *call_->specialisation;
    return blocks_enabled() && !placement_.on_gpu && !call_->is_ordered() && indices_.empty() &&
           columns.count() >= kWorthFlowing && !specialisation.only_passes_through() &&
           engine::PieceRun::is_possible(specialisation) && !specialisation.cpu_takes_long(0) &&
           engine::PieceRun::expected(specialisation, columns.count()) <
               std::max<std::chrono::nanoseconds>(patience, kNobodyNotices) &&
           std::all_of(call_->columns.begin(), call_->columns.end(), data::PieceReader::is_possible) &&
           specialisation.may_try();
}

bool GroupRun::flow(const Columns& columns, Flow& flow, std::chrono::nanoseconds patience, engine::Timings& timings) {
    if (!can_flow(columns, patience)) return false;
    auto start = Clock::now();
    const ir::Function& function = call_->specialisation->function();
    count_ = columns.count();
    make_outputs(function);
    if (!flow.open(*this, columns)) return false;
    std::vector<data::PieceReader> readers;
    for (size_t c = 0; c < columns.size(); ++c)
        readers.emplace_back(columns.spans()[c], call_->columns[c]);
    const engine::PieceRun pieces(request(nullptr), timings);
    std::atomic<bool> has_gaps{false}, out_of_memory{false};
    auto body = [&](int64_t begin, int64_t end, int) {
        if (has_gaps.load(std::memory_order_relaxed)) return;
        try {
            FlowedFew few(function, readers, pieces, outputs_);
            if (flow.take(begin, end, few)) return;
        } catch (const std::bad_alloc&) {
            out_of_memory.store(true, std::memory_order_relaxed);
        }
        has_gaps.store(true, std::memory_order_relaxed);
    };
    device::ThreadPool::instance().parallel_for(count_, kFlowBlock, body, {}, true, [&flow] { flow.begin(); });
    const auto closes = [&] {
        try {
            return flow.close();
        } catch (const std::bad_alloc&) {
            out_of_memory.store(true, std::memory_order_relaxed);
            return false;
        }
    };
    has_flowed_ = !has_gaps.load() && closes();
    if (!has_flowed_) flow.drop();
    if (!out_of_memory.load()) call_->specialisation->note_trial(has_flowed_);
    timings.run += milliseconds_since(start);
    return has_flowed_;
}

/// Where results go to from the device. Those that are inputs need not come back: the host has read them.
std::vector<void*> GroupRun::outputs_to_fetch() {
    std::vector<void*> wanted = slots_;
    if (!placement_.on_gpu || placement_.ordinal == engine::kEveryGpu || memory_) return wanted;
    const std::vector<int64_t> passed = ir::passed_inputs(call_->specialisation->function());
    for (size_t slot = 0; slot < wanted.size(); ++slot) {
        if (passed[slot] < 0 || is_read_[static_cast<size_t>(passed[slot])] == 0) continue;
        wanted[slot] = nullptr;
        slots_[slot] = inputs_.pointers()[static_cast<size_t>(passed[slot])];
    }
    return wanted;
}

bool GroupRun::run(Supervision& supervision, engine::Timings& timings) {
    if (has_flowed_ || !has_values_ || call_->specialisation->only_passes_through()) return true;
    engine::Supervisor ask = [&supervision] { return supervision.ask(); };
    engine::RunRequest request = this->request(&ask);
    const std::vector<void*> outputs = outputs_to_fetch();
    request.outputs = outputs;
    engine::RunAnswer answer = placement_.on_gpu ? engine::run_on_cuda(request, placement_.ordinal, timings)
                                                 : engine::run_on_cpu(request, timings);
    supervision.finish();
    if (!answer.completed) return false;
    std::vector<int64_t> flagged;
    for (int64_t position : answer.flagged) {
        if (skip_.empty() || !skip_[position]) flagged.push_back(indices_.empty() ? position : indices_[position]);
    }
    leave_out(flagged);
    flagged_ = std::move(flagged);
    return true;
}

engine::OrderedAnswer GroupRun::run_ordered(const Surroundings& seen, int64_t begin, int64_t end,
                                            Supervision& supervision, engine::Timings& timings) {
    engine::Supervisor ask = [&supervision] { return supervision.ask(); };
    engine::RunRequest request = this->request(&ask);
    request.uniforms = seen.uniforms;
    request.captured = seen.captured;
    const engine::OrderedAnswer answer = engine::run_ordered(request, begin, end, timings);
    supervision.finish();
    return answer;
}

void GroupRun::leave_out(std::span<const int64_t> elements) {
    if (elements.empty()) return;
    if (skip_.empty()) skip_.resize(static_cast<size_t>(count_));
    for (int64_t index : elements) {
        int64_t position = position_of(index);
        if (position >= 0) skip_[position] = 1;
    }
}

int64_t GroupRun::position_of(int64_t index) const noexcept {
    if (indices_.empty()) return index;
    auto found = std::lower_bound(indices_.begin(), indices_.end(), index);
    return found != indices_.end() && *found == index ? found - indices_.begin() : -1;
}

bool GroupRun::box(const Columns& columns, bool is_as_read, PyObject** target, bool is_blank, data::TrackedRows& rows,
                   engine::Timings& timings) {
    auto start = Clock::now();
    const data::BoxJob job{results(columns, is_as_read), target, is_blank};
    bool boxed = data::box_results(job, rows);
    timings.box += milliseconds_since(start);
    return boxed;
}

data::RunResults GroupRun::results(const Columns& columns, bool is_as_read) const {
    data::ResultShape shape = call_->result_shape();
    shape.taken = pins_.by_origin();
    return {shape,
            slots_,
            count_,
            indices_.empty() ? nullptr : indices_.data(),
            skip_.empty() ? nullptr : skip_.data(),
            columns.spans(),
            is_as_read && data::raw_reads_enabled()};
}

data::ElementWriter GroupRun::writer(const Columns& columns, bool is_as_read) const {
    return data::ElementWriter({results(columns, is_as_read), call_->columns});
}

bool GroupRun::may_write_unnamed() const {
    return call_->specialisation->has_unsupported_path() &&
           std::any_of(call_->columns.begin(), call_->columns.end(), leads_further);
}

bool GroupRun::add_captured(const CallShape& shape, std::vector<SeenObject>& captured) const {
    Surroundings seen;
    seen.uniforms.resize(call_->uniform_words);
    const CallValues values{shape.root, shape.keyword_values.data(), shape.leading.data()};
    return guards_hold(call_->guards, values, seen, &captured);
}

void GroupRun::add_written(bool all, std::vector<KindRef>& written) const {
    const ir::Function& function = call_->specialisation->function();
    all = all || call_->specialisation->has_unsupported_path();
    for (size_t k = 0; k < objects_.size(); ++k) {
        bool is_written = all;
        for (const ir::Variant& variant : function.variants)
            is_written |= variant.kind->items[k]->tag == Tag::Tuple;
        if (is_written) written.push_back(objects_[k].kind);
    }
}

void GroupRun::add_objects(const Columns& columns, bool is_as_read, std::span<const KindRef> written,
                           std::vector<data::ObjectColumn>& objects) const {
    for (const data::ElementObject& object : objects_) {
        bool matters = false;
        for (KindRef kind : written)
            matters |= data::may_be_one(kind, object.kind);
        if (!matters) continue;
        objects.push_back({columns.spans()[object.column], indices_.empty() ? nullptr : indices_.data(), count_,
                           skip_.empty() ? nullptr : skip_.data(), object.kind,
                           data::way_down(call_->columns[object.column], object.items),
                           is_as_read && data::never_has_dict(object.kind)});
    }
}

std::vector<void*> GroupRun::leaves_of(size_t column) const {
    size_t leaf = 0;
    for (size_t c = 0; c < column; ++c)
        leaf += call_->columns[c]->leaves;
    auto leaves = inputs_.pointers().subspan(leaf, call_->columns[column]->leaves);
    return {leaves.begin(), leaves.end()};
}

Object GroupRun::element_as_read(const Columns& columns, size_t column, int64_t index) const {
    PyObject* object = columns.element(column, index);
    KindRef kind = call_->columns[column];
    int64_t position = position_of(index);
    // Objects that others may hold cannot be made anew: they are handed over as they are.
    if (has_record(kind) || position < 0 || !(kind->is_row() || kind->item)) return Object::borrow(object);
    if (!kept_.empty() && kept_[column]) return Object::borrow(object);  // it has not been read, and cannot change
    auto leaves = leaves_of(column);
    if (data::is_as_read(object, kind, leaves, position)) return Object::borrow(object);
    std::vector<Object> owned;
    std::vector<PyObject*> carried;
    for (size_t origin = 0; origin < call_->origins.size(); ++origin) {
        if (call_->origins[origin].column != column) continue;
        PyObject* const* taken = pins_.by_origin().empty() ? nullptr : pins_.by_origin()[origin];
        owned.push_back(taken ? Object::borrow(taken[position])
                              : Object::steal(data::new_object_at(call_->origins[origin], columns.spans(), index)));
        carried.push_back(owned.back().get());
    }
    return checked(data::rebuild_element(kind, leaves, position, carried));
}

}  // namespace pp::python
