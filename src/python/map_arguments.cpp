/// See map_arguments.h.
#include "python/map_arguments.h"

#include <string_view>

#include "base/environment_variable.h"
#include "base/error.h"
#include "data/class_lookup_python.h"
#include "data/interpreter_python.h"
#include "data/record_place_python.h"
#include "python/array_object.h"
#include "python/array_values.h"
#include "python/arrow_import.h"
#include "python/device_name.h"
#include "python/imports.h"

namespace pp::python {

namespace {

[[noreturn]] void type_error(const std::string& message) {
    throw UserError(ErrorKind::Type, message);
}

std::string_view text_of(PyObject* unicode) {
    Py_ssize_t length = 0;
    const char* text = PyUnicode_AsUTF8AndSize(unicode, &length);
    if (!text) throw PythonError{};
    return {text, static_cast<size_t>(length)};
}

struct PartialType {
    Object module = import_module("functools");
    Object type = checked(PyObject_GetAttrString(module.get(), "partial"));
};

/// The function that calling an object of a class calls, where that is plain Python; else null. Borrowed.
PyObject* call_function_of(PyObject* object) {
    PyObject* function = data::look_up_in_class(Py_TYPE(object), "__call__");
    return function && PyFunction_Check(function) ? function : nullptr;
}

/// The Python function behind a method or an object with a __call__; the object itself where there is none. Borrowed.
PyObject* plain_function(PyObject* callable) {
    if (PyMethod_Check(callable)) return PyMethod_GET_FUNCTION(callable);
    PyObject* called = PyFunction_Check(callable) ? nullptr : call_function_of(callable);
    return called ? called : callable;
}

bool has_parameter(PyObject* function, PyObject* name) {
    function = plain_function(function);
    if (!PyFunction_Check(function)) return false;
    const auto* code = reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(function));
    // Parameters come first. co_varnames would make a tuple of all at each call.
    const Py_ssize_t count = code->co_argcount + code->co_kwonlyargcount;
    for (Py_ssize_t i = 0; i < count && i < PyTuple_GET_SIZE(code->co_localsplusnames); ++i) {
        if (PyUnicode_Compare(PyTuple_GET_ITEM(code->co_localsplusnames, i), name) == 0) return true;
    }
    return false;
}

bool truth(PyObject* value) {
    int answer = PyObject_IsTrue(value);
    checked(answer);
    return answer != 0;
}

void unwrap_partial(MapArguments& arguments) {
    CallShape& shape = arguments.shape;
    Object function = checked(PyObject_GetAttrString(shape.root, "func"));
    Object leading = checked(PyObject_GetAttrString(shape.root, "args"));
    Object keywords = checked(PyObject_GetAttrString(shape.root, "keywords"));
    std::vector<PyObject*> positional;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(leading.get()); ++i) {
        positional.push_back(PyTuple_GET_ITEM(leading.get(), i));
    }
    shape.leading.insert(shape.leading.begin(), positional.begin(), positional.end());
    PyObject *key = nullptr, *value = nullptr;
    Py_ssize_t position = 0;
    while (PyDict_Next(keywords.get(), &position, &key, &value)) {
        bool given = false;
        for (PyObject* name : shape.keyword_names)
            given |= PyUnicode_Compare(name, key) == 0;
        if (given) continue;
        shape.keyword_names.push_back(key);
        shape.keyword_values.push_back(value);
        arguments.owned.push_back(Object::borrow(key));
        arguments.owned.push_back(Object::borrow(value));
    }
    arguments.owned.push_back(std::move(leading));
    arguments.owned.push_back(std::move(keywords));
    shape.root = function.get();
    arguments.owned.push_back(std::move(function));
}

/// A method's object, or an object that is called, is the function's first argument.
void unwrap_object(MapArguments& arguments, PyObject* function, PyObject* self) {
    arguments.owned.push_back(Object::borrow(function));
    arguments.owned.push_back(Object::borrow(self));
    arguments.shape.leading.insert(arguments.shape.leading.begin(), self);
    arguments.shape.root = function;
}

/// A class whose instances are made as type does it: calling it is following what it defines.
bool is_class_to_call(PyObject* callable) {
    if (!PyType_Check(callable) || Py_TYPE(callable)->tp_call != PyType_Type.tp_call) return false;
    return (reinterpret_cast<PyTypeObject*>(callable)->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0 &&
           !intrinsic_name(callable);
}

/// Takes functools.partial, methods, classes and objects with a __call__ apart, however deep: their arguments come
/// first, the call's keywords win.
void unwrap(MapArguments& arguments) {
    PyObject* partial = data::Interpreter::current().the<PartialType>().type.get();
    constexpr int kDeepest = 100;
    for (int depth = 0; depth < kDeepest && !PyFunction_Check(arguments.shape.root); ++depth) {
        PyObject* root = arguments.shape.root;
        if (reinterpret_cast<PyObject*>(Py_TYPE(root)) == partial) {
            unwrap_partial(arguments);
        } else if (PyMethod_Check(root)) {
            unwrap_object(arguments, PyMethod_GET_FUNCTION(root), PyMethod_GET_SELF(root));
        } else if (is_class_to_call(root) && !is_importing()) {
            const Object prelude = import_module("parallel_party._prelude");
            const Object function = checked(PyObject_GetAttrString(prelude.get(), "instance"));
            unwrap_object(arguments, function.get(), root);
        } else if (PyObject* called = call_function_of(root)) {
            unwrap_object(arguments, called, root);
        } else {
            return;
        }
    }
}

/// What `with pp.device(name)` has said for this context.
struct DeviceVariable {
    Object variable = checked(PyContextVar_New("parallel_party.device", nullptr));
};

engine::DeviceRequest device_of_context() {
    PyObject* name = nullptr;
    checked(PyContextVar_Get(device_variable(), nullptr, &name));
    const Object owned = Object::steal(name);
    return name ? engine::parse_device(text_of(name)) : engine::DeviceRequest{};
}

engine::DeviceRequest device_from_environment() {
    static const EnvironmentVariable variable("PARALLEL_PARTY_DEVICE");
    const char* text = variable.value();
    return text && *text ? engine::parse_device(text) : engine::DeviceRequest{};
}

/// Takes the keyword if it is one of the library's own.
bool take_own_keyword(MapArguments& arguments, std::string_view name, PyObject* value, const PublicFunction& called) {
    if (name == "device") {
        auto request = device_named(value);
        if (request.kind != engine::DeviceRequest::Kind::Auto) arguments.device = request;
    } else if (name == "fast_math") {
        arguments.options.fast_math = truth(value);
    } else if (called.takes_strict && name == "strict") {
        arguments.strict = truth(value);
    } else if (called.takes_out && name == "out") {
        arguments.out = value == Py_None ? nullptr : value;
    } else {
        return false;
    }
    return true;
}

bool is_keyword_of_map(std::string_view name) {
    return name == "strict" || name == "out";
}

/// A list of what shows elements of an Array (`[e for e in balls if ...]`) is read as the Array is: as plain instances
/// and dicts of its own, with what is there now.
void take_records(MapArguments& arguments) {
    for (PyObject*& column : arguments.columns) {
        if (!PyList_CheckExact(column) && !PyTuple_CheckExact(column)) continue;
        if (Py_SIZE(column) == 0 || !data::record_place(PySequence_Fast_GET_ITEM(column, 0))) continue;
        Object records = checked(PySequence_List(column));
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(records.get()); ++i) {
            const data::RecordPlace* place = data::record_place(PyList_GET_ITEM(records.get(), i));
            if (place) checked(PyList_SetItem(records.get(), i, checked(data::record_at(*place)).release()));
        }
        column = records.get();
        arguments.owned.push_back(std::move(records));
    }
}

/// Streams of Arrow's are read once, here: whoever looked at one again would find it empty.
void take_streams(MapArguments& arguments) {
    for (PyObject*& column : arguments.columns) {
        if (!ForeignArrow::is_stream(column)) continue;
        ArrayValues values = take_values(column, nullptr);
        Object array = new_array(std::move(values.block), values.first, values.count);
        column = array.get();
        arguments.owned.push_back(std::move(array));
    }
}

}  // namespace

PyObject* device_variable() {
    return data::Interpreter::current().the<DeviceVariable>().variable.get();
}

MapArguments parse_arguments(const PublicFunction& called, PyObject* const* args, Py_ssize_t count,
                             PyObject* keyword_names) {
    const std::string name = called.name;
    MapArguments arguments;
    arguments.shape.changes_elements = called.changes_elements;
    if (count < 1) type_error(name + "() needs a function and at least one column");
    arguments.function = args[0];
    arguments.shape.root = args[0];
    if (!PyCallable_Check(args[0])) {
        type_error("the first argument of " + name + "() must be a function, not '" + Py_TYPE(args[0])->tp_name + "'");
    }
    if (count < 2) type_error(name + "() needs at least one column behind the function");
    arguments.columns.assign(args + 1, args + count);
    if (!called.changes_elements) take_records(arguments);
    take_streams(arguments);
    Py_ssize_t keywords = keyword_names ? PyTuple_GET_SIZE(keyword_names) : 0;
    arguments.keyword_names.reserve(static_cast<size_t>(keywords));
    arguments.keyword_values.reserve(static_cast<size_t>(keywords));
    for (Py_ssize_t i = 0; i < keywords; ++i) {
        PyObject* key = PyTuple_GET_ITEM(keyword_names, i);
        PyObject* value = args[count + i];
        const std::string_view word = text_of(key);
        if (take_own_keyword(arguments, word, value, called)) {
            if (has_parameter(args[0], key)) {
                type_error("'" + std::string(word) + "' is a keyword of " + name +
                           "() itself and also a parameter of the function: fix the function's with "
                           "functools.partial(f, " +
                           std::string(word) + "=...)");
            }
            continue;
        }
        if (is_keyword_of_map(word) && !has_parameter(args[0], key)) {
            type_error("'" + std::string(word) + "' is a keyword of map() that " + name +
                       "() does not take: leave it out");
        }
        arguments.keyword_names.push_back(key);
        arguments.keyword_values.push_back(value);
    }
    using Kind = engine::DeviceRequest::Kind;
    if (arguments.device.kind == Kind::Auto) arguments.device = device_of_context();
    if (arguments.device.kind == Kind::Auto) arguments.device = device_from_environment();
    arguments.shape.reads_all = arguments.out && !PyList_Check(arguments.out);  // buffers take numbers, no objects
    arguments.shape.keyword_names = arguments.keyword_names;
    arguments.shape.keyword_values = arguments.keyword_values;
    if (!PyFunction_Check(args[0]) && !PyCFunction_Check(args[0])) unwrap(arguments);
    return arguments;
}

}  // namespace pp::python
