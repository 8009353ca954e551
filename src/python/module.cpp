/// The extension module `parallel_party._core`.
#include <Python.h>

#include <malloc.h>

#include <utility>

#include "codegen/code_store.h"
#include "codegen/codegen.h"
#include "data/arenas_python.h"
#include "data/capabilities_python.h"
#include "data/column.h"
#include "device/cuda_device.h"
#include "device/thread_pool.h"
#include "device/transfers.h"
#include "engine/captured_on_device.h"
#include "engine/statistics.h"
#include "frontend/frontend.h"
#include "python/array_object.h"
#include "python/captures.h"
#include "python/collector.h"
#include "python/compile_call.h"
#include "python/device_name.h"
#include "python/ended_thread.h"
#include "python/exceptions.h"
#include "python/explanation.h"
#include "python/for_each_call.h"
#include "python/known_columns.h"
#include "python/map_arguments.h"
#include "python/map_call.h"
#include "python/pending_map.h"
#include "python/record_views.h"
#include "python/streams.h"
#include "python/values.h"

namespace {

using pp::python::make_dict;
using pp::python::Object;
using pp::python::to_python;

constexpr const char* kMapDocumentation =
#include "python/map_documentation.inc"
    ;

constexpr const char* kForEachDocumentation =
#include "python/for_each_documentation.inc"
    ;

constexpr const char* kCompileDocumentation =
#include "python/compile_documentation.inc"
    ;

auto statistics() {
    pp::python::settle_all_pending();
    const auto& counters = pp::engine::statistics();
    const auto& moved = pp::device::transfers();
    std::vector<std::tuple<std::string, uint64_t>> held;
    for (const auto& [ordinal, bytes] : pp::device::cuda::held_bytes())
        held.emplace_back(std::string("cuda:").append(std::to_string(ordinal)), bytes);
    return std::make_tuple(moved.uploaded_bytes.load(), moved.downloaded_bytes.load(), counters.launches.load(),
                           counters.compilations.load(), counters.elements.load(), counters.handed_back.load(),
                           counters.reused.load(), held,
                           pp::python::Captures::instance().bytes() + pp::python::KnownColumns::instance().bytes());
}

Object cuda_device(const pp::device::cuda::DeviceInfo& info) {
    const Object attributes = make_dict({});
    for (const auto& [name, value] : info.attributes)
        pp::python::checked(PyDict_SetItemString(attributes.get(), name.c_str(), to_python(value).get()));
    return make_dict({{"name", to_python(info.name)},
                      {"ordinal", to_python(info.ordinal)},
                      {"compute_capability", to_python(info.sm)},
                      {"available", to_python(info.usable)},
                      {"reason", to_python(info.reason)},
                      {"memory_total", to_python(info.memory_total)},
                      {"memory_free", to_python(info.memory_free)},
                      {"attributes", attributes}});
}

/// (why there is no CUDA, or ""; the devices there are)
auto cuda_devices() {
    std::string reason = pp::device::cuda::unavailable_reason();
    std::vector<Object> devices;
    if (reason.empty()) {
        for (const auto& info : pp::device::cuda::devices())
            devices.push_back(cuda_device(info));
    }
    return std::make_tuple(reason, devices);
}

int thread_count() {
    return pp::device::ThreadPool::instance().thread_count();
}

/// Gives back what is kept for calls to come; how many bytes.
uint64_t trim() {
    pp::python::settle_all_pending();
    uint64_t bytes = pp::python::Captures::instance().trim() + pp::python::KnownColumns::instance().trim();
    pp::data::Residency::drop_all();
    pp::engine::trim_captured_on_devices();
    bytes += pp::data::Storage::trim() + pp::data::WarmArenas::trim();
    pp::device::cuda::trim_used_devices();
    pp::python::release_unused_classes();
    malloc_trim(0);
    return bytes;
}

/// (name, what it gives, why it is off, or None) of everything that this interpreter may or may not allow.
auto capabilities() {
    std::vector<std::tuple<std::string, std::string, std::optional<std::string>>> all;
    for (const pp::data::Capability& capability : pp::data::capabilities()) {
        const char* reason = capability.why_not();
        all.emplace_back(capability.name, capability.benefit,
                         reason ? std::optional<std::string>(reason) : std::nullopt);
    }
    return all;
}

/// (folder, why nothing is read or written, or None; its limit in bytes, files, bytes)
auto disk_cache() {
    const auto lock = pp::codegen::lock_compiler();
    const pp::codegen::CodeStore::State state = pp::codegen::code_store().state();
    return std::make_tuple(state.folder,
                           state.why_not.empty() ? std::nullopt : std::optional<std::string>(state.why_not),
                           state.limit, state.files, state.bytes);
}

uint64_t clear_disk_cache() {
    const auto lock = pp::codegen::lock_compiler();
    return pp::codegen::code_store().clear();
}

/// Throws ValueError for what is no device's name, TypeError for what is no name.
PyObject* check_device(PyObject*, PyObject* name) {
    return pp::python::guarded([&]() -> PyObject* {
        pp::python::device_named(name);
        return Py_NewRef(Py_None);
    });
}

template <auto Function> PyObject* call(PyObject*, PyObject*) {
    return pp::python::guarded([] { return to_python(Function()).release(); });
}

PyCFunction with_keywords(_PyCFunctionFastWithKeywords function) {
    return reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(function));
}

PyMethodDef functions[] = {
    {"map", with_keywords(pp::python::map_function), METH_FASTCALL | METH_KEYWORDS, kMapDocumentation},
    {"for_each", with_keywords(pp::python::for_each_function), METH_FASTCALL | METH_KEYWORDS, kForEachDocumentation},
    {"compile", with_keywords(pp::python::compile_function), METH_FASTCALL | METH_KEYWORDS, kCompileDocumentation},
    {"explain", with_keywords(pp::python::explain_function), METH_FASTCALL | METH_KEYWORDS,
     "What map() would do: the number of elements, and a list of ExplainedCall."},
    {"statistics", call<statistics>, METH_NOARGS, "The counters of pp.stats()."},
    {"cuda_devices", call<cuda_devices>, METH_NOARGS, "Why there is no CUDA, or \"\"; and a dict for each device."},
    {"thread_count", call<thread_count>, METH_NOARGS, "How many threads compute on the CPU."},
    {"check_device", check_device, METH_O, "Raises ValueError for what is no device's name."},
    {"trim", call<trim>, METH_NOARGS, "Gives back memory kept for calls to come; how many bytes."},
    {"capabilities", call<capabilities>, METH_NOARGS, "(name, benefit, why it is off, or None) of what may be off."},
    {"disk_cache", call<disk_cache>, METH_NOARGS, "(folder, why it is off, or None; limit, files, bytes)."},
    {"clear_disk_cache", call<clear_disk_cache>, METH_NOARGS, "Removes what was compiled from disk; how many bytes."},
    {"host_processor", call<pp::codegen::host_processor>, METH_NOARGS, "The processor that CPU kernels are made for."},
    {"intrinsic_names", call<pp::frontend::intrinsic_names>, METH_NOARGS, "The builtins that have compiled forms."},
    {},
};

/// A daemon thread may be compiling, without the GIL, when the interpreter has ended and the process does.
void stop_compiling_at_exit() {
    static bool is_registered = false;  // the GIL guards it
    pp::codegen::resume_compiling();
    if (is_registered) return;
    is_registered = Py_AtExit([] {
                        is_registered = false;
                        pp::codegen::stop_compiling();
                    }) == 0;
}

/// Now, since the compiler runs without the GIL, when others may change the environment. No file is looked at.
void find_code_store() {
    static bool is_found = false;  // the GIL guards it
    if (std::exchange(is_found, true)) return;
    const auto lock = pp::codegen::lock_compiler();
    pp::codegen::code_store() = pp::codegen::CodeStore::from_environment();
}

/// A free-threaded CPython turns its GIL on to load a module that, as this one, does not declare that it needs none;
/// unless it has been told to run without one whatever is loaded.
void require_gil() {
#ifdef Py_GIL_DISABLED
    PyObject* query = PySys_GetObject("_is_gil_enabled");  // borrowed
    const Object answer = pp::python::checked(PyObject_CallNoArgs(query));
    if (answer.get() == Py_True) return;
    PyErr_SetString(PyExc_ImportError,
                    "parallel_party needs the GIL, which this free-threaded CPython turns on while it imports "
                    "the library, but not under PYTHON_GIL=0 or -X gil=0: start it without these");
    throw pp::python::PythonError{};
#endif
}

int execute(PyObject* module) {
    try {
        require_gil();
        stop_compiling_at_exit();
        find_code_store();
        pp::python::checked(PyImport_ImportModule("parallel_party._imports"));  // now: it guards all later ones
        pp::python::prepare_for_ended_threads();
        pp::python::Collector::current();  // made now: looking for `gc` could run Python code in the midst of a call
        pp::python::checked(PyModule_AddObjectRef(module, "ExplainedCall", pp::python::explained_call_class()));
        pp::python::checked(PyModule_AddObjectRef(module, "device_variable", pp::python::device_variable()));
        pp::python::checked(PyModule_AddObjectRef(module, "stream_variable", pp::python::stream_variable()));
        pp::python::checked(PyModule_AddFunctions(module, pp::python::stream_functions));
        pp::python::checked(
            PyModule_AddObjectRef(module, "ArrayBase", reinterpret_cast<PyObject*>(pp::python::array_base_class())));
        pp::python::checked(
            PyModule_AddObjectRef(module, "RecordBase", reinterpret_cast<PyObject*>(pp::python::record_base_class())));
        return 0;
    } catch (...) {
        pp::python::raise_current_exception();
        return -1;
    }
}

PyModuleDef_Slot slots[] = {
    {Py_mod_exec, reinterpret_cast<void*>(execute)},
#if PY_VERSION_HEX >= 0x030C0000
    // Those that share the main one's GIL, which guards what is kept for all of them.
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED},
#endif
    {},
};

PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "parallel_party._core",
    .m_doc = nullptr,
    .m_size = 0,
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = nullptr,
    .m_clear = nullptr,
    .m_free = nullptr,
};

}  // namespace

PyMODINIT_FUNC PyInit__core() {
    return PyModuleDef_Init(&definition);
}
