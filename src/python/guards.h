/// What a specialisation was made of beside its columns: values read through names, cells and attributes. A later call
/// reads them again; where all are as expected, the specialisation holds and the scalars among them are its uniforms.
#pragma once

#include <Python.h>

#include <cstdint>
#include <string>
#include <vector>

#include "ir/kind.h"
#include "python/captures.h"
#include "python/object.h"

namespace pp::python {

/// Where a value is read from. `base` is the number of an earlier step whose value is a function or a module.
struct Source {
    enum class Kind : uint8_t {
        Root,             ///< the function of the call
        Keyword,          ///< keyword argument `index` of the call
        Leading,          ///< positional argument `index` that a partial or a method fixed
        Global,           ///< `name` in the globals or builtins of function `base`
        FreeVariable,     ///< cell `index` of function `base`
        Default,          ///< positional default `index` of function `base`
        KeywordDefault,   ///< default of keyword-only parameter `name` of function `base`
        ModuleAttribute,  ///< `name` in the namespace of module `base`
        Class,            ///< the class numbered `index`, as long as its instances are records
        ClassAttribute,   ///< `name` in class `base` or its bases
        SuperAttribute,   ///< `name` in the bases of class `base` that come behind the class numbered `index`
        ClassBases,       ///< class `base` and its bases, in order
        Imported,         ///< the module called `name`, where it has been imported
        Getter,           ///< the function of property `base`, or within static or class method `base`
        Setter,           ///< the function that assigns to property `base`
        Item,             ///< item `index` of tuple or list `base`
        Key,              ///< key `index` of dict `base`, in its order
        DictValue,        ///< the value under that key
        OwnAttribute,     ///< `name` among the attributes that instance `base` keeps for itself
        Fixed,            ///< part of this library: nothing to read
    } kind;
    uint32_t base = 0;
    uint32_t index = 0;
    Object name;  ///< interned str

    bool operator==(const Source& other) const noexcept {
        return kind == other.kind && base == other.base && index == other.index && name.get() == other.name.get();
    }
};

inline Source source_of(Source::Kind kind, uint32_t base, uint32_t index, Object name = {}) {
    return Source{kind, base, index, std::move(name)};
}

/// One value read, and what it must be.
struct Guard {
    enum class Expectation : uint8_t {
        Missing,   ///< there is none
        Same,      ///< this very object
        Class,     ///< this very class, which is plain_class still: Python code may change its metaclass
        Code,      ///< a Python function with this code object
        SameType,  ///< an object of this type that has no kind: compiled code does not look into it
        Parts,     ///< a tuple, list, dict or instance of this type with `count` parts, which have guards of their own
        Value,     ///< a value of `kind`, whose leaves become uniforms from `first_uniform`
        Data,      ///< the same, of a kind of dynamic length: kernels read it where it lies
    } expectation;
    Source source;
    Object expected;  ///< Same, Class: the object; Code: the code object; SameType, Parts: the type
    KindRef kind = nullptr;
    uint32_t first_uniform = 0;
    bool is_unforeseen = false;  ///< SameType: whether it has an `unforeseen_part`
    Py_ssize_t count = 0;        ///< Parts
};

/// The call's own values that sources refer to. Borrowed.
struct CallValues {
    PyObject* root = nullptr;
    PyObject* const* keywords = nullptr;
    PyObject* const* leading = nullptr;
};

/// Whether functools.cache or lru_cache made the object of a function.
bool is_cached_function(PyObject* value);
/// What is seen part by part has no more of them: each is looked at in each call, and has a place of its own in the
/// code.
inline constexpr size_t kMostParts = 64;
/// How many items or attributes of its own a tuple, list, dict or instance has.
Py_ssize_t count_parts(PyObject* value);
/// The names of the attributes that an instance keeps for itself; empty where it is no record, or they are too many.
std::vector<std::string> attribute_names(PyObject* instance);
/// Reads `source`; `values` are those of earlier steps. Borrowed reference; null when there is no value (no exception
/// is set).
PyObject* read_source(const Source& source, const CallValues& call, PyObject* const* values);

/// What kernels are handed beside the columns.
struct Surroundings {
    std::vector<uint64_t> uniforms;
    std::vector<data::CapturedUse> captured;
};

/// A value from outside the function whose leaves are uniforms. Borrowed.
struct SeenObject {
    PyObject* object;
    KindRef kind;
    uint32_t first_uniform;
};

/// Reads all guards; true when all hold. `seen.uniforms` has room for all uniforms. `objects`, where given, takes the
/// values whose leaves these are. Runs no Python code. Throws std::bad_alloc.
bool guards_hold(const std::vector<Guard>& guards, const CallValues& call, Surroundings& seen,
                 std::vector<SeenObject>* objects = nullptr);

}  // namespace pp::python
