/// Runs canonical operations over abstract values, version by version. One object for each translation.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "frontend/frontend.h"
#include "frontend/intrinsics.h"
#include "frontend/recursion.h"
#include "frontend/returns.h"
#include "frontend/state.h"
#include "frontend/translation.h"
#include "frontend/versions.h"

namespace pp::frontend {

/// A step answers whether the current block goes on with `state_`; where it does not, the block has been ended.
class Translator {
public:
    /// `arrays_change`: see Translation.
    Translator(Environment& environment, ir::Function& function, bool arrays_change)
        : function_(function), translation_(environment, function, arrays_change), versions_(translation_),
          recursions_(translation_, versions_), returns_(translation_) {}

    void translate(const Callee& callee, const Signature& signature, std::vector<KindRef>* needed);

private:
    // translate.cpp: the driver
    void start(const Callee& callee, std::span<const Value> positional, std::span<const KeywordArgument> keywords);
    std::vector<Value> inputs(const Signature& signature);
    void run();
    void run_version();
    bool step();
    bool run_operation(const Operation& operation);
    bool run_expression(const Operation& operation);
    bool may_have_effect() const;
    [[noreturn]] void refuse_without_effect(const Callee& callee);
    void set_places();
    bool give_up_if_too_big();
    bool doomed_step(uint32_t operation);

    // control.cpp: jumps, iteration, the several ways on from an operation
    bool proceed(Outcomes outcomes);
    void leave_for_version();
    bool jump(uint32_t target);
    std::optional<bool> ask_truth(const Value& value);
    bool branch(const Operation& operation);
    void leave_where(ir::ValueId condition, bool when, State leaving);
    bool iterate();
    bool next_item(const Operation& operation);
    bool next_of_sequence(const Operation& operation, const Value& iterator);
    bool leave_function();
    void end(const Value& value);
    bool has_generator() const;
    static bool holds_iterator(const Frame& frame);
    int64_t unrolled_iterations() const;

    // exceptions.cpp: raising and catching
    void look_for_handlers();
    bool raise(const Value& exception);
    bool raise_statement(const Operation& operation);
    bool begin_handler();
    bool match_exception();

    // names.cpp: locals, cells, globals, attributes
    bool load_local(const Operation& operation);
    void take_groups();
    bool store_local(const Operation& operation);
    bool delete_local(const Operation& operation);
    bool load_contents(const Operation& operation);
    bool store_contents(const Operation& operation);
    bool load_global(const Operation& operation);
    bool load_attribute(const Operation& operation, bool is_method);
    bool import_module(const Operation& operation);
    bool import_from(const Operation& operation);

    // patterns.cpp: match statements
    bool match_shape(const Operation& operation);
    bool get_length();
    bool match_keys();
    bool match_class(const Operation& operation);
    bool push_matched(const Value& subject, std::span<const std::string> names, std::vector<Value> found);
    bool bound_value(const Value& value, std::string_view name, std::string_view error);

    // containers.cpp: building and taking apart
    bool operate(const Operation& operation);
    bool operate_binary(const Operation& operation, Value left, Value right);
    bool load_item(const Value& container, const Value& key);
    bool build_row(const Operation& operation);
    bool build_slice(const Operation& operation);
    bool build_dict(const Operation& operation);
    bool build_set(const Operation& operation);
    bool update_dict(const Operation& operation);
    bool push_mapping(const Operation& operation, std::string_view type, std::vector<Value> keys,
                      std::vector<Value> values);
    bool pop_items(std::vector<Value>& items);
    bool unpack(const Operation& operation);
    bool unpack_star(const Operation& operation);
    bool unpack_sequence(const Value& items, int64_t before, int64_t after);
    bool list_append(const Operation& operation);
    bool list_extend(const Operation& operation);
    bool yield_item();
    bool append_to(size_t place, const Value& value);

    // lists.cpp: lists that grow
    bool is_in_loop(size_t place) const;
    bool is_in_any_loop() const;
    bool is_iterated(const Node* list) const;
    std::optional<Value> grown(const Value& list, const Value& item, bool is_in_loop, ir::ValueId room);
    ir::ValueId expected_items() const;
    bool freeze_lists(const Value& item);
    bool change_list(std::string_view method, std::span<const Value> arguments);
    bool extend_list(const Value& list, const Value& items);

    // list_places.cpp: lists in lists and dicts, changed where they lie
    bool is_place_wanted();
    bool is_changed_by_name(const CodeAnalysis& analysis, int32_t slot);
    Value named_list(const Value& place);
    std::optional<Value> place_of_next(const Value& source, ir::ValueId position);
    Value place_in(const Value& list, ir::ValueId position);
    std::optional<Value> as_list_of_lists(const Value& list);
    std::optional<bool> push_place(const Value& container, const Value& key);
    bool follow_to_place(const Value& dict, std::string_view function, std::vector<Value> arguments);
    Value list_in(const Value& place);
    bool may_change_in(const Value& place, bool length_changes);
    bool is_in_place(const Node* list) const;
    bool store_in_place(const Value& place, const Value& key, const Value& value);
    bool change_in_place(std::string_view name, std::span<const Value> arguments,
                         std::span<const KeywordArgument> keywords);
    bool put_in_place(const Value& place, const Value& changed);
    bool freeze_items(std::span<const Value> items);

    // list_methods.cpp: the other methods that change a list, deletion of items
    bool call_list_method(std::string_view name, std::span<const Value> arguments,
                          std::span<const KeywordArgument> keywords);
    bool may_resize(const Value& list);
    bool pop_item(const Value& list, std::span<const Value> arguments);
    bool remove_at(const Value& list, const Value& key, bool keeps_item);
    bool remove_in_memory(const Value& list, const Value& key, bool keeps_item);
    bool insert_item(const Value& list, const Value& key, const Value& item);
    bool sort_list(const Value& list, std::span<const KeywordArgument> keywords);
    bool replace_by(const Value& list, std::string_view function, std::vector<Value> arguments, Ending ending);
    bool leave_list_method(const Value& value);
    bool delete_item();
    bool make_text(const Operation& operation);
    bool no_form(const Operation& operation);
    bool no_form_at_all(const Operation& operation);

    // stores.cpp: changing objects
    bool store_item();
    bool store_key(const Value& dict, const Value& key, const Value& value);
    bool store_in_memory(const Value& list, const Value& key, const Value& value);
    bool store_at_run_time(const Value& list, const Value& value, ir::ValueId key);
    bool set_item(State& state, const Value& list, size_t index, const Value& value);
    bool may_change(const Value& object);
    bool may_replace(const Value& list, size_t index, const Value& value);
    void refuse_if_not_own(const Value& object);
    void refuse_item_of_not_own();
    void refuse_attribute_assignment(const Value& object);
    void refuse_attribute_of_not_own(const Value& object);

    // array_stores.cpp: elements of Arrays from outside
    bool may_write_to_arrays();
    bool store_in_array(const Value& array, const Value& key, const Value& value);
    bool store_key_in_array(const Value& dict, const Value& key, const Value& value);
    bool store_attribute_in_array(const Value& record, const std::string& name, const Value& value);
    bool store_field_in_array(const Value& record, const std::string& name, const Value& value);

    // table_changes.cpp: dicts and sets with computed keys
    bool may_change_table(const Value& table);
    std::optional<Value> as_changeable_table(const Value& made, const Value& key, const Value* value);
    bool follow_for_effect(Outcomes way);
    bool store_in_table(const Value& dict, const Value& key, const Value& value);
    bool add_key(const Value& dict, const std::string& key, const Value& value);
    bool delete_key(const Value& dict, const Value& key);
    bool delete_computed(const Value& dict, const Value& key);
    bool pop_last_item(const Value& dict);
    bool add_to_table(size_t place, const Value& key, const Value& value);
    bool unite_in_place(const Value& made, const Value& other);
    bool make_defaultdict(std::span<const Value> arguments);
    bool default_item(const Value& dict, const Value& key);
    bool make_from_keys(std::span<const Value> arguments);
    bool make_table(std::string_view name, const Value& items);
    bool call_table_method(std::string_view name, std::span<const Value> arguments,
                           std::span<const KeywordArgument> keywords);
    bool call_dict_method(std::string_view method, const Value& dict, std::span<const Value> arguments);
    bool copy_or_clear(const Value& made, bool copies);
    bool update_table(const Value& made, const Value& more);
    bool store_keys(const Value& made, const std::vector<std::string>& names, const std::vector<Value>& values);
    Value united_dict(const Value& left, const Value& right);
    std::optional<bool> update_in_place(const Value& made, const Value& more);
    bool update_keys(const Value& made, std::span<const Value> more, std::span<const KeywordArgument> keywords);

    // instances.cpp: making instances, assigning to attributes
    bool construct(const Value& owner, std::vector<Value> positional, std::span<const KeywordArgument> keywords);
    bool leave_initialiser(const Value& value);
    bool replace_fields(std::span<const Value> arguments, std::span<const KeywordArgument> keywords);
    bool store_attribute(const Operation& operation);
    bool call_property(const Value& object, const std::string& name, const Value& value);
    bool set_attribute(const Value& object, const std::string& name, const Value& value);
    bool call_setter(std::span<const Value> arguments);
    bool special_method(const Operation& operation);

    // calls.cpp
    bool make_function(const Operation& operation);
    bool call(const Operation& operation);
    bool call_star(const Operation& operation);
    bool call_value(const Value& callee, std::vector<Value> positional, std::span<const KeywordArgument> keywords);
    bool call_bound(const Value& callee, std::vector<Value> positional, std::span<const KeywordArgument> keywords);
    bool call_with_iterator(std::string_view name, size_t place, std::vector<Value> positional,
                            std::span<const KeywordArgument> keywords);
    bool call_intrinsic(std::string_view name, std::span<const Value> positional,
                        std::span<const KeywordArgument> keywords);
    bool run_intrinsic(std::string_view name, std::span<const Value> positional,
                       std::span<const KeywordArgument> keywords);
    bool enter_function(const Value& callee, std::span<const Value> positional,
                        std::span<const KeywordArgument> keywords, bool may_suspend = false);
    bool suspend_callers(const Frame& called);
    const CodeAnalysis& analysis(const std::shared_ptr<const CodeView>& code);

    Frame& frame() { return state_.frames.back(); }
    void push(const Value& value) { frame().stack.push_back(value); }
    Value pop();
    std::vector<Value> pop(size_t count);

    ir::Function& function_;
    Translation translation_;
    Versions versions_;
    Recursions recursions_;
    Returns returns_;
    State state_;
    size_t steps_ = 0;
    bool changes_elements_ = false;
    std::vector<Value> elements_as_given_;  ///< State::elements at the beginning
    bool may_change_others_ = false;        ///< elements of other kinds may take paths that have not been met
    std::unordered_map<const CodeView*, std::unique_ptr<CodeAnalysis>> analyses_;
    std::unordered_map<const Operation*, FunctionShape*> made_functions_;
    std::map<std::pair<FunctionId, const char*>, Value> globals_;
    std::map<std::pair<const CodeAnalysis*, int32_t>, bool> changed_names_;  ///< by slot, see is_changed_by_name
};

}  // namespace pp::frontend
