/// What the values that environment.h finds are to the front end, and what has to stay so for that to hold.
#include <string_view>
#include <utility>

#include "data/enum_class_python.h"
#include "data/number_class_python.h"
#include "data/reader_python.h"
#include "data/record_class_python.h"
#include "python/array_captures.h"
#include "python/code_object.h"
#include "python/environment.h"
#include "python/metaclass.h"
#include "python/unforeseen.h"

namespace pp::python {

using frontend::Binding;

namespace {

/// An object that only says which one it is: object(), NotImplemented, and what stands in dataclasses for a default
/// that is made.
bool is_mark(PyObject* value) {
    return Py_IS_TYPE(value, &PyBaseObject_Type) || value == Py_NotImplemented ||
           std::string_view(Py_TYPE(value)->tp_name) == "_HAS_DEFAULT_FACTORY_CLASS";
}

/// Immutable as far as compiled code can see: it only passes the object on.
bool is_constant_object(PyObject* value) {
    return is_mark(value) || PyUnicode_CheckExact(value) || PyBytes_CheckExact(value) || PyLong_CheckExact(value) ||
           value == Py_Ellipsis;
}

/// Whether all of the keys, if it is a dict, are text or members of enums: which they are is known when code is made.
bool has_constant_keys(PyObject* value) {
    PyObject *key = nullptr, *item = nullptr;
    Py_ssize_t position = 0;
    while (PyDict_CheckExact(value) && PyDict_Next(value, &position, &key, &item)) {
        const data::RecordClass* known = data::record_class_of(Py_TYPE(key));
        if (!PyUnicode_CheckExact(key) && !(known && known->is_enum)) return false;
    }
    return true;
}

}  // namespace

/// Adds a step: what was found there, and what has to be so for it to hold.
Binding PythonEnvironment::keep(PyObject* value, Guard guard, Guard::Expectation expectation, PyObject* expected,
                                Binding binding) {
    guard.expectation = expectation;
    if (guard.source.kind != Source::Kind::Fixed) guard.expected = Object::borrow(expected);
    guards_.push_back(std::move(guard));
    values_.push_back(value);
    answers_.push_back(binding);
    return binding;
}

Binding PythonEnvironment::describe(PyObject* value, Guard guard) {
    const bool fixed = guard.source.kind == Source::Kind::Fixed;
    const auto step = static_cast<uint32_t>(guards_.size());
    Binding binding;
    if (!value) return keep(value, std::move(guard), Guard::Expectation::Missing, nullptr, binding);
    if (const std::string* name = intrinsic_name(value)) {
        binding.kind = Binding::Kind::Intrinsic;
        binding.name = *name;
        return keep(value, std::move(guard), Guard::Expectation::Same, value, std::move(binding));
    }
    if (PyFunction_Check(value)) return describe_function(value, std::move(guard));
    if (is_cached_function(value)) return describe_cached_function(value, std::move(guard));
    if (PyModule_CheckExact(value)) {
        binding.kind = Binding::Kind::Module;
        binding.id = static_cast<uint32_t>(modules_.size());
        modules_.push_back(step);
        return keep(value, std::move(guard), Guard::Expectation::Same, value, std::move(binding));
    }
    if (PyExceptionClass_Check(value) && Py_IS_TYPE(value, &PyType_Type))
        return describe_exception(value, std::move(guard));
    if (const data::RecordClass* known = plain_class(value)) {
        binding.kind = Binding::Kind::Class;
        binding.id = static_cast<uint32_t>(known->id);
        binding.name = known->name;
        return keep(value, std::move(guard), Guard::Expectation::Class, value, std::move(binding));
    }
    if (const data::RecordClass* known = fixed ? nullptr : data::record_class_of(Py_TYPE(value));
        known && known->is_enum) {
        return enum_member(value, *known, std::move(guard));
    }
    if (is_mark(value)) return describe_opaque(value, std::move(guard));
    if (KindRef kind = uniform_kind(value)) {
        if (PyDict_CheckExact(value)) binding.id = step + 1;
        return uniform(with_earlier_lengths(kind, value, guard.source), std::move(guard), std::move(binding));
    }
    if (KindRef kind = table_kind(value)) return table(value, kind, std::move(guard));
    if (std::optional<Binding> parts = describe_parts(value, guard)) return std::move(*parts);
    return describe_opaque(value, std::move(guard));
}

std::optional<Binding> PythonEnvironment::describe_parts(PyObject* value, Guard guard) {
    const bool is_dict = PyDict_CheckExact(value);
    const bool is_row = PyTuple_CheckExact(value) || PyList_CheckExact(value);
    const std::vector<std::string> names = is_dict || is_row ? std::vector<std::string>{} : attribute_names(value);
    if (!is_dict && !is_row && names.empty()) return std::nullopt;
    const auto size = names.empty() ? count_parts(value) : static_cast<Py_ssize_t>(names.size());
    if (parts_ + size > Py_ssize_t{kMostParts} || unforeseen_part(value) || !has_constant_keys(value))
        return std::nullopt;
    parts_ += size;
    const auto step = static_cast<uint32_t>(guards_.size());
    Binding binding;
    binding.kind = is_dict ? Binding::Kind::Dict : is_row ? Binding::Kind::Row : Binding::Kind::Instance;
    binding.name = Py_TYPE(value)->tp_name;
    if (binding.kind == Binding::Kind::Instance) {
        const data::RecordClass& known = *data::record_class_of(Py_TYPE(value));
        binding.id = static_cast<uint32_t>(known.id);
        binding.name = known.name;
    }
    guard.count = size;
    keep(value, std::move(guard), Guard::Expectation::Parts, reinterpret_cast<PyObject*>(Py_TYPE(value)), binding);
    for (uint32_t i = 0; i < size; ++i) {
        if (is_dict) binding.keys.push_back(ask(source_of(Source::Kind::Key, step, i)));
        if (!names.empty()) binding.keys.push_back({.text = names[i]});
        binding.parts.push_back(ask(is_dict  ? source_of(Source::Kind::DictValue, step, i)
                                    : is_row ? source_of(Source::Kind::Item, step, i)
                                             : source_of(Source::Kind::OwnAttribute, step, 0, intern(names[i]))));
    }
    return answers_[step] = binding;
}

Binding PythonEnvironment::describe_function(PyObject* function, Guard guard) {
    const auto step = static_cast<uint32_t>(guards_.size());
    Binding binding;
    binding.kind = Binding::Kind::Function;
    // A function that is met again, as by its own name within it, is the same function as long as it is the same
    // object; one with the same code may have other defaults and cells.
    for (uint32_t id = 0; id < functions_.size() && guard.source.kind != Source::Kind::Fixed; ++id) {
        if (values_[functions_[id]->step] != function) continue;
        binding.id = id;
        return keep(function, std::move(guard), Guard::Expectation::Same, function, std::move(binding));
    }
    binding = keep(function, std::move(guard), Guard::Expectation::Code, PyFunction_GET_CODE(function), binding);
    binding.id = answers_[step].id = add_function(function, step);
    return binding;
}

Binding PythonEnvironment::describe_cached_function(PyObject* cached, Guard guard) {
    const auto step = static_cast<uint32_t>(guards_.size());
    keep(cached, std::move(guard), Guard::Expectation::Same, cached, {});
    Binding function = ask(source_of(Source::Kind::Getter, step, 0));
    function.is_cached = true;
    if (function.kind == Binding::Kind::Function) return answers_[step] = function;
    Binding binding;
    binding.name = Py_TYPE(cached)->tp_name;
    binding.kind = Binding::Kind::Unsupported;
    return answers_[step] = binding;
}

Binding PythonEnvironment::describe_exception(PyObject* value, Guard guard) {
    const auto step = static_cast<uint32_t>(guards_.size());
    auto* type = reinterpret_cast<PyTypeObject*>(value);
    Binding binding;
    binding.kind = Binding::Kind::Exception;
    binding.id = add_object(value);
    binding.name = type->tp_name;
    keep(value, std::move(guard), Guard::Expectation::Same, value, binding);
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE) {  // its bases may change
        keep(type->tp_mro, {Guard::Expectation::Same, source_of(Source::Kind::ClassBases, step, 0), {}, nullptr, 0},
             Guard::Expectation::Same, type->tp_mro, {});
    }
    return binding;
}

/// What is neither compiled nor data: an object that is only handed on, or one that has no compiled form.
Binding PythonEnvironment::describe_opaque(PyObject* value, Guard guard) {
    Binding binding;
    binding.name = Py_TYPE(value)->tp_name;
    if (is_constant_object(value)) {
        binding.kind = Binding::Kind::Object;
        binding.id = add_object(value);
        if (PyUnicode_CheckExact(value)) binding.text = constant_text(value);
        if (PyLong_CheckExact(value)) binding.text = hex_text(value);
        return keep(value, std::move(guard), Guard::Expectation::Same, value, std::move(binding));
    }
    // Its type, not itself: a guard must not keep somebody's scene alive.
    binding.kind = Binding::Kind::Unsupported;
    if (PyObject* part = unforeseen_part(value)) {
        binding.is_unforeseen = guard.is_unforeseen = true;
        binding.name = Py_TYPE(part)->tp_name;
    }
    return keep(value, std::move(guard), Guard::Expectation::SameType, reinterpret_cast<PyObject*>(Py_TYPE(value)),
                std::move(binding));
}

KindRef PythonEnvironment::with_earlier_lengths(KindRef kind, PyObject* value, const Source& source) const {
    KindRef wide = kind;
    for (const Guard& guard : earlier_) {
        if (kind->tag != Tag::List || !guard.kind || !(guard.source == source)) continue;
        KindRef both = join(wide, guard.kind);
        wide = both ? both : wide;
    }
    return wide->item && Captures::instance().find(value, wide) ? wide : kind;
}

Binding PythonEnvironment::table(PyObject* value, KindRef kind, Guard guard) {
    sees_arrays_ |= is_captured_array(value);
    Binding binding;
    binding.name = Py_TYPE(value)->tp_name;
    binding = uniform(kind, std::move(guard), std::move(binding));
    binding.kind = Binding::Kind::Table;
    return answers_.back() = binding;
}

Binding PythonEnvironment::table(uint32_t id) {
    for (const auto& [known, binding] : tables_) {
        if (known == id) return binding;
    }
    const Source source = guards_.at(id - 1).source;
    PyObject* value = read(source);
    KindRef kind = value ? table_kind(value) : nullptr;
    Binding binding;
    binding.kind = Binding::Kind::Unsupported;
    if (kind) binding = table(value, kind, Guard{Guard::Expectation::Missing, source, {}, nullptr, 0});
    tables_.emplace_back(id, binding);
    return binding;
}

Binding PythonEnvironment::uniform(KindRef kind, Guard guard, Binding binding) {
    binding.kind = Binding::Kind::Uniform;
    binding.uniform = {kind, uniform_words_};
    guard.expectation = kind->is_dynamic ? Guard::Expectation::Data : Guard::Expectation::Value;
    guard.kind = kind;
    guard.first_uniform = uniform_words_;
    append_leaves(kind, uniforms_);
    uniform_words_ += kind->leaves;
    guards_.push_back(std::move(guard));
    values_.push_back(nullptr);  // nothing is ever read through a scalar or a row
    answers_.push_back(binding);
    return binding;
}

/// Two guards of one source: that it is this very member, and where that lies.
Binding PythonEnvironment::enum_member(PyObject* value, const data::RecordClass& owner, Guard guard) {
    const size_t step = guards_.size();
    Guard same = guard;
    same.expectation = Guard::Expectation::Same;
    same.expected = Object::borrow(value);
    guards_.push_back(std::move(same));
    values_.push_back(value);
    answers_.emplace_back();
    Binding binding;
    binding.kind = Binding::Kind::Object;
    binding.uniform = uniform(identity_kind(), std::move(guard), {}).uniform;
    binding.id = add_object(value);
    binding.class_id = owner.id;
    binding.name = owner.name;
    uint64_t bits = 0;
    if (owner.number != NumberLayout::None && data::raw_number(value, owner.number, bits)) {
        binding.number = static_cast<int64_t>(bits);
    }
    return answers_[step] = binding;
}

}  // namespace pp::python
