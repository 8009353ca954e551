/// See device_name.h.
#include "python/device_name.h"

#include <string>

#include "base/error.h"
#include "python/object.h"

namespace pp::python {

engine::DeviceRequest device_named(PyObject* name) {
    if (!PyUnicode_Check(name)) {
        throw UserError(ErrorKind::Type,
                        std::string("device must be a str such as \"cpu\", not '") + Py_TYPE(name)->tp_name + "'");
    }
    const char* text = PyUnicode_AsUTF8(name);
    if (!text) throw PythonError{};
    return engine::parse_device(text);
}

}  // namespace pp::python
