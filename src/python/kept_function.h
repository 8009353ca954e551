/// A function with everything that it reads beside its arguments, to be called later as it would be called now.
#pragma once

#include <Python.h>

#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "python/object.h"

namespace pp::python {

/// GIL held for every member. None runs Python code, but for what dropping references may run.
class KeptFunction {
public:
    /// Null where something that the function may read can change without being replaced: a list, a dict, an instance,
    /// a class of Python's. Numbers, text, tuples of these, builtins, functions and modules' names are kept; so is what
    /// the functions among them read. Names that only look like the function's own count as well.
    static std::unique_ptr<const KeptFunction> keep(PyObject* function);
    /// Whether an argument that does not depend on the element cannot change: numbers, text, tuples of these.
    static bool is_constant(PyObject* value) noexcept { return is_constant(value, 8); }

    /// The function itself, where it would read the same now; else a copy that does. Throws PythonError.
    Object function() const;

private:
    struct Name {
        PyObject* name;  ///< a code object's, which is kept
        Object value;    ///< null: there was none
    };
    struct Function {
        Object function, code, defaults, closure;
        std::vector<Name> globals;
        std::vector<Name> keyword_defaults;  ///< these names are kept by `keyword_names`
        std::vector<Object> keyword_names;
        std::vector<Object> cells;
    };
    struct Module {
        Object module;
        std::vector<Name> names;
    };
    using Copies = std::unordered_map<PyObject*, Object>;

    KeptFunction() = default;
    static bool is_constant(PyObject* value, int depth) noexcept;
    bool take(PyObject* value, std::span<PyObject* const> names);
    bool take_function(PyFunctionObject* function);
    bool take_module(PyObject* module, std::span<PyObject* const> names);
    static bool is_as_kept(const Function& kept) noexcept;
    static bool is_as_kept(const Module& kept) noexcept;
    static void complete(const Function& kept, const Copies& copies);
    static void complete(const Module& kept, const Copies& copies);

    Object root_;
    std::vector<Function> functions_;
    std::vector<Module> modules_;
};

}  // namespace pp::python
