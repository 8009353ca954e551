/// The extension module `parallel_party._core`.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <malloc.h>

#include "codegen/codegen.h"
#include "data/arenas_python.h"
#include "data/capabilities_python.h"
#include "data/column.h"
#include "device/cuda_device.h"
#include "device/thread_pool.h"
#include "engine/statistics.h"
#include "frontend/frontend.h"
#include "python/collector.h"
#include "python/ended_thread.h"
#include "python/exceptions.h"
#include "python/explanation.h"
#include "python/for_each_call.h"
#include "python/map_call.h"

namespace nb = nanobind;

namespace {

constexpr const char* kMapDocumentation =
#include "python/map_documentation.inc"
    ;

PyMethodDef map_definition = {"map", reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(pp::python::map_function)),
                              METH_FASTCALL | METH_KEYWORDS, kMapDocumentation};

constexpr const char* kForEachDocumentation =
#include "python/for_each_documentation.inc"
    ;

PyMethodDef for_each_definition = {
    "for_each", reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(pp::python::for_each_function)),
    METH_FASTCALL | METH_KEYWORDS, kForEachDocumentation};

nb::tuple statistics() {
    const auto& counters = pp::engine::statistics();
    return nb::make_tuple(counters.uploaded_bytes.load(), counters.downloaded_bytes.load(), counters.launches.load(),
                          counters.compilations.load(), counters.elements.load(), counters.handed_back.load());
}

nb::dict cuda_device(const pp::device::cuda::DeviceInfo& info) {
    nb::dict device, attributes;
    for (const auto& [name, value] : info.attributes)
        attributes[name.c_str()] = value;
    device["name"] = info.name;
    device["ordinal"] = info.ordinal;
    device["compute_capability"] = info.sm;
    device["available"] = info.usable;
    device["reason"] = info.reason;
    device["memory_total"] = info.memory_total;
    device["memory_free"] = info.memory_free;
    device["attributes"] = attributes;
    return device;
}

/// (why there is no CUDA, or ""; the devices there are)
nb::tuple cuda_devices() {
    std::string reason = pp::device::cuda::unavailable_reason();
    nb::list devices;
    if (reason.empty()) {
        for (const auto& info : pp::device::cuda::devices())
            devices.append(cuda_device(info));
    }
    return nb::make_tuple(reason, devices);
}

/// Gives back what is kept for calls to come; how many bytes.
size_t trim() {
    size_t bytes = pp::data::Storage::trim() + pp::data::WarmArenas::trim();
    pp::device::cuda::trim_used_devices();
    malloc_trim(0);
    return bytes;
}

/// (name, what it gives, why it is off, or None) of everything that this interpreter may or may not allow.
nb::list capabilities() {
    nb::list all;
    for (const pp::data::Capability& capability : pp::data::capabilities()) {
        const char* reason = capability.why_not();
        nb::object why = nb::none();
        if (reason) why = nb::str(reason);
        all.append(nb::make_tuple(capability.name, capability.benefit, why));
    }
    return all;
}

nb::list intrinsics() {
    nb::list names;
    for (const auto& name : pp::frontend::intrinsic_names())
        names.append(name);
    return names;
}

void translate_exception(const std::exception_ptr& pointer, void*) {
    try {
        std::rethrow_exception(pointer);
    } catch (const pp::UserError&) {
        pp::python::raise_current_exception();
    } catch (const pp::python::PythonError&) {
        pp::python::raise_current_exception();
    }
}

/// What first calls need: were it imported by one thread while another forks, the child would wait for it for ever.
void import_what_calls_need() {
    for (const char* name : {"opcode", "parallel_party._prelude"}) {
        nb::module_::import_(name);
    }
}

}  // namespace

NB_MODULE(_core, module) {
    import_what_calls_need();
    pp::python::prepare_for_ended_threads();
    nb::register_exception_translator(translate_exception);
    pp::python::Collector::current();  // made now: looking for `gc` could run Python code in the midst of a call
    module.attr("map") = nb::steal(PyCFunction_New(&map_definition, nullptr));
    module.attr("for_each") = nb::steal(PyCFunction_New(&for_each_definition, nullptr));
    pp::python::bind_explanation(module);
    module.def("statistics", statistics);
    module.def("cuda_devices", cuda_devices);
    module.def("thread_count", [] { return pp::device::ThreadPool::instance().thread_count(); });
    module.def("trim", trim);
    module.def("capabilities", capabilities);
    module.def("host_processor", pp::codegen::host_processor);
    module.def("intrinsic_names", intrinsics);
}
