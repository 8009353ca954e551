/// See cached_functions.h.
#include "frontend/cached_functions.h"

#include <algorithm>
#include <string>

#include "frontend/sequences.h"

namespace pp::frontend {
namespace {

/// Appends the types of the numbers in a key's part; false, with the path ended, where it is no key that is known.
bool add_types(Translation& t, const Value& value, std::string& types) {
    t.looks().look(value);
    if (!as_text(t, value).is_null() || value.shape == Shape::None) {
        types += 's';  // text or None: equal to no number
        return true;
    }
    if (value.shape == Shape::Float) {  // -0.0 is equal to it
        t.guard(t.emit(ir::Op::FNe, {value.leaf, t.constant(0.0)}));
    }
    if (value.is_number()) {
        types += value.shape == Shape::Float ? 'f' : value.shape == Shape::Int ? 'i' : 'b';
        return true;
    }
    if (value.shape == Shape::Tuple) {
        types += '(';
        const auto is_added = [&](const Value& item) { return add_types(t, item, types); };
        const bool is_key = std::all_of(value.items().begin(), value.items().end(), is_added);
        types += ')';
        return is_key;
    }
    if (value.is_list()) {
        t.raises("unhashable type: 'list'");
        return false;
    }
    t.unsupported("calling a cached function with a " + quoted(type_name(value)), {},
                  "give it numbers, text, None and tuples of these");
    return false;
}

/// Whether keys with these types of parts may be equal although some number is of another type.
bool may_be_equal(const std::string& left, const std::string& right) {
    bool has_others = false;
    for (size_t i = 0; left.size() == right.size() && i < left.size(); ++i) {
        if (left[i] != right[i] && (left[i] == 's' || right[i] == 's')) {
            return false;
        }
        has_others = has_others || left[i] != right[i];
    }
    return has_others;
}

}  // namespace

bool may_follow_cached(Translation& t, const Value& callee, std::span<const Value> positional,
                       std::span<const KeywordArgument> keywords) {
    std::string types;
    for (const Value& value : positional) {
        if (!add_types(t, value, types)) {
            return false;
        }
    }
    for (const KeywordArgument& keyword : keywords) {
        types += std::string(keyword.name) + '=';
        if (!add_types(t, keyword.value, types)) {
            return false;
        }
    }
    std::vector<std::string>& known = t.cached_keys(callee.node->function);
    if (std::find(known.begin(), known.end(), types) != known.end()) {
        return true;
    }
    known.push_back(types);
    if (std::any_of(known.begin(), known.end(), [&](const std::string& each) { return may_be_equal(each, types); })) {
        t.refuse("calling a cached function with arguments of several types",
                 "its cache gives one result for all that are equal, as 1 and 1.0 are",
                 "make them of one type, or call the function without a cache");
    }
    return true;
}

}  // namespace pp::frontend
