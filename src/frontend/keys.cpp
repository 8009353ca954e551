/// See keys.h.
#include "frontend/keys.h"

#include "frontend/enums.h"
#include "frontend/numbers.h"
#include "frontend/records.h"

namespace pp::frontend {
namespace {

using Fault = std::optional<KeyFault>;

Fault unhashable(std::string type) {
    return KeyFault{true, std::move(type)};
}

Fault unknown(std::string type) {
    return KeyFault{false, std::move(type)};
}

/// Of what lies in memory, where only its kind is known.
Fault fault_of_kind(KindRef kind) {
    switch (kind->tag) {
    case Tag::Float:
    case Tag::Int:
    case Tag::Bool:
    case Tag::None:
    case Tag::Text:
    case Tag::Complex:
    case Tag::Never: return std::nullopt;
    case Tag::List:
    case Tag::ListOf: return unhashable("list");
    case Tag::Tuple:
        for (KindRef item : kind->items) {
            if (Fault fault = fault_of_kind(item)) {
                return fault;
            }
        }
        return std::nullopt;
    // An empty one has a hash whatever its items could be.
    case Tag::TupleOf: return fault_of_kind(kind->item) ? unknown("tuple") : std::nullopt;
    default: return unknown("object");
    }
}

/// Of an instance: its class's `__hash__` is None, one in Python, or one that asks nobody.
Fault fault_of_instance(Translation& t, const Value& value) {
    const Binding found = t.environment().class_attribute(value.node->record->class_id, "__hash__");
    if (found.kind == Binding::Kind::Uniform && found.uniform.kind->tag == Tag::None) {
        return unhashable(type_name(value));
    }
    // Enum's own, of a member's name, is in Python.
    const bool is_own = found.kind == Binding::Kind::Function && !is_enum_member(value);
    return is_own || is_number_object(value) ? unknown(type_name(value)) : std::nullopt;
}

Fault find_fault(Translation& t, const Value& value) {
    if (value.is_list() || is_dict(value)) {
        return unhashable(type_name(value));
    }
    if (value.shape == Shape::Sequence) {
        return fault_of_kind(value.node->kind);
    }
    if (value.shape == Shape::Record && !is_named_tuple(value)) {
        return fault_of_instance(t, value);
    }
    if (is_named_tuple(value)) {
        if (Fault fault = fault_of_instance(t, value)) {
            return fault;
        }
    }
    if (value.shape == Shape::Tuple || is_named_tuple(value)) {
        for (const Value& item : value.items()) {
            if (Fault fault = find_fault(t, item)) {
                return fault;
            }
        }
        return std::nullopt;
    }
    const bool is_table =
        value.shape == Shape::Mapping || value.shape == Shape::HashTable || value.shape == Shape::Table;
    if (is_table) {  // a set looks another set up as if it were a frozenset
        return type_name(value) == "dict" ? unhashable("dict") : unknown(type_name(value));
    }
    switch (value.shape) {
    case Shape::Any:
    case Shape::Some:
    case Shape::Other:
    case Shape::Slice:
    case Shape::Exception: return unknown(type_name(value));
    case Shape::Opaque: return value.is_unforeseen ? std::nullopt : unknown(type_name(value));
    default: return std::nullopt;
    }
}

std::string message(const KeyFault& fault) {
    return "unhashable type: " + quoted(fault.type);
}

}  // namespace

std::optional<KeyFault> key_fault(Translation& t, const Value& key) {
    t.looks().look(key);
    return find_fault(t, key);
}

void end_without_key(Translation& t, const KeyFault& fault) {
    if (fault.raises) {
        t.raises(message(fault));
    } else {
        t.unsupported("a key of type " + quoted(fault.type), {}, "use numbers, text, and tuples of these");
    }
}

Outcomes no_key(Translation& t, const KeyFault& fault) {
    if (fault.raises) {
        return t.raises("TypeError", message(fault));
    }
    end_without_key(t, fault);
    return {};
}

}  // namespace pp::frontend
