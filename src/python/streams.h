/// Streams and events of GPUs for Python: capsules that `parallel_party._streams` wraps.
#pragma once

#include <Python.h>

#include <functional>
#include <memory>

#include "device/cuda_device.h"
#include "python/supervision.h"

namespace pp::python {

/// The context variable that says which stream work goes to: holds a capsule. Borrowed. Throws PythonError.
PyObject* stream_variable();

/// As long as it lives, what this thread queues goes to the stream of the current context, if it has one. GIL held.
class StreamOfContext {
public:
    StreamOfContext();

private:
    std::unique_ptr<device::cuda::Stream::Use> use_;
};

/// Lets `wait` wait with a supervisor that serves signals and lets other threads have the GIL. Throws PythonError where
/// a signal handler raised.
void wait_supervised(const std::function<bool(const device::cuda::Supervisor&)>& wait);

/// Functions of the extension module.
extern PyMethodDef stream_functions[];

}  // namespace pp::python
