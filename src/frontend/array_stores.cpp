/// Assignments to elements of Arrays from outside the function, and to the records in them.
#include <string>

#include "frontend/array_elements.h"
#include "frontend/arrays.h"
#include "frontend/changes.h"
#include "frontend/operators.h"
#include "frontend/records.h"
#include "frontend/sequences.h"
#include "frontend/translator.h"

namespace pp::frontend {

using ir::Op;
using ir::ValueId;

/// Whether the function is being translated as one that does; ends the path where that has no compiled form.
bool Translator::may_write_to_arrays() {
    if (!translation_.arrays_change()) {
        throw ArraysChange{};
    }
    if (has_generator()) {
        translation_.unsupported("changing an element of an Array while a generator runs",
                                 "the generator is run at once, not as its items are taken", "use a loop");
        return false;
    }
    return true;
}

/// All elements see it: they run one after the other.
bool Translator::store_in_array(const Value& array, const Value& key, const Value& value) {
    if (!may_write_to_arrays()) {
        return false;
    }
    if (key.is_unforeseen) {
        translation_.beyond(key);
        return false;
    }
    if (!key.is_integral()) {
        key.shape == Shape::Slice
            ? translation_.unsupported("changing a slice of an Array", {}, "assign to its elements one by one")
            : translation_.raises("Array indices must be integers or slices, not " + type_name(key));
        return false;
    }
    const ValueId length = count_of(translation_, array_items(array)), zero = translation_.constant(int64_t{0});
    const ValueId given = to_int(translation_, key);
    const ValueId from_end = translation_.emit(Op::IAdd, {given, length});
    const ValueId index = translation_.emit(Op::Select, {translation_.emit(Op::ILt, {given, zero}), from_end, given});
    translation_.guard(translation_.emit(Op::ILe, {zero, index}));
    translation_.guard(translation_.emit(Op::ILt, {index, length}));
    if (!frontend::store_in_array(translation_, array, index, value)) {
        return false;
    }
    read_array_records_again(translation_, state_);
    return true;
}

/// `record["key"] = value`, of a dict in an Array.
bool Translator::store_key_in_array(const Value& dict, const Value& key, const Value& value) {
    refuse_if_not_own(dict);
    const std::string* text = constant_text(key);
    if (!text) {
        translation_.unsupported("a key that is no constant text", "the keys of a dict are part of its type",
                                 "write the key where it is used");
        return false;
    }
    return store_field_in_array(dict, *text, value);
}

/// `record.name = value`, of an instance in an Array.
bool Translator::store_attribute_in_array(const Value& record, const std::string& name, const Value& value) {
    refuse_if_not_own(record);
    const Binding found = translation_.environment().class_attribute(record.node->record->class_id, name);
    if (found.kind != Binding::Kind::Field && found.overrides_fields) {
        translation_.unsupported("assigning to the attribute " + quoted(name) + " of a " + quoted(type_name(record)),
                                 {}, "assign to attributes that are there");
        return false;
    }
    return store_field_in_array(record, name, value);
}

bool Translator::store_field_in_array(const Value& record, const std::string& name, const Value& value) {
    if (!may_write_to_arrays()) {
        return false;
    }
    const size_t field = record.node->record->find(name);
    if (!is_array_record(record) || field == RecordShape::kNoField) {
        translation_.unsupported("assigning " + quoted(name) + " of a " + quoted(type_name(record)) + " in an Array",
                                 "all records in it have the same fields", "assign to fields that are there");
        return false;
    }
    if (!store_in_record(translation_, record, field, value)) {
        return false;
    }
    read_array_records_again(translation_, state_);
    return true;
}

}  // namespace pp::frontend
