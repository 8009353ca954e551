/// CPython code objects -> plain `CodeView`s.
#pragma once

#include <Python.h>

#include <functional>
#include <memory>

#include "frontend/code_view.h"

namespace pp::python {

/// The value of a str as UTF-8, surrogates as they are. Throws PythonError.
std::string constant_text(PyObject* text);
/// Gives the number under which a constant object is known from now on.
using RegisterObject = std::function<uint32_t(PyObject*)>;

/// Copies everything the front end may look at, nested code objects included. GIL held. Throws PythonError.
std::shared_ptr<const frontend::CodeView> make_code_view(PyCodeObject* code, const RegisterObject& register_object);

/// Checks once that this interpreter's opcodes are those the front end knows. Throws UserError(Unsupported) naming the
/// interpreter when they are not, PythonError when `opcode` cannot be read.
void require_known_interpreter();

/// An int as hex() writes it.
std::string hex_text(PyObject* value);

}  // namespace pp::python
