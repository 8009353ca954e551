/// See compile_call.h.
#include "python/compile_call.h"

#include <algorithm>
#include <limits>

#include "python/example_calls.h"
#include "python/exceptions.h"
#include "python/supervision.h"

namespace pp::python {

namespace {

/// For each device that a call with these columns could run on.
void make_kernels(const MapArguments& arguments, int64_t count, engine::Specialisation& specialisation) {
    if (!specialisation.has_results() || specialisation.only_passes_through()) return;
    engine::Timings timings;
    const auto placement = engine::place(arguments.device, specialisation, count, false);
    for (const int ordinal : placement.ordinals())
        specialisation.cuda(ordinal, timings);
    // Under "auto" a shorter column may stay on the CPU.
    if (arguments.device.kind != engine::DeviceRequest::Kind::Cuda)
        specialisation.cpu(timings, std::numeric_limits<double>::infinity());
}

void compile(const MapArguments& arguments) {
    Columns columns = example_columns("compile", arguments);
    const int64_t count = columns.count();
    if (count == 0) {
        throw UserError(ErrorKind::Value, "compile() needs at least one element in each column: what is compiled "
                                          "depends on the kinds of the elements");
    }
    const auto calls = example_calls(arguments, columns);
    bool has_form = false;
    for (const auto& call : calls) {
        if (call->is_forbidden) throw *call->refusal;
        has_form |= call->specialisation != nullptr;
    }
    if (!has_form) throw *calls.front()->refusal;
    const ReleasedLock released(true);
    for (const auto& call : calls)
        if (call->specialisation) make_kernels(arguments, count, *call->specialisation);
}

}  // namespace

PyObject* compile_function(PyObject*, PyObject* const* args, Py_ssize_t count, PyObject* keyword_names) {
    return guarded([&] {
        const MapArguments arguments = parse_arguments({"compile", false, false, false}, args, count, keyword_names);
        compile(arguments);
        return Py_NewRef(arguments.function);
    });
}

}  // namespace pp::python
