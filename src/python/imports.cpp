/// See imports.h; the lock is that of parallel_party/_imports.py.
#include "python/imports.h"

#include "python/ended_thread.h"
#include "python/exceptions.h"

namespace pp::python {

Object import_module(const char* name) {
    return outlasting_the_interpreter([name] {
        const Object imports = checked(PyImport_ImportModule("parallel_party._imports"));
        return checked(PyObject_CallMethod(imports.get(), "load", "s", name));
    });
}

}  // namespace pp::python
