/// Constants, values and ends of paths; see translation.h.
#include "frontend/translation.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/error.h"
#include "frontend/arrays.h"
#include "frontend/frontend.h"
#include "frontend/mappings.h"
#include "frontend/sequences.h"
#include "ir/record_names.h"

namespace pp::frontend {
namespace {

/// Types whose objects a function could write to, and compiled code knows no more of than that.
bool is_container_type(std::string_view type) {
    constexpr std::string_view kTypes[] = {"list",
                                           "dict",
                                           "set",
                                           "bytearray",
                                           "Counter",
                                           "array.array",
                                           "numpy.ndarray",
                                           "collections.deque",
                                           "collections.defaultdict",
                                           "collections.OrderedDict"};
    return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

}  // namespace

Translation::Translation(Environment& environment, ir::Function& function, bool arrays_change)
    : environment_(environment), function_(function), builder_(function), arrays_change_(arrays_change) {}

ir::ValueId Translation::constant(ir::Type type, uint64_t bits) {
    auto [entry, is_new] = constants_[static_cast<size_t>(type)].try_emplace(bits, ir::kNoValue);
    if (is_new) {
        const ir::BlockId block = builder_.block();
        builder_.set_block(0);
        switch (type) {
        case ir::Type::F64: entry->second = builder_.constant(std::bit_cast<double>(bits)); break;
        case ir::Type::I64: entry->second = builder_.constant(static_cast<int64_t>(bits)); break;
        case ir::Type::Bool: entry->second = builder_.constant(bits != 0); break;
        default: entry->second = builder_.origin(static_cast<ir::Origin>(bits)); break;
        }
        builder_.set_block(block);
    }
    return entry->second;
}

ir::ValueId Translation::constant(double value) {
    return constant(ir::Type::F64, std::bit_cast<uint64_t>(value));
}
ir::ValueId Translation::constant(int64_t value) {
    return constant(ir::Type::I64, static_cast<uint64_t>(value));
}
ir::ValueId Translation::constant(bool value) {
    return constant(ir::Type::Bool, value ? 1 : 0);
}
ir::ValueId Translation::origin(ir::Origin value) {
    return constant(ir::Type::I32, static_cast<uint32_t>(value));
}

ir::ValueId Translation::uniform(uint32_t index) {
    auto [entry, is_new] = uniforms_.try_emplace(index, ir::kNoValue);
    if (is_new) {
        const std::vector<KindRef>& known = environment_.uniforms();
        while (function_.uniforms.size() < known.size()) {
            function_.uniforms.push_back(ir::type_of_leaf(known[function_.uniforms.size()]));
        }
        const ir::BlockId block = builder_.block();
        builder_.set_block(0);
        entry->second = builder_.uniform(index);
        builder_.set_block(block);
    }
    return entry->second;
}

std::optional<double> Translation::known_float(const Value& value) const {
    if (value.shape != Shape::Float || function_.values[value.leaf].is_parameter ||
        function_.values[value.leaf].op != ir::Op::Const) {
        return std::nullopt;
    }
    return std::bit_cast<double>(function_.values[value.leaf].immediate);
}

std::optional<int64_t> Translation::known_int(const Value& value) const {
    if (!value.is_integral() || function_.values[value.leaf].is_parameter ||
        function_.values[value.leaf].op != ir::Op::Const) {
        return std::nullopt;
    }
    return static_cast<int64_t>(function_.values[value.leaf].immediate);
}

std::optional<bool> Translation::known_bool(ir::ValueId leaf) const {
    const ir::Value& value = function_.values[leaf];
    if (value.is_parameter || value.op != ir::Op::Const) {
        return std::nullopt;
    }
    return value.immediate != 0;
}

Value Translation::row(Shape tuple_or_list, std::vector<Value> items) {
    Node& made = node();
    made.items = std::move(items);
    return {.shape = tuple_or_list, .node = &made};
}

Value Translation::record(const RecordShape* shape, std::vector<Value> fields) {
    Node& made = node();
    made.record = shape;
    made.items = std::move(fields);
    return {.shape = Shape::Record, .node = &made};
}

Value Translation::class_value(const RecordShape& shape) {
    if (shape.is_dict()) {
        return intrinsic("builtins.dict");
    }
    return {
        .shape = Shape::Class, .number = static_cast<uint32_t>(shape.class_id), .node = opaque(shape.class_name).node};
}

Value Translation::complex(const Value& real, const Value& imaginary) {
    Node& made = node();
    made.items = {float_value(real.leaf), float_value(imaginary.leaf)};
    return {.shape = Shape::Complex, .node = &made};
}

Value Translation::intrinsic(std::string_view full_name) {
    Value& value = intrinsics_[name(full_name)];
    if (!value.node) {
        Node& made = node();
        made.name = name(full_name);
        value = {.shape = Shape::Intrinsic, .node = &made};
    }
    return value;
}

Value Translation::method(std::string_view full_name, const Value& receiver) {
    Node& made = node();
    made.name = name(full_name);
    made.items = {receiver};
    return {.shape = Shape::Method, .node = &made};
}

Value Translation::opaque(std::string_view what, bool is_unforeseen) {
    Node& made = node();
    made.name = name(what);
    return {.shape = Shape::Opaque, .is_unforeseen = is_unforeseen, .node = &made};
}

Value Translation::carried(Shape shape, std::string_view type) {
    return {.shape = shape, .node = opaque(type).node};
}

Value Translation::object(uint32_t number, std::string_view type, const std::string* text, uint64_t class_id,
                          uint32_t address) {
    Node& made = node();
    made.name = name(type);
    made.text = text;
    made.class_id = class_id;
    made.address = address;
    return {.shape = Shape::Object, .is_unforeseen = type == "int", .number = number, .node = &made};
}

Value Translation::exception_class(const Binding& binding) {
    Node& made = node();
    made.name = name(binding.name);
    return {.shape = Shape::ExceptionClass, .number = binding.id, .node = &made};
}

Value Translation::exception(const Value& owner, const std::vector<Value>* arguments) {
    Node& made = node();
    made.name = owner.node->name;
    if (arguments) {
        made.items = *arguments;
        made.length = static_cast<int64_t>(arguments->size());
    }
    return {.shape = Shape::Exception, .number = owner.number, .node = &made};
}

namespace {

Value captured_table(Translation& t, std::string_view name, const std::vector<Value>& columns) {
    Node& made = t.node();
    made.name = name;
    for (const Value& column : columns) {
        // What has columns of its own is mixed (data/captured_mixed_python.h).
        const bool is_mixed = column.shape == Shape::Tuple;
        made.items.push_back(is_mixed ? captured_table(t, t.name("tuple"), column.items()) : column);
    }
    return {.shape = Shape::Table, .is_captured = true, .node = &made};
}

Value captured_parts(Translation& t, const Binding& binding) {
    std::vector<Value> keys, parts;
    for (const Binding& part : binding.parts) {
        parts.push_back(t.from_binding(part));
    }
    if (binding.kind == Binding::Kind::Instance) {
        std::vector<std::string> names;
        for (const Binding& key : binding.keys) {
            names.push_back(key.text);
        }
        Value made = t.record(record_shape(RecordForm::Object, binding.id, binding.name, std::move(names)), parts);
        made.is_captured = true;
        return made;
    }
    for (const Binding& key : binding.keys) {
        keys.push_back(t.from_binding(key));
    }
    Value made = binding.kind == Binding::Kind::Row
                     ? t.row(binding.name == "tuple" ? Shape::Tuple : Shape::List, std::move(parts))
                     : mapping(t, "dict", std::move(keys), std::move(parts));
    made.is_captured = made.shape != Shape::Tuple;
    return made;
}

}  // namespace

Value Translation::from_binding(const Binding& binding) {
    switch (binding.kind) {
    case Binding::Kind::Missing: return {};
    case Binding::Kind::Uniform: {
        uint32_t next = binding.uniform.first_uniform;
        Value value = from_uniforms(binding.uniform.kind, next);
        if (value.shape == Shape::Record) {
            value.number = binding.id;
        }
        return value;
    }
    case Binding::Kind::Table: {
        uint32_t next = binding.uniform.first_uniform;
        const Value columns = from_uniforms(binding.uniform.kind, next);
        return binding.name == "Array" ? array_value(*this, binding.name, columns)
                                       : captured_table(*this, name(binding.name), columns.items());
    }
    case Binding::Kind::Function: return binding.is_cached ? cached_function(binding.id) : from_function(binding.id);
    case Binding::Kind::Intrinsic: return intrinsic(binding.name);
    case Binding::Kind::Module: return {.shape = Shape::Module, .number = binding.id};
    case Binding::Kind::Object: {
        const bool is_text = binding.name == "str" || !binding.text.empty();
        const std::string* text = is_text ? &*names_.emplace(binding.text).first : nullptr;
        Value value = object(binding.id, binding.name, text, binding.class_id, binding.uniform.first_uniform);
        if (binding.number) {
            Node& member = node();
            member = *value.node;
            member.number = binding.number;
            value.node = &member;
            value.is_unforeseen = true;
        }
        return value;
    }
    case Binding::Kind::Class: return {.shape = Shape::Class, .number = binding.id, .node = opaque(binding.name).node};
    case Binding::Kind::Exception: return exception_class(binding);
    case Binding::Kind::Row:
    case Binding::Kind::Dict:
    case Binding::Kind::Instance: return captured_parts(*this, binding);
    case Binding::Kind::Field:
    case Binding::Kind::Property:
    case Binding::Kind::Unsupported: break;
    }
    Value value = opaque(binding.name, binding.is_unforeseen);
    value.is_captured = !binding.is_unforeseen && is_container_type(binding.name);
    return value;
}

Value Translation::cached_function(FunctionId id) {
    if (auto known = cached_functions_.find(id); known != cached_functions_.end()) {
        return known->second;
    }
    Value value = from_function(id);
    FunctionShape& shape = function_shape();
    shape = *value.node->function;
    shape.is_cached = true;
    Node& made = node();
    made = *value.node;
    made.function = &shape;
    value.node = &made;
    cached_functions_.emplace(id, value);
    return value;
}

Value Translation::from_function(FunctionId id) {
    if (auto known = functions_.find(id); known != functions_.end()) {
        return known->second;
    }
    const FunctionInfo& info = environment_.function(id);
    FunctionShape& shape = function_shape();
    shape.code = info.code;
    shape.owner = id;
    shape.is_environments = true;
    shape.default_count = static_cast<uint32_t>(info.defaults.size());
    Node& made = node();
    made.function = &shape;
    const Value value{.shape = Shape::Function, .node = &made};
    functions_.emplace(id, value);  // before the defaults, which may lead back here
    for (const Binding& binding : info.defaults) {
        made.items.push_back(from_binding(binding));
    }
    for (const DefaultValue& keyword : info.keyword_defaults) {
        shape.keyword_defaults.push_back(keyword.parameter);
        made.items.push_back(from_binding(keyword.value));
    }
    return value;
}

Value Translation::from_uniforms(KindRef kind, uint32_t& next_uniform) {
    switch (kind->tag) {
    case Tag::Float: return float_value(uniform(next_uniform++));
    case Tag::Identity:
    case Tag::Int: return int_value(uniform(next_uniform++));
    case Tag::Bool: return bool_value(uniform(next_uniform++));
    case Tag::None: return none_value();
    case Tag::Object: return object(kind->object, "object", nullptr);
    case Tag::TupleOf:
    case Tag::ListOf:
    case Tag::Text: {
        const ir::ValueId address = uniform(next_uniform++);
        Value value = dynamic_value(*this, kind, address, uniform(next_uniform++));
        value.is_captured = value.is_list();
        value.is_read_only = value.shape == Shape::Sequence;
        return value;
    }
    case Tag::Never: throw InternalError("a uniform of no kind");
    case Tag::Any:
    case Tag::Some:
    case Tag::Other: return opaque("object");
    case Tag::Missing: return {};
    case Tag::Complex: {
        const Value real = float_value(uniform(next_uniform++));
        return complex(real, float_value(uniform(next_uniform++)));
    }
    case Tag::Record:
    case Tag::Tuple:
    case Tag::List: break;
    }
    std::vector<Value> items;
    for (KindRef item : kind->items) {
        items.push_back(from_uniforms(item, next_uniform));
    }
    if (kind->tag == Tag::Record) {
        Value value = captured_record(kind->record, std::move(items));
        value.is_captured = kind->record->form != RecordForm::NamedTuple;
        return value;
    }
    Value value = row(kind->tag == Tag::Tuple ? Shape::Tuple : Shape::List, std::move(items));
    value.is_captured = kind->tag == Tag::List;
    return value;
}

Value Translation::captured_record(const RecordShape* shape, std::vector<Value> items) {
    if (shape->fields.empty() || shape->fields.back() != kOthersField) {
        return record(shape, std::move(items));
    }
    items.pop_back();
    const std::vector<std::string> names(shape->fields.begin(), shape->fields.end() - 1);
    return record(record_shape(shape->form, shape->class_id, shape->class_name, names), std::move(items));
}

Value Translation::from_constant(const Constant& constant) {
    struct Visitor {
        Translation& translation;
        Value operator()(std::monostate) const { return none_value(); }
        Value operator()(bool value) const { return translation.bool_constant(value); }
        Value operator()(int64_t value) const { return translation.int_constant(value); }
        Value operator()(double value) const { return translation.float_constant(value); }
        Value operator()(const ObjectConstant& value) const {
            if (value.type_name == "slice") {
                Node& made = translation.node();
                for (const Constant& item : value.items) {
                    made.items.push_back(translation.from_constant(item));
                }
                return {.shape = Shape::Slice, .node = &made};
            }
            if (value.type_name == "frozenset" && !value.items.empty()) {
                std::vector<Value> keys;
                for (const Constant& item : value.items) {
                    keys.push_back(translation.from_constant(item));
                }
                return reordered_mapping(translation, mapping(translation, "frozenset", std::move(keys), {}));
            }
            if (value.type_name == "complex" && value.items.size() == 2) {
                return translation.complex(translation.from_constant(value.items[0]),
                                           translation.from_constant(value.items[1]));
            }
            const bool is_known = value.type_name == "str" || (value.type_name == "int" && !value.text.empty());
            return translation.object(value.object, value.type_name, is_known ? &value.text : nullptr);
        }
        Value operator()(const ConstantTuple& value) const {
            std::vector<Value> items;
            for (const Constant& item : value) {
                items.push_back(translation.from_constant(item));
            }
            return translation.row(Shape::Tuple, std::move(items));
        }
        Value operator()(const std::shared_ptr<const CodeView>& value) const {
            Node& made = translation.node();
            made.code = value;
            return {.shape = Shape::Code, .node = &made};
        }
    };
    return std::visit(Visitor{*this}, constant.value);
}

void Translation::guard(ir::ValueId condition) {
    if (known_bool(condition) != true) {
        emit(ir::Op::Guard, {condition});
    }
}

Fork Translation::fork(ir::ValueId condition) {
    const Fork fork{builder_.add_block(), builder_.add_block()};
    builder_.branch(condition, {fork.if_true, {}}, {fork.if_false, {}});
    return fork;
}

Outcomes Translation::done(const Value& value) {
    Outcomes outcomes;
    outcomes.push_back({.block = builder_.block(), .value = value});
    return outcomes;
}

Outcomes Translation::raises(std::string_view what) {
    return end_path(diagnostic(environment_, "CPython raises here: " + std::string(what), places_, {}), false);
}

Outcomes Translation::raises(std::string_view type, std::string_view what) {
    if (!catches_) {
        return raises(what);
    }
    Outcomes outcomes = done(exception(exception_class(environment_.builtin_exception(type)), nullptr));
    outcomes.front().raises = true;
    return outcomes;
}

Outcomes Translation::raised_where(ir::ValueId condition, std::string_view type, std::string_view what) {
    if (!catches_ || known_bool(condition) == false) {
        return {};
    }
    const Fork ways = fork(condition);
    enter(ways.if_true);
    Outcomes outcomes = raises(type, what);
    enter(ways.if_false);
    return outcomes;
}

Outcomes Translation::beyond(std::string_view what) {
    return end_path(diagnostic(environment_, "CPython computes this: " + std::string(what), places_, {}), false);
}

Outcomes Translation::beyond(const Value& unforeseen) {
    return beyond(unforeseen_text(unforeseen));
}

std::string Translation::no_form(std::string_view construct, std::string_view reason, std::string_view advice) {
    std::string remark(reason);
    if (!reason.empty() && !advice.empty()) {
        remark += "; ";
    }
    remark += advice;
    return diagnostic(environment_, std::string(construct) + " has no compiled form", places_, remark);
}

Outcomes Translation::unsupported(std::string_view construct, std::string_view reason, std::string_view advice) {
    return end_path(no_form(construct, reason, advice), true);
}

void Translation::refuse(std::string_view construct, std::string_view reason, std::string_view advice) {
    throw Forbidden(no_form(construct, reason, advice));
}

Outcomes Translation::end_path(std::string message, bool unsupported) {
    const auto next = static_cast<uint32_t>(function_.hand_backs.size());
    auto [entry, is_new] = reasons_.try_emplace(message, next);
    if (is_new) {
        const SourceSpan span = places_.empty() ? SourceSpan{} : places_.back().span;
        function_.hand_backs.push_back({std::move(message), unsupported, span});
    }
    builder_.hand_back(entry->second);
    return {};
}

Outcomes Translation::follow(std::string_view prelude_name, std::vector<Value> arguments) {
    const Value callee = from_binding(environment_.prelude(prelude_name));
    PP_CHECK(callee.shape == Shape::Function);
    return follow(callee, std::move(arguments));
}

Outcomes Translation::follow(const Value& callee, std::vector<Value> arguments) {
    Outcomes outcomes;
    outcomes.push_back({builder_.block(), callee, true, std::move(arguments)});
    return outcomes;
}

}  // namespace pp::frontend
