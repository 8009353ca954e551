/// See arguments.h.
#include "frontend/arguments.h"

#include <algorithm>

namespace pp::frontend {
namespace {

/// "deform() takes 1 positional argument but 2 were given"
std::string count_error(const CodeView& code, size_t given) {
    const std::string takes = std::to_string(code.argument_count);
    return code.qualified_name + "() takes " + takes +
           (code.argument_count == 1 ? " positional argument" : " positional arguments") + " but " +
           std::to_string(given) + (given == 1 ? " was given" : " were given");
}

class Binder {
public:
    Binder(Translation& translation, const Value& callee)
        : translation_(translation), callee_(callee), function_(*callee.node->function), code_(*function_.code),
          plain_(static_cast<size_t>(code_.argument_count)),
          named_(plain_ + static_cast<size_t>(code_.keyword_only_count)) {
        bound_.slots.resize(code_.slots.size());
    }

    BoundArguments bind(std::span<const Value> positional, std::span<const KeywordArgument> keywords) {
        if (bind_positional(positional) && bind_keywords(keywords)) {
            bind_defaults();
        }
        return std::move(bound_);
    }

private:
    bool fail(const std::string& reason) {
        bound_.error = code_.qualified_name + "() " + reason;
        return false;
    }

    /// The slot of `**parameter`.
    size_t rest_keywords() const { return named_ + (code_.flags & kVarArgs ? 1 : 0); }

    bool bind_positional(std::span<const Value> positional) {
        const size_t taken = std::min(plain_, positional.size());
        std::copy_n(positional.begin(), taken, bound_.slots.begin());
        if (code_.flags & kVarArgs) {
            const std::span<const Value> rest = positional.subspan(taken);
            bound_.slots[named_] = translation_.row(Shape::Tuple, {rest.begin(), rest.end()});
        } else if (positional.size() > plain_) {
            bound_.error = count_error(code_, positional.size());
            return false;
        }
        return true;
    }

    bool bind_keywords(std::span<const KeywordArgument> keywords) {
        const auto first = code_.slots.begin() + code_.positional_only_count;
        const auto last = code_.slots.begin() + static_cast<std::ptrdiff_t>(named_);
        std::vector<std::string> rest_names;
        std::vector<Value> rest;
        for (const KeywordArgument& keyword : keywords) {
            const auto parameter = std::find(first, last, keyword.name);
            if (parameter == last && code_.flags & kVarKeywords) {
                if (std::find(rest_names.begin(), rest_names.end(), keyword.name) != rest_names.end()) {
                    return fail("got multiple values for keyword argument " + quoted(keyword.name));
                }
                rest_names.emplace_back(keyword.name);
                rest.push_back(keyword.value);
                continue;
            }
            if (parameter == last) {
                return fail("got an unexpected keyword argument " + quoted(keyword.name));
            }
            Value& slot = bound_.slots[static_cast<size_t>(parameter - code_.slots.begin())];
            if (!slot.is_null()) {
                return fail("got multiple values for argument " + quoted(keyword.name));
            }
            slot = keyword.value;
        }
        if (code_.flags & kVarKeywords) {
            const RecordShape* shape = record_shape(RecordForm::Dict, 0, "dict", std::move(rest_names));
            bound_.slots[rest_keywords()] = translation_.record(shape, std::move(rest));
        }
        return true;
    }

    void bind_defaults() {
        for (size_t slot = 0; slot < named_; ++slot) {
            if (!bound_.slots[slot].is_null()) {
                continue;
            }
            bound_.slots[slot] = default_of(slot);
            if (bound_.slots[slot].is_null()) {
                fail("is missing the argument " + quoted(code_.slots[slot]));
                return;
            }
        }
    }

    /// Null where the parameter has no default.
    Value default_of(size_t slot) const {
        const std::vector<Value>& items = callee_.items();
        if (slot < plain_) {
            const size_t first = plain_ - std::min<size_t>(plain_, function_.default_count);
            return slot >= first ? items[slot - first] : Value{};
        }
        const std::vector<std::string>& names = function_.keyword_defaults;
        const auto name = std::find(names.begin(), names.end(), code_.slots[slot]);
        return name == names.end() ? Value{}
                                   : items[function_.default_count + static_cast<size_t>(name - names.begin())];
    }

    Translation& translation_;
    const Value& callee_;
    const FunctionShape& function_;
    const CodeView& code_;
    size_t plain_;  ///< positional parameters
    size_t named_;  ///< and keyword-only ones
    BoundArguments bound_;
};

}  // namespace

BoundArguments bind_arguments(Translation& translation, const Value& callee, std::span<const Value> positional,
                              std::span<const KeywordArgument> keywords) {
    return Binder(translation, callee).bind(positional, keywords);
}

}  // namespace pp::frontend
