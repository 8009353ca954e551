/// See array_map.h.
#include "python/array_map.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/error.h"
#include "data/array_elements_python.h"
#include "data/record_place_python.h"
#include "python/array_object.h"
#include "python/array_values.h"
#include "python/buffer_out.h"
#include "python/evaluation.h"
#include "python/exceptions.h"
#include "python/function_cache.h"
#include "python/hand_back.h"
#include "python/pending_map.h"
#include "python/typed_columns.h"
#include "python/typed_run.h"

namespace pp::python {

namespace {

using Clock = std::chrono::steady_clock;
double milliseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// As for lists: so few elements of a function without a kernel are called one by one.
constexpr int64_t kFewElements = 256;
constexpr double kInterpretAtMost = 4e6;  // nanoseconds

/// What an Array of the results holds; null where none can.
KindRef result_kind(const ir::Function& function) {
    KindRef all = nullptr;
    for (const ir::Variant& variant : function.variants) {
        KindRef own = data::array_kind(variant.kind);
        if (own && !data::why_no_element(own).empty()) own = nullptr;
        if (own && all) own = data::join_array_kinds(all, own);
        if (!own) return nullptr;
        all = own;
    }
    return all;
}

class ArrayMap {
public:
    ArrayMap(MapArguments& arguments, TypedColumns& columns)
        : arguments_(arguments), columns_(columns),
          hand_back_(arguments, columns.size(),
                     [this](size_t column, int64_t index) { return argument(column, index); }) {
        arguments_.shape.reads_all = true;  // values are stored, whatever they were taken from
    }

    std::optional<Object> run();

private:
    bool find_result_type();
    bool is_worth_calling() const;
    void compute();
    void take_answer(engine::RunAnswer answer);
    void evaluate_flagged();
    Object argument(size_t column, int64_t index) const;
    Object store_all_in_python();
    Object commit();
    bool stays_on_device(const ArrayAccess& out);
    std::vector<data::LeafView> result_leaves() const;
    [[noreturn]] void raise_misfit(int64_t element) const;

    MapArguments& arguments_;
    TypedColumns& columns_;
    std::optional<BufferOut> buffer_;  ///< what `out` names where it is no Array
    HandBack hand_back_;
    std::shared_ptr<CompiledCall> call_;
    Surroundings seen_;
    data::ElementTypeRef type_ = nullptr;
    std::shared_ptr<data::ArrayBlock> block_;
    std::vector<int64_t> flagged_;
    std::vector<Object> boxed_;  ///< arguments of the flagged elements, column by column; empty: made when asked for
    int64_t misfit_ = -1;
    const int64_t count_ = columns_.count();
    int home_ = -1;  ///< the GPU that it ran on
    engine::Timings timings_;
};

std::optional<Object> ArrayMap::run() {
    const int64_t count = columns_.count();
    if (arguments_.out && !is_array(arguments_.out)) {
        if (count > 0 && !Evaluation::is_all_in_python()) buffer_ = BufferOut::open(arguments_.out, count);
        if (!buffer_) return std::nullopt;
    } else if (arguments_.out && ArrayAccess(arguments_.out).count() != count) {
        throw UserError(ErrorKind::Value, "out has " + std::to_string(ArrayAccess(arguments_.out).count()) +
                                              " elements, the result " + std::to_string(count));
    }
    if (count == 0) {
        return arguments_.out ? Object::borrow(arguments_.out)
                              : new_array(std::make_shared<data::ArrayBody>(data::unknown_element_type()));
    }
    if (Evaluation::is_all_in_python()) return store_all_in_python();
    std::vector<KindRef> kinds;
    for (size_t i = 0; i < columns_.size(); ++i)
        kinds.push_back(columns_.type(i)->kind);
    const std::vector<PyObject*> example(kinds.size(), nullptr);
    call_ =
        FunctionCache::instance().find_or_analyse(arguments_.shape, kinds, example, arguments_.options, seen_, [] {});
    if (!call_->specialisation) throw *call_->refusal;
    if (!call_->specialisation->has_results() && !buffer_) return store_all_in_python();
    if (!find_result_type()) return std::nullopt;
    block_ = std::make_shared<data::ArrayBlock>(type_, count);
    compute();
    engine::statistics().elements.fetch_add(static_cast<uint64_t>(count), std::memory_order_relaxed);
    call_->remember(timings_);
    hand_back_.warn_if_many(count);
    return commit();
}

bool ArrayMap::find_result_type() {
    const ir::Function& function = call_->specialisation->function();
    if (buffer_) {
        type_ = buffer_->type();
        const auto fits = [&](const ir::Variant& variant) { return data::takes_kind(*type_, variant.kind); };
        return call_->specialisation->has_results() && std::ranges::all_of(function.variants, fits);
    }
    if (arguments_.out && ArrayAccess(arguments_.out).type()->is_known()) {
        type_ = ArrayAccess(arguments_.out).type();
        for (const ir::Variant& variant : function.variants) {
            if (data::takes_kind(*type_, variant.kind)) continue;
            throw UserError(ErrorKind::Conversion, "results of type " + variant.kind->to_string() +
                                                       " where out holds " + type_->to_string() +
                                                       "; nothing has been written");
        }
        return true;
    }
    KindRef kind = result_kind(function);
    if (!kind) return false;
    type_ = data::element_type(kind);
    bool has_floats = false, has_doubles = false;
    for (const data::LeafView& leaf : columns_.leaves()) {
        has_floats |= leaf.format == data::NumberFormat::Float32;
        has_doubles |= leaf.format == data::NumberFormat::Float64;
    }
    if (has_floats && !has_doubles) {
        std::vector<data::NumberFormat> formats = type_->leaves;
        std::ranges::replace(formats, data::NumberFormat::Float64, data::NumberFormat::Float32);
        type_ = data::element_type(kind, formats);
    }
    return true;
}

std::vector<data::LeafView> ArrayMap::result_leaves() const {
    std::vector<data::LeafView> leaves;
    for (size_t i = 0; i < type_->leaves.size(); ++i)
        leaves.push_back(block_->leaf(i));
    return leaves;
}

bool ArrayMap::is_worth_calling() const {
    return arguments_.device.kind == engine::DeviceRequest::Kind::Auto && columns_.home() < 0 &&
           columns_.count() <= kFewElements && !call_->specialisation->has_cpu_kernel() &&
           call_->interpreted_nanoseconds <= kInterpretAtMost;
}

void ArrayMap::compute() {
    if (is_worth_calling()) {
        for (int64_t i = 0; i < columns_.count(); ++i)
            flagged_.push_back(i);
        const auto start = Clock::now();
        evaluate_flagged();
        call_->interpreted_nanoseconds += 1e6 * milliseconds_since(start);
        return;
    }
    std::unique_ptr<const KeptFunction> kept;
    const std::function<bool()> may_go_on = [this, &kept] {
        if (goes_on_always() || call_->specialisation->may_try()) kept = keep_for_later(*call_, arguments_);
        return kept != nullptr;
    };
    engine::RunAnswer answer = run_typed(*call_, arguments_, columns_, result_leaves(), block_.get(), {}, seen_,
                                         timings_, buffer_ ? nullptr : &may_go_on);
    if (!answer.started) return take_answer(std::move(answer));
    home_ = answer.ordinal;
    add_pending({call_, arguments_, std::move(kept), std::move(columns_), type_, block_, std::move(answer.started)},
                arguments_.out && !buffer_ ? ArrayAccess(arguments_.out).shared_body() : nullptr);
}

void ArrayMap::take_answer(engine::RunAnswer answer) {
    home_ = answer.ordinal;
    flagged_ = std::move(answer.flagged);
    if (!answer.misfits.empty()) {
        // Where it does not fit, the loop would have stopped: elements behind it are not evaluated.
        misfit_ = answer.misfits.front();
        flagged_.erase(std::ranges::lower_bound(flagged_, misfit_), flagged_.end());
    }
    if (!flagged_.empty()) {
        const auto start = Clock::now();
        evaluate_flagged();
        hand_back_.add(flagged_);
        engine::statistics().handed_back.fetch_add(flagged_.size(), std::memory_order_relaxed);
        timings_.hand_back += milliseconds_since(start);
    }
    if (misfit_ >= 0) raise_misfit(misfit_);
}

void ArrayMap::raise_misfit(int64_t element) const {
    throw UserError(ErrorKind::Overflow, "a result is out of the bounds of " + type_->to_string() + " (element " +
                                             std::to_string(element) + "); nothing has been written");
}

Object ArrayMap::argument(size_t column, int64_t index) const {
    if (boxed_.empty()) return columns_.element(column, index);
    const auto at = std::ranges::lower_bound(flagged_, index) - flagged_.begin();
    return boxed_[column * flagged_.size() + static_cast<size_t>(at)];
}

/// What the function does with other Arrays must not show in arguments of elements behind.
void ArrayMap::evaluate_flagged() {
    for (size_t c = 0; columns_.has_foreign_memory() && c < columns_.size(); ++c) {
        for (const int64_t index : flagged_)
            boxed_.push_back(columns_.element(c, index));
    }
    const std::vector<data::LeafView> leaves = result_leaves();
    for (const int64_t index : flagged_) {
        const data::PackedElement element = pack_result(hand_back_.call(index).get(), *type_, index);
        block_->before_write(index, index + 1);
        element.store(leaves, index);
        if (index % 64 == 0) checked(PyErr_CheckSignals());
    }
}

/// Nothing that is compiled gives a result: CPython's say what the Array holds.
Object ArrayMap::store_all_in_python() {
    const int64_t count = columns_.count();
    for (int64_t i = 0; i < count; ++i)
        flagged_.push_back(i);
    for (size_t c = 0; columns_.has_foreign_memory() && c < columns_.size(); ++c) {
        for (const int64_t index : flagged_)
            boxed_.push_back(columns_.element(c, index));
    }
    const Object list = checked(PyList_New(0));
    for (int64_t i = 0; i < count; ++i)
        checked(PyList_Append(list.get(), hand_back_.call(i).get()));
    ArrayValues values =
        take_values(list.get(), arguments_.out ? ArrayAccess(arguments_.out).type() : nullptr, std::nullopt);
    type_ = values.type();
    block_ = std::move(values.block);
    engine::statistics().elements.fetch_add(static_cast<uint64_t>(count), std::memory_order_relaxed);
    if (call_) {
        hand_back_.add(flagged_);
        engine::statistics().handed_back.fetch_add(flagged_.size(), std::memory_order_relaxed);
        hand_back_.warn_if_many(count);
    }
    return commit();
}

/// Copies the results to memory that another library shares, where that can be done on the device.
bool ArrayMap::stays_on_device(const ArrayAccess& out) {
    if (!out.body().is_shared() || !out.has_whole_elements() || out.type() != type_) return false;
    return out.body().share()->residency().receive(block_->residency(), columns_.count(),
                                                   out.body().first() + out.first());
}

/// Nothing has been written before.
Object ArrayMap::commit() {
    const int64_t count = count_;
    columns_.release();
    if (buffer_) {
        buffer_->store(*block_);
        return Object::borrow(arguments_.out);
    }
    if (!arguments_.out) {
        Object result = new_array(std::move(block_), 0, count);
        ArrayAccess(result.get()).body().set_home(home_);
        return result;
    }
    const ArrayAccess out(arguments_.out);
    if (out.count() != count)  // Python code that ran meanwhile may have changed it
        throw UserError(ErrorKind::Value, "out changed its length while map() was running; nothing has been written");
    if (!out.part().is_view && !out.body().is_exported() && (out.type() == type_ || !out.body().is_pinned())) {
        out.body().replace(std::move(block_), 0, count);
    } else if (!stays_on_device(out)) {
        block_->before_read(0, count);
        out.leave(0, count);
        data::copy_elements(result_leaves(), out.write(0, count), count);
        data::Residency::publish();
    }
    return Object::borrow(arguments_.out);
}

}  // namespace

std::optional<Object> map_arrays(MapArguments& arguments) {
    make_room_for_pending();
    TypedColumns columns;
    if (!columns.take(arguments.columns, arguments.strict)) return std::nullopt;
    const bool reads_all = arguments.shape.reads_all;
    std::optional<Object> result = ArrayMap(arguments, columns).run();
    arguments.shape.reads_all = reads_all;
    return result;
}

}  // namespace pp::python
