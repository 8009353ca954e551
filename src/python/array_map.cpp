/// See array_map.h.
#include "python/array_map.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "data/array_elements_python.h"
#include "data/reader_python.h"
#include "data/record_place_python.h"
#include "python/array_object.h"
#include "python/array_values.h"
#include "python/buffer_out.h"
#include "python/evaluation.h"
#include "python/exceptions.h"
#include "python/function_cache.h"
#include "python/gap_groups.h"
#include "python/hand_back.h"
#include "python/pending_map.h"
#include "python/stored_results.h"
#include "python/typed_columns.h"
#include "python/typed_run.h"

namespace pp::python {

namespace {

using Clock = std::chrono::steady_clock;
double milliseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// A call that goes on takes some microseconds more than one that waits, and tens of them after a pause, when nothing
/// is at hand. It gains the time of its kernel, or, where calls come one after the other, that of preparing the next.
constexpr double kLongRun = 1e5;  // nanoseconds
constexpr std::chrono::milliseconds kOneAfterTheOther{1};
Clock::time_point last_on_gpu{};  ///< when a call last came back; the GIL guards it

bool is_busy() {
    return Clock::now() - last_on_gpu < kOneAfterTheOther;
}

/// As for lists: so few elements of a function without a kernel are called one by one.
constexpr int64_t kFewElements = 256;
constexpr double kInterpretAtMost = 4e6;  // nanoseconds

class ArrayMap {
public:
    ArrayMap(MapArguments& arguments, TypedColumns& columns)
        : arguments_(arguments), columns_(columns),
          hand_back_(arguments, columns.size(),
                     [this](size_t column, int64_t index) { return argument(column, index); }) {
        arguments_.shape.reads_all = true;  // values are stored, whatever they were taken from
    }

    std::optional<Object> run(OfList& of_list);

private:
    bool find_result_type(OfList& of_list);
    /// Elements that one compiled call computes.
    struct Part {
        std::shared_ptr<CompiledCall> call;
        Surroundings seen{};
        std::optional<GapGroup> group{};  ///< none: all elements
    };
    Part find_part(const std::vector<KindRef>& kinds) const;
    bool find_parts();
    bool fits_out(const Part& part) const;
    bool is_worth_calling() const;
    /// Ints go into floats rounded where the user chose these.
    bool rounds() const { return arguments_.out != nullptr; }
    void compute();
    engine::RunAnswer compute(Part& part, std::optional<data::Arenas>& memory, const std::function<bool()>* may_go_on);
    void own_items(const std::vector<int64_t>& flagged);
    void store(int64_t index, PyObject* result);
    void take_answer(engine::RunAnswer answer);
    void evaluate_flagged();
    Object argument(size_t column, int64_t index) const;
    data::ElementTypeRef with_floats_of_columns(data::ElementTypeRef type) const;
    Object store_all_in_python();
    bool take_results(const Object& list);
    Object commit();
    bool stays_on_device(const ArrayAccess& out);
    std::vector<data::LeafView> result_leaves() const;
    [[noreturn]] void raise_misfit(int64_t element) const;

    MapArguments& arguments_;
    TypedColumns& columns_;
    std::optional<BufferOut> buffer_;  ///< what `out` names where it is no Array
    HandBack hand_back_;
    std::vector<Part> parts_;
    data::ElementTypeRef type_ = nullptr;
    std::shared_ptr<data::ArrayBlock> block_;
    std::vector<int64_t> flagged_;
    std::vector<Object> boxed_;  ///< arguments of the flagged elements, column by column; empty: made when asked for
    int64_t misfit_ = -1;
    const int64_t count_ = columns_.count();
    int home_ = -1;  ///< the GPU that it ran on
    engine::Timings timings_;
};

std::optional<Object> ArrayMap::run(OfList& of_list) {
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
    if (Evaluation::is_all_in_python()) {
        if (columns_.has_gaps()) return std::nullopt;  // results of which all are None are those of a list
        return store_all_in_python();
    }
    if (!find_parts()) return std::nullopt;
    CompiledCall& first = *parts_.front().call;
    if (!first.specialisation) throw *first.refusal;
    if (!first.specialisation->has_results() && !buffer_) return store_all_in_python();
    if (!find_result_type(of_list)) return std::nullopt;
    block_ = std::make_shared<data::ArrayBlock>(type_, count);
    if (type_->is_dynamic || type_->has_gaps) {
        for (const data::LeafView& leaf : block_->leaves())
            std::memset(leaf.base, 0, static_cast<size_t>(count * leaf.stride));
    }
    compute();
    engine::statistics().elements.fetch_add(static_cast<uint64_t>(count), std::memory_order_relaxed);
    for (const Part& part : parts_)
        part.call->remember(timings_);
    hand_back_.warn_if_many(count);
    return commit();
}

ArrayMap::Part ArrayMap::find_part(const std::vector<KindRef>& kinds) const {
    Part part;
    const std::vector<PyObject*> example(kinds.size(), nullptr);
    part.call = FunctionCache::instance().find_or_analyse(arguments_.shape, kinds, example, arguments_.options,
                                                          part.seen, [] {});
    return part;
}

/// False where something is None and the function has no compiled form of some elements: CPython has those of a list.
bool ArrayMap::find_parts() {
    if (!columns_.has_gaps()) {
        std::vector<KindRef> kinds;
        for (size_t i = 0; i < columns_.size(); ++i)
            kinds.push_back(columns_.type(i)->kind);
        parts_.push_back(find_part(kinds));
        return true;
    }
    columns_.fetch();
    auto groups = group_by_gaps(columns_);
    if (!groups) return false;
    for (GapGroup& group : *groups) {
        Part& part = parts_.emplace_back(find_part(group.kinds));
        if (part.call->is_forbidden) throw *part.call->refusal;
        if (!part.call->specialisation || !part.call->specialisation->has_results()) return false;
        part.group = std::move(group);
    }
    return true;
}

/// Whether results are stored in `out` as they are computed; false: as a list first, which is read into it.
bool ArrayMap::fits_out(const Part& part) const {
    CompiledCall& call = *part.call;
    if (call.stored.fits == type_) return true;
    for (const ir::Variant& variant : call.specialisation->function().variants) {
        if (can_store(*type_, call, variant)) continue;
        KindRef own = stored_kind(call, variant.kind);
        KindRef both = own ? data::join_array_kinds(type_->kind, data::in_order_of(type_->kind, own)) : nullptr;
        if (both && (both == type_->kind || both == data::with_wide_text(type_->kind)) &&
            (type_->has_gaps || type_->is_dynamic || type_->has_objects))
            return false;
        const std::string result =
            own && data::is_settled(own) ? data::element_type(own)->to_string() : variant.kind->to_string();
        throw UserError(ErrorKind::Conversion, "results of type " + result + " where out holds " + type_->to_string() +
                                                   "; nothing has been written");
    }
    call.stored.fits = type_;
    return true;
}

bool ArrayMap::find_result_type(OfList& of_list) {
    const auto all_variants = [this](const auto& fits) {
        return std::ranges::all_of(parts_, [&](const Part& part) {
            return std::ranges::all_of(part.call->specialisation->function().variants,
                                       [&](const ir::Variant& variant) { return fits(*part.call, variant); });
        });
    };
    if (buffer_) {
        type_ = buffer_->type();
        return parts_.front().call->specialisation->has_results() &&
               all_variants([&](const CompiledCall&, const ir::Variant& variant) {
                   return data::takes_kind(*type_, variant.kind);
               });
    }
    if (arguments_.out && ArrayAccess(arguments_.out).type()->is_known()) {
        type_ = ArrayAccess(arguments_.out).type();
        return std::ranges::all_of(parts_, [this](const Part& part) { return fits_out(part); });
    }
    KindRef kind = never_kind();
    for (const Part& part : parts_) {
        KindRef own = result_kind(*part.call);
        kind = own ? data::join_array_kinds(kind, own) : nullptr;
        if (!kind) return false;
    }
    if (!data::is_settled(kind)) return false;
    type_ = with_floats_of_columns(data::element_type(kind));
    if (all_variants(
            [&](const CompiledCall& call, const ir::Variant& variant) { return can_store(*type_, call, variant); }))
        return true;
    of_list = {true, type_, nullptr};
    return false;
}

/// Columns that have float32 only where they hold floats give results that do.
data::ElementTypeRef ArrayMap::with_floats_of_columns(data::ElementTypeRef type) const {
    bool has_floats = false, has_doubles = false;
    for (const data::LeafView& leaf : columns_.leaves()) {
        has_floats |= leaf.format == data::NumberFormat::Float32;
        has_doubles |= leaf.format == data::NumberFormat::Float64;
    }
    if (!has_floats || has_doubles) return type;
    std::vector<data::NumberFormat> formats = type->leaves;
    std::ranges::replace(formats, data::NumberFormat::Float64, data::NumberFormat::Float32);
    return data::element_type(type->kind, formats);
}

/// Results of dynamic length lead to memory of the run; those flagged, anywhere.
void ArrayMap::own_items(const std::vector<int64_t>& flagged) {
    const std::vector<data::LeafView> leaves = result_leaves();
    for (const data::LeafView& leaf : leaves) {
        for (const int64_t index : flagged)
            std::memset(leaf.at(index), 0, data::format_bytes(leaf.format));
    }
    if (type_->is_dynamic) block_->items().own_all(*type_, leaves, 0, columns_.count());
}

/// One that CPython has computed.
void ArrayMap::store(int64_t index, PyObject* result) {
    const auto pack = [&]() -> data::PackedElement {
        try {
            return pack_result(result, *type_, index, rounds());
        } catch (const data::TextIsWide&) {
            data::ArrayBody body(std::move(block_), 0, columns_.count());
            body.widen_text();
            block_ = body.share();
            type_ = block_->type();
            return pack_result(result, *type_, index, rounds());
        }
    };
    const data::PackedElement element = pack();
    block_->before_write(index, index + 1);
    element.store(result_leaves(), index);
    if (type_->is_dynamic) block_->items().own(*type_, result_leaves(), index, index + 1);
}

std::vector<data::LeafView> ArrayMap::result_leaves() const {
    return block_->leaves();
}

bool ArrayMap::is_worth_calling() const {
    if (arguments_.device.kind != engine::DeviceRequest::Kind::Auto || columns_.home() >= 0 ||
        columns_.count() > kFewElements)
        return false;
    return std::ranges::any_of(parts_, [](const Part& part) {
        return !part.call->specialisation->has_cpu_kernel() && part.call->interpreted_nanoseconds <= kInterpretAtMost;
    });
}

engine::RunAnswer ArrayMap::compute(Part& part, std::optional<data::Arenas>& memory,
                                    const std::function<bool()>* may_go_on) {
    engine::Specialisation& runs = stored_as(*part.call, type_, rounds());
    const std::vector<data::LeafView> leaves = result_leaves();
    const std::vector<uint32_t> sources = leaf_sources(*type_, runs);
    return run_typed(runs, arguments_, columns_,
                     {leaves, {}, block_.get(), sources, part.group ? &*part.group : nullptr, may_go_on}, part.seen,
                     timings_, memory);
}

void ArrayMap::compute() {
    if (is_worth_calling()) {
        for (int64_t i = 0; i < columns_.count(); ++i)
            flagged_.push_back(i);
        const auto start = Clock::now();
        evaluate_flagged();
        for (const Part& part : parts_)
            part.call->interpreted_nanoseconds += 1e6 * milliseconds_since(start);
        return;
    }
    Part& first = parts_.front();
    std::unique_ptr<const KeptFunction> kept;
    const std::function<bool()> may_go_on = [this, &kept, &first] {
        const double each = stored_as(*first.call, type_, rounds()).gpu_time_each.load();
        const bool pays = is_busy() || each * static_cast<double>(columns_.count()) > kLongRun;
        if (goes_on_always() || (pays && first.call->specialisation->may_try()))
            kept = keep_for_later(*first.call, arguments_);
        return kept != nullptr;
    };
    const bool waits = buffer_ || type_->is_dynamic || type_->has_gaps || first.group;
    std::deque<std::optional<data::Arenas>> memory;
    engine::RunAnswer answer = compute(first, memory.emplace_back(), waits ? nullptr : &may_go_on);
    if (answer.ordinal >= 0) last_on_gpu = Clock::now();
    if (answer.started) {
        home_ = answer.ordinal;
        add_pending({first.call, arguments_, std::move(kept), std::move(columns_), type_, rounds(), block_,
                     std::move(answer.started)},
                    arguments_.out && !buffer_ ? ArrayAccess(arguments_.out).shared_body() : nullptr);
        return;
    }
    for (size_t i = 1; i < parts_.size(); ++i) {
        const engine::RunAnswer more = compute(parts_[i], memory.emplace_back(), nullptr);
        answer.flagged.insert(answer.flagged.end(), more.flagged.begin(), more.flagged.end());
        answer.misfits.insert(answer.misfits.end(), more.misfits.begin(), more.misfits.end());
    }
    std::ranges::sort(answer.flagged);
    std::ranges::sort(answer.misfits);
    if (type_->is_dynamic || type_->has_gaps) own_items(answer.flagged);
    memory.clear();
    take_answer(std::move(answer));
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
    for (const int64_t index : flagged_) {
        store(index, hand_back_.call(index).get());
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
    const bool is_array = take_results(list);
    engine::statistics().elements.fetch_add(static_cast<uint64_t>(count), std::memory_order_relaxed);
    if (!parts_.empty()) {
        hand_back_.add(flagged_);
        engine::statistics().handed_back.fetch_add(flagged_.size(), std::memory_order_relaxed);
        hand_back_.warn_if_many(count);
    }
    return is_array ? commit() : list;
}

/// False where no Array holds them, and none is given.
bool ArrayMap::take_results(const Object& list) {
    if (arguments_.out) {
        ArrayValues values = take_values_for(arguments_.out, list.get());
        type_ = values.type();
        block_ = std::move(values.block);
        return true;
    }
    try {
        ArrayValues values = take_values(list.get(), nullptr);
        type_ = values.type()->is_known() ? with_floats_of_columns(values.type()) : values.type();
        block_ = type_ == values.type() ? std::move(values.block) : convert(values.leaves(), values.count, type_);
        return true;
    } catch (const UserError& error) {
        if (error.kind() != ErrorKind::Conversion) throw;
        return false;
    }
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
    keep_classes(*type_);
    const ArrayAccess out(arguments_.out);
    if (out.count() != count)  // Python code that ran meanwhile may have changed it
        throw UserError(ErrorKind::Value, "out changed its length while map() was running; nothing has been written");
    out.widen_text_for(*type_);
    if (!out.part().is_view && !out.body().is_exported() && (out.type() == type_ || !out.body().is_pinned())) {
        out.body().replace(std::move(block_), 0, count);
    } else if (!stays_on_device(out)) {
        block_->before_read(0, count);
        out.leave(0, count);
        data::copy_elements(result_leaves(), out.write(0, count), count);
        out.own_items(0, count);
        data::Residency::publish();
    }
    return Object::borrow(arguments_.out);
}

}  // namespace

namespace {

bool is_all_none(PyObject* list) {
    const std::span items(PySequence_Fast_ITEMS(list), static_cast<size_t>(PyList_GET_SIZE(list)));
    return std::ranges::all_of(items, [](PyObject* item) { return item == Py_None; });
}

}  // namespace

Object array_of_results(const Object& list, const OfList& of_list) {
    try {
        ArrayValues values = take_values(list.get(), of_list.type);
        return new_array(std::move(values.block), values.first, values.count);
    } catch (const UserError& error) {
        if (error.kind() != ErrorKind::Conversion) throw;
        if (!of_list.type && of_list.type_of_nones && is_all_none(list.get()))
            return array_of_results(list, {true, of_list.type_of_nones, nullptr});
        if (!of_list.type) return list;
        throw UserError(error.kind(),
                        "of the results, " + std::string(error.what()) + "; give a list to get any results");
    }
}

std::optional<Object> map_arrays(MapArguments& arguments, OfList& of_list) {
    make_room_for_pending();
    TypedColumns columns;
    if (!columns.take(arguments.columns, arguments.strict)) {
        of_list = {columns.has_gaps() && !arguments.out, nullptr, columns.type_with_gaps()};
        if (!columns.has_gaps()) return std::nullopt;
        columns = TypedColumns();
        if (!columns.take(arguments.columns, arguments.strict, false, true)) return std::nullopt;
    }
    const bool reads_all = arguments.shape.reads_all;
    std::optional<Object> result = ArrayMap(arguments, columns).run(of_list);
    of_list.is_array &= !result && !arguments.out;
    arguments.shape.reads_all = reads_all;
    return result;
}

}  // namespace pp::python
