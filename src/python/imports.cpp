/// See imports.h; the lock is that of parallel_party/_imports.py.
#include "python/imports.h"

#include "python/ended_thread.h"
#include "python/exceptions.h"

namespace pp::python {

namespace {

thread_local int depth = 0;

struct Importing {
    Importing() { ++depth; }
    ~Importing() { --depth; }
    Importing(const Importing&) = delete;
};

}  // namespace

bool is_importing() {
    return depth > 0;
}

Object import_module(const char* name) {
    const Importing importing;
    return outlasting_the_interpreter([name] {
        const Object imports = checked(PyImport_ImportModule("parallel_party._imports"));
        return checked(PyObject_CallMethod(imports.get(), "load", "s", name));
    });
}

}  // namespace pp::python
