/// Making instances of classes, and assigning to their attributes while they are the function's own.
#include <algorithm>
#include <string>
#include <utility>

#include "frontend/changes.h"
#include "frontend/enums.h"
#include "frontend/records.h"
#include "frontend/translator.h"

namespace pp::frontend {

/// `Class(...)`: a namedtuple by the `__new__` that it was given, which is plain Python; an instance of any other class
/// by its `__init__`, which is followed with a new object that has no attributes yet.
bool Translator::construct(const Value& owner, std::vector<Value> positional,
                           std::span<const KeywordArgument> keywords) {
    Environment& environment = translation_.environment();
    if (positional.size() == 1 && keywords.empty()) {
        translation_.looks().look_into(positional[0]);
        if (std::optional<Outcomes> member = member_by_value(translation_, owner, positional[0])) {
            return proceed(std::move(*member));
        }
    }
    const RecordShape& shape = *environment.class_shape(owner.number);
    const Binding maker = environment.class_attribute(owner.number, "__new__");
    const Binding initialiser = environment.class_attribute(owner.number, "__init__");
    if (shape.form == RecordForm::NamedTuple && maker.kind == Binding::Kind::Function && maker.is_static &&
        initialiser.kind != Binding::Kind::Function) {
        positional.insert(positional.begin(), owner);
        return enter_function(translation_.from_function(maker.id), positional, keywords);
    }
    const bool is_plain = shape.form == RecordForm::Object && maker.kind == Binding::Kind::Intrinsic &&
                          maker.name == "object.__new__" && !state_.frames.empty();
    if (environment.class_attribute(owner.number, "__del__").kind != Binding::Kind::Missing) {
        translation_.unsupported("making a " + quoted(owner.node->name), "its class has a __del__",
                                 "return a tuple, and make the object afterwards");
        return false;
    }
    if (environment.is_abstract(owner.number)) {
        translation_.raises("TypeError", "Can't instantiate abstract class " + std::string(owner.node->name));
        return false;
    }
    const Value made = translation_.record(&shape, {});
    if (is_plain && initialiser.kind == Binding::Kind::Intrinsic && positional.empty() && keywords.empty()) {
        push(made);  // no __init__ but object's, which does nothing
        return true;
    }
    if (!is_plain || initialiser.kind != Binding::Kind::Function || initialiser.is_static) {
        translation_.unsupported("making a " + quoted(owner.node->name), "its class does so in a way of its own",
                                 "return a tuple, or a class with an __init__ of plain Python");
        return false;
    }
    push(made);
    positional.insert(positional.begin(), made);
    if (!enter_function(translation_.from_function(initialiser.id), positional, keywords)) {
        return false;
    }
    frame().ending = Ending::Drop;
    return true;
}

/// dataclasses.replace(object, **fields): its class is called with all fields by name.
bool Translator::replace_fields(std::span<const Value> arguments, std::span<const KeywordArgument> keywords) {
    for (const Value& argument : arguments) {
        translation_.looks().look_into(argument);
    }
    const bool is_instance = arguments.size() == 1 && is_instance_record(arguments[0]);
    const std::vector<std::string> names =
        is_instance ? translation_.environment().dataclass_fields(arguments[0].node->record->class_id)
                    : std::vector<std::string>{};
    std::vector<KeywordArgument> all(keywords.begin(), keywords.end());
    for (const std::string& name : names) {
        const auto is_same = [&](const KeywordArgument& keyword) { return keyword.name == name; };
        if (std::none_of(keywords.begin(), keywords.end(), is_same)) {
            all.push_back({translation_.name(name), field(translation_, arguments[0], name)});
        }
    }
    const auto is_missing = [](const KeywordArgument& keyword) { return keyword.value.is_null(); };
    if (names.empty() || std::any_of(all.begin(), all.end(), is_missing)) {
        translation_.unsupported("dataclasses.replace() of these values", {}, "call the class");
        return false;
    }
    return construct(translation_.class_value(*arguments[0].node->record), {}, all);
}

/// The end of an `__init__`: the object lies on the caller's stack.
bool Translator::leave_initialiser(const Value& value) {
    if (value.shape != Shape::None) {
        translation_.raises("__init__() should return None");
        return false;
    }
    state_.frames.pop_back();
    leave_for_version();
    return false;
}

bool Translator::store_attribute(const Operation& operation) {
    const Value object = pop(), value = pop();
    const std::string& name = frame().analysis->code().names[static_cast<size_t>(operation.argument)];
    translation_.looks().look_into(object);
    refuse_attribute_of_not_own(object);
    if (!is_instance_record(object)) {
        translation_.unsupported("changing an attribute of a " + quoted(type_name(object)), {},
                                 changes_elements_ ? "" : "return the new value");
        return false;
    }
    const Binding setter = translation_.environment().class_attribute(object.node->record->class_id, "__setattr__");
    if (setter.kind != Binding::Kind::Intrinsic) {
        translation_.unsupported("changing an attribute of a " + quoted(type_name(object)),
                                 "its class has a __setattr__ of its own",
                                 changes_elements_ ? "" : "return the new value");
        return false;
    }
    const Binding found = translation_.environment().class_attribute(object.node->record->class_id, name);
    if (found.kind == Binding::Kind::Property && !object.is_held) {
        return call_property(object, name, value);
    }
    return set_attribute(object, name, value);
}

/// Runs what assigns to the property.
bool Translator::call_property(const Value& object, const std::string& name, const Value& value) {
    const Binding setter = translation_.environment().property_setter(object.node->record->class_id, name);
    if (setter.kind != Binding::Kind::Function) {
        translation_.unsupported("assigning to the property " + quoted(name) + " of a " + quoted(type_name(object)),
                                 "it has no setter that is written in Python", "assign to what the property shows");
        return false;
    }
    if (!enter_function(translation_.from_binding(setter), std::vector<Value>{object, value}, {})) {
        return false;
    }
    frame().ending = Ending::Drop;
    return true;
}

/// As object.__setattr__ does it.
bool Translator::set_attribute(const Value& object, const std::string& name, const Value& value) {
    if (object.is_held) {
        return store_attribute_in_array(object, name, value);
    }
    if (!may_change(object)) {
        return false;
    }
    const Binding found = translation_.environment().class_attribute(object.node->record->class_id, name);
    const bool is_given = object.origin != NodeOrigin{};
    const bool is_new = is_given && field(translation_, object, name).is_null();
    const bool has_setter = found.kind != Binding::Kind::Field && found.overrides_fields;
    const bool has_place = found.kind == Binding::Kind::Field ||
                           translation_.environment().class_keeps_attributes(object.node->record->class_id);
    if (refers_to(value, object.node)) {
        translation_.unsupported("an object within itself", {}, "keep something that names it, its number say");
        return false;
    }
    if (is_new || has_setter || !has_place || value.is_iterator()) {
        translation_.unsupported("assigning to the attribute " + quoted(name) + " of a " + quoted(type_name(object)),
                                 {},
                                 changes_elements_ ? "assign to attributes that are there" : "return the new value");
        return false;
    }
    if (is_given) {
        return set_item(state_, object, object.node->record->find(name), value);
    }
    std::vector<std::string> names = object.node->record->fields;
    Node& made = translation_.node();
    made = *object.node;
    const size_t index = object.node->record->find(name);
    if (index == RecordShape::kNoField) {
        names.push_back(name);
        made.items.push_back(value);
        const RecordShape& shape = *object.node->record;
        made.record = record_shape(shape.form, shape.class_id, shape.class_name, names);
    } else {
        made.items[index] = value;
    }
    replace_object(translation_, state_, object, &made);
    return true;
}

/// `object.__setattr__(self, name, value)`, as frozen dataclasses call it.
bool Translator::call_setter(std::span<const Value> arguments) {
    const bool is_known = arguments.size() == 3 && is_instance_record(arguments[0]) &&
                          arguments[1].shape == Shape::Object && arguments[1].node->text;
    if (!is_known) {
        translation_.unsupported("object.__setattr__() of these values", {}, "assign to the attribute");
        return false;
    }
    if (!set_attribute(arguments[0], *arguments[1].node->text, arguments[2])) {
        return false;
    }
    push(none_value());
    return true;
}

/// `__enter__` or `__exit__` of a context manager, which is looked for in its class.
bool Translator::special_method(const Operation& operation) {
    const Value object = pop();
    const std::string_view name = (operation.argument & 1) != 0 ? "__exit__" : "__enter__";
    translation_.looks().look_into(object);
    const Binding found = is_instance_record(object)
                              ? translation_.environment().class_attribute(object.node->record->class_id, name)
                              : Binding{.kind = Binding::Kind::Unsupported};
    if (found.kind != Binding::Kind::Function || found.is_static || found.takes_class) {
        translation_.unsupported("with statement over a " + quoted(type_name(object)), {},
                                 "use a context manager whose __enter__ and __exit__ are plain Python");
        return false;
    }
    if ((operation.argument & 2) != 0) {
        push(bound_method(translation_, translation_.from_function(found.id), object));
    } else {
        push(translation_.from_function(found.id));
        push(object);
    }
    return true;
}

}  // namespace pp::frontend
