/// See for_each_call.h.

#include "python/for_each_call.h"
#include "data/sharing_python.h"
#include "data/watched_objects_python.h"
#include "python/array_captures.h"
#include "python/array_element_lists.h"
#include "python/array_for_each.h"
#include "python/evaluation.h"
#include "python/exceptions.h"
#include "python/journal.h"
#include "python/known_columns.h"
#include <algorithm>
#include <new>
#include <numeric>
#include <optional>
#include <type_traits>
#include <vector>

namespace pp::python {

namespace {

/// Whether a value from outside, however long it is, leads to no list, dict or instance but itself.
bool leads_nowhere(const SeenObject& seen) {
    const auto is_plain = [](KindRef column) { return data::is_plain_data(column->item); };
    return is_plain(seen.kind) ||
           (data::is_table(seen.object, seen.kind) && std::ranges::all_of(seen.kind->items, is_plain));
}

/// Whether a value from outside neither is an element, nor leads to one, nor is what an instance keeps its attributes
/// in: it cannot be changed, or it is a list of such values beside elements that are none.
bool is_apart(KindRef kind, bool elements_are_lists) {
    const auto is_fixed = [](KindRef item) { return is_apart(item, true); };
    switch (kind->tag) {
    case Tag::Float:
    case Tag::Int:
    case Tag::Bool:
    case Tag::None:
    case Tag::Complex:
    case Tag::Text: return true;
    case Tag::Tuple: return std::ranges::all_of(kind->items, is_fixed);
    case Tag::TupleOf: return is_fixed(kind->item);
    case Tag::List: return !elements_are_lists && std::ranges::all_of(kind->items, is_fixed);
    case Tag::ListOf: return !elements_are_lists && is_fixed(kind->item);
    default: return false;
    }
}

/// Elements are written while later ones are computed. Only where no value from outside leads to them.
class ElementFlow final : public Flow {
public:
    explicit ElementFlow(const CallShape& shape) : shape_(shape) {}
    ~ElementFlow() override { drop(); }

    bool open(const GroupRun& group, const Columns& columns) override {
        std::vector<SeenObject> captured;
        if (!group.add_captured(shape_, captured)) return false;
        const auto is_list = [](KindRef kind) { return kind->tag == Tag::List || kind->tag == Tag::ListOf; };
        const bool elements_are_lists = std::ranges::any_of(group.call()->columns, is_list);
        for (const SeenObject& seen : captured) {
            if (PyDict_Check(seen.object) || !is_apart(seen.kind, elements_are_lists)) return false;
        }
        writer_.emplace(group.writer(columns, true));
        if (!writer_->open()) writer_.reset();
        return writer_.has_value();
    }
    bool take(int64_t begin, int64_t end, data::FewResults& few) override {
        return writer_->fill_block(begin, end, few);
    }
    bool close() override { return writer_->close(); }
    void drop() noexcept override {
        if (writer_) writer_->undo();
        writer_.reset();
    }
    /// What has been written, for `prepare` and `commit`.
    data::ElementWriter keep() noexcept {
        static_assert(std::is_nothrow_move_constructible_v<data::ElementWriter>);
        data::ElementWriter writer = std::move(*writer_);
        writer_.reset();
        return writer;
    }

private:
    const CallShape& shape_;
    std::optional<data::ElementWriter> writer_;
};

class ForEachCall {
public:
    explicit ForEachCall(MapArguments arguments)
        : evaluation_(std::move(arguments)), flow_(evaluation_.arguments().shape) {
        evaluation_.use(flow_);
        evaluation_.handed_back().use(journal_);
        evaluation_.use(arrays_);
    }

    /// `lists`: elements of Arrays that are columns, to be stored when they have changed.
    void run(ElementLists& lists) {
        if (evaluation_.count() == 0) return evaluation_.columns().raise_failure();
        try {
            evaluate();
            evaluation_.columns().raise_failure();
            // Before compiled changes are written: where warnings are errors, a call that raises has changed nothing.
            evaluation_.handed_back().warn_if_many(evaluation_.count());
            write();
            lists.store();
        } catch (...) {
            flow_.drop();
            raise_current_exception();
            journal_.restore();
            arrays_.restore();
            throw PythonError{};
        }
        evaluation_.finish();
    }

private:
    void evaluate() {
        arrays_.keep_named(evaluation_.arguments().shape);
        if (Evaluation::is_all_in_python()) {
            evaluation_.call_all(nullptr);
            return;
        }
        evaluation_.read(nullptr);
        if (evaluation_.has_flowed()) return evaluation_.run();
        leave_what_is_shared();
        if (evaluation_.is_ordered()) return evaluation_.run_in_order();
        evaluation_.run();
        evaluation_.hand_back(nullptr);
    }

    /// Elements that reach one object see what the other does to it: these run in order, in CPython.
    void leave_what_is_shared() {
        const std::vector<int64_t>& in_python = evaluation_.handed_back().added();
        std::vector<KindRef> written;
        bool may_write_unnamed = false;
        for (const GroupRun& group : evaluation_.groups()) {
            group.add_written(!in_python.empty(), written);
            may_write_unnamed |= group.may_write_unnamed();
        }
        if (written.empty() && !may_write_unnamed) return;
        std::vector<data::ObjectColumn> objects;
        std::vector<data::ReachedObject> reached;
        bool knows_all = add_captured(reached);
        if (may_write_unnamed) {
            for (int64_t element = evaluation_.interpreted(); knows_all && element < evaluation_.count(); ++element)
                knows_all = add_reached(element, reached);
        } else {
            for (const GroupRun& group : evaluation_.groups())
                group.add_objects(evaluation_.columns(), !evaluation_.python_may_have_run(), written, objects);
            for (size_t i = 0; knows_all && i < in_python.size(); ++i)
                knows_all = add_reached(in_python[i], reached);
        }
        if (!knows_all) return evaluation_.leave_to_python(all_elements());
        const std::vector<int64_t> shared = data::sharing_elements(objects, reached);
        evaluation_.leave_to_python(!shared.empty() && shared.front() == kNoElement ? all_elements() : shared);
    }

    /// What the function sees from outside stands for itself: an element that reaches it changes it for all.
    bool add_captured(std::vector<data::ReachedObject>& reached) {
        std::vector<SeenObject> captured;
        bool is_complete = true;
        for (const GroupRun& group : evaluation_.groups())
            is_complete = group.add_captured(evaluation_.arguments().shape, captured) && is_complete;
        for (const SeenObject& seen : captured) {
            if (is_captured_array(seen.object) || leads_nowhere(seen)) {
                reached.push_back({kNoElement, seen.object});
            } else {
                is_complete = data::append_reached(kNoElement, seen.object, reached) && is_complete;
            }
        }
        const auto address = [](const data::ReachedObject& one) { return one.object; };
        std::ranges::sort(reached, {}, address);
        const auto twice = std::ranges::unique(reached, {}, address);
        reached.erase(twice.begin(), twice.end());
        return is_complete;
    }

    /// False where an element leads to more than can be followed.
    bool add_reached(int64_t element, std::vector<data::ReachedObject>& reached) {
        bool is_complete = true;
        for (size_t c = 0; c < evaluation_.columns().size(); ++c)
            is_complete =
                data::append_reached(element, evaluation_.columns().element(c, element), reached) && is_complete;
        return is_complete;
    }

    /// But for those that are done.
    std::vector<int64_t> all_elements() const {
        std::vector<int64_t> all(static_cast<size_t>(evaluation_.count() - evaluation_.interpreted()));
        std::iota(all.begin(), all.end(), evaluation_.interpreted());
        return all;
    }

    void write() {
        // Let go when everything is written: that may run Python code.
        std::vector<data::ElementWriter> writers;
        writers.reserve(std::max<size_t>(evaluation_.groups().size(), 1));
        if (evaluation_.has_flowed()) writers.push_back(flow_.keep());
        for (const GroupRun& group : evaluation_.groups()) {
            if (evaluation_.has_flowed()) break;  // there is one group
            writers.push_back(group.writer(evaluation_.columns(), !evaluation_.python_may_have_run()));
            if (evaluation_.python_may_have_run() && !writers.back().is_intact()) {
                PyErr_SetString(PyExc_RuntimeError,
                                "an element lost an item or an attribute while for_each() was running; nothing "
                                "has been written");
                throw PythonError{};
            }
        }
        for (size_t i = 0; i < writers.size(); ++i) {
            if (prepare(writers[i])) continue;
            while (i > 0)
                writers[--i].undo();
            throw PythonError{};
        }
        for (data::ElementWriter& writer : writers)
            writer.commit();
    }

    static bool prepare(data::ElementWriter& writer) {
        try {
            return writer.prepare();
        } catch (const std::bad_alloc&) {
            PyErr_NoMemory();
            return false;
        }
    }

    static constexpr int64_t kNoElement = -1;

    Journal journal_;
    SeenArrays arrays_;
    Evaluation evaluation_;
    ElementFlow flow_;
};

constexpr PublicFunction kForEach{"for_each", true, false, true};

}  // namespace

PyObject* for_each_function(PyObject*, PyObject* const* args, Py_ssize_t count, PyObject* keyword_names) {
    return guarded([&] {
        MapArguments arguments = parse_arguments(kForEach, args, count, keyword_names);
        if (!for_each_in_arrays(arguments)) {
            ElementLists lists(arguments);
            ForEachCall(std::move(arguments)).run(lists);
        }
        Captures::instance().settle();
        KnownColumns::instance().settle();
        return Py_NewRef(Py_None);
    });
}

}  // namespace pp::python
