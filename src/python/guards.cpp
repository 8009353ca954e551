/// See guards.h.
#include "python/guards.h"

#include <algorithm>

#include "data/captured_buffer_python.h"
#include "data/class_lookup_python.h"
#include "data/enum_class_python.h"
#include "data/reader_python.h"
#include "data/record_class_python.h"
#include "python/array_captures.h"
#include "python/metaclass.h"
#include "python/unforeseen.h"

namespace pp::python {

namespace {

/// Dictionary look-up that neither raises nor runs user code: keys are interned strings, the dictionaries those of
/// modules and functions.
PyObject* lookup(PyObject* dictionary, PyObject* name) {
    if (!dictionary || !PyDict_Check(dictionary)) return nullptr;
    PyObject* value = PyDict_GetItemWithError(dictionary, name);
    // A key of the user's own class may raise while it is compared: CPython, to which the element then goes, raises it
    // again.
    if (!value && PyErr_Occurred()) PyErr_Clear();
    return value;
}

PyObject* read_from_function(const Source& source, PyFunctionObject* function) {
    switch (source.kind) {
    case Source::Kind::Global: {
        PyObject* value = lookup(function->func_globals, source.name.get());
        return value ? value : lookup(function->func_builtins, source.name.get());
    }
    case Source::Kind::FreeVariable: {
        PyObject* closure = function->func_closure;
        if (!closure || source.index >= static_cast<size_t>(PyTuple_GET_SIZE(closure))) return nullptr;
        return PyCell_GET(PyTuple_GET_ITEM(closure, source.index));
    }
    case Source::Kind::Default: {
        PyObject* defaults = function->func_defaults;
        if (!defaults || source.index >= static_cast<size_t>(PyTuple_GET_SIZE(defaults))) return nullptr;
        return PyTuple_GET_ITEM(defaults, source.index);
    }
    case Source::Kind::KeywordDefault: return lookup(function->func_kwdefaults, source.name.get());
    default: return nullptr;
    }
}

}  // namespace

bool is_cached_function(PyObject* value) {
    return std::string_view(Py_TYPE(value)->tp_name) == "functools._lru_cache_wrapper";
}

namespace {

/// Borrowed: the property, static or class method keeps it, and so does what functools.cache makes, for as long as
/// nobody calls its `__init__` again or assigns to its `__wrapped__`.
PyObject* kept_function(PyObject* descriptor, const char* name) {
    PyObject* function = PyObject_GetAttrString(descriptor, name);
    PyErr_Clear();
    Py_XDECREF(function);
    return function;
}

int is_this(PyObject* object, void* wanted) {
    return object == wanted;
}

/// What the cache calls; functools.wraps() gives it the `__wrapped__` of another function. Of what it calls it has no
/// attribute, but the collector sees it.
PyObject* read_cached_function(PyObject* cached) {
    PyObject* function = kept_function(cached, "__wrapped__");
    const traverseproc traverse = Py_TYPE(cached)->tp_traverse;
    return function && traverse && traverse(cached, is_this, function) ? function : nullptr;
}

PyObject* read_getter(PyObject* descriptor) {
    if (descriptor && is_cached_function(descriptor)) return read_cached_function(descriptor);
    const char* name = !descriptor                                    ? nullptr
                       : Py_IS_TYPE(descriptor, &PyProperty_Type)     ? "fget"
                       : data::is_enum_property(descriptor)           ? "fget"
                       : Py_IS_TYPE(descriptor, &PyStaticMethod_Type) ? "__func__"
                       : Py_IS_TYPE(descriptor, &PyClassMethod_Type)  ? "__func__"
                                                                      : nullptr;
    return name ? kept_function(descriptor, name) : nullptr;
}

PyObject* read_setter(PyObject* descriptor) {
    return descriptor && Py_IS_TYPE(descriptor, &PyProperty_Type) ? kept_function(descriptor, "fset") : nullptr;
}

PyObject* read_attribute(PyObject* instance, PyObject* name) {
    const data::RecordClass* known = instance ? data::record_class_of(Py_TYPE(instance)) : nullptr;
    return known ? data::own_attribute(instance, *known, name) : nullptr;
}

/// Borrowed; null beyond its end, or where it is no longer a container.
PyObject* read_item(PyObject* row, Py_ssize_t index) {
    if (!row || !(PyTuple_CheckExact(row) || PyList_CheckExact(row))) return nullptr;
    return index < PySequence_Fast_GET_SIZE(row) ? PySequence_Fast_GET_ITEM(row, index) : nullptr;
}

/// The same of the key, or of the value under it, at a place in the order of a dict.
PyObject* read_entry(PyObject* dict, Py_ssize_t index, bool is_key) {
    PyObject *key = nullptr, *value = nullptr;
    Py_ssize_t position = 0;
    if (!dict || !PyDict_CheckExact(dict)) return nullptr;
    for (Py_ssize_t i = 0; PyDict_Next(dict, &position, &key, &value); ++i) {
        if (i == index) return is_key ? key : value;
    }
    return nullptr;
}

bool has_parts(PyObject* value, const Guard& guard) {
    if (!value || reinterpret_cast<PyObject*>(Py_TYPE(value)) != guard.expected.get()) return false;
    return guard.count == count_parts(value);
}

/// Whether an object that had no kind has none still. Of rows and instances that depends on what they hold, of classes
/// on what was assigned to their attributes, of all others on the type.
bool same_use(PyObject* value, bool was_unforeseen) {
    if (is_captured_array(value)) return false;
    if (PyType_Check(value)) return !plain_class(value);
    if (PyDict_CheckExact(value) || PyAnySet_CheckExact(value) || data::is_buffer(value))
        return !uniform_kind(value) && !table_kind(value);
    if (!PyTuple_CheckExact(value) && !PyList_CheckExact(value))
        return !data::record_class_of(Py_TYPE(value)) || !uniform_kind(value);
    return !uniform_kind(value) && !table_kind(value) && (unforeseen_part(value) != nullptr) == was_unforeseen;
}

}  // namespace

Py_ssize_t count_parts(PyObject* value) {
    if (PyDict_CheckExact(value)) return PyDict_GET_SIZE(value);
    if (PyTuple_CheckExact(value) || PyList_CheckExact(value)) return PySequence_Fast_GET_SIZE(value);
    return static_cast<Py_ssize_t>(attribute_names(value).size());
}

std::vector<std::string> attribute_names(PyObject* instance) {
    std::vector<std::string> names;
    std::vector<PyObject*> values;
    const data::RecordClass* known = data::record_class_of(Py_TYPE(instance));
    const bool is_plain = known && known->form == RecordForm::Object && !known->is_enum &&
                          data::own_attributes(instance, *known, kMostParts, names, values);
    for (PyObject* value : values)
        Py_DECREF(value);
    return is_plain ? names : std::vector<std::string>{};
}

PyObject* read_source(const Source& source, const CallValues& call, PyObject* const* values) {
    switch (source.kind) {
    case Source::Kind::Root: return call.root;
    case Source::Kind::Keyword: return call.keywords[source.index];
    case Source::Kind::Leading: return call.leading[source.index];
    case Source::Kind::Fixed: return nullptr;
    case Source::Kind::Imported: return lookup(PyImport_GetModuleDict(), source.name.get());
    case Source::Kind::ModuleAttribute: {
        PyObject* module = values[source.base];
        return module && PyModule_Check(module) ? lookup(PyModule_GetDict(module), source.name.get()) : nullptr;
    }
    case Source::Kind::Class: return reinterpret_cast<PyObject*>(data::record_type(source.index));
    case Source::Kind::ClassAttribute: {
        PyObject* type = values[source.base];
        return type && PyType_Check(type)
                   ? data::look_up_in_class(reinterpret_cast<PyTypeObject*>(type), source.name.get())
                   : nullptr;
    }
    case Source::Kind::SuperAttribute: {
        PyObject* type = values[source.base];
        PyTypeObject* after = data::record_type(source.index);
        return type && PyType_Check(type) && after
                   ? data::look_up_behind(reinterpret_cast<PyTypeObject*>(type), after, source.name.get())
                   : nullptr;
    }
    case Source::Kind::ClassBases: {
        PyObject* type = values[source.base];
        return type && PyType_Check(type) ? reinterpret_cast<PyTypeObject*>(type)->tp_mro : nullptr;
    }
    case Source::Kind::Getter: return read_getter(values[source.base]);
    case Source::Kind::Setter: return read_setter(values[source.base]);
    case Source::Kind::Item: return read_item(values[source.base], source.index);
    case Source::Kind::Key: return read_entry(values[source.base], source.index, true);
    case Source::Kind::DictValue: return read_entry(values[source.base], source.index, false);
    case Source::Kind::OwnAttribute: return read_attribute(values[source.base], source.name.get());
    default: {
        PyObject* function = values[source.base];
        if (!function || !PyFunction_Check(function)) return nullptr;
        return read_from_function(source, reinterpret_cast<PyFunctionObject*>(function));
    }
    }
}

bool guards_hold(const std::vector<Guard>& guards, const CallValues& call, Surroundings& seen,
                 std::vector<SeenObject>* objects) {
    seen.captured.clear();
    constexpr size_t kFew = 64;
    PyObject* few[kFew];
    std::vector<PyObject*> many;
    PyObject** values = few;
    if (guards.size() > kFew) {
        many.resize(guards.size());
        values = many.data();
    }
    for (size_t i = 0; i < guards.size(); ++i) {
        const Guard& guard = guards[i];
        if (guard.source.kind == Source::Kind::Fixed) {
            values[i] = guard.expected.get();
            continue;
        }
        PyObject* value = values[i] = read_source(guard.source, call, values);
        switch (guard.expectation) {
        case Guard::Expectation::Missing:
            if (value) return false;
            break;
        case Guard::Expectation::Same:
            if (value != guard.expected.get()) return false;
            break;
        case Guard::Expectation::Class:
            if (value != guard.expected.get() || (!Py_IS_TYPE(value, &PyType_Type) && !plain_class(value)))
                return false;
            break;
        case Guard::Expectation::Code:
            if (!value || !PyFunction_Check(value) || PyFunction_GET_CODE(value) != guard.expected.get()) return false;
            break;
        case Guard::Expectation::SameType:
            if (!value || reinterpret_cast<PyObject*>(Py_TYPE(value)) != guard.expected.get()) return false;
            if (!same_use(value, guard.is_unforeseen)) return false;
            break;
        case Guard::Expectation::Parts:
            if (!has_parts(value, guard)) return false;
            break;
        case Guard::Expectation::Value:
            if (!value || !data::read_uniform(value, guard.kind, seen.uniforms.data() + guard.first_uniform))
                return false;
            if (objects) objects->push_back({value, guard.kind, guard.first_uniform});
            break;
        case Guard::Expectation::Data: {
            CapturedRef data = value ? Captures::instance().find(value, guard.kind) : nullptr;
            if (!data) return false;
            std::ranges::copy(data->words(), seen.uniforms.begin() + guard.first_uniform);
            seen.captured.push_back({std::move(data), guard.first_uniform});
            if (objects) objects->push_back({value, guard.kind, guard.first_uniform});
            break;
        }
        }
    }
    return true;
}

}  // namespace pp::python
