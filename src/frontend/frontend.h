/// A Python function applied to arguments of known kinds -> typed SSA.
///
/// The translator runs the canonical operations over kinds instead of values. A block of bytecode is translated once
/// for every combination of kinds that reaches it, so every IR value has one type; rows are taken apart, loops over
/// rows unroll, calls of Python functions are followed in place.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "frontend/environment.h"
#include "ir/ir.h"

namespace pp::frontend {

/// How the compiled function is called: `columns` are its first positional parameters (or *args), then keywords.
struct Signature {
    std::vector<KindRef> columns;
    /// Keyword arguments of the call (`t=0.5`), bound to uniforms, functions and so on by the caller.
    std::vector<DefaultValue> keywords;
    /// Leading positional arguments that functools.partial fixed.
    std::vector<Binding> leading;
    /// The function may change its elements, and that is its result: see changes_of in changes.h. Whatever it returns
    /// is left out.
    bool changes_elements = false;
    /// Columns are no objects: their records are returned by their fields, all of which the kinds name.
    bool copies_records = false;
    /// For messages: by input node (origin number minus 1), the name of the type of what is only carried. May be
    /// shorter.
    std::vector<std::string> carried_types;
};

/// The function does what nobody may do, so that CPython must not evaluate it either: it changes an element where that
/// is not asked for, or what all elements share.
class Forbidden : public UserError {
public:
    explicit Forbidden(const std::string& message) : UserError(ErrorKind::Unsupported, message) {}
};

/// A builtin given itself as the function: `pp.map(math.sin, xs)`.
struct Callee {
    enum class Kind : uint8_t { Function, Intrinsic } kind = Kind::Function;
    FunctionId function = 0;
    std::string intrinsic;
};

/// Throws UserError(Unsupported) when no path of the function for these kinds can be compiled, with file, line, caret,
/// construct and advice, or when some path of it does what nobody may do (changing an element where that is not asked
/// for, or what all elements share). Where the arguments do not fit the parameters, the only path is one on which
/// CPython raises.
/// `needed`, where given, becomes the columns' kinds as far as the function looks at them, also where it throws: for
/// these kinds, too, every path goes the same way, and elements may differ in all that is not looked at. Where elements
/// are changed all of their kinds is kept, and what the function looks for in vain is added as missing.
ir::Function translate(Environment& environment, const Callee& callee, const Signature& signature,
                       std::vector<KindRef>* needed = nullptr);

/// Names of the builtins and modules' functions that compile ("math.sin", ...), sorted: for documentation.
std::vector<std::string> intrinsic_names();

}  // namespace pp::frontend
