/// See evaluation.h.
#include "python/evaluation.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <string_view>

#include "base/environment_variable.h"
#include "python/exceptions.h"
#include "python/imports.h"
#include "python/unforeseen.h"

namespace pp::python {

namespace {

/// Under device="auto" so few elements of a function that has no kernel yet are first called one by one, until that
/// has taken about as long as compiling would.
constexpr int64_t kFewElements = 256;
constexpr double kInterpretAtMost = 4e6;  // nanoseconds

/// Where hardly two elements are alike, as trees are, analysing them takes longer than evaluating them: so many groups
/// of one signature each are compiled beside the first, and as many as the second figure says that have some elements.
constexpr size_t kMostGroups = 16, kMostLargeGroups = 48, kLargeGroup = 64;
/// What has another signature than so many before it is evaluated by CPython.
constexpr size_t kMostSignatures = 1024;

void drop(std::vector<int64_t>& from, const std::vector<int64_t>& these) {
    if (these.empty()) return;
    std::vector<int64_t> left;
    std::set_difference(from.begin(), from.end(), these.begin(), these.end(), std::back_inserter(left));
    from = std::move(left);
}

bool covers_all(const CompiledCall& call, const std::vector<KindRef>& kinds) {
    return std::equal(call.columns.begin(), call.columns.end(), kinds.begin(), kinds.end(), covers);
}

}  // namespace

Evaluation::Evaluation(MapArguments arguments)
    : arguments_(std::move(arguments)),
      columns_(arguments_.columns.data(), arguments_.columns.size(), arguments_.strict),
      hand_back_(arguments_, columns_.size(),
                 [this](size_t column, int64_t index) { return Object::borrow(columns_.element(column, index)); }) {}

bool Evaluation::is_all_in_python() {
    static const EnvironmentVariable variable("PARALLEL_PARTY_DEBUG");
    const char* debug = variable.value();
    return (debug && std::string_view(debug) == "python") || is_importing();
}

void Evaluation::read(const Results& results) {
    std::vector<int64_t> unread = read_first_group(results);
    read_other_groups(unread, results);
}

void Evaluation::leave_to_python(const std::vector<int64_t>& elements) {
    for (GroupRun& group : groups_)
        group.leave_out(elements);
    hand_back_.add(elements);
}

void Evaluation::run() {
    for (GroupRun& group : groups_) {
        Supervision supervision([this] { own(); }, columns_.owning_takes());
        bool completed = group.run(supervision, timings_);
        if (!completed) throw PythonError{};
        python_may_have_run_ |= supervision.let_others_run();
        hand_back_.add(group.flagged());
    }
    if (groups_.empty() && !is_interpreted_ && !may_hand_back_all_ && refusal_) throw *refusal_;
}

bool Evaluation::is_ordered() const {
    return std::ranges::any_of(groups_, [](const GroupRun& group) { return group.call()->is_ordered(); });
}

/// Compiled where all elements have one signature, but for some that CPython evaluates.
void Evaluation::run_in_order() {
    GroupRun* const group = groups_.size() == 1 && groups_.front().is_for_all() ? &groups_.front() : nullptr;
    if (!group) {
        std::vector<int64_t> all(static_cast<size_t>(count() - interpreted_));
        std::iota(all.begin(), all.end(), interpreted_);
        leave_to_python(all);
        return hand_back(nullptr);
    }
    std::vector<int64_t> left = hand_back_.added();
    std::ranges::sort(left);
    OrderedRun ordered(group->call(), arguments_.shape, group->seen(), *arrays_);
    const auto run_range = [&](const Surroundings& seen, int64_t begin, int64_t end) {
        Supervision supervision([this] { own(); }, columns_.owning_takes());
        const engine::OrderedAnswer answer = group->run_ordered(seen, begin, end, supervision, timings_);
        python_may_have_run_ |= supervision.let_others_run();
        return answer;
    };
    const auto evaluate = [&](int64_t element) {
        if (!python_may_have_run_) own();
        python_may_have_run_ = true;
        hand_back_.evaluate(element, nullptr);
    };
    const std::vector<int64_t> evaluated = ordered.run(interpreted_, count(), left, run_range, evaluate);
    group->leave_out(evaluated);
    hand_back_.add(evaluated);
    engine::statistics().handed_back.fetch_add(evaluated.size(), std::memory_order_relaxed);
}

void Evaluation::finish() {
    for (GroupRun& group : groups_)
        group.remember(timings_);
    engine::statistics().elements.fetch_add(static_cast<uint64_t>(count()), std::memory_order_relaxed);
}

/// Makes private what other code could change: to be called before any Python code may run.
void Evaluation::own() {
    columns_.own();
    for (GroupRun& group : groups_)
        group.own(columns_);
}

/// Reads everything as the kinds that most elements have; returns the elements that are of others.
std::vector<int64_t> Evaluation::read_first_group(const Results& results) {
    std::vector<int64_t> others;
    Signature own, kinds;
    signature_of(columns_, 0, own);
    // Rows that are written to have kinds of fixed length.
    const bool widens = !arguments_.shape.changes_elements && common_signature(columns_, kinds) && own != kinds;
    read_group(widens && !is_refused(kinds, 0) ? kinds : own, 0, {}, others, results);
    return others;
}

/// Whether the function has no compiled form for these kinds.
bool Evaluation::is_refused(const Signature& kinds, int64_t example) {
    Surroundings seen;
    const auto call = find_call(kinds, example, seen);
    return !call->specialisation;
}

/// The call for elements of these kinds, of which number `example` is one.
std::shared_ptr<CompiledCall> Evaluation::find_call(const Signature& kinds, int64_t example, Surroundings& seen) {
    // Looking a function up makes objects, which may run a collection and so any code.
    python_may_have_run_ |= !groups_.empty();
    std::vector<PyObject*> elements;
    for (size_t c = 0; c < columns_.size(); ++c)
        elements.push_back(columns_.element(c, example));
    auto call = FunctionCache::instance().find_or_analyse(arguments_.shape, kinds, elements, arguments_.options, seen,
                                                          [this] { own(); });
    if (call->is_forbidden) throw *call->refusal;
    if (arrays_) arrays_->keep(*call, arguments_.shape);
    return call;
}

/// Throws the refusal if the function does what is forbidden for the kinds of any element.
void Evaluation::refuse_forbidden() {
    std::set<Signature> known;
    Signature kinds;
    Surroundings seen;
    for (int64_t i = 0; i < columns_.count(); ++i) {
        signature_of(columns_, i, kinds);
        if (known.insert(kinds).second) find_call(kinds, i, seen);
    }
}

/// Groups what is left by signature, the largest groups first.
void Evaluation::read_other_groups(const std::vector<int64_t>& unread, const Results& results) {
    std::map<Signature, std::vector<int64_t>> by_signature;
    auto known = by_signature.end();  // that of the element before, which most are like
    Signature kinds;
    std::vector<int64_t> others;
    for (int64_t index : unread) {
        signature_of(columns_, index, kinds);
        if (known == by_signature.end() || known->first != kinds) {
            known = by_signature.size() < kMostSignatures ? by_signature.try_emplace(kinds).first
                                                          : by_signature.find(kinds);
        }
        (known == by_signature.end() ? others : known->second).push_back(index);
    }
    const auto read = [&](const Signature& signature, std::vector<int64_t> indices) {
        const int64_t example = indices.front();
        read_group(signature, example, std::move(indices), others, results);
    };
    const auto leave = [&](const std::vector<int64_t>& indices) {
        others.insert(others.end(), indices.begin(), indices.end());
    };
    auto groups = join_signatures(std::move(by_signature), !arguments_.shape.changes_elements);
    std::ranges::stable_sort(groups, std::ranges::greater(), &SignatureGroup::count);
    for (SignatureGroup& group : groups) {
        if (!pays_to_compile(group.count())) {
            leave(group.take_indices());
        } else if (!group.is_wider() || !is_refused(group.kinds, group.parts.begin()->second.front())) {
            read(group.kinds, group.take_indices());
        } else {
            for (auto& [signature, indices] : group.parts)
                pays_to_compile(indices.size()) ? read(signature, std::move(indices)) : leave(indices);
        }
    }
    hand_back_.add(others);
}

bool Evaluation::pays_to_compile(size_t elements) {
    ++other_groups_;
    return other_groups_ <= kMostGroups || (elements >= kLargeGroup && other_groups_ <= kMostLargeGroups);
}

/// One signature: compiled and read, or handed back.
void Evaluation::read_group(const Signature& kinds, int64_t example, std::vector<int64_t> indices,
                            std::vector<int64_t>& others, const Results& results) {
    Surroundings seen;
    auto call = find_call(kinds, example, seen);
    bool all = indices.empty();
    if (!call->specialisation || !call->specialisation->has_results()) {
        if (!call->specialisation && !refusal_) refusal_ = call->refusal;
        may_hand_back_all_ |= call->specialisation != nullptr;
        return hand_back_group(*call, indices, others);
    }
    int64_t count = all ? columns_.count() : static_cast<int64_t>(indices.size());
    auto placement = engine::place(arguments_.device, *call->specialisation, count, false);
    std::vector<int64_t> interpreted;
    if (all && !placement.on_gpu && interpret_first(*call, interpreted, results)) {
        is_interpreted_ = true;
        return;
    }
    GroupRun group(call, std::move(seen), std::move(indices), placement);
    has_flowed_ = all && flow_ && group.flow(columns_, *flow_, columns_.owning_takes(), timings_);
    if (!has_flowed_) group.read(columns_, others, timings_);
    drop(others, interpreted);
    group.leave_out(others);
    group.leave_out(interpreted);
    groups_.push_back(std::move(group));
}

/// A group that has nothing to run. Where that is all elements, only those of its own signature: others may have a
/// compiled form.
void Evaluation::hand_back_group(const CompiledCall& call, const std::vector<int64_t>& indices,
                                 std::vector<int64_t>& others) {
    bool all = indices.empty();
    int64_t count = all ? columns_.count() : static_cast<int64_t>(indices.size());
    Signature kinds;
    for (int64_t i = 0; i < count; ++i) {
        int64_t index = all ? i : indices[i];
        signature_of(columns_, index, kinds);
        if (all && !covers_all(call, kinds) && !takes_in(call.columns, kinds)) {
            others.push_back(index);
            continue;
        }
        hand_back_.add(index);
        for (size_t c = 0; !may_hand_back_all_ && c < kinds.size(); ++c)
            may_hand_back_all_ = data::has_unforeseen(columns_.element(c, index), kinds[c]);
    }
}

/// For device="auto" and a handful of elements: calls the function itself. True when that did them all; else `done`
/// lists those that are done.
bool Evaluation::interpret_first(CompiledCall& call, std::vector<int64_t>& done, const Results& results) {
    if (arguments_.device.kind != engine::DeviceRequest::Kind::Auto || columns_.count() > kFewElements ||
        call.specialisation->has_cpu_kernel() || call.interpreted_nanoseconds > kInterpretAtMost) {
        return false;
    }
    refuse_forbidden();
    python_may_have_run_ = true;
    own();
    auto start = std::chrono::steady_clock::now();
    double before = call.interpreted_nanoseconds;
    for (int64_t i = 0; i < columns_.count(); ++i) {
        hand_back_.evaluate(i, results ? results() : nullptr);
        done.push_back(i);
        interpreted_ = i + 1;
        call.interpreted_nanoseconds =
            before + std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
        if (call.interpreted_nanoseconds > kInterpretAtMost) return done.size() == size_t(columns_.count());
    }
    return true;
}

void Evaluation::hand_back(PyObject** results) {
    if (hand_back_.empty()) return;
    auto start = std::chrono::steady_clock::now();
    columns_.own();
    hand_back_.evaluate_added(results, [this](size_t column, int64_t index) { return argument(column, index); });
    python_may_have_run_ = true;
    timings_.hand_back += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

/// The argument for a handed-back element: as it was at the call, even if other code has run
/// since; where it is to be changed, it is the element itself.
Object Evaluation::argument(size_t column, int64_t index) const {
    if (python_may_have_run_ && !arguments_.shape.changes_elements) {
        for (const GroupRun& group : groups_) {
            if (std::binary_search(group.flagged().begin(), group.flagged().end(), index)) {
                return group.element_as_read(columns_, column, index);
            }
        }
    }
    return Object::borrow(columns_.element(column, index));
}

}  // namespace pp::python
