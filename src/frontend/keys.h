/// What may be a key of a dict or an item of a set: what has a hash, and one that compiled code need not ask for.
#pragma once

#include <optional>
#include <string>

#include "frontend/translation.h"

namespace pp::frontend {

/// Why a value is no key that compiled code can take.
struct KeyFault {
    bool raises;       ///< CPython raises a TypeError; else it may be a key to CPython
    std::string type;  ///< of the part that is none
};

/// Nothing where the value may be a key: lists, dicts and sets may not, nor tuples that hold one, nor instances of
/// classes that define `__eq__` alone; of those with a `__hash__` of their own, and of carried objects, only CPython
/// knows. A look at the whole value.
std::optional<KeyFault> key_fault(Translation& translation, const Value& key);

/// Ends the path for that, or gives the way on for whoever may catch the TypeError.
Outcomes no_key(Translation& translation, const KeyFault& fault);
/// Ends the path for that.
void end_without_key(Translation& translation, const KeyFault& fault);

}  // namespace pp::frontend
