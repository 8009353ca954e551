/// What a function can see beside its arguments: globals, cells, attributes of modules. The front end asks; the
/// bindings (or a test) answer and remember what was asked, so that a later call can tell whether anything changed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/code_view.h"
#include "ir/kind.h"

namespace pp::frontend {

using FunctionId = uint32_t;  ///< a Python function known to the environment; 0 is the one being compiled
using ObjectId = uint32_t;    ///< any other Python object known to the environment

/// A Python value whose scalars are read anew at each call and handed to the kernel as uniforms.
struct UniformValue {
    KindRef kind;
    uint32_t first_uniform;  ///< uniforms of its leaves are numbered from here, depth first
};

/// The answer to "what is this name bound to?".
struct Binding {
    enum class Kind : uint8_t {
        Missing,    ///< CPython would raise NameError, UnboundLocalError or AttributeError
        Uniform,    ///< a value that has a kind; a dict may be seen as a table as well, by `id`
        Table,      ///< a dict or set: `uniform` is tuple[places, keys, values] (data/captured_table_python.h); `name`
        Function,   ///< a Python function
        Intrinsic,  ///< a builtin the library knows: `name` is "math.sin", "builtins.abs", ...
        Module,     ///< ask for its attributes
        Object,     ///< an immutable object: may be returned or compared by identity; an enum's member
        Class,      ///< a class whose instances may be records: `id` is its class id, `name` its name
        Field,      ///< in a class: what gives an instance's own field of that name (a slot, a namedtuple's getter)
        Exception,  ///< a class of exceptions: `id` is its ObjectId, `name` its name
        Property,   ///< in a class: a property whose getter is the Python function `id`
        Row,        ///< a tuple or list of a few `parts` of any kind; `name` says which
        Dict,       ///< a dict of a few `parts` of any kind, under `keys`: constants
        Instance,   ///< of class `id`, with a few attributes of any kind: `parts`, under the names that `keys` have as
                    ///< `text`
        Unsupported,  ///< anything else; `name` is the type's name
    } kind = Kind::Missing;
    /// Unsupported, but CPython computes with it what compiled code does with its like: an instance of a subclass of
    /// int, a tuple that holds an int beyond 64 bits. `name` is the type of that part.
    bool is_unforeseen = false;
    UniformValue uniform{};           ///< Uniform, Table; Object that is an enum's member: its address
    uint64_t class_id = 0;            ///< Object: of an enum's member, its class; else 0
    std::optional<int64_t> number{};  ///< Object: what a member of an IntEnum is worth
    uint32_t id = 0;                  ///< Function: FunctionId; Module, Object: ObjectId; Uniform: of a dict, else 0
    std::string name;
    std::string
        text;  ///< Object that is a str: its value, UTF-8 (with surrogates as they are); an int's as hex() writes it
    bool overrides_fields = false;  ///< in a class: it comes before an instance's own attribute of that name
    bool is_static = false;         ///< Function in a class: it takes no instance
    bool takes_class = false;       ///< Function in a class: it takes the class first
    bool is_cached = false;         ///< Function: functools.cache or lru_cache keeps what it returned
    std::vector<Binding> keys{}, parts{};
};

/// A parameter's default, a keyword default.
struct DefaultValue {
    std::string parameter;
    Binding value;
};

struct FunctionInfo {
    std::shared_ptr<const CodeView> code;
    std::vector<Binding> defaults;  ///< of the last positional parameters
    std::vector<DefaultValue> keyword_defaults;
};

/// Answers may be cached by the caller for one analysis. Not thread-safe.
class Environment {
public:
    virtual ~Environment() = default;
    virtual const FunctionInfo& function(FunctionId function) = 0;
    virtual Binding global(FunctionId function, std::string_view name) = 0;
    /// Contents of the function's free variable number `index` (in order of co_freevars).
    virtual Binding free_variable(FunctionId function, uint32_t index) = 0;
    virtual Binding attribute(ObjectId module, std::string_view name) = 0;
    /// The module of that full name, where it has been imported; else Missing.
    virtual Binding imported(std::string_view name) = 0;
    /// The names of the attributes that positional patterns match.
    virtual std::vector<std::string> match_arguments(uint64_t class_id) = 0;
    /// The fields of a dataclass in order, where its `__init__` takes them all; empty for any other class.
    virtual std::vector<std::string> dataclass_fields(uint64_t) { return {}; }
    /// What the class numbered `class_id` (RecordShape::class_id) has under `name`, its bases included.
    virtual Binding class_attribute(uint64_t class_id, std::string_view name) = 0;
    /// The function that assigns to the property called `name` of that class; Missing where none is written in Python.
    virtual Binding property_setter(uint64_t, std::string_view) { return {}; }
    /// What a member of an enum, a constant, has itself under `name`; Missing where only its class may have it.
    virtual Binding member_attribute(ObjectId, std::string_view) { return {}; }
    /// The names of an enum's members in order; `all_names` gives aliases, too. Empty for any other class.
    virtual std::vector<std::string> member_names(uint64_t, bool) { return {}; }
    /// What super() of the class numbered `after` gives under `name`, of an object of the class numbered `class_id`.
    virtual Binding super_attribute(uint64_t, uint64_t, std::string_view) {
        return {.kind = Binding::Kind::Unsupported, .name = "object"};
    }
    /// The class's name and form, with a namedtuple's fields, else without any.
    virtual const RecordShape* class_shape(uint64_t class_id) = 0;
    /// The class of what comparisons of numpy's scalars give; null where it is not known.
    virtual const RecordShape* truth_shape() { return nullptr; }
    /// Whether instances of the class can have attributes beside its slots.
    virtual bool class_keeps_attributes(uint64_t class_id) = 0;
    /// Whether one class is another or is derived from it.
    virtual bool is_subclass(uint64_t class_id, uint64_t base_id) = 0;
    /// Whether isinstance() asks the class, as those made by ABCMeta are, and not only its bases.
    virtual bool has_own_instance_check(uint64_t) { return false; }
    /// Whether an abstract class of the standard library says yes, for good, to instances of the builtin type.
    virtual bool takes_builtin(uint64_t, std::string_view) { return false; }
    /// Whether the class cannot be instantiated since methods are missing.
    virtual bool is_abstract(uint64_t) { return false; }
    /// A builtin class of exceptions, by name.
    virtual Binding builtin_exception(std::string_view name) = 0;
    /// Whether one class of exceptions is another or is derived from it.
    virtual bool is_exception_subclass(ObjectId exception, ObjectId base) = 0;
    /// Whether calling the class only keeps the arguments, and `args` and its text are Exception's (or KeyError's).
    virtual bool keeps_arguments(ObjectId exception) = 0;
    /// The dict whose Binding has this `id`, as a Table, or Unsupported.
    virtual Binding table(uint32_t) { return {.kind = Binding::Kind::Unsupported, .name = "dict"}; }
    /// A function of the library's own prelude (`parallel_party/_prelude`), by name.
    virtual Binding prelude(std::string_view name) = 0;
    /// All uniforms asked for so far.
    virtual const std::vector<KindRef>& uniforms() const = 0;
    /// Called several times in each millisecond of an analysis; may throw.
    virtual void breathe() {}
    /// Lines of source for messages; empty when there is none.
    virtual std::string source_line(const CodeView& code, int32_t line) = 0;
};

}  // namespace pp::frontend
