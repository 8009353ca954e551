/// Kinds, names and types of abstract values.
#include "frontend/abstract_value.h"

#include "base/error.h"

namespace pp::frontend {
namespace {

std::string_view type_name_of_intrinsic(std::string_view name) {
    for (std::string_view type : {"float", "int", "bool", "tuple", "list", "str", "range", "complex"}) {
        if (name.substr(0, 9) == "builtins." && name.substr(9) == type) {
            return "type";
        }
    }
    return "builtin_function_or_method";
}

}  // namespace

KindRef kind_of(const Value& value) {
    switch (value.shape) {
    case Shape::Float: return float_kind();
    case Shape::Int: return int_kind();
    case Shape::Bool: return bool_kind();
    case Shape::None: return none_kind();
    case Shape::Object: return object_kind(value.number);
    case Shape::Any: return any_kind();
    case Shape::Some: return some_kind();
    case Shape::Other: return other_kind();
    case Shape::Tuple:
    case Shape::List: {
        std::vector<KindRef> items;
        items.reserve(value.items().size());
        for (const Value& item : value.items()) {
            items.push_back(kind_of(item));
            if (!items.back()) {
                return nullptr;
            }
        }
        return value.shape == Shape::Tuple ? tuple_kind(items) : list_kind(items);
    }
    case Shape::Complex: return complex_kind();
    case Shape::Record: {
        std::vector<KindRef> items;
        for (const Value& item : value.items()) {
            items.push_back(item.is_null() ? missing_kind() : kind_of(item));
            if (!items.back()) {
                return nullptr;
            }
        }
        return record_kind(value.node->record, items);
    }
    case Shape::Sequence:
    case Shape::Text: return value.node->kind;
    default: return nullptr;
    }
}

std::string type_name(const Value& value) {
    switch (value.shape) {
    case Shape::Float: return "float";
    case Shape::Int: return "int";
    case Shape::Bool: return "bool";
    case Shape::None: return "NoneType";
    case Shape::Tuple: return "tuple";
    case Shape::List: return "list";
    case Shape::Sequence: return value.node->kind->tag == Tag::TupleOf ? "tuple" : "list";
    case Shape::Text: return "str";
    case Shape::Range: return "range";
    case Shape::RangeIterator: return "range_iterator";
    case Shape::Mapping:
    case Shape::HashTable:
    case Shape::View: return std::string(value.node->name);
    case Shape::RowIterator:
    case Shape::SequenceIterator: return "iterator";
    case Shape::Place: return "list";
    case Shape::Slice: return "slice";
    case Shape::Super: return "super";
    case Shape::Function: return "function";
    case Shape::Intrinsic: return std::string(type_name_of_intrinsic(value.node->name));
    case Shape::Method: return "builtin_function_or_method";
    case Shape::BoundMethod: return "method";
    case Shape::ExceptionClass:
    case Shape::Class: return "type";
    case Shape::Exception: return std::string(value.node->name);
    case Shape::Complex: return "complex";
    case Shape::Record: return value.node->record->class_name;
    case Shape::Module: return "module";
    case Shape::Code: return "code";
    case Shape::Cell:
    case Shape::FreeVariable: return "cell";
    case Shape::Null: return "unbound variable";
    case Shape::Object:
    case Shape::Table:
    case Shape::Any:
    case Shape::Some:
    case Shape::Other:
    case Shape::Opaque: return std::string(value.node->name);
    }
    return "object";
}

std::string_view array_instead(const Value& value, std::string_view otherwise) {
    const std::string name = type_name(value);
    const bool is_buffer =
        name == "numpy.ndarray" || name == "array.array" || name == "bytearray" || name == "memoryview";
    return is_buffer ? "make an Array of it, parallel_party.array()" : otherwise;
}

std::string unforeseen_text(const Value& value) {
    return value.node->name == "int" ? "an int beyond 64 bits" : "an instance of " + quoted(value.node->name);
}

std::string quoted(std::string_view text) {
    std::string result = "'";
    result += text;
    result += '\'';
    return result;
}

ir::Type leaf_type(Shape shape) {
    switch (shape) {
    case Shape::Float: return ir::Type::F64;
    case Shape::Int: return ir::Type::I64;
    case Shape::Bool: return ir::Type::Bool;
    default: return ir::Type::Void;
    }
}

}  // namespace pp::frontend
