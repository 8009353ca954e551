/// What one translation writes to: the IR under construction, the arena of abstract values, and the ends of paths.
///
/// Everything that translates an operation (operators, rows, calls, intrinsics) gets a Translation. It emits into the
/// builder's current block and answers with Outcomes.
#pragma once

#include <deque>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "frontend/abstract_value.h"
#include "frontend/diagnostic.h"
#include "frontend/environment.h"
#include "frontend/looks.h"
#include "ir/ir.h"

namespace pp::frontend {

/// One way an operation may go on: with `value`, from the end of `block`. Where `follows`, the value is rather what
/// the Python function `value` returns for `arguments`.
struct Outcome {
    ir::BlockId block = 0;
    Value value{};
    bool follows = false;
    std::vector<Value> arguments{};
    bool raises = false;  ///< `value` is an exception, which something may catch
};

/// All ways an operation may go on. Several: its result's kind depends on a value, and each way was forked off. None:
/// every path has ended (it raises, or has no compiled form).
using Outcomes = std::vector<Outcome>;

/// Two blocks of which the condition chooses one. Both see everything that was computed before.
struct Fork {
    ir::BlockId if_true;
    ir::BlockId if_false;
};

class Translation {
public:
    /// `arrays_change`: the function assigns to elements of Arrays from outside (see arrays.h).
    Translation(Environment& environment, ir::Function& function, bool arrays_change = false);
    Translation(const Translation&) = delete;

    Environment& environment() noexcept { return environment_; }
    ir::Builder& builder() noexcept { return builder_; }
    ir::Function& function() noexcept { return function_; }
    Looks& looks() noexcept { return looks_; }
    bool arrays_change() const noexcept { return arrays_change_; }

    // Constants: made once, in the entry block, so that equal constants are one SSA value.
    ir::ValueId constant(double value);
    ir::ValueId constant(int64_t value);
    ir::ValueId constant(bool value);
    ir::ValueId origin(ir::Origin value);
    ir::ValueId uniform(uint32_t index);
    Value float_constant(double value) { return float_value(constant(value)); }
    Value int_constant(int64_t value) { return int_value(constant(value)); }
    Value bool_constant(bool value) { return bool_value(constant(value)); }

    // What is known of a scalar while translating.
    std::optional<double> known_float(const Value& value) const;  ///< of a Float
    std::optional<int64_t> known_int(const Value& value) const;   ///< of an Int or a Bool
    std::optional<bool> known_bool(ir::ValueId leaf) const;       ///< of a Bool leaf

    // Values.
    Node& node() { return arena_.emplace_back(); }
    std::string_view name(std::string_view text) { return *names_.emplace(text).first; }
    /// The text, kept as long as this.
    const std::string* keep(std::string_view text) { return &*names_.emplace(text).first; }
    FunctionShape& function_shape() { return function_shapes_.emplace_back(); }
    Value row(Shape tuple_or_list, std::vector<Value> items);
    Value record(const RecordShape* shape, std::vector<Value> fields);
    /// One from outside of the function, whose last field may be kOthersField: that is left out.
    Value captured_record(const RecordShape* shape, std::vector<Value> fields);
    Value class_value(const RecordShape& shape);
    Value complex(const Value& real, const Value& imaginary);
    Value intrinsic(std::string_view name);
    Value method(std::string_view name, const Value& receiver);
    Value opaque(std::string_view what, bool is_unforeseen = false);
    /// An object of the input that is only carried, of the type called `type`; `shape` is Any, Some or Other.
    Value carried(Shape shape, std::string_view type);
    Value exception_class(const Binding& binding);
    /// An exception of this class; `arguments` null: not known.
    Value exception(const Value& owner, const std::vector<Value>* arguments);
    Value object(uint32_t number, std::string_view type, const std::string* text, uint64_t class_id = 0,
                 uint32_t address = 0);
    Value from_function(FunctionId id);
    /// The function behind functools.cache or lru_cache.
    Value cached_function(FunctionId id);
    /// The types of arguments that a cached function has been called with so far.
    std::vector<std::string>& cached_keys(const FunctionShape* function) { return cached_keys_[function]; }
    /// What a name is bound to. Missing and Unsupported are the caller's business: they give Null and Opaque.
    Value from_binding(const Binding& binding);
    Value from_constant(const Constant& constant);
    /// A value whose leaves are uniforms, the first of them number `next_uniform`, which is moved past them.
    Value from_uniforms(KindRef kind, uint32_t& next_uniform);

    // Emission into the current block.
    ir::ValueId emit(ir::Op op, std::initializer_list<ir::ValueId> operands, uint64_t immediate = 0) {
        return builder_.op(op, operands, immediate);
    }
    /// The element is handed back where `condition` (a Bool) is false.
    void guard(ir::ValueId condition);
    /// Ends the current block. Go on in each of the blocks with `enter`; end it, or return an Outcome from it.
    Fork fork(ir::ValueId condition);
    void enter(ir::BlockId block) { builder_.set_block(block); }

    // How an operation ends. All but `done` leave the current block ended or handed over: emit no more into it.
    Outcomes done(const Value& value);
    /// CPython would raise here; `what` says it briefly: "math domain error".
    Outcomes raises(std::string_view what);
    /// CPython raises the builtin exception `type`: a way on where something may catch it, else as above.
    Outcomes raises(std::string_view type, std::string_view what);
    /// The same where `condition` holds, given as one way; the current block goes on with the others. Where nothing may
    /// catch it, nothing is emitted: what follows must hand the element back by a check of its own.
    Outcomes raised_where(ir::ValueId condition, std::string_view type, std::string_view what);
    /// Whether something may catch what the current operation raises; the driver keeps it up to date.
    bool catches() const noexcept { return catches_; }
    void set_catches(bool catches) noexcept { catches_ = catches; }
    /// A value is out of what compiled code computes with, as an overflow is: no fault of the construct.
    Outcomes beyond(std::string_view what);
    /// The same for an operation on a value that is unforeseen.
    Outcomes beyond(const Value& unforeseen);
    /// `construct` ("open()") has no compiled form, for `reason`; `advice` says what to write instead. Either may be
    /// empty.
    Outcomes unsupported(std::string_view construct, std::string_view reason, std::string_view advice = {});
    /// As `unsupported`, but it must not be left to CPython either: throws Forbidden.
    [[noreturn]] void refuse(std::string_view construct, std::string_view reason, std::string_view advice);
    /// The result is that of the Python function `name` of parallel_party/_prelude, which is translated in place.
    Outcomes follow(std::string_view name, std::vector<Value> arguments);
    /// The result is that of calling `callee`, any Function value.
    Outcomes follow(const Value& callee, std::vector<Value> arguments);

    /// A dict or set was iterated over whose keys are known one by one: what iterates does not name it.
    void note_iterated_mapping() noexcept { has_iterated_over_mapping_ = true; }
    bool has_iterated_over_mapping() const noexcept { return has_iterated_over_mapping_; }

    /// Where the translator is, innermost last; the driver keeps it up to date for messages.
    std::vector<Place>& places() noexcept { return places_; }

private:
    ir::ValueId constant(ir::Type type, uint64_t bits);
    std::string no_form(std::string_view construct, std::string_view reason, std::string_view advice);
    Outcomes end_path(std::string message, bool unsupported);

    Environment& environment_;
    ir::Function& function_;
    ir::Builder builder_;
    Looks looks_;
    std::deque<Node> arena_;
    std::deque<FunctionShape> function_shapes_;
    std::unordered_set<std::string> names_;
    std::unordered_map<uint64_t, ir::ValueId> constants_[5];  ///< by type, then bits
    std::unordered_map<uint32_t, ir::ValueId> uniforms_;
    std::unordered_map<std::string_view, Value> intrinsics_;
    std::unordered_map<FunctionId, Value> functions_, cached_functions_;
    std::unordered_map<const FunctionShape*, std::vector<std::string>> cached_keys_;
    std::unordered_map<std::string, uint32_t> reasons_;
    std::vector<Place> places_;
    bool catches_ = false;
    bool has_iterated_over_mapping_ = false;
    const bool arrays_change_;
};

/// `ways` and then `others`, from whose blocks they were forked off.
inline Outcomes joined(Outcomes ways, Outcomes others) {
    for (Outcome& other : others) {
        ways.push_back(std::move(other));
    }
    return ways;
}

/// Feeds every value in `outcomes` to `next`, which emits and returns Outcomes of its own, and collects those. The
/// outcomes must not `follow`; those that raise stay as they are.
template <typename Next> Outcomes then(Translation& translation, Outcomes outcomes, Next next) {
    Outcomes all;
    for (const Outcome& outcome : outcomes) {
        if (outcome.raises) {
            all.push_back(outcome);
            continue;
        }
        PP_CHECK(!outcome.follows);
        translation.enter(outcome.block);
        for (Outcome& result : next(outcome.value)) {
            all.push_back(std::move(result));
        }
    }
    return all;
}

}  // namespace pp::frontend
