/// See explanation.h.
#include "python/explanation.h"

#include <algorithm>

#include "data/element_objects.h"
#include "data/interpreter_python.h"
#include "python/columns.h"
#include "python/example_calls.h"
#include "python/exceptions.h"
#include "python/function_cache.h"
#include "python/map_arguments.h"
#include "python/signatures.h"
#include "python/values.h"

namespace pp::python {

namespace {

/// One signature of the call, analysed. Immutable; all of it lives in the CompiledCall.
class ExplainedCall {
public:
    ExplainedCall(std::shared_ptr<CompiledCall> call, std::string device, std::string why)
        : call_(std::move(call)), device_(std::move(device)), why_(std::move(why)) {}

    std::vector<std::string> columns() const {
        std::vector<std::string> kinds;
        for (KindRef kind : call_->columns)
            kinds.push_back(kind->to_string());
        return kinds;
    }
    std::vector<std::string> results() const {
        std::vector<std::string> kinds;
        if (call_->specialisation) {
            for (const auto& variant : function().variants)
                kinds.push_back(call_->changes_elements ? changes(variant) : variant.kind->to_string());
        }
        return kinds;
    }
    /// (message, whether it is unsupported rather than an exception) for each path that hands back.
    std::vector<std::tuple<std::string, bool>> hand_backs() const {
        std::vector<std::tuple<std::string, bool>> paths;
        if (call_->specialisation) {
            for (const auto& path : function().hand_backs)
                paths.emplace_back(path.message, path.unsupported);
        }
        return paths;
    }
    std::optional<std::string> refusal() const {
        return call_->refusal ? std::optional<std::string>(call_->refusal->what()) : std::nullopt;
    }
    const std::string& device() const { return device_; }
    const std::string& why() const { return why_; }
    Object timings() const {
        const engine::Timings& t = call_->last_timings;
        const double analyse = call_->specialisation ? call_->specialisation->analyse_milliseconds : 0.0;
        return make_dict({{"analyse", to_python(analyse)},
                          {"compile", to_python(t.compile)},
                          {"read", to_python(t.read)},
                          {"upload", to_python(t.upload)},
                          {"run", to_python(t.run)},
                          {"download", to_python(t.download)},
                          {"hand_back", to_python(t.hand_back)},
                          {"box", to_python(t.box)}});
    }
    bool has_run() const { return call_->last_timings.run > 0; }
    std::string ir() const { return ir::print(function()); }
    std::string llvm_ir(PyObject* optimized) const {
        int is_optimized = PyObject_IsTrue(optimized);
        checked(is_optimized);
        auto what = is_optimized ? codegen::Dump::OptimizedLlvmIr : codegen::Dump::LlvmIr;
        return dump(what);
    }
    std::string assembly() const { return dump(codegen::Dump::Assembly); }
    std::string ptx(PyObject* compute_capability) const {
        if (!PyLong_Check(compute_capability)) {
            throw UserError(ErrorKind::Type, std::string("compute_capability must be an int such as 75, not '") +
                                                 Py_TYPE(compute_capability)->tp_name + "'");
        }
        int overflow = 0;
        long number = PyLong_AsLongAndOverflow(compute_capability, &overflow);
        if (overflow || number < 75 || number > 999) {
            const Object written = checked(PyObject_Repr(compute_capability));
            const char* text = PyUnicode_AsUTF8(written.get());
            if (!text) throw PythonError{};
            throw UserError(ErrorKind::Value, std::string("no compute capability ") + text +
                                                  ": write 75 for 7.5, the least, or 90 for 9.0");
        }
        return codegen::compile_ptx(function(), static_cast<int>(number), call_->options).ptx;
    }

private:
    std::string dump(codegen::Dump what) const {
        const ir::Function& compiled = function();  // throws where there is none
        return codegen::dump_cpu(compiled, call_->options, what, call_->specialisation->cpu_effort());
    }
    /// Which items a variant writes: "column 1[0][2]: float".
    std::string changes(const ir::Variant& variant) const {
        std::string text;
        size_t node = 1;
        const auto objects = data::element_objects(call_->columns);
        for (size_t k = 0; k < objects.size(); ++k) {
            KindRef entry = variant.kind->items[k];
            size_t item_node = node + 1;
            for (size_t i = 0; i < entry->items.size(); ++i) {
                KindRef item = entry->items[i];
                bool untouched = item->tag == Tag::None && variant.origins[item_node] == objects[k].origin;
                if (!untouched) text += (text.empty() ? "" : ", ") + objects[k].path_to(i) + ": " + item->to_string();
                item_node += item->nodes;
            }
            node += entry->nodes;
        }
        return text.empty() ? "no change" : text;
    }

    const ir::Function& function() const {
        if (!call_->specialisation) throw UserError(*call_->refusal);
        return call_->specialisation->function();
    }

    std::shared_ptr<CompiledCall> call_;
    std::string device_, why_;
};

struct ExplainedCallObject {
    PyObject_HEAD ExplainedCall* call;
};

const ExplainedCall& call_in(PyObject* object) {
    return *reinterpret_cast<ExplainedCallObject*>(object)->call;
}

void delete_explained_call(PyObject* object) {
    PyTypeObject* type = Py_TYPE(object);
    delete reinterpret_cast<ExplainedCallObject*>(object)->call;
    type->tp_free(object);
    Py_DECREF(type);
}

template <auto Member> PyObject* get(PyObject* object, void*) {
    return guarded([&] { return to_python((call_in(object).*Member)()).release(); });
}
template <auto Member> PyObject* call_without(PyObject* object, PyObject*) {
    return get<Member>(object, nullptr);
}
template <auto Member> PyObject* call_with(PyObject* object, PyObject* argument) {
    return guarded([&] { return to_python((call_in(object).*Member)(argument)).release(); });
}

PyGetSetDef explained_properties[] = {
    {"columns", get<&ExplainedCall::columns>, nullptr, "The kind of each column.", nullptr},
    {"results", get<&ExplainedCall::results>, nullptr, "The kinds of results, or what is written.", nullptr},
    {"hand_backs", get<&ExplainedCall::hand_backs>, nullptr, "(message, is it unsupported) of each path.", nullptr},
    {"refusal", get<&ExplainedCall::refusal>, nullptr, "Why there is no compiled form, or None.", nullptr},
    {"device", get<&ExplainedCall::device>, nullptr, "Where it would run.", nullptr},
    {"why", get<&ExplainedCall::why>, nullptr, "Why there.", nullptr},
    {"timings", get<&ExplainedCall::timings>, nullptr, "Milliseconds of the last run, by station.", nullptr},
    {"has_run", get<&ExplainedCall::has_run>, nullptr, "Whether there was a run.", nullptr},
    {},
};

PyMethodDef explained_methods[] = {
    {"ir", call_without<&ExplainedCall::ir>, METH_NOARGS, "The typed SSA form."},
    {"llvm_ir", call_with<&ExplainedCall::llvm_ir>, METH_O, "What LLVM is given, or has made of it."},
    {"assembly", call_without<&ExplainedCall::assembly>, METH_NOARGS, "The CPU's code."},
    {"ptx", call_with<&ExplainedCall::ptx>, METH_O, "The GPU's code."},
    {},
};

PyType_Slot explained_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(delete_explained_call)},
    {Py_tp_getset, explained_properties},
    {Py_tp_methods, explained_methods},
    {},
};

PyType_Spec explained_specification = {"parallel_party._core.ExplainedCall", sizeof(ExplainedCallObject), 0,
                                       Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, explained_slots};

struct ExplainedCallClass {
    Object type = checked(PyType_FromSpec(&explained_specification));
};

Object make_explained_call(ExplainedCall call) {
    auto* type = reinterpret_cast<PyTypeObject*>(explained_call_class());
    auto kept = std::make_unique<ExplainedCall>(std::move(call));
    Object object = checked(type->tp_alloc(type, 0));
    reinterpret_cast<ExplainedCallObject*>(object.get())->call = kept.release();
    return object;
}

ExplainedCall explain_compiled(const MapArguments& arguments, const Columns& columns,
                               std::shared_ptr<CompiledCall> call) {
    if (!call->specialisation) return {call, "none", "the function is refused"};
    auto placement = engine::place(arguments.device, *call->specialisation, columns.count(), true);
    std::string device = "cpu";
    if (placement.ordinal == engine::kEveryGpu)
        device = "cuda";
    else if (placement.on_gpu)
        device = "cuda:" + std::to_string(placement.ordinal);
    return {call, device, placement.why};
}

Object explain_call(const MapArguments& arguments) {
    Columns columns = example_columns("explain", arguments);
    std::vector<Object> calls;
    for (auto& call : example_calls(arguments, columns))
        calls.push_back(make_explained_call(explain_compiled(arguments, columns, std::move(call))));
    return to_python(std::make_tuple(columns.count(), calls));
}

}  // namespace

PyObject* explain_function(PyObject*, PyObject* const* args, Py_ssize_t count, PyObject* keyword_names) {
    return guarded([&] {
        return explain_call(parse_arguments({"explain", false, false, false}, args, count, keyword_names)).release();
    });
}

PyObject* explained_call_class() {
    return data::Interpreter::current().the<ExplainedCallClass>().type.get();
}

}  // namespace pp::python
