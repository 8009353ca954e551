/// See kept_function.h.
#include "python/kept_function.h"

#include <algorithm>

#include "python/environment.h"

namespace pp::python {

namespace {

/// More than this is not worth keeping for one call.
constexpr size_t kMostFunctions = 32;
constexpr size_t kMostNames = 256;

/// Keys are interned strings, dicts those of modules and functions: neither raises nor runs code of the user's.
PyObject* look_up(PyObject* dict, PyObject* name) noexcept {
    PyObject* value = dict ? PyDict_GetItemWithError(dict, name) : nullptr;
    if (!value) PyErr_Clear();
    return value;
}

PyObject* global(const PyFunctionObject* function, PyObject* name) noexcept {
    PyObject* value = look_up(function->func_globals, name);
    return value ? value : look_up(function->func_builtins, name);
}

/// The names of a code object and of those within it: what it may read by name, and some that are attributes' only.
void append_names(PyObject* code, std::vector<PyObject*>& names) {
    const auto* object = reinterpret_cast<PyCodeObject*>(code);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(object->co_names); ++i) {
        PyObject* name = PyTuple_GET_ITEM(object->co_names, i);
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(object->co_consts); ++i) {
        PyObject* constant = PyTuple_GET_ITEM(object->co_consts, i);
        if (PyCode_Check(constant)) append_names(constant, names);
    }
}

bool is_builtin(PyObject* value) {
    if (PyType_Check(value))
        return !PyType_HasFeature(reinterpret_cast<PyTypeObject*>(value), Py_TPFLAGS_HEAPTYPE) ||
               PyType_HasFeature(reinterpret_cast<PyTypeObject*>(value), Py_TPFLAGS_IMMUTABLETYPE);
    return PyCFunction_CheckExact(value) && intrinsic_name(value);
}

Object copy_of(PyObject* module) {
    Object copy = checked(PyModule_New(PyModule_GetName(module)));
    checked(PyDict_Update(PyModule_GetDict(copy.get()), PyModule_GetDict(module)));
    return copy;
}

Object replaced(const Object& value, const std::unordered_map<PyObject*, Object>& copies) {
    const auto found = copies.find(value.get());
    return found == copies.end() ? value : found->second;
}

}  // namespace

bool KeptFunction::is_constant(PyObject* value, int depth) noexcept {
    if (value == Py_None || value == Py_Ellipsis || PyBool_Check(value) || PyLong_CheckExact(value) ||
        PyFloat_CheckExact(value) || PyUnicode_CheckExact(value) || PyBytes_CheckExact(value) ||
        PyComplex_CheckExact(value))
        return true;
    if (!PyTuple_CheckExact(value) || depth == 0) return false;
    constexpr Py_ssize_t kMost = 1000;
    if (PyTuple_GET_SIZE(value) > kMost) return false;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(value); ++i) {
        if (!is_constant(PyTuple_GET_ITEM(value, i), depth - 1)) return false;
    }
    return true;
}

std::unique_ptr<const KeptFunction> KeptFunction::keep(PyObject* function) {
    std::unique_ptr<KeptFunction> kept(new KeptFunction);
    kept->root_ = Object::borrow(function);
    if (!kept->take(function, {})) return nullptr;
    return kept;
}

/// `names`: what may be asked of it where it is a module.
bool KeptFunction::take(PyObject* value, std::span<PyObject* const> names) {
    if (!value || is_constant(value)) return true;
    if (PyFunction_Check(value)) return take_function(reinterpret_cast<PyFunctionObject*>(value));
    if (PyModule_CheckExact(value)) return take_module(value, names);
    return is_builtin(value);
}

bool KeptFunction::take_function(PyFunctionObject* function) {
    auto* object = reinterpret_cast<PyObject*>(function);
    const auto is_it = [object](const Function& known) { return known.function.get() == object; };
    if (std::ranges::any_of(functions_, is_it)) return true;
    if (functions_.size() == kMostFunctions || !PyDict_CheckExact(function->func_globals) ||
        !PyDict_CheckExact(function->func_builtins))
        return false;
    Function kept{Object::borrow(object),
                  Object::borrow(function->func_code),
                  Object::borrow(function->func_defaults),
                  Object::borrow(function->func_closure),
                  {},
                  {},
                  {},
                  {}};
    std::vector<PyObject*> names;
    append_names(function->func_code, names);
    if (names.size() > kMostNames) return false;
    kept.globals.reserve(names.size());
    for (PyObject* name : names)
        kept.globals.push_back({name, Object::borrow(global(function, name))});
    PyObject *name = nullptr, *value = nullptr;
    Py_ssize_t position = 0;
    while (function->func_kwdefaults && PyDict_Next(function->func_kwdefaults, &position, &name, &value)) {
        kept.keyword_names.push_back(Object::borrow(name));
        kept.keyword_defaults.push_back({name, Object::borrow(value)});
    }
    for (Py_ssize_t i = 0; function->func_closure && i < PyTuple_GET_SIZE(function->func_closure); ++i)
        kept.cells.push_back(Object::borrow(PyCell_GET(PyTuple_GET_ITEM(function->func_closure, i))));
    std::vector<PyObject*> values;
    for (const Name& read : kept.globals)
        values.push_back(read.value.get());
    for (const Name& read : kept.keyword_defaults)
        values.push_back(read.value.get());
    for (const Object& cell : kept.cells)
        values.push_back(cell.get());
    for (Py_ssize_t i = 0; function->func_defaults && i < PyTuple_GET_SIZE(function->func_defaults); ++i)
        values.push_back(PyTuple_GET_ITEM(function->func_defaults, i));
    functions_.push_back(std::move(kept));  // before what it reads: that may be itself
    return std::ranges::all_of(values, [&](PyObject* read) { return take(read, names); });
}

bool KeptFunction::take_module(PyObject* module, std::span<PyObject* const> names) {
    PyObject* dict = PyModule_GetDict(module);
    // A module that computes its names may do anything.
    if (PyDict_GetItemString(dict, "__getattr__")) return false;
    Module kept{Object::borrow(module), {}};
    for (PyObject* name : names)
        kept.names.push_back({name, Object::borrow(look_up(dict, name))});
    std::vector<PyObject*> values;
    for (const Name& read : kept.names)
        values.push_back(read.value.get());
    const auto is_it = [&kept](const Module& known) {
        return known.module.get() == kept.module.get() &&
               std::ranges::equal(known.names, kept.names, {}, &Name::name, &Name::name);
    };
    if (std::ranges::any_of(modules_, is_it)) return true;
    modules_.push_back(std::move(kept));
    return std::ranges::all_of(values, [&](PyObject* read) { return take(read, names); });
}

bool KeptFunction::is_as_kept(const Function& kept) noexcept {
    const auto* function = reinterpret_cast<PyFunctionObject*>(kept.function.get());
    if (function->func_code != kept.code.get() || function->func_defaults != kept.defaults.get() ||
        function->func_closure != kept.closure.get())
        return false;
    const auto same_global = [function](const Name& read) { return global(function, read.name) == read.value.get(); };
    PyObject* defaults = function->func_kwdefaults;
    const auto same_default = [defaults](const Name& read) { return look_up(defaults, read.name) == read.value.get(); };
    for (size_t i = 0; i < kept.cells.size(); ++i) {
        if (PyCell_GET(PyTuple_GET_ITEM(kept.closure.get(), i)) != kept.cells[i].get()) return false;
    }
    return std::ranges::all_of(kept.globals, same_global) &&
           (defaults ? PyDict_GET_SIZE(defaults) : 0) == static_cast<Py_ssize_t>(kept.keyword_defaults.size()) &&
           std::ranges::all_of(kept.keyword_defaults, same_default);
}

bool KeptFunction::is_as_kept(const Module& kept) noexcept {
    PyObject* dict = PyModule_GetDict(kept.module.get());
    return std::ranges::all_of(kept.names,
                               [dict](const Name& read) { return look_up(dict, read.name) == read.value.get(); });
}

Object KeptFunction::function() const {
    const auto as_kept = [](const auto& kept) { return is_as_kept(kept); };
    if (std::ranges::all_of(functions_, as_kept) && std::ranges::all_of(modules_, as_kept)) return root_;
    Copies copies;
    for (const Module& kept : modules_) {
        if (!copies.contains(kept.module.get())) copies.emplace(kept.module.get(), copy_of(kept.module.get()));
    }
    for (const Function& kept : functions_) {
        const auto* function = reinterpret_cast<PyFunctionObject*>(kept.function.get());
        const Object globals = checked(PyDict_New());
        checked(PyDict_SetItemString(globals.get(), "__builtins__", function->func_builtins));
        if (PyObject* name = PyDict_GetItemString(function->func_globals, "__name__"))
            checked(PyDict_SetItemString(globals.get(), "__name__", name));
        copies.emplace(kept.function.get(),
                       checked(PyFunction_NewWithQualName(kept.code.get(), globals.get(), function->func_qualname)));
    }
    for (const Function& kept : functions_)
        complete(kept, copies);
    for (const Module& kept : modules_)
        complete(kept, copies);
    return replaced(root_, copies);
}

/// Gives a copy of a module the names that were kept.
void KeptFunction::complete(const Module& kept, const Copies& copies) {
    PyObject* dict = PyModule_GetDict(copies.at(kept.module.get()).get());
    for (const Name& read : kept.names) {
        if (read.value)
            checked(PyDict_SetItem(dict, read.name, replaced(read.value, copies).get()));
        else if (look_up(dict, read.name))
            checked(PyDict_DelItem(dict, read.name));
    }
}

/// Gives a copy of a function what the function read.
void KeptFunction::complete(const Function& kept, const Copies& copies) {
    PyObject* copy = copies.at(kept.function.get()).get();
    PyObject* globals = PyFunction_GET_GLOBALS(copy);
    for (const Name& read : kept.globals) {
        if (read.value) checked(PyDict_SetItem(globals, read.name, replaced(read.value, copies).get()));
    }
    if (kept.defaults) {
        const Py_ssize_t count = PyTuple_GET_SIZE(kept.defaults.get());
        const Object defaults = checked(PyTuple_New(count));
        for (Py_ssize_t i = 0; i < count; ++i) {
            const Object value = Object::borrow(PyTuple_GET_ITEM(kept.defaults.get(), i));
            PyTuple_SET_ITEM(defaults.get(), i, replaced(value, copies).release());
        }
        checked(PyFunction_SetDefaults(copy, defaults.get()));
    }
    if (!kept.keyword_defaults.empty()) {
        const Object defaults = checked(PyDict_New());
        for (const Name& read : kept.keyword_defaults)
            checked(PyDict_SetItem(defaults.get(), read.name, replaced(read.value, copies).get()));
        checked(PyFunction_SetKwDefaults(copy, defaults.get()));
    }
    if (kept.closure) {
        const Object cells = checked(PyTuple_New(static_cast<Py_ssize_t>(kept.cells.size())));
        for (size_t i = 0; i < kept.cells.size(); ++i) {
            const Object value = kept.cells[i] ? replaced(kept.cells[i], copies) : Object();
            PyTuple_SET_ITEM(cells.get(), static_cast<Py_ssize_t>(i), checked(PyCell_New(value.get())).release());
        }
        checked(PyFunction_SetClosure(copy, cells.get()));
    }
}

}  // namespace pp::python
