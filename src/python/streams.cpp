/// See streams.h.
#include "python/streams.h"

#include <string>
#include <utility>

#include "base/error.h"
#include "data/interpreter_python.h"
#include "engine/placement.h"
#include "python/exceptions.h"
#include "python/object.h"
#include "python/pending_map.h"
#include "python/values.h"

namespace pp::python {

namespace {

namespace cuda = device::cuda;

constexpr const char* kStream = "parallel_party.stream";
constexpr const char* kEvent = "parallel_party.event";

struct StreamVariable {
    Object variable = checked(PyContextVar_New("parallel_party.stream", nullptr));
};

/// With somebody else's stream, whoever keeps that alive.
struct HeldStream {
    std::unique_ptr<cuda::Stream> stream;
    Object owner;
};

template <typename Held> Object capsule_of(std::unique_ptr<Held> held, const char* name) {
    Object capsule = checked(PyCapsule_New(held.get(), name, [](PyObject* object) {
        delete static_cast<Held*>(PyCapsule_GetPointer(object, PyCapsule_GetName(object)));
    }));
    held.release();
    return capsule;
}

cuda::Stream& stream_of(PyObject* capsule) {
    auto* held = static_cast<HeldStream*>(PyCapsule_GetPointer(capsule, kStream));
    if (!held) throw PythonError{};
    return *held->stream;
}

cuda::Event& event_of(PyObject* capsule) {
    auto* event = static_cast<cuda::Event*>(PyCapsule_GetPointer(capsule, kEvent));
    if (!event) throw PythonError{};
    return *event;
}

/// The GPU of that name, made ready. Throws where there is none.
cuda::Device& gpu_named(const char* name) {
    const engine::DeviceRequest request = engine::parse_device(name);
    if (request.kind != engine::DeviceRequest::Kind::Cuda)
        throw UserError(ErrorKind::Value, "device '" + std::string(name) + "' is no GPU: write \"cuda\" or \"cuda:1\"");
    const std::string reason = cuda::unavailable_reason();
    if (!reason.empty()) throw UserError(ErrorKind::Device, "device \"cuda\" is not available: " + reason);
    return cuda::Device::get(request.ordinal);
}

/// (device) -> a new stream; (device, handle, owner) -> somebody else's
PyObject* stream_open(PyObject*, PyObject* arguments) {
    return guarded([&]() -> PyObject* {
        const char* device = nullptr;
        PyObject *handle = nullptr, *owner = nullptr;
        if (!PyArg_ParseTuple(arguments, "s|OO:stream_open", &device, &handle, &owner)) return nullptr;
        auto held = std::make_unique<HeldStream>();
        if (!handle) {
            held->stream = gpu_named(device).create_stream();
        } else {
            const uint64_t number = PyLong_AsUnsignedLongLong(handle);
            if (number == static_cast<uint64_t>(-1) && PyErr_Occurred()) return nullptr;
            held->stream = gpu_named(device).adopt_stream(number);
            held->owner = Object::borrow(owner);
        }
        return capsule_of(std::move(held), kStream).release();
    });
}

PyObject* event_open(PyObject*, PyObject* name) {
    return guarded([&]() -> PyObject* {
        const char* device = PyUnicode_AsUTF8(name);
        if (!device) return nullptr;
        return capsule_of(gpu_named(device).create_event(), kEvent).release();
    });
}

/// (its GPU's number, its handle)
PyObject* stream_information(PyObject*, PyObject* stream) {
    return guarded([&] {
        cuda::Stream& of = stream_of(stream);
        return to_python(std::make_tuple(of.device().info().ordinal, of.handle())).release();
    });
}

PyObject* stream_is_done(PyObject*, PyObject* stream) {
    return guarded([&] { return to_python(stream_of(stream).is_done()).release(); });
}

PyObject* stream_synchronize(PyObject*, PyObject* stream) {
    return guarded([&] {
        wait_supervised([&](const cuda::Supervisor& ask) { return stream_of(stream).synchronize(ask); });
        return Py_NewRef(Py_None);
    });
}

PyObject* stream_leave(PyObject*, PyObject* stream) {
    return guarded([&] {
        stream_of(stream).leave();
        return Py_NewRef(Py_None);
    });
}

/// (stream, event): what is queued to the stream from now on waits for the event.
PyObject* stream_wait(PyObject*, PyObject* arguments) {
    return guarded([&]() -> PyObject* {
        PyObject *stream = nullptr, *event = nullptr;
        if (!PyArg_ParseTuple(arguments, "OO:stream_wait", &stream, &event)) return nullptr;
        stream_of(stream).wait_for(event_of(event));
        return Py_NewRef(Py_None);
    });
}

/// (event, stream or None: where work goes now)
PyObject* event_record(PyObject*, PyObject* arguments) {
    return guarded([&]() -> PyObject* {
        PyObject *event = nullptr, *stream = nullptr;
        if (!PyArg_ParseTuple(arguments, "OO:event_record", &event, &stream)) return nullptr;
        const StreamOfContext use;
        event_of(event).record(stream == Py_None ? nullptr : &stream_of(stream));
        return Py_NewRef(Py_None);
    });
}

PyObject* event_is_done(PyObject*, PyObject* event) {
    return guarded([&] { return to_python(event_of(event).is_done()).release(); });
}

PyObject* event_synchronize(PyObject*, PyObject* event) {
    return guarded([&] {
        wait_supervised([&](const cuda::Supervisor& ask) { return event_of(event).synchronize(ask); });
        return Py_NewRef(Py_None);
    });
}

/// (start, end): milliseconds; both are done.
PyObject* event_milliseconds(PyObject*, PyObject* arguments) {
    return guarded([&]() -> PyObject* {
        PyObject *start = nullptr, *end = nullptr;
        if (!PyArg_ParseTuple(arguments, "OO:event_milliseconds", &start, &end)) return nullptr;
        return to_python(event_of(end).milliseconds_since(event_of(start))).release();
    });
}

PyObject* synchronize(PyObject*, PyObject*) {
    return guarded([&] {
        settle_all_pending();  // first: what it waits for need not be asked of the driver
        if (!cuda::are_used_devices_idle())
            wait_supervised([](const cuda::Supervisor& ask) { return cuda::synchronize_used_devices(ask); });
        raise_pending_failures();
        return Py_NewRef(Py_None);
    });
}

}  // namespace

PyObject* stream_variable() {
    return data::Interpreter::current().the<StreamVariable>().variable.get();
}

StreamOfContext::StreamOfContext() {
    PyObject* capsule = nullptr;
    checked(PyContextVar_Get(stream_variable(), nullptr, &capsule));
    const Object owned = Object::steal(capsule);
    // The context keeps it until this thread leaves it again.
    if (capsule && capsule != Py_None) use_ = stream_of(capsule).use();
}

void wait_supervised(const std::function<bool(const cuda::Supervisor&)>& wait) {
    Supervision supervision([] {}, std::chrono::nanoseconds(0));
    const bool is_wanted = wait([&supervision] { return supervision.ask(); });
    supervision.finish();
    if (!is_wanted) throw PythonError{};
}

PyMethodDef stream_functions[] = {
    {"stream_open", stream_open, METH_VARARGS, nullptr},
    {"stream_information", stream_information, METH_O, nullptr},
    {"stream_is_done", stream_is_done, METH_O, nullptr},
    {"stream_synchronize", stream_synchronize, METH_O, nullptr},
    {"stream_leave", stream_leave, METH_O, nullptr},
    {"stream_wait", stream_wait, METH_VARARGS, nullptr},
    {"event_open", event_open, METH_O, nullptr},
    {"event_record", event_record, METH_VARARGS, nullptr},
    {"event_is_done", event_is_done, METH_O, nullptr},
    {"event_synchronize", event_synchronize, METH_O, nullptr},
    {"event_milliseconds", event_milliseconds, METH_VARARGS, nullptr},
    {"synchronize", synchronize, METH_NOARGS, nullptr},
    {},
};

}  // namespace pp::python
