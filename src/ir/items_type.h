/// What a record of form Items becomes: the containers whose contents a function computes.
#pragma once

#include <cstdint>
#include <string_view>

namespace pp {

/// The class_id of such a record's shape. XDefaults is a defaultdict whose factory is that type.
enum class ItemsType : uint64_t {
    Dict,
    IntDefaults,
    FloatDefaults,
    BoolDefaults,
    TextDefaults,
    ListDefaults,
    Counter,
    Set,
    Frozenset,
    Deque
};

/// As kinds show it: "dict", "defaultdict".
constexpr std::string_view items_type_name(ItemsType type) {
    switch (type) {
    case ItemsType::Dict: return "dict";
    case ItemsType::IntDefaults:
    case ItemsType::FloatDefaults:
    case ItemsType::BoolDefaults:
    case ItemsType::TextDefaults:
    case ItemsType::ListDefaults: return "defaultdict";
    case ItemsType::Counter: return "Counter";
    case ItemsType::Set: return "set";
    case ItemsType::Frozenset: return "frozenset";
    case ItemsType::Deque: return "deque";
    }
    return {};
}

}  // namespace pp
