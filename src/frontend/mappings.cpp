/// See mappings.h.
#include "frontend/mappings.h"

#include <algorithm>

#include "frontend/keys.h"
#include "frontend/operators.h"
#include "frontend/records.h"
#include "frontend/rows.h"
#include "frontend/sequences.h"

namespace pp::frontend {
namespace {

using ir::ValueId;

/// Names of fields are no objects of the environment's: their numbers are of their own, from this one down.
constexpr uint32_t kNoObject = ~uint32_t{0} - 1, kLeastOfThem = ~uint32_t{0} / 2;

/// A key that may be the one that is looked up.
struct Candidate {
    ValueId is_it;
    size_t index;
};

/// The keys that may be equal to `key`, the last first. False where that has no compiled form; the path is ended then.
bool find_candidates(Translation& t, const Value& mapping, const Value& key, std::vector<Candidate>& candidates) {
    for (size_t i = key_count(mapping); i-- > 0;) {
        const ValueId same = equal_items(t, mapping.items()[i], key);
        if (same == ir::kNoValue) {
            if (key.is_unforeseen) {
                t.beyond(key);
            } else {
                t.unsupported("comparing " + quoted(type_name(mapping.items()[i])) + " with " + quoted(type_name(key)),
                              {});
            }
            return false;
        }
        const std::optional<bool> known = t.known_bool(same);
        if (known != false) {
            candidates.push_back({same, i});
        }
        if (known == true) {
            break;
        }
    }
    return true;
}

Outcomes look_up(Translation& t, const Value& mapping, const Value& key, const Value* fallback) {
    if (const std::optional<KeyFault> fault = key_fault(t, key)) {
        return no_key(t, *fault);
    }
    std::vector<Candidate> candidates;
    if (!find_candidates(t, mapping, key, candidates)) {
        return {};
    }
    const auto value_of = [&](const Candidate& candidate) {
        return mapping.items()[key_count(mapping) + candidate.index];
    };
    const auto missing = [&] { return fallback ? t.done(*fallback) : t.raises("KeyError", "KeyError"); };
    if (candidates.empty()) {
        return missing();
    }
    const Value first = value_of(candidates.front());
    const auto selects = [&](const Candidate& candidate) { return is_selectable(first, value_of(candidate)); };
    const bool is_sure = t.known_bool(candidates.back().is_it) == true;
    if (std::all_of(candidates.begin(), candidates.end(), selects) &&
        (!fallback || is_sure || is_selectable(first, *fallback))) {
        Outcomes raised;
        Value chosen = fallback && !is_sure ? *fallback : value_of(candidates.back());
        ValueId found = t.constant(false);
        for (auto candidate = candidates.rbegin(); candidate != candidates.rend(); ++candidate) {
            found = logical_or(t, found, candidate->is_it);
            if (t.known_bool(candidate->is_it) != true) {
                chosen = select_value(t, candidate->is_it, value_of(*candidate), chosen);
            }
        }
        if (!fallback && !is_sure) {
            raised = t.raised_where(logical_not(t, found), "KeyError", "KeyError");
            t.guard(found);
        }
        return joined(std::move(raised), t.done(chosen));
    }
    Outcomes outcomes;
    for (const Candidate& candidate : candidates) {
        if (t.known_bool(candidate.is_it) == true) {
            return joined(std::move(outcomes), t.done(value_of(candidate)));
        }
        const Fork fork = t.fork(candidate.is_it);
        outcomes.push_back({.block = fork.if_true, .value = value_of(candidate)});
        t.enter(fork.if_false);
    }
    return joined(std::move(outcomes), missing());
}

/// Whether a key is equal to one before it: a Bool leaf, or kNoValue.
ValueId is_repeated(Translation& t, const Value& mapping, size_t index) {
    ValueId repeated = t.constant(false);
    for (size_t i = 0; i < index; ++i) {
        const ValueId same = equal_items(t, mapping.items()[i], mapping.items()[index]);
        if (same == ir::kNoValue) {
            return same;
        }
        repeated = logical_or(t, repeated, same);
    }
    return repeated;
}

}  // namespace

Value mapping(Translation& t, std::string_view type, std::vector<Value> keys, std::vector<Value> values) {
    Node& node = t.node();
    node.name = t.name(type);
    node.position = static_cast<int64_t>(keys.size());
    node.items = std::move(keys);
    node.items.insert(node.items.end(), values.begin(), values.end());
    return {.shape = Shape::Mapping, .node = &node};
}

Value reordered_mapping(Translation& t, const Value& mapping) {
    Value result = mapping;
    Node& node = t.node();
    node = *mapping.node;
    node.is_reordered = true;
    result.node = &node;
    return result;
}

Value as_mapping(Translation& t, const Value& value) {
    if (value.shape == Shape::Mapping) {
        return value;
    }
    if (!is_dict(value) || value.node->record->form != RecordForm::Dict) {
        return {};
    }
    t.looks().look_at_keys(value);
    std::vector<Value> keys, values;
    for (size_t i = 0; i < value.items().size(); ++i) {
        keys.push_back(t.object(kNoObject - static_cast<uint32_t>(i), "str", &value.node->record->fields[i]));
        values.push_back(value.items()[i]);
    }
    return mapping(t, "dict", std::move(keys), std::move(values));
}

Value with_key(Translation& t, const Value& old, const Value& key, const Value& value) {
    const size_t count = key_count(old);
    std::vector<Value> keys(old.items().begin(), old.items().begin() + static_cast<std::ptrdiff_t>(count));
    std::vector<Value> values(old.items().begin() + static_cast<std::ptrdiff_t>(count), old.items().end());
    keys.push_back(key);
    if (!value.is_null()) {
        values.push_back(value);
    }
    const Value longer = mapping(t, old.node->name, std::move(keys), std::move(values));
    return old.node->is_reordered ? reordered_mapping(t, longer) : longer;
}

bool has_distinct_keys(Translation& t, const Value& mapping) {
    for (size_t i = 1; i < key_count(mapping); ++i) {
        const ValueId repeated = is_repeated(t, mapping, i);
        if (repeated == ir::kNoValue || t.known_bool(repeated) != false) {
            return false;
        }
    }
    return true;
}

Outcomes mapping_item(Translation& t, const Value& mapping, const Value& key) {
    if (mapping.items().size() == key_count(mapping) && key_count(mapping) > 0) {
        return t.raises("TypeError", "'set' object is not subscriptable");
    }
    return look_up(t, mapping, key, nullptr);
}

Outcomes mapping_get(Translation& t, const Value& mapping, const Value& key, const Value& fallback) {
    return look_up(t, mapping, key, &fallback);
}

Outcomes mapping_contains(Translation& t, const Value& mapping, const Value& key) {
    if (const std::optional<KeyFault> fault = key_fault(t, key)) {
        return no_key(t, *fault);
    }
    std::vector<Candidate> candidates;
    if (!find_candidates(t, mapping, key, candidates)) {
        return {};
    }
    ValueId found = t.constant(false);
    for (const Candidate& candidate : candidates) {
        found = logical_or(t, found, candidate.is_it);
    }
    return t.done(bool_value(found));
}

Outcomes mapping_length(Translation& t, const Value& mapping) {
    ValueId length = t.constant(int64_t{0});
    int64_t known_length = 0;
    bool is_known = true;
    for (size_t i = 0; i < key_count(mapping); ++i) {
        const ValueId repeated = is_repeated(t, mapping, i);
        if (repeated == ir::kNoValue) {
            return t.unsupported("len() of a " + quoted(type_name(mapping)) + " with these keys", {});
        }
        const std::optional<bool> known = t.known_bool(repeated);
        is_known = is_known && known;
        known_length += known == false;
        const ValueId is_new = logical_not(t, repeated);
        length = t.emit(ir::Op::IAdd, {length, t.emit(ir::Op::BoolToInt, {is_new})});
    }
    return t.done(is_known ? t.int_constant(known_length) : int_value(length));
}

bool mapping_items(Translation& t, const Value& mapping, bool with_values, std::vector<Value>& items) {
    t.note_iterated_mapping();
    if (mapping.node->name != "dict" || !has_distinct_keys(t, mapping)) {
        return false;
    }
    append_written_items(t, mapping, with_values, items);
    return true;
}

void append_written_items(Translation& t, const Value& mapping, bool with_values, std::vector<Value>& items) {
    const size_t count = key_count(mapping);
    for (size_t i = 0; i < count; ++i) {
        Value key = mapping.items()[i];
        if (key.shape == Shape::Object && key.number > kLeastOfThem) {
            key = as_text(t, key);
        }
        items.push_back(with_values ? t.row(Shape::Tuple, {key, mapping.items()[count + i]}) : key);
    }
}

}  // namespace pp::frontend
