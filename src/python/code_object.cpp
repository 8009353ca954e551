/// See code_object.h.
#include "python/code_object.h"

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "frontend/bytecode.h"
#include "python/imports.h"
#include "python/object.h"

namespace pp::python {

namespace {

std::string text_of(PyObject* unicode) {
    Py_ssize_t size = 0;
    const char* text = PyUnicode_AsUTF8AndSize(unicode, &size);
    if (!text) throw PythonError{};
    return {text, static_cast<size_t>(size)};
}

Object attribute(PyObject* object, const char* name) {
    return checked(PyObject_GetAttrString(object, name));
}

long integer_attribute(PyObject* object, const char* name) {
    long value = PyLong_AsLong(attribute(object, name).get());
    if (value == -1 && PyErr_Occurred()) throw PythonError{};
    return value;
}

std::vector<std::string> texts_of(PyObject* tuple) {
    std::vector<std::string> texts;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); ++i)
        texts.push_back(text_of(PyTuple_GET_ITEM(tuple, i)));
    return texts;
}

std::vector<uint8_t> bytes_of(PyObject* bytes) {
    const auto* data = reinterpret_cast<const uint8_t*>(PyBytes_AS_STRING(bytes));
    return {data, data + PyBytes_GET_SIZE(bytes)};
}

frontend::Constant constant_of(PyObject* value, const RegisterObject& register_object) {
    frontend::Constant constant;
    if (value == Py_None) return constant;
    if (PyBool_Check(value)) {
        constant.value = value == Py_True;
    } else if (PyFloat_CheckExact(value)) {
        constant.value = PyFloat_AS_DOUBLE(value);
    } else if (PyTuple_CheckExact(value)) {
        frontend::ConstantTuple items;
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(value); ++i) {
            items.push_back(constant_of(PyTuple_GET_ITEM(value, i), register_object));
        }
        constant.value = std::move(items);
    } else if (PyCode_Check(value)) {
        constant.value = make_code_view(reinterpret_cast<PyCodeObject*>(value), register_object);
    } else {
        int overflow = 1;
        if (PyLong_CheckExact(value)) {
            long long small = PyLong_AsLongLongAndOverflow(value, &overflow);
            if (!overflow) constant.value = static_cast<int64_t>(small);
        }
        if (overflow) {
            frontend::ObjectConstant object{register_object(value), Py_TYPE(value)->tp_name, {}, {}};
            if (PyUnicode_CheckExact(value)) object.text = constant_text(value);
            if (PyLong_CheckExact(value)) object.text = hex_text(value);
            if (PySlice_Check(value)) {  // a constant since 3.14
                auto* slice = reinterpret_cast<PySliceObject*>(value);
                for (PyObject* part : {slice->start, slice->stop, slice->step}) {
                    object.items.push_back(constant_of(part, register_object));
                }
            }
            if (PyFrozenSet_CheckExact(value)) {
                Object items = checked(PySequence_List(value));
                for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
                    object.items.push_back(constant_of(PyList_GET_ITEM(items.get(), i), register_object));
                }
            }
            if (PyComplex_CheckExact(value)) {
                frontend::Constant real, imaginary;
                real.value = PyComplex_RealAsDouble(value);
                imaginary.value = PyComplex_ImagAsDouble(value);
                object.items = {std::move(real), std::move(imaginary)};
            }
            constant.value = std::move(object);
        }
    }
    return constant;
}

/// co_positions(): (line, end line, column, end column), any of them None, for each code unit.
std::vector<SourceSpan> positions_of(PyObject* code) {
    std::vector<SourceSpan> spans;
    Object positions = checked(PyObject_CallMethod(code, "co_positions", nullptr));
    Object iterator = checked(PyObject_GetIter(positions.get()));
    while (Object entry = Object::steal(PyIter_Next(iterator.get()))) {
        int32_t fields[4];
        for (int i = 0; i < 4; ++i) {
            PyObject* field = PyTuple_GET_ITEM(entry.get(), i);
            fields[i] = field == Py_None ? (i < 2 ? 0 : -1) : static_cast<int32_t>(PyLong_AsLong(field));
        }
        spans.push_back({fields[0], fields[2], fields[1], fields[3]});
    }
    if (PyErr_Occurred()) throw PythonError{};
    return spans;
}

/// The frame's slots: locals, then cells that are no locals, then free variables: the order of co_localsplusnames,
/// which has no public attribute.
void fill_slots(PyObject* code, frontend::CodeView& view) {
    auto locals = texts_of(attribute(code, "co_varnames").get());
    auto cells = texts_of(attribute(code, "co_cellvars").get());
    auto free = texts_of(attribute(code, "co_freevars").get());
    auto is_cell = [&](const std::string& name) {
        for (const auto& cell : cells) {
            if (cell == name) return true;
        }
        return false;
    };
    size_t local_count = locals.size();
    for (auto& name : locals) {
        view.slot_kinds.push_back(is_cell(name) ? frontend::SlotKind::Cell : frontend::SlotKind::Local);
        view.slots.push_back(std::move(name));
    }
    for (auto& name : cells) {
        bool also_local = false;
        for (size_t i = 0; i < local_count; ++i)
            also_local |= view.slots[i] == name;
        if (also_local) continue;
        view.slot_kinds.push_back(frontend::SlotKind::Cell);
        view.slots.push_back(std::move(name));
    }
    for (auto& name : free) {
        view.slot_kinds.push_back(frontend::SlotKind::Free);
        view.slots.push_back(std::move(name));
    }
}

}  // namespace

std::string constant_text(PyObject* text) {
    Object bytes = checked(PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass"));
    return {PyBytes_AS_STRING(bytes.get()), static_cast<size_t>(PyBytes_GET_SIZE(bytes.get()))};
}

std::shared_ptr<const frontend::CodeView> make_code_view(PyCodeObject* code_object,
                                                         const RegisterObject& register_object) {
    auto* code = reinterpret_cast<PyObject*>(code_object);
    auto view = std::make_shared<frontend::CodeView>();
    view->version = PY_MAJOR_VERSION * 100 + PY_MINOR_VERSION;
    view->name = text_of(attribute(code, "co_name").get());
    view->qualified_name = text_of(attribute(code, "co_qualname").get());
    view->filename = text_of(attribute(code, "co_filename").get());
    view->first_line = static_cast<int32_t>(integer_attribute(code, "co_firstlineno"));
    view->flags = static_cast<uint32_t>(integer_attribute(code, "co_flags"));
    view->argument_count = static_cast<int32_t>(integer_attribute(code, "co_argcount"));
    view->positional_only_count = static_cast<int32_t>(integer_attribute(code, "co_posonlyargcount"));
    view->keyword_only_count = static_cast<int32_t>(integer_attribute(code, "co_kwonlyargcount"));
    view->code = bytes_of(attribute(code, "co_code").get());
    Object constants = attribute(code, "co_consts");
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(constants.get()); ++i) {
        view->constants.push_back(constant_of(PyTuple_GET_ITEM(constants.get(), i), register_object));
    }
    view->names = texts_of(attribute(code, "co_names").get());
    fill_slots(code, *view);
    view->exception_table = bytes_of(attribute(code, "co_exceptiontable").get());
    view->positions = positions_of(code);
    return view;
}

void require_known_interpreter() {
    static bool known = false;
    if (known) return;
    Object module = import_module("opcode");
    Object map = attribute(module.get(), "opmap");
    std::vector<std::pair<std::string, int>> opmap;
    PyObject *key = nullptr, *value = nullptr;
    Py_ssize_t position = 0;
    while (PyDict_Next(map.get(), &position, &key, &value)) {
        opmap.emplace_back(text_of(key), static_cast<int>(PyLong_AsLong(value)));
    }
    if (!frontend::opcodes_match(PY_MAJOR_VERSION * 100 + PY_MINOR_VERSION, opmap)) {
        throw UserError(ErrorKind::Unsupported,
                        std::string("this parallel_party does not know the bytecode of Python ") + Py_GetVersion() +
                            "; install a release of it that names this version as supported");
    }
    known = true;
}

std::string hex_text(PyObject* value) {
    return text_of(checked(PyNumber_ToBase(value, 16)).get());
}

}  // namespace pp::python
