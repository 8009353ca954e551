/// What the library keeps for one Python interpreter: its objects are neither met by another one nor outlive it.
#pragma once

#include <Python.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace pp::data {

/// Where everything belongs that holds Python objects from one call to the next. A static variable may not, unless all
/// interpreters of the process share the object (static types, small ints). GIL held for every member: interpreters
/// with a GIL of their own cannot load the module.
class Interpreter {
public:
    /// The one that runs the calling thread. Throws std::bad_alloc.
    static Interpreter& current();

    /// Its T, made when it is first asked for. Making it may run Python code, so that others make one meanwhile; the
    /// first one stays. It dies with the interpreter, but for that of the main one, whose end is that of the process:
    /// there daemon threads may be asleep inside the library for ever, and forked children have lost their GPU.
    template <typename T> T& the() {
        static const std::size_t number = new_number();
        if (!place(number)) {
            std::shared_ptr<T> made(new T);
            if (!place(number)) place(number) = std::move(made);
        }
        return *static_cast<T*>(place(number).get());
    }

    Interpreter(const Interpreter&) = delete;
    Interpreter& operator=(const Interpreter&) = delete;
    ~Interpreter() = default;

private:
    explicit Interpreter(PyInterpreterState* state) : state_(state) {}
    static std::size_t new_number() noexcept;
    static Interpreter& find_or_add(PyInterpreterState* state);
    static void end(PyObject* capsule) noexcept;

    std::shared_ptr<void>& place(std::size_t number) {
        if (number >= kept_.size()) kept_.resize(number + 1);
        return kept_[number];
    }

    PyInterpreterState* state_;
    std::vector<std::shared_ptr<void>> kept_;
};

}  // namespace pp::data
