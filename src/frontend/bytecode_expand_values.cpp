/// Names, constants and operators of CPython in canonical operations.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "frontend/bytecode_expander.h"

namespace pp::frontend {

namespace {

/// Whether a constant slice's part could have come from a SmallInt or a None before 3.14.
bool is_small_part(const Constant& part) {
    const int64_t* value = std::get_if<int64_t>(&part.value);
    return value ? std::in_range<int32_t>(*value) : std::holds_alternative<std::monostate>(part.value);
}

}  // namespace

/// From 3.13 on, LOAD_FAST of a slot that holds a cell pushes the cell itself, as LOAD_CLOSURE did.
bool Expander::load_slot(int32_t slot) {
    PP_CHECK(static_cast<size_t>(slot) < code_.slot_kinds.size());
    bool is_cell = code_.slot_kinds[static_cast<size_t>(slot)] != SlotKind::Local;
    return emit(since(313) && is_cell ? Canon::Cell : Canon::Local, slot);
}

bool Expander::two_slots(bool first_is_store, bool second_is_store) {
    int32_t first = argument() >> 4, second = argument() & 15;
    first_is_store ? emit(Canon::StoreLocal, first) : load_slot(first);
    return second_is_store ? emit(Canon::StoreLocal, second) : load_slot(second);
}

bool Expander::slots() {
    switch (instruction_->opcode) {
    case Opcode::LOAD_FAST:
    case Opcode::LOAD_FAST_BORROW:
    case Opcode::LOAD_FAST_CHECK: return load_slot(argument());
    case Opcode::LOAD_FAST_LOAD_FAST:
    case Opcode::LOAD_FAST_BORROW_LOAD_FAST_BORROW: return two_slots(false, false);
    case Opcode::STORE_FAST_LOAD_FAST: return two_slots(true, false);
    case Opcode::STORE_FAST_STORE_FAST: return two_slots(true, true);
    case Opcode::STORE_FAST: return emit(Canon::StoreLocal, argument());
    case Opcode::DELETE_FAST:
        load_slot(argument());
        emit(Canon::Pop);
        return emit(Canon::DeleteLocal, argument());
    case Opcode::LOAD_FAST_AND_CLEAR: return provisional(Canon::Local, Provisional::SaveLocal, argument());
    case Opcode::LOAD_CLOSURE: return emit(Canon::Cell, argument());
    case Opcode::LOAD_DEREF: return emit(Canon::Deref, argument());
    case Opcode::STORE_DEREF: return emit(Canon::StoreDeref, argument());
    default: return false;
    }
}

/// Whether the global is `super` in a method and is called without arguments next.
bool Expander::is_super(int32_t name) const {
    const bool is_call = is_ahead(1, Opcode::CALL) || (is_ahead(1, Opcode::PRECALL) && is_ahead(2, Opcode::CALL));
    return is_call && ahead(1)->argument == 0 && code_.names.at(static_cast<size_t>(name)) == "super" &&
           code_.argument_count > 0 && std::ranges::find(code_.slots, "__class__") != code_.slots.end();
}

/// `super()` is `super(__class__, self)`, whatever the first parameter is called. 3.12 made one instruction of
/// `super().name`, behind these three.
bool Expander::super_object() {
    const auto cell = std::ranges::find(code_.slots, "__class__") - code_.slots.begin();
    emit(Canon::Global, argument() >> 1);
    emit(Canon::Deref, static_cast<int32_t>(cell));
    emit(Canon::Local, 0);
    is_called_ = true;
    return emit(Canon::Super);
}

/// LOAD_SUPER_ATTR: the lowest bit as LOAD_ATTR's, the next one for two arguments in the source.
bool Expander::super_attribute() {
    emit(Canon::Super);
    return emit(bit(1) ? Canon::CallableSelf : Canon::Attribute, argument() >> 2);
}

/// LOAD_ATTR tells with its lowest bit (since 3.12) that a method is about to be called.
bool Expander::attribute() {
    if (!since(312)) return emit(Canon::Attribute, argument());
    return emit(bit(1) ? Canon::CallableSelf : Canon::Attribute, argument() >> 1);
}

bool Expander::names() {
    switch (instruction_->opcode) {
    case Opcode::LOAD_GLOBAL:
        if (is_super(argument() >> 1)) return super_object();
        // The null is for a call, though not always of this global: up to 3.12 `math.sin(x)` has it here too.
        if (bit(1) && !since(313)) provisional(Canon::PushNull, Provisional::EarlyNull);
        emit(Canon::Global, argument() >> 1);
        return !bit(1) || !since(313) || emit(Canon::PushNull);
    case Opcode::LOAD_ATTR: return attribute();
    case Opcode::LOAD_SUPER_ATTR: return super_attribute();
    case Opcode::LOAD_METHOD: return emit(Canon::CallableSelf, argument());
    case Opcode::STORE_ATTR: return emit(Canon::StoreAttribute, argument());
    default: return false;
    }
}

bool Expander::load_none() {
    for (size_t i = 0; i < code_.constants.size(); ++i) {
        if (std::holds_alternative<std::monostate>(code_.constants[i].value)) {
            return emit(Canon::Const, static_cast<int32_t>(i));
        }
    }
    return emit(Canon::None);
}

bool Expander::load_slice_part(const Constant& part) {
    const int64_t* value = std::get_if<int64_t>(&part.value);
    return value ? emit(Canon::SmallInt, static_cast<int32_t>(*value)) : load_none();
}

bool Expander::load_constant(int32_t index) {
    const Constant* value = constant(index);
    PP_CHECK(value);
    auto* object = std::get_if<ObjectConstant>(&value->value);
    if (!object || object->type_name != "slice" || object->items.size() != 3) return emit(Canon::Const, index);
    if (!std::ranges::all_of(object->items, is_small_part)) return emit(Canon::Const, index);
    bool has_step = !std::holds_alternative<std::monostate>(object->items[2].value);
    for (size_t i = 0; i < (has_step ? 3u : 2u); ++i)
        load_slice_part(object->items[i]);
    return emit(Canon::BuildSlice, has_step ? 3 : 2);
}

bool Expander::constants() {
    switch (instruction_->opcode) {
    case Opcode::LOAD_CONST: return load_constant(argument());
    case Opcode::LOAD_SMALL_INT: return emit(Canon::SmallInt, argument());
    case Opcode::RETURN_CONST: return load_constant(argument()) && emit(Canon::Return);
    case Opcode::LOAD_ASSERTION_ERROR: return emit(Canon::CommonConstant, 0);
    case Opcode::LOAD_COMMON_CONSTANT: return argument() < 2 && emit(Canon::CommonConstant, argument());
    default: return false;
    }
}

/// BINARY_OP's argument: `_nb_ops`, in alphabetical order, then the same again in place, then (3.14) subscription.
bool Expander::binary() {
    constexpr BinaryOperator kOperators[] = {
        BinaryOperator::Add,
        BinaryOperator::And,
        BinaryOperator::FloorDivide,
        BinaryOperator::LeftShift,
        BinaryOperator::MatrixMultiply,
        BinaryOperator::Multiply,
        BinaryOperator::Modulo,
        BinaryOperator::Or,
        BinaryOperator::Power,
        BinaryOperator::RightShift,
        BinaryOperator::Subtract,
        BinaryOperator::TrueDivide,
        BinaryOperator::Xor,
    };
    constexpr int32_t kCount = static_cast<int32_t>(std::size(kOperators));
    if (argument() == 2 * kCount) return emit(Canon::Subscript);
    PP_CHECK(argument() < 2 * kCount);
    emit(Canon::Binary, static_cast<int32_t>(kOperators[argument() % kCount]));
    graph_.nodes.back().operation.in_place = argument() >= kCount;
    return true;
}

bool Expander::operators() {
    switch (instruction_->opcode) {
    case Opcode::UNARY_NEGATIVE: return unary(UnaryOperator::Negative);
    case Opcode::UNARY_NOT: return unary(UnaryOperator::Not);
    case Opcode::UNARY_INVERT: return unary(UnaryOperator::Invert);
    case Opcode::UNARY_POSITIVE: return unary(UnaryOperator::Positive);
    case Opcode::TO_BOOL: return unary(UnaryOperator::ToBool);
    case Opcode::BINARY_OP: return binary();
    case Opcode::COMPARE_OP: {
        int32_t shift = since(313) ? 5 : since(312) ? 4 : 0;
        emit(Canon::Compare, argument() >> shift);
        return !since(313) || !bit(16) || unary(UnaryOperator::ToBool);
    }
    case Opcode::IS_OP: return emit(Canon::Is, argument());
    case Opcode::CONTAINS_OP: return emit(Canon::Contains, argument());
    case Opcode::BINARY_SUBSCR: return emit(Canon::Subscript);
    case Opcode::STORE_SUBSCR: return emit(Canon::StoreSubscript);
    case Opcode::DELETE_SUBSCR: return emit(Canon::DeleteSubscript);
    case Opcode::BINARY_SLICE: return emit(Canon::BuildSlice, 2) && emit(Canon::Subscript);
    case Opcode::STORE_SLICE: return emit(Canon::BuildSlice, 2) && emit(Canon::StoreSubscript);
    default: return false;
    }
}

}  // namespace pp::frontend
