/// See interpreter_python.h.
#include "data/interpreter_python.h"

#include <new>

namespace pp::data {

namespace {

constexpr const char* kCapsule = "parallel_party.interpreter";

/// The one last asked for: most processes have no other.
Interpreter* recent = nullptr;

[[noreturn]] void no_memory() {
    PyErr_Clear();
    throw std::bad_alloc();
}

}  // namespace

Interpreter& Interpreter::current() {
    PyInterpreterState* state = PyInterpreterState_Get();
    if (!recent || recent->state_ != state) recent = &find_or_add(state);
    return *recent;
}

Interpreter& Interpreter::find_or_add(PyInterpreterState* state) {
    PyObject* dictionary = PyInterpreterState_GetDict(state);
    // Not by name: another release of the library in this process keeps other things.
    PyObject* key = dictionary ? PyLong_FromVoidPtr(&recent) : nullptr;
    if (!key) no_memory();
    Interpreter* found = nullptr;
    if (PyObject* known = PyDict_GetItemWithError(dictionary, key)) {
        found = static_cast<Interpreter*>(PyCapsule_GetPointer(known, kCapsule));
    } else if (!PyErr_Occurred()) {
        std::unique_ptr<Interpreter> fresh(new Interpreter(state));
        if (PyObject* capsule = PyCapsule_New(fresh.get(), kCapsule, end)) {
            if (PyDict_SetItem(dictionary, key, capsule) == 0) found = fresh.get();
            fresh.release();  // the capsule's
            Py_DECREF(capsule);
        }
    }
    Py_DECREF(key);
    if (!found) no_memory();
    return *found;
}

void Interpreter::end(PyObject* capsule) noexcept {
    auto* ended = static_cast<Interpreter*>(PyCapsule_GetPointer(capsule, kCapsule));
    if (recent == ended) recent = nullptr;
    if (ended->state_ != PyInterpreterState_Main()) delete ended;
}

std::size_t Interpreter::new_number() noexcept {
    static std::size_t count = 0;
    return count++;
}

}  // namespace pp::data
