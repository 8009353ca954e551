/// See evaluation.h.
#include "python/evaluation.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <string_view>

#include "python/exceptions.h"
#include "python/unforeseen.h"

namespace pp::python {

namespace {

/// Under device="auto" so few elements of a function that has no kernel yet are first called one by one, until that
/// has taken about as long as compiling would.
constexpr int64_t kFewElements = 256;
constexpr double kInterpretAtMost = 4e6;  // nanoseconds

void drop(std::vector<int64_t>& from, const std::vector<int64_t>& these) {
    if (these.empty()) return;
    std::vector<int64_t> left;
    std::set_difference(from.begin(), from.end(), these.begin(), these.end(), std::back_inserter(left));
    from = std::move(left);
}

}  // namespace

Evaluation::Evaluation(MapArguments arguments)
    : arguments_(std::move(arguments)),
      columns_(arguments_.columns.data(), arguments_.columns.size(), arguments_.strict),
      hand_back_(arguments_, columns_) {}

bool Evaluation::is_all_in_python() {
    const char* debug = std::getenv("PARALLEL_PARTY_DEBUG");
    return debug && std::string_view(debug) == "python";
}

void Evaluation::read(PyObject** results) {
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
        Supervision supervision(columns_);
        bool completed = group.run(supervision, timings_);
        if (!completed) throw PythonError{};
        python_may_have_run_ |= supervision.let_others_run();
        hand_back_.add(group.flagged());
    }
    if (groups_.empty() && !is_interpreted_ && !may_hand_back_all_ && refusal_) throw *refusal_;
}

void Evaluation::finish() {
    for (GroupRun& group : groups_)
        group.remember(timings_);
    engine::statistics().elements.fetch_add(static_cast<uint64_t>(count()), std::memory_order_relaxed);
}

/// The kinds of element `index`; false when one of them has no kind, `column` says which.
bool Evaluation::signature_of(int64_t index, std::vector<KindRef>& kinds, size_t& column) const {
    kinds.clear();
    for (size_t c = 0; c < columns_.size(); ++c) {
        KindRef kind = data::kind_of(columns_.element(c, index));
        if (!kind) {
            column = c;
            return false;
        }
        kinds.push_back(kind);
    }
    return true;
}

/// Reads everything of the signature of element 0; returns the elements that are of another.
std::vector<int64_t> Evaluation::read_first_group(PyObject** results) {
    std::vector<int64_t> others;
    std::vector<KindRef> kinds;
    size_t column = 0;
    if (!signature_of(0, kinds, column)) {
        others.resize(static_cast<size_t>(columns_.count()));
        for (int64_t i = 0; i < columns_.count(); ++i)
            others[i] = i;
        return others;
    }
    read_group(kinds, {}, others, results);
    return others;
}

/// Groups what is left by signature. Elements without kinds are handed back.
void Evaluation::read_other_groups(const std::vector<int64_t>& unread, PyObject** results) {
    std::map<std::vector<KindRef>, std::vector<int64_t>> by_signature;
    std::vector<KindRef> kinds;
    for (int64_t index : unread) {
        size_t column = 0;
        if (signature_of(index, kinds, column)) {
            by_signature[kinds].push_back(index);
        } else {
            may_hand_back_all_ |= unforeseen_part(columns_.element(column, index)) != nullptr;
            if (!refusal_) refusal_ = no_kind(column, index);
            hand_back_.add(index);
        }
    }
    for (auto& [signature, indices] : by_signature) {
        std::vector<int64_t> others;
        read_group(signature, std::move(indices), others, results);
        hand_back_.add(others);
    }
}

UserError Evaluation::no_kind(size_t column, int64_t index) const {
    PyObject* element = columns_.element(column, index);
    return UserError(ErrorKind::Unsupported, "elements of type '" + std::string(Py_TYPE(element)->tp_name) +
                                                 "' have no compiled form (column " + std::to_string(column + 1) +
                                                 ", element " + std::to_string(index) +
                                                 "): float, int, bool, None and tuples or lists of up to " +
                                                 std::to_string(data::kMaximumRow) +
                                                 " of these have; use a list comprehension, or give "
                                                 "the numbers that the function needs");
}

/// One signature: compiled and read, or handed back.
void Evaluation::read_group(const std::vector<KindRef>& kinds, std::vector<int64_t> indices,
                            std::vector<int64_t>& others, PyObject** results) {
    std::vector<uint64_t> uniforms;
    auto call =
        FunctionCache::instance().find_or_analyse(arguments_.shape, kinds, arguments_.options, uniforms, [this] {
            columns_.own();
            python_may_have_run_ |= !groups_.empty();
        });
    bool all = indices.empty();
    auto hand_back_group = [&] {
        if (!all) return hand_back_.add(indices);
        // Only elements of this very signature: others may have a compiled form.
        collect_others(kinds, others);
    };
    if (!call->specialisation) {
        if (!refusal_) refusal_ = call->refusal;
        return hand_back_group();
    }
    if (!call->specialisation->has_results()) {
        may_hand_back_all_ = true;
        return hand_back_group();
    }
    int64_t count = all ? columns_.count() : static_cast<int64_t>(indices.size());
    auto placement = engine::place(arguments_.device, *call->specialisation, count, false);
    std::vector<int64_t> interpreted;
    if (all && !placement.on_gpu && interpret_first(*call, interpreted, results)) {
        is_interpreted_ = true;
        return;
    }
    GroupRun group(call, std::move(uniforms), std::move(indices), placement);
    group.read(columns_, others, timings_);
    drop(others, interpreted);
    group.leave_out(others);
    group.leave_out(interpreted);
    groups_.push_back(std::move(group));
}

/// For device="auto" and a handful of elements: calls the function itself. True when that did them all; else `done`
/// lists those that are done.
bool Evaluation::interpret_first(CompiledCall& call, std::vector<int64_t>& done, PyObject** results) {
    if (arguments_.device.kind != engine::DeviceRequest::Kind::Auto || columns_.count() > kFewElements ||
        call.specialisation->has_cpu_kernel() || call.interpreted_nanoseconds > kInterpretAtMost) {
        return false;
    }
    python_may_have_run_ = true;
    columns_.own();
    auto start = std::chrono::steady_clock::now();
    double before = call.interpreted_nanoseconds;
    for (int64_t i = 0; i < columns_.count(); ++i) {
        hand_back_.evaluate(i, results);
        done.push_back(i);
        call.interpreted_nanoseconds =
            before + std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
        if (call.interpreted_nanoseconds > kInterpretAtMost) return done.size() == size_t(columns_.count());
    }
    return true;
}

/// The elements of all that are not of signature `kinds` go to `others`, the rest is handed back.
void Evaluation::collect_others(const std::vector<KindRef>& kinds, std::vector<int64_t>& others) {
    std::vector<KindRef> found;
    for (int64_t i = 0; i < columns_.count(); ++i) {
        size_t column = 0;
        if (signature_of(i, found, column) && found == kinds) {
            hand_back_.add(i);
        } else {
            others.push_back(i);
        }
    }
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
