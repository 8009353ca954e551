/// The front end's view of the running interpreter: answers questions about names and records a guard for each answer.
#pragma once

#include <Python.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/record_class_python.h"
#include "frontend/environment.h"
#include "frontend/frontend.h"
#include "python/guards.h"
#include "python/object.h"
#include "python/supervision.h"

namespace pp::python {

/// The call being analysed: what `f` is and what was given beside the columns.
struct CallShape {
    PyObject* root;                        ///< a Python function or a known builtin
    std::vector<PyObject*> leading;        ///< positional arguments that a functools.partial or a method fixed
    std::vector<PyObject*> keyword_names;  ///< str
    std::vector<PyObject*> keyword_values;
    bool changes_elements = false;  ///< for_each: the result is what becomes of the elements
    bool reads_all = false;         ///< also what the function only carries: its value is asked for
};

/// Lives for one analysis; its guards and objects then go to the specialisation. GIL held; throws PythonError.
class PythonEnvironment final : public frontend::Environment {
public:
    /// `lets_others_run`: whether a long analysis serves signals and lets other threads have the GIL now and then.
    /// `earlier`: guards of the function's other calls; lists that had other lengths there are seen as of any length.
    PythonEnvironment(const CallShape& shape, bool lets_others_run, std::vector<Guard> earlier = {});

    /// What is to be compiled. Throws UserError(Type) when `root` can be neither.
    frontend::Callee callee();
    /// Bindings of the fixed positional and the keyword arguments.
    std::vector<frontend::Binding> leading();
    std::vector<frontend::DefaultValue> keywords();

    const frontend::FunctionInfo& function(frontend::FunctionId function) override;
    frontend::Binding global(frontend::FunctionId function, std::string_view name) override;
    frontend::Binding free_variable(frontend::FunctionId function, uint32_t index) override;
    frontend::Binding attribute(frontend::ObjectId module, std::string_view name) override;
    frontend::Binding imported(std::string_view name) override;
    std::vector<std::string> match_arguments(uint64_t class_id) override;
    frontend::Binding class_attribute(uint64_t class_id, std::string_view name) override;
    frontend::Binding member_attribute(frontend::ObjectId member, std::string_view name) override;
    std::vector<std::string> member_names(uint64_t class_id, bool all_names) override;
    frontend::Binding property_setter(uint64_t class_id, std::string_view name) override;
    frontend::Binding super_attribute(uint64_t class_id, uint64_t after, std::string_view name) override;
    const RecordShape* class_shape(uint64_t class_id) override;
    const RecordShape* truth_shape() override;
    bool class_keeps_attributes(uint64_t class_id) override;
    bool is_subclass(uint64_t class_id, uint64_t base_id) override;
    bool has_own_instance_check(uint64_t class_id) override;
    std::vector<std::string> dataclass_fields(uint64_t class_id) override;
    bool takes_builtin(uint64_t class_id, std::string_view type) override;
    bool is_abstract(uint64_t class_id) override;
    frontend::Binding builtin_exception(std::string_view name) override;
    bool is_exception_subclass(frontend::ObjectId exception, frontend::ObjectId base) override;
    bool keeps_arguments(frontend::ObjectId exception) override;
    frontend::Binding table(uint32_t id) override;
    frontend::Binding prelude(std::string_view name) override;
    const std::vector<KindRef>& uniforms() const override { return uniforms_; }
    std::string source_line(const frontend::CodeView& code, int32_t line) override;
    void breathe() override {
        if (lets_others_run_) breather_.look_at_clock();
    }

    std::vector<Guard> take_guards() { return std::move(guards_); }
    std::vector<Object> take_objects() { return std::move(objects_); }
    uint32_t uniform_words() const noexcept { return uniform_words_; }
    /// Whether some value that was asked for is an Array.
    bool sees_arrays() const noexcept { return sees_arrays_; }

private:
    struct KnownCode {
        Object code;
        std::shared_ptr<const frontend::CodeView> view;
    };
    struct KnownFunction {
        uint32_t step;
        frontend::FunctionInfo info;
    };

    /// What `source` has now, kept alive; null when there is nothing.
    PyObject* read(const Source& source);
    /// Reads `source`, records a guard for what is there (once for each source) and says what it is to the front end.
    frontend::Binding ask(Source source);
    frontend::Binding describe(PyObject* value, Guard guard);
    frontend::Binding keep(PyObject* value, Guard guard, Guard::Expectation expectation, PyObject* expected,
                           frontend::Binding binding);
    frontend::Binding describe_function(PyObject* function, Guard guard);
    frontend::Binding describe_cached_function(PyObject* cached, Guard guard);
    frontend::Binding describe_exception(PyObject* value, Guard guard);
    frontend::Binding describe_opaque(PyObject* value, Guard guard);
    /// Of a tuple, list or dict that has no kind, what each of a few parts is.
    std::optional<frontend::Binding> describe_parts(PyObject* value, Guard guard);
    frontend::Binding ask_in_class(Source source);
    frontend::Binding describe_in_class(PyObject* value, Guard guard);
    uint32_t class_step(uint64_t class_id);
    PyObject* keep_class_attribute(uint64_t class_id, std::string_view name);
    /// Completes `binding`.
    frontend::Binding uniform(KindRef kind, Guard guard, frontend::Binding binding);
    frontend::Binding table(PyObject* value, KindRef kind, Guard guard);
    KindRef with_earlier_lengths(KindRef kind, PyObject* value, const Source& source) const;
    frontend::Binding enum_member(PyObject* value, const data::RecordClass& owner, Guard guard);
    frontend::FunctionId add_function(PyObject* function, uint32_t step);
    uint32_t add_object(PyObject* object);

    CallShape shape_;
    CallValues call_;
    std::vector<Guard> earlier_;
    bool lets_others_run_;
    Breather breather_;
    std::vector<Guard> guards_;
    std::vector<frontend::Binding> answers_;  ///< one for each guard
    std::vector<PyObject*> values_;           ///< one for each guard
    std::vector<Object> kept_;  ///< the owners of `values_`: other threads may replace them during the analysis
    std::vector<std::unique_ptr<KnownFunction>> functions_;
    std::unordered_map<PyObject*, KnownCode> codes_;  ///< one view of each code object: recursion is seen by it
    std::vector<uint32_t> modules_;                   ///< ObjectId of a module -> step
    std::vector<Object> objects_;
    std::vector<std::pair<uint32_t, frontend::Binding>> tables_;  ///< dicts seen as tables as well, by id
    std::vector<KindRef> uniforms_;
    uint32_t uniform_words_ = 0;
    bool sees_arrays_ = false;
    Py_ssize_t parts_ = 0;  ///< that `describe_parts` has looked at
};

/// An interned str. GIL held; throws PythonError.
Object intern(std::string_view name);

/// "math.sin" for math.sin, and so on for every builtin the front end knows; null for anything else. GIL held.
const std::string* intrinsic_name(PyObject* object);

}  // namespace pp::python
