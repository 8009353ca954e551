/// See explanation.h.
#include "python/explanation.h"

#include <nanobind/stl/string.h>

#include <algorithm>

#include "data/element_objects.h"
#include "python/columns.h"
#include "python/exceptions.h"
#include "python/function_cache.h"
#include "python/map_arguments.h"
#include "python/signatures.h"

namespace nb = nanobind;

namespace pp::python {

namespace {

/// Elements looked at for kinds beside the first one's.
constexpr int64_t kLookAt = 1000;

/// One signature of the call, analysed. Immutable; all of it lives in the CompiledCall.
class ExplainedCall {
public:
    ExplainedCall(std::shared_ptr<CompiledCall> call, std::string device, std::string why)
        : call_(std::move(call)), device_(std::move(device)), why_(std::move(why)) {}

    nb::list columns() const {
        nb::list kinds;
        for (KindRef kind : call_->columns)
            kinds.append(kind->to_string());
        return kinds;
    }
    nb::list results() const {
        nb::list kinds;
        if (call_->specialisation) {
            for (const auto& variant : function().variants)
                kinds.append(call_->changes_elements ? changes(variant) : variant.kind->to_string());
        }
        return kinds;
    }
    /// (message, whether it is unsupported rather than an exception) for each path that hands back.
    nb::list hand_backs() const {
        nb::list paths;
        if (call_->specialisation) {
            for (const auto& path : function().hand_backs)
                paths.append(nb::make_tuple(path.message, path.unsupported));
        }
        return paths;
    }
    nb::object refusal() const { return call_->refusal ? nb::cast(std::string(call_->refusal->what())) : nb::none(); }
    const std::string& device() const { return device_; }
    const std::string& why() const { return why_; }
    nb::dict timings() const {
        const engine::Timings& t = call_->last_timings;
        nb::dict milliseconds;
        milliseconds["analyse"] = call_->specialisation ? call_->specialisation->analyse_milliseconds : 0.0;
        milliseconds["compile"] = t.compile;
        milliseconds["read"] = t.read;
        milliseconds["upload"] = t.upload;
        milliseconds["run"] = t.run;
        milliseconds["download"] = t.download;
        milliseconds["hand_back"] = t.hand_back;
        milliseconds["box"] = t.box;
        return milliseconds;
    }
    bool has_run() const { return call_->last_timings.run > 0; }
    std::string ir() const { return ir::print(function()); }
    std::string llvm_ir(nb::handle optimized) const {
        int is_optimized = PyObject_IsTrue(optimized.ptr());
        checked(is_optimized);
        auto what = is_optimized ? codegen::Dump::OptimizedLlvmIr : codegen::Dump::LlvmIr;
        return codegen::dump_cpu(function(), call_->options, what);
    }
    std::string assembly() const { return codegen::dump_cpu(function(), call_->options, codegen::Dump::Assembly); }
    std::string ptx(nb::handle compute_capability) const {
        if (!PyLong_Check(compute_capability.ptr())) {
            throw UserError(ErrorKind::Type, std::string("compute_capability must be an int such as 75, not '") +
                                                 Py_TYPE(compute_capability.ptr())->tp_name + "'");
        }
        int overflow = 0;
        long number = PyLong_AsLongAndOverflow(compute_capability.ptr(), &overflow);
        if (overflow || number < 75 || number > 999) {
            throw UserError(ErrorKind::Value, std::string("no compute capability ") +
                                                  nb::repr(compute_capability).c_str() +
                                                  ": write 75 for 7.5, the least, or 90 for 9.0");
        }
        return codegen::compile_ptx(function(), static_cast<int>(number), call_->options).ptx;
    }

private:
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

/// The call that `map` makes of these elements, or where it would be refused, the one that `for_each` makes.
std::shared_ptr<CompiledCall> call_of(const MapArguments& arguments, Columns& columns, const Signature& kinds,
                                      const std::vector<PyObject*>& elements) {
    std::vector<uint64_t> uniforms;
    auto find = [&](const CallShape& shape) {
        return FunctionCache::instance().find_or_analyse(shape, kinds, elements, arguments.options, uniforms,
                                                         [&] { columns.own(); });
    };
    auto call = find(arguments.shape);
    if (call->specialisation || arguments.shape.changes_elements) return call;
    CallShape changing = arguments.shape;
    changing.changes_elements = true;
    auto writes = find(changing);
    return writes->specialisation ? writes : call;
}

/// The compiled calls for the first elements, in order of appearance.
std::vector<std::shared_ptr<CompiledCall>> calls_of(const MapArguments& arguments, Columns& columns) {
    std::vector<Signature> signatures;
    std::vector<std::shared_ptr<CompiledCall>> calls;
    auto add = [&](const Signature& kinds, int64_t example) {
        std::vector<PyObject*> elements;
        for (size_t c = 0; c < columns.size(); ++c)
            elements.push_back(columns.element(c, example));
        signatures.push_back(kinds);
        auto call = call_of(arguments, columns, kinds, elements);
        if (std::find(calls.begin(), calls.end(), call) == calls.end()) calls.push_back(std::move(call));
    };
    Signature kinds;
    if (columns.count() > 0 && common_signature(columns, kinds)) add(kinds, 0);
    for (int64_t i = 0; i < std::min(columns.count(), kLookAt); ++i) {
        signature_of(columns, i, kinds);
        auto is_known = [&](const Signature& known) { return takes_in(known, kinds); };
        if (std::none_of(signatures.begin(), signatures.end(), is_known)) add(kinds, i);
    }
    return calls;
}

ExplainedCall explain_compiled(const MapArguments& arguments, const Columns& columns,
                               std::shared_ptr<CompiledCall> call) {
    if (!call->specialisation) return {call, "none", "the function is refused"};
    auto placement = engine::place(arguments.device, *call->specialisation, columns.count(), true);
    return {call, placement.on_gpu ? "cuda:" + std::to_string(placement.ordinal) : "cpu", placement.why};
}

/// (how many elements there are, the signatures among the first of them)
nb::tuple explain_call(const MapArguments& arguments) {
    for (PyObject* column : arguments.columns) {
        if (PyIter_Check(column)) {
            throw UserError(ErrorKind::Type,
                            "explain() runs nothing, so it cannot look into an iterator; give it a list");
        }
    }
    Columns columns(arguments.columns.data(), arguments.columns.size(), false);
    columns.raise_failure();
    nb::list calls;
    for (auto& call : calls_of(arguments, columns))
        calls.append(nb::cast(explain_compiled(arguments, columns, std::move(call))));
    return nb::make_tuple(columns.count(), calls);
}

PyObject* explain_function(PyObject*, PyObject* const* args, Py_ssize_t count, PyObject* keyword_names) {
    return guarded([&] {
        return explain_call(parse_arguments({"explain", false, false, false}, args, count, keyword_names))
            .release()
            .ptr();
    });
}

PyMethodDef explain_definition = {"explain", reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(explain_function)),
                                  METH_FASTCALL | METH_KEYWORDS,
                                  "What map() would do: the number of elements, and a list of ExplainedCall."};

}  // namespace

void bind_explanation(nb::module_& module) {
    nb::class_<ExplainedCall>(module, "ExplainedCall")
        .def_prop_ro("columns", &ExplainedCall::columns)
        .def_prop_ro("results", &ExplainedCall::results)
        .def_prop_ro("hand_backs", &ExplainedCall::hand_backs)
        .def_prop_ro("refusal", &ExplainedCall::refusal)
        .def_prop_ro("device", &ExplainedCall::device)
        .def_prop_ro("why", &ExplainedCall::why)
        .def_prop_ro("timings", &ExplainedCall::timings)
        .def_prop_ro("has_run", &ExplainedCall::has_run)
        .def("ir", &ExplainedCall::ir)
        .def("llvm_ir", &ExplainedCall::llvm_ir, nb::arg("optimized").none())
        .def("assembly", &ExplainedCall::assembly)
        .def("ptx", &ExplainedCall::ptx, nb::arg("compute_capability").none());
    nb::object function = nb::steal(PyCFunction_New(&explain_definition, nullptr));
    module.attr("explain") = function;
}

}  // namespace pp::python
