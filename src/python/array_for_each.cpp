/// See array_for_each.h.
#include "python/array_for_each.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <string>

#include "base/error.h"
#include "data/array_elements_python.h"
#include "data/element_objects.h"
#include "data/parallel_python.h"
#include "data/record_place_python.h"
#include "data/wide_block.h"
#include "python/array_object.h"
#include "python/array_values.h"
#include "python/array_writes.h"
#include "python/evaluation.h"
#include "python/exceptions.h"
#include "python/function_cache.h"
#include "python/hand_back.h"
#include "python/logged_writes.h"
#include "python/typed_columns.h"
#include "python/typed_run.h"

namespace pp::python {

namespace {

/// One leaf of a column's rows, or records, that a variant writes.
struct Field {
    size_t column, leaf;
    uint32_t slot;
};

/// What a variant writes; nothing where it makes something of a row that no row can hold.
struct Changes {
    bool can_be_stored = true;
    std::vector<Field> fields;
};

bool is_written(const TypedColumns& columns, size_t column, PyObject* object) {
    if (!is_array(object)) return false;
    KindRef kind = columns.type(column)->kind;
    return kind->tag == Tag::Tuple || data::is_shown(kind);
}

/// What an object of a column's elements consists of, and which of its leaves is the first.
data::ElementTypeRef type_of(const data::ElementObject& object, const TypedColumns& columns, size_t& first) {
    data::ElementTypeRef type = columns.type(object.column);
    for (const uint32_t item : object.items) {
        size_t leaf = 0;
        type = data::item_type(*type, item, leaf);
        first += leaf;
    }
    return type;
}

/// What the results of `variant` (see frontend::changes_of) say about the rows.
Changes changes_of(const ir::Variant& variant, std::span<const data::ElementObject> objects,
                   const TypedColumns& columns) {
    Changes changes;
    size_t node = 1, leaf = 0;
    for (size_t k = 0; k < objects.size(); ++k) {
        KindRef entry = variant.kind->items[k];
        size_t object_leaf = 0;
        data::ElementTypeRef object = type_of(objects[k], columns, object_leaf);
        size_t item_node = node + 1, item_leaf = leaf;
        for (uint32_t i = 0; i < entry->items.size(); ++i) {
            KindRef item = entry->items[i];
            const bool is_own = variant.origins[item_node] == objects[k].item_origin(i);
            size_t first = 0;
            data::ElementTypeRef place = data::item_type(*object, i, first);
            if (item->tag == Tag::None) {
                changes.can_be_stored &= variant.origins[item_node] == objects[k].origin;
            } else if (!data::takes_kind(*place, item)) {
                changes.can_be_stored = false;
            } else {
                for (size_t l = 0; !is_own && l < item->leaves; ++l)
                    changes.fields.push_back(
                        {objects[k].column, object_leaf + first + l, variant.slots[item_leaf + l]});
            }
            item_node += item->nodes;
            item_leaf += item->leaves;
        }
        node += entry->nodes;
        leaf += entry->leaves;
    }
    return changes;
}

[[noreturn]] void refuse_wide_text() {
    throw UserError(ErrorKind::Buffer, "text beyond U+00FF cannot be put into an Array of which there are views; "
                                       "copy() it first");
}

class ArrayForEach {
public:
    ArrayForEach(MapArguments& arguments, TypedColumns& columns)
        : arguments_(arguments), columns_(columns),
          hand_back_(arguments, columns.size(), [this](size_t column, int64_t) { return current_[column]; }) {}

    /// False, and nothing has happened, where no rows are written (`has_rows`) nor Arrays that the function names.
    bool run(bool has_rows);

private:
    struct Target {
        data::ArrayBody* body;
        std::shared_ptr<data::ArrayBlock> block;
        uint64_t version;  ///< of the body when it was copied
    };

    std::vector<KindRef> kinds() const;
    void begin_writing();
    bool shares_rows() const { return targets_.size() < written_count_; }
    void flag_all();
    void compute();
    void compute_in_order();
    bool can_store_all() const;
    void count_flagged();
    void run_all(bool is_all_in_python);
    void store(const data::Arrays& outputs);
    void evaluate_flagged();
    void evaluate(int64_t index);
    void place_rows(size_t column);
    void store_row(size_t column, int64_t index);
    void widen_text(size_t column);
    void own_items(size_t column, int64_t index);
    Object row(size_t column, int64_t index) const;
    void commit();

    MapArguments& arguments_;
    TypedColumns& columns_;
    HandBack hand_back_;
    SeenArrays arrays_;
    std::shared_ptr<CompiledCall> call_;
    Surroundings seen_;
    std::vector<Changes> changes_;                   ///< by variant
    std::map<data::ArrayBody*, Target> targets_;     ///< copies that are written to
    std::vector<std::vector<data::LeafView>> rows_;  ///< by column, in the copies; empty where none is written
    std::vector<data::ElementTypeRef> types_;        ///< by column, of what is in the copies
    size_t written_count_ = 0;
    std::vector<int64_t> flagged_;
    std::vector<uint8_t> is_flagged_;
    int64_t misfit_ = -1;
    std::vector<Object> current_;  ///< arguments of the element that CPython evaluates
    engine::Timings timings_;
};

std::vector<KindRef> ArrayForEach::kinds() const {
    std::vector<KindRef> kinds;
    for (size_t c = 0; c < columns_.size(); ++c) {
        KindRef kind = columns_.type(c)->kind;
        const bool is_row = kind->tag == Tag::Tuple && is_written(columns_, c, arguments_.columns[c]);
        kinds.push_back(is_row ? list_kind(kind->items) : kind);
    }
    return kinds;
}

/// Rows are written to copies, which take the place of the Arrays' memory when everything has succeeded.
void ArrayForEach::begin_writing() {
    rows_.resize(columns_.size());
    for (size_t c = 0; c < columns_.size(); ++c)
        types_.push_back(columns_.type(c));
    for (size_t c = 0; c < columns_.size(); ++c) {
        if (!is_written(columns_, c, arguments_.columns[c])) continue;
        ++written_count_;
        const ArrayAccess access(arguments_.columns[c]);
        access.body().before_read(0, access.body().count());
        Target& target = targets_[&access.body()];
        data::ElementTypeRef type = access.body().type();
        if (!target.block) {
            target = {&access.body(), std::make_shared<data::ArrayBlock>(type, access.body().count()),
                      access.body().version()};
            std::vector<data::LeafView> from, to;
            for (size_t i = 0; i < type->leaves.size(); ++i) {
                from.push_back(access.body().leaf(i));
                to.push_back(target.block->leaf(i));
            }
            data::copy_elements(from, to, access.body().count());
            target.block->items().share(access.body().share()->items());
        }
        place_rows(c);
    }
}

void ArrayForEach::place_rows(size_t column) {
    const ArrayAccess access(arguments_.columns[column]);
    const data::ArrayBlock& block = *targets_.at(&access.body()).block;
    rows_[column].clear();
    for (size_t i = 0; i < access.type()->leaves.size(); ++i)
        rows_[column].push_back(block.leaf(access.part().first_leaf + i).from(access.first()));
}

void ArrayForEach::flag_all() {
    for (int64_t i = 0; i < columns_.count(); ++i)
        flagged_.push_back(i);
}

bool ArrayForEach::run(bool has_rows) {
    bool is_all_in_python = Evaluation::is_all_in_python() || columns_.has_gaps();
    if (columns_.count() == 0 || (!has_rows && is_all_in_python)) return has_rows;
    if (!is_all_in_python) {
        const std::vector<KindRef> signature = kinds();
        const std::vector<PyObject*> example(signature.size(), nullptr);
        call_ = FunctionCache::instance().find_or_analyse(arguments_.shape, signature, example, arguments_.options,
                                                          seen_, [] {});
        if (!has_rows && !call_->is_ordered()) return false;
        if (!call_->specialisation) throw *call_->refusal;
        arrays_.keep(*call_, arguments_.shape);
        is_all_in_python = !call_->specialisation->has_results();
    }
    arrays_.keep_named(arguments_.shape);
    try {
        run_all(is_all_in_python);
    } catch (...) {
        raise_current_exception();
        arrays_.restore();
        throw PythonError{};
    }
    return true;
}

void ArrayForEach::run_all(bool is_all_in_python) {
    begin_writing();
    // Two columns that may hold one row: what one does the other sees.
    if (is_all_in_python || shares_rows()) {
        flag_all();
        evaluate_flagged();
    } else if (call_->is_ordered()) {
        compute_in_order();
    } else {
        compute();
        evaluate_flagged();
    }
    engine::statistics().elements.fetch_add(static_cast<uint64_t>(columns_.count()), std::memory_order_relaxed);
    if (call_) call_->remember(timings_);
    hand_back_.warn_if_many(columns_.count());
    commit();
}

void ArrayForEach::compute() {
    const ir::Function& function = call_->specialisation->function();
    const std::vector<data::ElementObject> objects = data::element_objects(call_->columns);
    for (const ir::Variant& variant : function.variants)
        changes_.push_back(changes_of(variant, objects, columns_));
    const data::Arrays outputs(function.outputs, columns_.count());
    is_flagged_.resize(static_cast<size_t>(columns_.count()));
    std::optional<data::Arenas> memory;
    if (!call_->specialisation->only_passes_through()) {
        const engine::RunAnswer answer = run_typed(*call_->specialisation, arguments_, columns_,
                                                   {.outputs = outputs.pointers()}, seen_, timings_, memory);
        for (const int64_t index : answer.flagged)
            is_flagged_[static_cast<size_t>(index)] = 1;
    }
    store(outputs);
}

/// Elements see what those before them wrote to Arrays that the function names.
void ArrayForEach::compute_in_order() {
    const ir::Function& function = call_->specialisation->function();
    const std::vector<data::ElementObject> objects = data::element_objects(call_->columns);
    for (const ir::Variant& variant : function.variants)
        changes_.push_back(changes_of(variant, objects, columns_));
    if (!can_store_all()) {
        flag_all();
        return evaluate_flagged();
    }
    if (written_count_ == 0 && run_logged(*call_, arguments_, columns_, timings_)) return;
    OrderedRun ordered(call_, arguments_.shape, seen_, arrays_);
    seen_.captured.clear();
    for (const data::ArrayBody* body : ordered.written()) {
        if (!targets_.contains(const_cast<data::ArrayBody*>(body))) continue;
        throw UserError(ErrorKind::Unsupported, "for_each() over the rows of an Array with a function that assigns to "
                                                "elements of the same Array by its name; loop over range(len(...)), "
                                                "or write to the rows only");
    }
    const data::Arrays outputs(function.outputs, columns_.count());
    is_flagged_.resize(static_cast<size_t>(columns_.count()));
    const auto run_range = [&](const Surroundings& seen, int64_t begin, int64_t end) {
        return run_typed_in_order(*call_, columns_, outputs.pointers(), seen, begin, end, timings_);
    };
    flagged_ = ordered.run(0, columns_.count(), {}, run_range, [&](int64_t element) { evaluate(element); });
    current_.clear();
    for (const int64_t index : flagged_)
        is_flagged_[static_cast<size_t>(index)] = 1;
    flagged_.clear();
    store(outputs);
    count_flagged();
}

/// Whether whatever is computed for the rows has a place in them: what ran in order cannot be run again.
bool ArrayForEach::can_store_all() const {
    const ir::Function& function = call_->specialisation->function();
    const auto is_dynamic = [](const auto& entry) { return entry.first->type()->is_dynamic; };
    if (std::ranges::any_of(targets_, is_dynamic)) return false;  // texts would die with the run
    for (const Changes& changes : changes_) {
        const auto fits = [&](const Field& field) {
            return rows_[field.column][field.leaf].format == data::native_format(function.outputs[field.slot]);
        };
        if (!changes.can_be_stored || !std::ranges::all_of(changes.fields, fits)) return false;
    }
    return true;
}

/// Everything computed, into the copies. What cannot be stored is left to CPython, which says so.
void ArrayForEach::store(const data::Arrays& outputs) {
    const ir::Function& function = call_->specialisation->function();
    const auto* tags = function.has_tag() ? outputs.as<uint8_t>(0) : nullptr;
    const auto variant_of = [&](int64_t i) -> size_t { return tags ? tags[i] : 0; };
    std::mutex mutex;
    std::vector<int64_t> misfits;
    data::in_chunks(
        columns_.count(), static_cast<int64_t>(function.outputs.size()) + 1, [&](int64_t begin, int64_t end) {
            std::vector<int64_t> own;
            for (int64_t from = begin; from < end;) {
                if (is_flagged_[static_cast<size_t>(from)]) {
                    ++from;
                    continue;
                }
                const size_t variant = variant_of(from);
                int64_t until = from + 1;
                while (until < end && !is_flagged_[static_cast<size_t>(until)] && variant_of(until) == variant)
                    ++until;
                if (!changes_[variant].can_be_stored)
                    std::fill(is_flagged_.begin() + from, is_flagged_.begin() + until, 1);
                for (const Field& field : changes_[variant].fields) {
                    if (!changes_[variant].can_be_stored) break;
                    const ir::Type type = function.outputs[field.slot];
                    const char* first =
                        outputs.as<char>(field.slot) + from * static_cast<int64_t>(data::storage_bytes(type));
                    const data::LeafView& leaf = rows_[field.column][field.leaf];
                    data::write_leaf(type, first, from, until, leaf, own);
                    if (type == ir::Type::I64 && data::is_floating(leaf.format))
                        data::find_inexact(reinterpret_cast<const int64_t*>(first), from, until, own);
                }
                from = until;
            }
            std::lock_guard lock(mutex);
            misfits.insert(misfits.end(), own.begin(), own.end());
        });
    for (auto& [body, target] : targets_) {
        if (body->type()->is_dynamic)  // texts that the run has made die with it
            target.block->items().own_all(*body->type(), target.block->leaves(), 0, body->count());
    }
    if (!misfits.empty()) misfit_ = *std::ranges::min_element(misfits);
    const int64_t end = misfit_ < 0 ? columns_.count() : misfit_;
    for (int64_t i = 0; i < end; ++i) {
        if (is_flagged_[static_cast<size_t>(i)]) flagged_.push_back(i);
    }
}

/// The row as CPython's own evaluation gets it: a list, or a dict or an instance, whose items are stored afterwards.
Object ArrayForEach::row(size_t column, int64_t index) const {
    Object row = checked(data::element_object(*types_[column], rows_[column], index));
    return PyTuple_CheckExact(row.get()) ? checked(PySequence_List(row.get())) : std::move(row);
}

void ArrayForEach::evaluate(int64_t index) {
    current_.assign(columns_.size(), Object());
    for (size_t c = 0; c < columns_.size(); ++c) {
        for (size_t earlier = 0; earlier < c && !rows_[c].empty(); ++earlier) {
            // The same row again is the same list.
            if (!rows_[earlier].empty() && rows_[earlier][0].at(index) == rows_[c][0].at(index))
                current_[c] = current_[earlier];
        }
        if (!current_[c]) current_[c] = rows_[c].empty() ? columns_.element(c, index) : row(c, index);
    }
    hand_back_.call(index);
    for (size_t c = 0; c < columns_.size(); ++c) {
        if (rows_[c].empty()) continue;
        try {
            store_row(c, index);
        } catch (const UserError& error) {
            throw UserError(error.kind(), std::string(error.what()) + " (written by element " + std::to_string(index) +
                                              "); nothing has been written");
        }
    }
}

void ArrayForEach::store_row(size_t column, int64_t index) {
    const auto store = [&] {
        const data::PackedElement element(current_[column].get(), *types_[column]);
        element.store(rows_[column], index);
        own_items(column, index);
    };
    try {
        store();
    } catch (const data::TextIsWide&) {
        widen_text(column);
        store();
    }
}

/// The copy that is written to takes wide text from here on, and so will the Array.
void ArrayForEach::widen_text(size_t column) {
    const ArrayAccess access(arguments_.columns[column]);
    if (access.body().is_pinned()) refuse_wide_text();
    Target& target = targets_.at(&access.body());
    target.block = data::wide_block(*target.block->type(), target.block->leaves(), access.body().count());
    for (size_t c = 0; c < columns_.size(); ++c) {
        if (rows_[c].empty() || &ArrayAccess(arguments_.columns[c]).body() != &access.body()) continue;
        types_[c] = data::with_wide_text(*types_[c]);
        place_rows(c);
    }
}

void ArrayForEach::own_items(size_t column, int64_t index) {
    const ArrayAccess access(arguments_.columns[column]);
    if (!access.body().type()->is_dynamic) return;
    data::ArrayBlock& block = *targets_.at(&access.body()).block;
    const int64_t place = access.first() + index;
    block.items().own(*block.type(), block.leaves(), place, place + 1);
}

void ArrayForEach::evaluate_flagged() {
    for (const int64_t index : flagged_) {
        evaluate(index);
        if (index % 64 == 0) checked(PyErr_CheckSignals());
    }
    current_.clear();
    count_flagged();
    if (misfit_ >= 0) {
        throw UserError(ErrorKind::Overflow, "a number is out of the bounds of its dtype, or an int that no float is "
                                             "equal to (written by element " +
                                                 std::to_string(misfit_) + "); nothing has been written");
    }
}

void ArrayForEach::count_flagged() {
    hand_back_.add(flagged_);
    engine::statistics().handed_back.fetch_add(flagged_.size(), std::memory_order_relaxed);
}

void ArrayForEach::commit() {
    columns_.release();
    for (auto& [body, target] : targets_) {
        const bool widens = target.block->type() != body->type();
        if (widens && body->is_pinned()) refuse_wide_text();
        if (body->version() == target.version) continue;
        PyErr_SetString(PyExc_RuntimeError, "an Array was written to while for_each() was running over its rows; "
                                            "for_each() has written nothing");
        throw PythonError{};
    }
    for (auto& [body, target] : targets_) {
        if (target.block->type() != body->type()) body->widen_text();
        if (!body->is_exported()) {
            body->rewrite(std::move(target.block), 0, body->count());
            continue;
        }
        body->before_write(0, body->count());
        std::vector<data::LeafView> from, to;
        for (size_t i = 0; i < body->type()->leaves.size(); ++i) {
            from.push_back(target.block->leaf(i));
            to.push_back(body->leaf(i));
        }
        data::copy_elements(from, to, body->count());
        body->own_items(0, body->count());
        data::Residency::publish();
    }
}

}  // namespace

bool for_each_in_arrays(MapArguments& arguments) {
    if (!std::ranges::any_of(arguments.columns, is_array)) return false;
    TypedColumns columns;
    if (!columns.take(arguments.columns, arguments.strict, true)) return false;
    bool writes = false;
    for (size_t c = 0; c < columns.size(); ++c)
        writes |= is_written(columns, c, arguments.columns[c]);
    return ArrayForEach(arguments, columns).run(writes);
}

}  // namespace pp::python
