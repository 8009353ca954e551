/// The driver: takes versions one after the other and runs each operation over abstract values.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "frontend/arrays.h"
#include "frontend/changes.h"
#include "frontend/records.h"
#include "frontend/sequences.h"
#include "frontend/translator.h"

namespace pp::frontend {
namespace {

constexpr size_t kMostValues = 50'000;
/// Steps that take a fraction of a millisecond together.
constexpr size_t kStepsOfABreath = 64;

/// The objects of an element that can be changed, itself first.
void append_objects(const Value& value, std::vector<Value>& objects) {
    if (is_changeable(value)) {
        objects.push_back(value);
    }
    if (value.is_row() || value.shape == Shape::Record) {
        for (const Value& item : value.items()) {
            append_objects(item, objects);
        }
    }
}

}  // namespace

ir::Function translate(Environment& environment, const Callee& callee, const Signature& signature,
                       std::vector<KindRef>* needed) {
    try {
        ir::Function function;
        Translator(environment, function, false).translate(callee, signature, needed);
        return function;
    } catch (const ArraysChange&) {
        ir::Function function;
        Translator(environment, function, true).translate(callee, signature, needed);
        return function;
    }
}

void Translator::translate(const Callee& callee, const Signature& signature, std::vector<KindRef>* needed) {
    translation_.enter(translation_.builder().add_block());
    std::vector<Value> positional;
    for (const Binding& binding : signature.leading) {
        positional.push_back(translation_.from_binding(binding));
    }
    for (const Value& input : inputs(signature)) {
        positional.push_back(input);
        if (signature.changes_elements) {
            append_objects(input, elements_as_given_);
        }
    }
    if (signature.copies_records) {
        returns_.copy_records();
    }
    changes_elements_ = signature.changes_elements;
    if (changes_elements_) {
        returns_.keep_references();
    }
    state_.elements = elements_as_given_;
    std::vector<KeywordArgument> keywords;
    for (const DefaultValue& keyword : signature.keywords) {
        keywords.push_back({keyword.parameter, translation_.from_binding(keyword.value)});
    }
    start(callee, positional, keywords);
    while (std::optional<State> state = versions_.next()) {
        state_ = std::move(*state);
        run_version();
    }
    recursions_.finish();
    if (needed) {
        Looks& looks = translation_.looks();
        *needed = signature.changes_elements ? looks.with_absences(function_, signature.columns)
                                             : looks.needed(function_, signature.columns);
    }
    const auto is_unsupported = [](const ir::HandBackReason& reason) { return reason.unsupported; };
    const std::vector<ir::HandBackReason>& reasons = function_.hand_backs;
    if (returns_.is_empty() && !reasons.empty() && std::all_of(reasons.begin(), reasons.end(), is_unsupported)) {
        throw UserError(ErrorKind::Unsupported, reasons.front().message);
    }
    returns_.finish();
    if (changes_elements_ && !may_have_effect()) {
        refuse_without_effect(callee);
    }
    for (size_t i = function_.uniforms.size(); i < translation_.environment().uniforms().size(); ++i) {
        function_.uniforms.push_back(ir::type_of_leaf(translation_.environment().uniforms()[i]));
    }
}

/// Whether the function may change an element: this one, or one of other kinds.
bool Translator::may_have_effect() const {
    const auto assigns = [](const Operation& operation) {
        return operation.op == Canon::StoreSubscript || operation.op == Canon::StoreAttribute ||
               (operation.op == Canon::Binary && operation.in_place &&
                operation.argument == static_cast<int32_t>(BinaryOperator::Or));
    };
    const auto has_assignment = [&](const auto& entry) {
        const std::vector<Operation>& operations = entry.second->operations();
        const std::vector<std::string>& names = entry.second->code().names;
        return std::any_of(operations.begin(), operations.end(), assigns) ||
               std::find(names.begin(), names.end(), "__setattr__") != names.end() ||
               std::find(names.begin(), names.end(), "update") != names.end();
    };
    return may_change_others_ || std::any_of(analyses_.begin(), analyses_.end(), has_assignment) ||
           std::any_of(function_.hand_backs.begin(), function_.hand_backs.end(),
                       [](const ir::HandBackReason& reason) { return reason.unsupported; });
}

void Translator::refuse_without_effect(const Callee& callee) {
    std::vector<Place>& places = translation_.places();
    places.clear();
    if (callee.kind == Callee::Kind::Function) {
        const CodeView& code = *translation_.from_function(callee.function).node->function->code;
        places.push_back({&code, {.line = code.first_line}});
    }
    translation_.refuse("a function that changes nothing",
                        "for_each() writes what the function assigns to its elements", "use map() for what it returns");
}

std::vector<Value> Translator::inputs(const Signature& signature) {
    struct Reader {
        Translation& translation;
        const std::vector<std::string>& carried_types;
        uint32_t leaf = 0;
        ir::Origin origin = 1;

        Value read(KindRef kind) {
            Value value;
            const NodeOrigin own{origin++};
            switch (kind->tag) {
            case Tag::Float: value = float_value(translation.builder().input(leaf++)); break;
            case Tag::Identity:
            case Tag::Int: value = int_value(translation.builder().input(leaf++)); break;
            case Tag::Bool: value = bool_value(translation.builder().input(leaf++)); break;
            case Tag::None: value = none_value(); break;
            case Tag::Object: return translation.object(kind->object, "object", nullptr);
            case Tag::TupleOf:
            case Tag::ListOf:
            case Tag::Text: {
                const ir::ValueId address = translation.builder().input(leaf++);
                value = dynamic_value(translation, kind, address, translation.builder().input(leaf++));
                break;
            }
            case Tag::Never: throw InternalError("a column has no kind");
            case Tag::Any:
            case Tag::Some:
            case Tag::Other: {
                const auto index = static_cast<size_t>(own.fixed) - 1;
                const bool has_name = index < carried_types.size();
                const std::string_view type = has_name ? std::string_view(carried_types[index]) : "object";
                const Shape shape = kind->tag == Tag::Any    ? Shape::Any
                                    : kind->tag == Tag::Some ? Shape::Some
                                                             : Shape::Other;
                value = translation.carried(shape, type);
                break;
            }
            case Tag::Missing: return {};
            case Tag::Complex: {
                const Value real = float_value(translation.builder().input(leaf++));
                value = translation.complex(real, float_value(translation.builder().input(leaf++)));
                break;
            }
            case Tag::Record:
            case Tag::Tuple:
            case Tag::List: {
                std::vector<Value> items;
                for (KindRef item : kind->items) {
                    items.push_back(read(item));
                }
                value = kind->tag == Tag::Record
                            ? translation.record(kind->record, std::move(items))
                            : translation.row(kind->tag == Tag::Tuple ? Shape::Tuple : Shape::List, std::move(items));
                break;
            }
            }
            value.origin = own;
            return value;
        }
    };
    for (KindRef kind : signature.columns) {
        std::vector<KindRef> leaves;
        append_leaves(kind, leaves);
        for (KindRef leaf : leaves) {
            function_.inputs.push_back(ir::type_of_leaf(leaf));
        }
    }
    Reader reader{translation_, signature.carried_types};
    std::vector<Value> values;
    for (KindRef kind : signature.columns) {
        values.push_back(reader.read(kind));
    }
    return values;
}

void Translator::start(const Callee& callee, std::span<const Value> positional,
                       std::span<const KeywordArgument> keywords) {
    if (callee.kind == Callee::Kind::Intrinsic) {
        function_.name = callee.intrinsic;
        if (call_intrinsic(callee.intrinsic, positional, keywords)) {
            run();
        }
        return;
    }
    const Value function = translation_.from_function(callee.function);
    function_.name = function.node->function->code->name;
    const CodeView& code = *function.node->function->code;
    translation_.places() = {{&code, {.line = code.first_line}}};
    if (enter_function(function, positional, keywords)) {
        run();
    }
}

void Translator::set_places() {
    std::vector<Place>& places = translation_.places();
    places.clear();
    for (const Frame& frame : state_.frames) {
        const uint32_t last = frame.operation > 0 ? frame.operation - 1 : 0;
        places.push_back({&frame.analysis->code(), frame.analysis->operations()[last].span});
    }
}

/// From a state that no version stands for: the function's start, a call's.
void Translator::run() {
    set_places();
    if (frame().analysis->is_target(frame().operation)) {
        leave_for_version();
        return;
    }
    run_version();
}

void Translator::run_version() {
    set_places();
    while (step()) {
        if (frame().analysis->is_target(frame().operation)) {
            leave_for_version();
            return;
        }
    }
}

bool Translator::give_up_if_too_big() {
    if (function_.values.size() < kMostValues) {
        return false;
    }
    translation_.unsupported("a function of this size", "loops over rows and calls are unrolled in place",
                             "loop over range(), or split the function");
    return true;
}

/// Nothing on the way to a `raise` needs translating: whatever happens there, CPython raises.
bool Translator::doomed_step(uint32_t operation) {
    const CodeAnalysis& analysis = *frame().analysis;
    std::string_view raised = "an exception";
    for (uint32_t i = operation; i < analysis.operations().size(); ++i) {
        const Operation& ahead = analysis.operations()[i];
        if (ahead.op == Canon::Global || ahead.op == Canon::CommonConstant) {
            raised = ahead.op == Canon::Global
                         ? std::string_view(analysis.code().names[static_cast<size_t>(ahead.argument)])
                     : ahead.argument == 0 ? "AssertionError"
                                           : "NotImplementedError";
            translation_.places().back().span = ahead.span;
            break;
        }
    }
    translation_.raises(raised);
    return false;
}

Value Translator::pop() {
    PP_CHECK(!frame().stack.empty());
    const Value value = frame().stack.back();
    frame().stack.pop_back();
    return value;
}

std::vector<Value> Translator::pop(size_t count) {
    std::vector<Value>& stack = frame().stack;
    PP_CHECK(stack.size() >= count);
    const auto begin = stack.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<Value> values(begin, stack.end());
    stack.erase(begin, stack.end());
    return values;
}

bool Translator::step() {
    if (++steps_ % kStepsOfABreath == 0) {
        translation_.environment().breathe();
    }
    const uint32_t index = frame().operation;
    const Operation& operation = frame().analysis->operations()[index];
    translation_.builder().set_span(operation.span);
    translation_.places().back().span = operation.span;
    if (give_up_if_too_big()) {
        return false;
    }
    ++frame().operation;
    look_for_handlers();
    if (frame().analysis->is_doomed(index) && !translation_.catches()) {
        --frame().operation;
        return doomed_step(index);
    }
    return run_operation(operation);
}

bool Translator::run_operation(const Operation& operation) {
    const auto count = static_cast<size_t>(operation.argument);
    std::vector<Value>& stack = frame().stack;
    switch (operation.op) {
    case Canon::Const: push(translation_.from_constant(frame().analysis->code().constants[count])); return true;
    case Canon::SmallInt: push(translation_.int_constant(operation.argument)); return true;
    case Canon::None: push(none_value()); return true;
    case Canon::PushNull: push({}); return true;
    case Canon::Pop: pop(); return true;
    case Canon::Copy: push(stack[stack.size() - count]); return true;
    case Canon::Swap: std::swap(stack.back(), stack[stack.size() - count]); return true;
    case Canon::Nothing: return true;
    case Canon::Local: return load_local(operation);
    case Canon::StoreLocal: return store_local(operation);
    case Canon::DeleteLocal: return delete_local(operation);
    case Canon::Deref: return load_contents(operation);
    case Canon::StoreDeref: return store_contents(operation);
    case Canon::Cell: push(frame().slots[count]); return true;
    case Canon::Global: return load_global(operation);
    case Canon::Attribute: return load_attribute(operation, false);
    case Canon::CallableSelf: return load_attribute(operation, true);
    case Canon::Call: return call(operation);
    case Canon::CallStar: return call_star(operation);
    case Canon::MakeFunction: return make_function(operation);
    case Canon::Jump: return jump(operation.target);
    case Canon::JumpIfTrue:
    case Canon::JumpIfFalse: return branch(operation);
    case Canon::Iterate: return iterate();
    case Canon::Next: return next_item(operation);
    case Canon::Return: return leave_function();
    case Canon::Yield: return yield_item();
    case Canon::Format:
    case Canon::Convert:
    case Canon::BuildString: return make_text(operation);
    case Canon::Import: return import_module(operation);
    case Canon::ImportFrom: return import_from(operation);
    case Canon::MatchSequence:
    case Canon::MatchMapping: return match_shape(operation);
    case Canon::MatchKeys: return match_keys();
    case Canon::MatchClass: return match_class(operation);
    case Canon::GetLength: return get_length();
    case Canon::Raise: return raise_statement(operation);
    case Canon::Reraise: return raise(pop());
    case Canon::Super: {
        const std::vector<Value> given = pop(3);
        return proceed(super_object(translation_, given[0], {&given[1], 2}));
    }
    case Canon::Special: return special_method(operation);
    case Canon::BeginHandler: return begin_handler();
    case Canon::MatchException: return match_exception();
    case Canon::CommonConstant:
        push(translation_.exception_class(
            translation_.environment().builtin_exception(count == 0 ? "AssertionError" : "NotImplementedError")));
        return true;
    default: return run_expression(operation);
    }
}

/// Operators, items, and what displays and comprehensions build.
bool Translator::run_expression(const Operation& operation) {
    switch (operation.op) {
    case Canon::Unary:
    case Canon::Binary:
    case Canon::Compare:
    case Canon::Is:
    case Canon::Contains:
    case Canon::Subscript: return operate(operation);
    case Canon::StoreAttribute: return store_attribute(operation);
    case Canon::StoreSubscript: return store_item();
    case Canon::DeleteSubscript: return delete_item();
    case Canon::BuildTuple:
    case Canon::BuildList: return build_row(operation);
    case Canon::BuildSlice: return build_slice(operation);
    case Canon::BuildMap:
    case Canon::BuildMapKeys: return build_dict(operation);
    case Canon::BuildSet:
    case Canon::SetAdd:
    case Canon::SetUpdate:
    case Canon::MapAdd: return build_set(operation);
    case Canon::DictUpdate: return update_dict(operation);
    case Canon::Unpack: return unpack(operation);
    case Canon::UnpackStar: return unpack_star(operation);
    case Canon::ListAppend: return list_append(operation);
    case Canon::ListExtend: return list_extend(operation);
    case Canon::ListToTuple: {
        const Value list = pop();
        push(list.is_row() ? translation_.row(Shape::Tuple, list.items())
                           : dynamic_value(translation_, tuple_of_kind(list.node->kind->item), address_of(list),
                                           length_of(list)));
        return true;
    }
    default: return no_form(operation);
    }
}

}  // namespace pp::frontend
