/// See for_each_call.h.
#include "python/for_each_call.h"

#include <new>
#include <vector>

#include "data/sharing_python.h"
#include "python/evaluation.h"
#include "python/exceptions.h"
#include "python/journal.h"

namespace pp::python {

namespace {

class ForEachCall {
public:
    explicit ForEachCall(MapArguments arguments) : evaluation_(std::move(arguments)) {
        evaluation_.handed_back().use(journal_);
    }

    void run() {
        if (evaluation_.count() == 0) return evaluation_.columns().raise_failure();
        try {
            evaluate();
            evaluation_.columns().raise_failure();
            // Before compiled changes are written: where warnings are errors, a call that raises has changed nothing.
            evaluation_.handed_back().warn_if_many(evaluation_.count());
            write();
        } catch (...) {
            raise_current_exception();
            journal_.restore();
            throw PythonError{};
        }
        evaluation_.finish();
    }

private:
    void evaluate() {
        if (Evaluation::is_all_in_python()) {
            evaluation_.call_all(nullptr);
            return;
        }
        evaluation_.read(nullptr);
        leave_what_is_shared();
        evaluation_.run();
        evaluation_.hand_back(nullptr);
    }

    /// Elements that reach one object see what the other does to it: these run in order, in CPython.
    void leave_what_is_shared() {
        std::vector<KindRef> written;
        for (const GroupRun& group : evaluation_.groups())
            group.add_written(written);
        bool may_write_unnamed = false;
        for (const GroupRun& group : evaluation_.groups())
            may_write_unnamed |= group.may_write_unnamed();
        if (written.empty() && !may_write_unnamed) return;
        std::vector<data::ObjectColumn> objects;
        std::vector<data::ReachedObject> reached;
        if (may_write_unnamed) {
            for (int64_t element = 0; element < evaluation_.count(); ++element)
                add_reached(element, reached);
        } else {
            for (const GroupRun& group : evaluation_.groups())
                group.add_objects(evaluation_.columns(), written, objects);
            for (int64_t element : evaluation_.handed_back().added())
                add_reached(element, reached);
        }
        evaluation_.leave_to_python(data::sharing_elements(objects, reached));
    }

    void add_reached(int64_t element, std::vector<data::ReachedObject>& reached) {
        for (size_t c = 0; c < evaluation_.columns().size(); ++c)
            data::append_reached(element, evaluation_.columns().element(c, element), reached);
    }

    void write() {
        // Let go when everything is written: that may run Python code.
        std::vector<data::ElementWriter> writers;
        for (const GroupRun& group : evaluation_.groups()) {
            writers.push_back(group.writer(evaluation_.columns()));
            if (evaluation_.python_may_have_run() && !writers.back().is_intact()) {
                PyErr_SetString(PyExc_RuntimeError,
                                "a row changed its length while for_each() was running; nothing has been written");
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

    Journal journal_;
    Evaluation evaluation_;
};

constexpr PublicFunction kForEach{"for_each", true, false, true};

}  // namespace

PyObject* for_each_function(PyObject*, PyObject* const* args, Py_ssize_t count, PyObject* keyword_names) {
    return guarded([&] {
        ForEachCall(parse_arguments(kForEach, args, count, keyword_names)).run();
        return Py_NewRef(Py_None);
    });
}

}  // namespace pp::python
