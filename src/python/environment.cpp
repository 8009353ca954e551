/// See environment.h.
#include "python/environment.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "data/class_lookup_python.h"
#include "data/enum_class_python.h"
#include "data/interpreter_python.h"
#include "data/number_class_python.h"
#include "data/record_class_python.h"
#include "python/code_object.h"
#include "python/ended_thread.h"
#include "python/imports.h"
#include "python/metaclass.h"

namespace pp::python {

using frontend::Binding;

namespace {

/// The builtins of this interpreter that the front end knows. Kept alive, so that an address cannot come to mean
/// something else.
struct Intrinsics {
    std::unordered_map<PyObject*, std::string> names;
    std::vector<Object> kept;
    bool has_builtins = false, has_prelude = false;
    bool has_late[2] = {};  ///< by load_late_intrinsics' modules
};

Intrinsics& intrinsics() {
    return data::Interpreter::current().the<Intrinsics>();
}

/// Adds the intrinsics called `prefix`.name, found in `module_name`; names younger than this interpreter are left out.
void add_intrinsics(std::string_view prefix, const char* module_name) {
    Object module = import_module(module_name);
    Intrinsics& table = intrinsics();
    for (const std::string& name : frontend::intrinsic_names()) {
        size_t dot = name.rfind('.');
        if (std::string_view(name).substr(0, dot) != prefix) continue;
        const char* attribute = name.c_str() + dot + 1;
        if (!PyObject_HasAttrString(module.get(), attribute)) continue;
        const Object& object = table.kept.emplace_back(checked(PyObject_GetAttrString(module.get(), attribute)));
        table.names.emplace(object.get(), name);
    }
}

/// What classes have from tuple and object: `object.__init__`.
void add_type_intrinsic(PyTypeObject* type, const char* type_name, const char* name) {
    Object value = checked(PyObject_GetAttrString(reinterpret_cast<PyObject*>(type), name));
    Intrinsics& table = intrinsics();
    table.names.emplace(value.get(), std::string(type_name) + "." + name);
    table.kept.push_back(std::move(value));
}

/// The modules whose functions are intrinsics, each in the table once it is first needed. The GIL guards the flags: an
/// import lets other threads run, and two may thus fill the table at once, with the same.
void load_intrinsics() {
    if (intrinsics().has_builtins) return;
    for (const char* module : {"builtins", "math", "cmath", "operator", "itertools", "functools", "bisect",
                               "collections", "heapq", "os", "parallel_party"})
        add_intrinsics(module, module);
    add_type_intrinsic(&PyTuple_Type, "tuple", "__new__");
    for (const char* name : {"__new__", "__init__", "__setattr__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__",
                             "__ge__", "__str__", "__repr__", "__format__"})
        add_type_intrinsic(&PyBaseObject_Type, "object", name);
    // What members of IntEnum have from int.
    for (const char* name :
         {"__add__",      "__radd__",     "__sub__",       "__rsub__",    "__mul__",  "__rmul__",   "__truediv__",
          "__rtruediv__", "__floordiv__", "__rfloordiv__", "__mod__",     "__rmod__", "__pow__",    "__rpow__",
          "__lshift__",   "__rlshift__",  "__rshift__",    "__rrshift__", "__and__",  "__rand__",   "__or__",
          "__ror__",      "__xor__",      "__rxor__",      "__neg__",     "__pos__",  "__invert__", "__abs__",
          "__bool__",     "__int__",      "__float__",     "__index__",   "__eq__",   "__ne__",     "__lt__",
          "__le__",       "__gt__",       "__ge__"})
        add_type_intrinsic(&PyLong_Type, "int", name);
    intrinsics().has_builtins = true;
}

void load_prelude_intrinsics() {
    if (intrinsics().has_prelude) return;
    add_intrinsics("prelude", "parallel_party._prelude");
    intrinsics().has_prelude = true;
}

}  // namespace

Object intern(std::string_view name) {
    Object text = checked(PyUnicode_FromStringAndSize(name.data(), static_cast<Py_ssize_t>(name.size())));
    PyObject* pointer = text.release();
    PyUnicode_InternInPlace(&pointer);
    return Object::steal(pointer);
}

const std::string* intrinsic_name(PyObject* object) {
    load_intrinsics();
    const auto& names = intrinsics().names;
    auto found = names.find(object);
    return found == names.end() ? nullptr : &found->second;
}

namespace {

/// Modules that take long to import have been imported by whoever uses their functions.
void load_late_intrinsics() {
    constexpr const char* kModules[] = {"statistics", "dataclasses"};
    for (size_t i = 0; i < std::size(kModules); ++i) {
        if (intrinsics().has_late[i] || !PyDict_GetItemString(PyImport_GetModuleDict(), kModules[i])) continue;
        add_intrinsics(kModules[i], kModules[i]);
        intrinsics().has_late[i] = true;
    }
}

}  // namespace

PythonEnvironment::PythonEnvironment(const CallShape& shape, bool lets_others_run, std::vector<Guard> earlier)
    : shape_(shape), earlier_(std::move(earlier)), lets_others_run_(lets_others_run) {
    require_known_interpreter();
    load_late_intrinsics();
    call_ = {shape_.root, shape_.keyword_values.data(), shape_.leading.data()};
}

frontend::Callee PythonEnvironment::callee() {
    Binding root = ask(source_of(Source::Kind::Root, 0, 0));
    frontend::Callee callee;
    if (root.kind == Binding::Kind::Function) {
        callee.function = root.id;
    } else if (root.kind == Binding::Kind::Intrinsic) {
        callee.kind = frontend::Callee::Kind::Intrinsic;
        callee.intrinsic = root.name;
    } else if (PyCallable_Check(shape_.root)) {
        throw UserError(ErrorKind::Unsupported,
                        std::string("a callable of type '") + Py_TYPE(shape_.root)->tp_name +
                            "' has no compiled form; write a function that calls it, or what it computes");
    } else {
        throw UserError(ErrorKind::Type, std::string("the first argument must be a function, not '") +
                                             Py_TYPE(shape_.root)->tp_name + "'");
    }
    return callee;
}

std::vector<Binding> PythonEnvironment::leading() {
    std::vector<Binding> bindings;
    for (uint32_t i = 0; i < shape_.leading.size(); ++i)
        bindings.push_back(ask(source_of(Source::Kind::Leading, 0, i)));
    return bindings;
}

std::vector<frontend::DefaultValue> PythonEnvironment::keywords() {
    std::vector<frontend::DefaultValue> bindings;
    for (uint32_t i = 0; i < shape_.keyword_values.size(); ++i) {
        const char* name = PyUnicode_AsUTF8(shape_.keyword_names[i]);
        if (!name) throw PythonError{};
        bindings.push_back({name, ask(source_of(Source::Kind::Keyword, 0, i))});
    }
    return bindings;
}

const frontend::FunctionInfo& PythonEnvironment::function(frontend::FunctionId function) {
    return functions_.at(function)->info;
}

Binding PythonEnvironment::global(frontend::FunctionId function, std::string_view name) {
    return ask(source_of(Source::Kind::Global, functions_.at(function)->step, 0, intern(name)));
}

Binding PythonEnvironment::free_variable(frontend::FunctionId function, uint32_t index) {
    return ask(source_of(Source::Kind::FreeVariable, functions_.at(function)->step, index));
}

Binding PythonEnvironment::attribute(frontend::ObjectId module, std::string_view name) {
    return ask(source_of(Source::Kind::ModuleAttribute, modules_.at(module), 0, intern(name)));
}

/// Modules that are part of the interpreter or of no effect are imported; any other must have been.
Binding PythonEnvironment::imported(std::string_view name) {
    for (const char* plain : {"math", "cmath", "operator", "itertools", "functools", "bisect"}) {
        if (name == plain) import_module(plain);
    }
    return ask(source_of(Source::Kind::Imported, 0, 0, intern(name)));
}

std::vector<std::string> PythonEnvironment::match_arguments(uint64_t class_id) {
    PyObject* names = keep_class_attribute(class_id, "__match_args__");
    std::vector<std::string> texts;
    for (Py_ssize_t i = 0; names && PyTuple_CheckExact(names) && i < PyTuple_GET_SIZE(names); ++i) {
        PyObject* name = PyTuple_GET_ITEM(names, i);
        if (!PyUnicode_CheckExact(name)) return {};
        texts.push_back(constant_text(name));
    }
    return texts;
}

namespace {

/// The name of one of the marks that tell a dataclass's fields from its other annotations.
std::string field_type(PyObject* field) {
    const Object type = checked(PyObject_GetAttrString(field, "_field_type"));
    const Object name = checked(PyObject_GetAttrString(type.get(), "name"));
    return PyUnicode_Check(name.get()) ? constant_text(name.get()) : std::string();
}

}  // namespace

std::vector<std::string> PythonEnvironment::dataclass_fields(uint64_t class_id) {
    PyObject* fields = keep_class_attribute(class_id, "__dataclass_fields__");
    std::vector<std::string> names;
    PyObject *key = nullptr, *field = nullptr;
    Py_ssize_t position = 0;
    bool is_plain = true;
    while (fields && PyDict_CheckExact(fields) && PyDict_Next(fields, &position, &key, &field)) {
        const std::string type = field_type(field);
        if (type == "_FIELD_CLASSVAR") continue;
        const Object init = checked(PyObject_GetAttrString(field, "init"));
        is_plain = is_plain && type == "_FIELD" && init.get() == Py_True && PyUnicode_CheckExact(key);
        if (is_plain) names.push_back(constant_text(key));
    }
    return is_plain ? names : std::vector<std::string>{};
}

PyObject* PythonEnvironment::read(const Source& source) {
    PyObject* value = read_source(source, call_, values_.data());
    if (value) kept_.push_back(Object::borrow(value));
    return value;
}

/// The step that reads the class; a guard on the class itself, which keeps it alive.
uint32_t PythonEnvironment::class_step(uint64_t class_id) {
    const Source source = source_of(Source::Kind::Class, 0, static_cast<uint32_t>(class_id));
    for (size_t i = 0; i < guards_.size(); ++i) {
        if (guards_[i].source == source) return static_cast<uint32_t>(i);
    }
    PyObject* type = read(source);
    guards_.push_back({Guard::Expectation::Same, source, Object::borrow(type), nullptr, 0});
    values_.push_back(type);
    answers_.emplace_back();
    return static_cast<uint32_t>(guards_.size() - 1);
}

Binding PythonEnvironment::class_attribute(uint64_t class_id, std::string_view name) {
    return ask_in_class(source_of(Source::Kind::ClassAttribute, class_step(class_id), 0, intern(name)));
}

/// What the class has there, as it is; borrowed, or null. It must be the same object in later calls.
PyObject* PythonEnvironment::keep_class_attribute(uint64_t class_id, std::string_view name) {
    Source source = source_of(Source::Kind::ClassAttribute, class_step(class_id), 0, intern(name));
    for (size_t i = 0; i < guards_.size(); ++i) {
        if (guards_[i].source == source) return values_[i];
    }
    PyObject* value = read(source);
    const auto expectation = value ? Guard::Expectation::Same : Guard::Expectation::Missing;
    guards_.push_back({expectation, std::move(source), value ? Object::borrow(value) : Object{}, nullptr, 0});
    values_.push_back(value);
    answers_.emplace_back();
    return value;
}

Binding PythonEnvironment::member_attribute(frontend::ObjectId member, std::string_view name) {
    const auto step = std::ranges::find(values_, objects_.at(member).get()) - values_.begin();
    return ask(source_of(Source::Kind::OwnAttribute, static_cast<uint32_t>(step), 0, intern(name)));
}

std::vector<std::string> PythonEnvironment::member_names(uint64_t class_id, bool all_names) {
    std::vector<std::string> names;
    const auto add = [&names](PyObject* name) {
        if (PyUnicode_CheckExact(name)) names.push_back(constant_text(name));
    };
    if (!data::record_class(class_id).is_enum) return names;
    // Enums that are made never change their members.
    PyObject* found = keep_class_attribute(class_id, all_names ? "_member_map_" : "_member_names_");
    if (found && PyDict_CheckExact(found)) {
        PyObject *name = nullptr, *member = nullptr;
        for (Py_ssize_t position = 0; PyDict_Next(found, &position, &name, &member);)
            add(name);
    } else if (found && PyList_CheckExact(found)) {
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(found); ++i)
            add(PyList_GET_ITEM(found, i));
    }
    return names;
}

Binding PythonEnvironment::property_setter(uint64_t class_id, std::string_view name) {
    const Source property = source_of(Source::Kind::ClassAttribute, class_step(class_id), 0, intern(name));
    ask_in_class(property);
    const auto step = std::ranges::find(guards_, property, &Guard::source) - guards_.begin();
    return ask(source_of(Source::Kind::Setter, static_cast<uint32_t>(step), 0));
}

Binding PythonEnvironment::super_attribute(uint64_t class_id, uint64_t after, std::string_view name) {
    class_step(after);  // keeps it
    const auto index = static_cast<uint32_t>(after);
    return ask_in_class(source_of(Source::Kind::SuperAttribute, class_step(class_id), index, intern(name)));
}

Binding PythonEnvironment::ask_in_class(Source source) {
    for (size_t i = 0; i < guards_.size(); ++i) {
        if (guards_[i].source == source) return answers_[i];
    }
    PyObject* value = read(source);
    return describe_in_class(value, Guard{Guard::Expectation::Missing, std::move(source), {}, nullptr, 0});
}

/// Descriptors mean something in a class; all other objects are what they are elsewhere.
Binding PythonEnvironment::describe_in_class(PyObject* value, Guard guard) {
    PyTypeObject* type = value ? Py_TYPE(value) : nullptr;
    if (!value || PyFunction_Check(value) || intrinsic_name(value) || (!type->tp_descr_get && !type->tp_descr_set)) {
        return describe(value, std::move(guard));
    }
    Binding binding;
    binding.name = type->tp_name;
    binding.overrides_fields = type->tp_descr_set != nullptr;
    const auto step = static_cast<uint32_t>(guards_.size());
    guard.expectation = Guard::Expectation::Same;
    guard.expected = Object::borrow(value);
    guards_.push_back(std::move(guard));
    values_.push_back(value);
    const bool is_property = type == &PyProperty_Type || data::is_enum_property(value),
               is_static = type == &PyStaticMethod_Type;
    const bool takes_class = type == &PyClassMethod_Type;
    const std::string_view name = type->tp_name;  // the first one up to 3.11
    const bool is_tuple_field = name == "_collections._tuplegetter" || name == "collections._tuplegetter";
    binding.kind = type == &PyMemberDescr_Type || is_tuple_field ? Binding::Kind::Field : Binding::Kind::Unsupported;
    answers_.push_back(binding);
    if (!is_property && !is_static && !takes_class) return binding;
    const Binding function = ask(source_of(Source::Kind::Getter, step, 0));
    if (function.kind != Binding::Kind::Function) return binding;
    binding.kind = is_property ? Binding::Kind::Property : Binding::Kind::Function;
    binding.id = function.id;
    binding.is_static = is_static;
    binding.takes_class = takes_class;
    return answers_[step] = binding;
}

const RecordShape* PythonEnvironment::class_shape(uint64_t class_id) {
    class_step(class_id);
    const data::RecordClass& known = data::record_class(class_id);
    return record_shape(known.form, class_id, known.name, known.fields);
}

const RecordShape* PythonEnvironment::truth_shape() {
    PyTypeObject* type = data::number_truth_type();
    const data::RecordClass* known = type ? data::record_class_of(type) : nullptr;
    return known && known->number == NumberLayout::Bool ? class_shape(known->id) : nullptr;
}

bool PythonEnvironment::class_keeps_attributes(uint64_t class_id) {
    class_step(class_id);
    return data::record_class(class_id).type->tp_dictoffset != 0;
}

bool PythonEnvironment::is_subclass(uint64_t class_id, uint64_t base_id) {
    const uint32_t step = class_step(class_id), base = class_step(base_id);
    const Source source = source_of(Source::Kind::ClassBases, step, 0);
    PyObject* bases = read(source);
    const auto known = [&](const Guard& guard) { return guard.source == source; };
    if (bases && std::none_of(guards_.begin(), guards_.end(), known)) {
        guards_.push_back({Guard::Expectation::Same, source, Object::borrow(bases), nullptr, 0});
        values_.push_back(bases);
        answers_.emplace_back();
    }
    for (Py_ssize_t i = 0; bases && i < PyTuple_GET_SIZE(bases); ++i) {
        if (PyTuple_GET_ITEM(bases, i) == values_[base]) return true;
    }
    return false;
}

bool PythonEnvironment::has_own_instance_check(uint64_t class_id) {
    class_step(class_id);
    return is_abstract_base(data::record_class(class_id).type);
}

/// What has been registered with such a class stays; of user's classes, code of theirs may be asked.
bool PythonEnvironment::takes_builtin(uint64_t class_id, std::string_view type) {
    constexpr std::pair<std::string_view, PyTypeObject*> kTypes[] = {
        {"float", &PyFloat_Type},     {"int", &PyLong_Type},           {"bool", &PyBool_Type},
        {"complex", &PyComplex_Type}, {"str", &PyUnicode_Type},        {"list", &PyList_Type},
        {"tuple", &PyTuple_Type},     {"dict", &PyDict_Type},          {"set", &PySet_Type},
        {"range", &PyRange_Type},     {"frozenset", &PyFrozenSet_Type}};
    const auto row =
        std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& each) { return each.first == type; });
    class_step(class_id);
    PyTypeObject* owner = data::record_class(class_id).type;
    if (row == std::end(kTypes) || !is_abstract_base(owner)) return false;
    const Object module = checked(PyObject_GetAttrString(reinterpret_cast<PyObject*>(owner), "__module__"));
    const std::string name = PyUnicode_Check(module.get()) ? constant_text(module.get()) : std::string();
    if (name != "numbers" && name != "collections.abc") return false;
    const int answer =
        PyObject_IsSubclass(reinterpret_cast<PyObject*>(row->second), reinterpret_cast<PyObject*>(owner));
    if (answer < 0) throw PythonError{};
    return answer == 1;
}

bool PythonEnvironment::is_abstract(uint64_t class_id) {
    PyTypeObject* type = data::record_class(class_id).type;
    if (!is_abstract_base(type)) return false;
    // Another set of them is another object.
    const Source source =
        source_of(Source::Kind::ClassAttribute, class_step(class_id), 0, intern("__abstractmethods__"));
    if (PyObject* methods = read(source)) {
        guards_.push_back({Guard::Expectation::Same, source, Object::borrow(methods), nullptr, 0});
        values_.push_back(methods);
        answers_.emplace_back();
    }
    return PyType_HasFeature(type, Py_TPFLAGS_IS_ABSTRACT);
}

Binding PythonEnvironment::builtin_exception(std::string_view name) {
    Object builtins = import_module("builtins");
    Object type = checked(PyObject_GetAttr(builtins.get(), intern(name).get()));
    PP_CHECK(PyExceptionClass_Check(type.get()));
    Binding binding;
    binding.kind = Binding::Kind::Exception;
    binding.id = add_object(type.get());
    binding.name = name;
    return binding;
}

bool PythonEnvironment::is_exception_subclass(frontend::ObjectId exception, frontend::ObjectId base) {
    const auto type = [&](frontend::ObjectId id) { return reinterpret_cast<PyTypeObject*>(objects_.at(id).get()); };
    return PyType_IsSubtype(type(exception), type(base)) != 0;
}

bool PythonEnvironment::keeps_arguments(frontend::ObjectId exception) {
    auto* type = reinterpret_cast<PyTypeObject*>(objects_.at(exception).get());
    auto* plain = reinterpret_cast<PyTypeObject*>(PyExc_Exception);
    auto* shows_key = reinterpret_cast<PyTypeObject*>(PyExc_KeyError);
    const bool may_change = PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE);
    const auto step = static_cast<uint32_t>(std::find(values_.begin(), values_.end(), objects_.at(exception).get()) -
                                            values_.begin());
    if (may_change && step == values_.size()) return false;
    const bool is_key = PyType_IsSubtype(type, shows_key) != 0;
    bool keeps = type->tp_new == plain->tp_new && type->tp_init == plain->tp_init &&
                 type->tp_getattro == plain->tp_getattro && type->tp_str == (is_key ? shows_key : plain)->tp_str;
    for (const char* name : {"__new__", "__init__", "__str__", "__format__", "__getattribute__", "args"}) {
        const Source source = source_of(Source::Kind::ClassAttribute, step, 0, intern(name));
        PyObject* found = data::look_up_in_class(type, source.name.get());
        const bool is_guarded =
            std::any_of(guards_.begin(), guards_.end(), [&](const Guard& guard) { return guard.source == source; });
        if (may_change && !is_guarded) {
            const auto expectation = found ? Guard::Expectation::Same : Guard::Expectation::Missing;
            keep(found, Guard{expectation, source, {}, nullptr, 0}, expectation, found, {});
        }
        const bool has_slot = std::string_view(name).starts_with("__") && std::string_view(name) != "__format__";
        keeps = keeps && (has_slot || found == data::look_up_in_class(plain, source.name.get()));
    }
    return keeps;
}

Binding PythonEnvironment::prelude(std::string_view name) {
    load_prelude_intrinsics();
    Object module = import_module("parallel_party._prelude");
    Object value = checked(PyObject_GetAttr(module.get(), intern(name).get()));
    for (size_t i = 0; i < guards_.size(); ++i) {
        if (guards_[i].source.kind == Source::Kind::Fixed && guards_[i].expected.get() == value.get())
            return answers_[i];
    }
    Guard guard{Guard::Expectation::Same, source_of(Source::Kind::Fixed, 0, 0), value, nullptr, 0};
    PyObject* borrowed = value.get();  // the module keeps it
    return describe(borrowed, std::move(guard));
}

Binding PythonEnvironment::ask(Source source) {
    for (size_t i = 0; i < guards_.size(); ++i) {
        if (guards_[i].source == source) return answers_[i];
    }
    PyObject* value = read(source);
    return describe(value, Guard{Guard::Expectation::Missing, std::move(source), {}, nullptr, 0});
}

frontend::FunctionId PythonEnvironment::add_function(PyObject* object, uint32_t step) {
    auto* function = reinterpret_cast<PyFunctionObject*>(object);
    auto known = std::make_unique<KnownFunction>();
    known->step = step;
    KnownCode& code = codes_[function->func_code];
    if (!code.view) {
        code.code = Object::borrow(function->func_code);
        code.view = make_code_view(reinterpret_cast<PyCodeObject*>(function->func_code),
                                   [this](PyObject* constant) { return add_object(constant); });
    }
    known->info.code = code.view;
    auto id = static_cast<frontend::FunctionId>(functions_.size());
    functions_.push_back(std::move(known));
    frontend::FunctionInfo& info = functions_[id]->info;
    Py_ssize_t defaults = function->func_defaults ? PyTuple_GET_SIZE(function->func_defaults) : 0;
    for (Py_ssize_t i = 0; i < defaults; ++i) {
        info.defaults.push_back(ask(source_of(Source::Kind::Default, step, static_cast<uint32_t>(i))));
    }
    if (function->func_kwdefaults) {
        PyObject *key = nullptr, *value = nullptr;
        Py_ssize_t position = 0;
        while (PyDict_Next(function->func_kwdefaults, &position, &key, &value)) {
            const char* name = PyUnicode_AsUTF8(key);
            if (!name) throw PythonError{};
            info.keyword_defaults.push_back(
                {name, ask(source_of(Source::Kind::KeywordDefault, step, 0, intern(name)))});
        }
    }
    return id;
}

uint32_t PythonEnvironment::add_object(PyObject* object) {
    for (size_t i = 0; i < objects_.size(); ++i) {
        if (objects_[i].get() == object) return static_cast<uint32_t>(i);
    }
    objects_.push_back(Object::borrow(object));
    return static_cast<uint32_t>(objects_.size() - 1);
}

std::string PythonEnvironment::source_line(const frontend::CodeView& code, int32_t line) {
    Object linecache = import_module("linecache");
    Object text = outlasting_the_interpreter([&] {
        return checked(PyObject_CallMethod(linecache.get(), "getline", "si", code.filename.c_str(), int(line)));
    });
    const char* utf8 = PyUnicode_AsUTF8(text.get());
    if (!utf8) throw PythonError{};
    return utf8;
}

}  // namespace pp::python
