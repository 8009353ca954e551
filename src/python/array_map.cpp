/// See array_map.h.
#include "python/array_map.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/error.h"
#include "data/array_elements_python.h"
#include "data/reader_python.h"
#include "data/record_place_python.h"
#include "passes/join_variants.h"
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

/// The kind with those of constants in the place of these; null where one has none.
KindRef without_constants(KindRef kind, std::span<PyObject* const> constants) {
    if (kind->tag == Tag::Object) return data::kind_of(constants[kind->object]);
    if (kind->items.empty()) return kind;
    std::vector<KindRef> items;
    for (KindRef item : kind->items)
        items.push_back(without_constants(item, constants));
    return with_items(kind, items);
}

/// What an Array of the results holds; null where none can.
KindRef result_kind(const CompiledCall& call) {
    KindRef all = nullptr;
    for (const ir::Variant& variant : call.specialisation->function().variants) {
        KindRef own = data::array_kind(without_constants(variant.kind, call.object_pointers));
        if (own && !data::why_no_element(own).empty()) own = nullptr;
        if (own && all) own = data::join_array_kinds(all, own);
        if (!own) return nullptr;
        all = own;
    }
    return data::is_settled(all) ? all : nullptr;
}

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
    bool can_store(const ir::Variant& variant) const;
    bool is_worth_calling() const;
    engine::Specialisation& what_to_run() const;
    engine::Specialisation& stored_as_type() const;
    void compute();
    void own_items(const std::vector<int64_t>& flagged);
    void store(int64_t index, PyObject* result);
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
    if (Evaluation::is_all_in_python()) return store_all_in_python();
    std::vector<KindRef> kinds;
    for (size_t i = 0; i < columns_.size(); ++i)
        kinds.push_back(columns_.type(i)->kind);
    const std::vector<PyObject*> example(kinds.size(), nullptr);
    call_ =
        FunctionCache::instance().find_or_analyse(arguments_.shape, kinds, example, arguments_.options, seen_, [] {});
    if (!call_->specialisation) throw *call_->refusal;
    if (!call_->specialisation->has_results() && !buffer_) return store_all_in_python();
    if (!find_result_type(of_list)) return std::nullopt;
    block_ = std::make_shared<data::ArrayBlock>(type_, count);
    if (type_->is_dynamic || type_->has_gaps) {
        for (const data::LeafView& leaf : block_->leaves())
            std::memset(leaf.base, 0, static_cast<size_t>(count * leaf.stride));
    }
    compute();
    engine::statistics().elements.fetch_add(static_cast<uint64_t>(count), std::memory_order_relaxed);
    call_->remember(timings_);
    hand_back_.warn_if_many(count);
    return commit();
}

/// Whether the leaves of such results have places of their own in the block.
bool ArrayMap::can_store(const ir::Variant& variant) const {
    size_t first = 0;
    const bool is_optional = data::is_optional(type_->kind);
    data::ElementTypeRef value = is_optional ? data::item_type(*type_, 0, first) : type_;
    // Without leaves only beside others: kernels of one variant write all of the leaves.
    const bool has_tag = call_->specialisation->function().has_tag();
    const bool is_empty = has_tag && variant.kind->is_row() && variant.kind->items.empty() && value->kind->item;
    return is_empty || (has_tag && variant.kind->tag == Tag::None && is_optional) ||
           (!value->has_gaps && data::takes_kind(*value, variant.kind));
}

bool ArrayMap::find_result_type(OfList& of_list) {
    const ir::Function& function = call_->specialisation->function();
    if (buffer_) {
        type_ = buffer_->type();
        const auto fits = [&](const ir::Variant& variant) { return data::takes_kind(*type_, variant.kind); };
        return call_->specialisation->has_results() && std::ranges::all_of(function.variants, fits);
    }
    if (arguments_.out && ArrayAccess(arguments_.out).type()->is_known()) {
        type_ = ArrayAccess(arguments_.out).type();
        if (call_->stored.fits == type_) return true;
        for (const ir::Variant& variant : function.variants) {
            if (can_store(variant)) continue;
            KindRef own = data::array_kind(without_constants(variant.kind, call_->object_pointers));
            KindRef both = own ? data::join_array_kinds(type_->kind, data::in_order_of(type_->kind, own)) : nullptr;
            // As a list first, which is read into it.
            if (both && (both == type_->kind || both == data::with_wide_text(type_->kind)) &&
                (type_->has_gaps || type_->is_dynamic || type_->has_objects))
                return false;
            throw UserError(ErrorKind::Conversion, "results of type " + variant.kind->to_string() +
                                                       " where out holds " + type_->to_string() +
                                                       "; nothing has been written");
        }
        call_->stored.fits = type_;
        return true;
    }
    KindRef kind = result_kind(*call_);
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
    if (std::ranges::all_of(function.variants, [this](const ir::Variant& variant) { return can_store(variant); }))
        return true;
    of_list = {true, type_, nullptr};
    return false;
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
            return pack_result(result, *type_, index);
        } catch (const data::TextIsWide&) {
            data::ArrayBody body(std::move(block_), 0, columns_.count());
            body.widen_text();
            block_ = body.share();
            type_ = block_->type();
            return pack_result(result, *type_, index);
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
    return arguments_.device.kind == engine::DeviceRequest::Kind::Auto && columns_.home() < 0 &&
           columns_.count() <= kFewElements && !call_->specialisation->has_cpu_kernel() &&
           call_->interpreted_nanoseconds <= kInterpretAtMost;
}

engine::Specialisation& ArrayMap::what_to_run() const {
    CompiledCall::Stored& stored = call_->stored;
    if (stored.type != type_) {
        stored.runs = &stored_as_type();
        stored.type = type_;
    }
    return *stored.runs;
}

/// The call's function, or where its results are stored as other kinds than it returns, one that converts them: then a
/// kernel can put them where they belong.
engine::Specialisation& ArrayMap::stored_as_type() const {
    engine::Specialisation& own = *call_->specialisation;
    const ir::Function& function = own.function();
    if (own.is_dynamic() || type_->has_gaps || data::is_optional(type_->kind)) return own;
    std::vector<ir::Type> leaves;
    for (const data::NumberFormat format : type_->leaves)
        leaves.push_back(data::native_type(format));
    bool differs = function.has_tag();
    for (const ir::Variant& variant : function.variants) {
        for (size_t i = 0; i < std::min(leaves.size(), variant.slots.size()); ++i) {
            const ir::Type type = function.outputs[variant.slots[i]];
            differs |= type != leaves[i];
            // An int would be rounded twice on its way.
            if (type != ir::Type::F64 && type_->leaves[i] == data::NumberFormat::Float32) return own;
        }
    }
    if (!differs) return own;
    const auto [known, is_new] = call_->joined.try_emplace(type_);
    if (is_new) {
        auto joined = passes::join_variants(function, type_->kind, leaves);
        if (joined)
            known->second =
                std::make_shared<engine::Specialisation>(std::move(*joined), call_->columns, call_->options);
    }
    return known->second ? *known->second : own;
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
    engine::Specialisation& runs = what_to_run();
    std::unique_ptr<const KeptFunction> kept;
    const std::function<bool()> may_go_on = [this, &kept, &runs] {
        const bool pays = is_busy() || runs.gpu_time_each.load() * static_cast<double>(columns_.count()) > kLongRun;
        if (goes_on_always() || (pays && call_->specialisation->may_try())) kept = keep_for_later(*call_, arguments_);
        return kept != nullptr;
    };
    std::optional<data::Arenas> memory;
    std::vector<data::LeafView> leaves = result_leaves();
    const data::LeafView is_there = leaves.back();
    const bool is_optional = data::is_optional(type_->kind), has_tag = runs.function().has_tag();
    if (is_optional) leaves.pop_back();
    if (is_optional && !has_tag)  // none of them is None
        std::memset(is_there.base, 1, static_cast<size_t>(columns_.count()));
    const bool waits = buffer_ || type_->is_dynamic || type_->has_gaps;
    engine::RunAnswer answer = run_typed(runs, arguments_, columns_, leaves, block_.get(), {}, seen_, timings_, memory,
                                         is_optional && has_tag ? &is_there : nullptr, waits ? nullptr : &may_go_on);
    if (answer.ordinal >= 0) last_on_gpu = Clock::now();
    if (!answer.started) {
        if (type_->is_dynamic || is_optional) own_items(answer.flagged);
        memory.reset();
        return take_answer(std::move(answer));
    }
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
        return std::nullopt;
    }
    const bool reads_all = arguments.shape.reads_all;
    std::optional<Object> result = ArrayMap(arguments, columns).run(of_list);
    of_list.is_array &= !result && !arguments.out;
    arguments.shape.reads_all = reads_all;
    return result;
}

}  // namespace pp::python
