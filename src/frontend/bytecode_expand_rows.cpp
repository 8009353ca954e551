/// Tuples, lists, dicts and texts of CPython in canonical operations.
#include <algorithm>
#include <utility>

#include "frontend/bytecode_expander.h"

namespace pp::frontend {

const std::string* Expander::text_constant(const Constant& value) {
    const ObjectConstant* object = std::get_if<ObjectConstant>(&value.value);
    return object && object->type_name == "str" ? &object->text : nullptr;
}

/// The items of a constant tuple of texts; empty where it is anything else.
std::vector<std::string> Expander::texts_of(int32_t index) const {
    const Constant* value = constant(index);
    const ConstantTuple* tuple = value ? std::get_if<ConstantTuple>(&value->value) : nullptr;
    std::vector<std::string> texts;
    for (size_t i = 0; tuple && i < tuple->size(); ++i) {
        const std::string* text = text_constant((*tuple)[i]);
        if (!text) return {};
        texts.push_back(*text);
    }
    return texts;
}

/// Up to 3.13 most dict displays with constant keys have these in a tuple that comes last.
bool Expander::build_map_of_tuple() {
    GraphNode* keys = last(Canon::Const);
    std::vector<std::string> texts = keys ? texts_of(keys->operation.argument) : std::vector<std::string>{};
    if (!texts.empty()) cancel(*keys);
    emit(Canon::BuildMapKeys, argument());
    graph_.nodes.back().operation.keywords = std::move(texts);
    return true;
}

/// Elsewhere each key is pushed before its value. They are found by going back over the values, as long as those have
/// no branches inside; `missing` counts the entries that nodes further back have pushed.
bool Expander::build_map() {
    int32_t missing = 2 * argument();
    std::vector<int32_t> keys;
    bool is_key_next = false;
    for (int32_t at = graph_.size() - 1; at >= 0 && missing > 0; --at) {
        const GraphNode& node = graph_[at];
        const Operation& operation = node.operation;
        if (operation.op == Canon::Nothing) continue;
        bool is_straight = node.jump == kNowhere && !ends_path(operation) && operation.op != Canon::Swap;
        if (!is_straight || (is_key_next && operation.op != Canon::Const)) break;
        if (is_key_next && !text_constant(*constant(operation.argument))) break;
        StackEffect effect = stack_effect(operation);
        missing += effect.pops - effect.pushes;
        if (is_key_next) keys.push_back(at);
        is_key_next = !is_key_next && missing == 2 * (argument() - static_cast<int32_t>(keys.size())) - 1;
    }
    if (missing != 0 || keys.size() != static_cast<size_t>(argument()) || keys.empty()) {
        return emit(Canon::BuildMap, argument());
    }
    std::vector<std::string> texts;
    for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
        texts.push_back(*text_constant(*constant(graph_[*key].operation.argument)));
        cancel(graph_[*key]);
    }
    emit(Canon::BuildMapKeys, argument());
    graph_.nodes.back().operation.keywords = std::move(texts);
    return true;
}

/// `f(**a)` copies what it hands on, which nobody can tell: the new dict is nobody else's.
bool Expander::hand_on_keywords() {
    const auto has_effect = [](const GraphNode& node) { return node.operation.op != Canon::Nothing; };
    const auto keywords = std::find_if(graph_.nodes.rbegin(), graph_.nodes.rend(), has_effect);
    if (keywords == graph_.nodes.rend() || keywords->operation.op != Canon::Local) return false;
    const auto dict = std::find_if(keywords + 1, graph_.nodes.rend(), has_effect);
    const bool is_empty =
        dict != graph_.nodes.rend() && dict->operation.op == Canon::BuildMap && dict->operation.argument == 0;
    if (!is_empty || argument() != 1) return false;
    cancel(*dict);
    return emit(Canon::Nothing);
}

bool Expander::rows() {
    switch (instruction_->opcode) {
    case Opcode::BUILD_TUPLE: return emit(Canon::BuildTuple, argument());
    case Opcode::BUILD_LIST: return emit(Canon::BuildList, argument());
    case Opcode::BUILD_SET: return emit(Canon::BuildSet, argument());
    case Opcode::BUILD_MAP: return build_map();
    case Opcode::BUILD_CONST_KEY_MAP: return build_map_of_tuple();
    case Opcode::DICT_MERGE:
        if (hand_on_keywords()) return true;
        emit(Canon::DictUpdate, argument());
        graph_.nodes.back().operation.in_place = true;
        return true;
    case Opcode::DICT_UPDATE: return emit(Canon::DictUpdate, argument());
    case Opcode::BUILD_SLICE: return emit(Canon::BuildSlice, argument());
    case Opcode::UNPACK_SEQUENCE: return emit(Canon::Unpack, argument());
    case Opcode::UNPACK_EX: return emit(Canon::UnpackStar, argument());
    case Opcode::LIST_APPEND: return emit(Canon::ListAppend, argument());
    case Opcode::LIST_EXTEND: return emit(Canon::ListExtend, argument());
    case Opcode::SET_UPDATE: return emit(Canon::SetUpdate, argument());
    case Opcode::SET_ADD: return emit(Canon::SetAdd, argument());
    case Opcode::MAP_ADD: return emit(Canon::MapAdd, argument());
    case Opcode::LIST_TO_TUPLE: return emit(Canon::ListToTuple);
    case Opcode::CALL_INTRINSIC_1:
        if (argument() == 5) return unary(UnaryOperator::Positive);
        return argument() == 6 && emit(Canon::ListToTuple);
    default: return false;
    }
}

/// Up to 3.12 the value is converted when its format specification lies above it already.
void Expander::convert(int32_t conversion, bool has_specification) {
    if (!has_specification) {
        emit(Canon::Convert, conversion);
    } else if (GraphNode* specification = last(Canon::Const)) {
        int32_t constant = std::exchange(specification->operation.argument, conversion);
        specification->operation.op = Canon::Convert;
        emit(Canon::Const, constant);
    } else {
        emit(Canon::Swap, 2);
        emit(Canon::Convert, conversion);
        emit(Canon::Swap, 2);
    }
}

bool Expander::texts() {
    switch (instruction_->opcode) {
    case Opcode::FORMAT_VALUE:
        if ((argument() & 3) != 0) convert(argument() & 3, bit(4));
        return emit(Canon::Format, bit(4) ? 1 : 0);
    case Opcode::CONVERT_VALUE: return emit(Canon::Convert, argument());
    case Opcode::FORMAT_SIMPLE: return emit(Canon::Format, 0);
    case Opcode::FORMAT_WITH_SPEC: return emit(Canon::Format, 1);
    case Opcode::BUILD_STRING: return emit(Canon::BuildString, argument());
    default: return false;
    }
}

}  // namespace pp::frontend
