/// What names are bound to: locals, cells, free variables, globals, attributes.
#include <algorithm>
#include <utility>

#include "frontend/attributes.h"
#include "frontend/iterator_views.h"
#include "frontend/sequences.h"
#include "frontend/translator.h"

namespace pp::frontend {
namespace {

/// Iterators are values here, so a second reference to one would not see the first one's progress.
void refuse_iterator(Translation& t) {
    t.unsupported("keeping an iterator", "it is consumed where it is used",
                  "iterate over it directly, or make it a tuple");
}

}  // namespace

/// Pushes what a name was found to be bound to.
bool Translator::bound_value(const Value& value, std::string_view name, std::string_view error) {
    if (value.is_null()) {
        translation_.raises(std::string(error) + ": " + quoted(name));
        return false;
    }
    if (value.shape == Shape::Opaque && value.is_unforeseen) {
        translation_.beyond(quoted(name) + " holds " + unforeseen_text(value));
        return false;
    }
    if (value.shape == Shape::Opaque && !value.is_captured) {
        refuse_attribute_assignment(value);
        if (value.node->name == "Array") {
            translation_.unsupported(
                quoted(name),
                "it is an Array that is not read by name: text or rows of any length in it may be None, or there are "
                "text or rows of any length where the function writes to Arrays, or in records",
                changes_elements_ ? "give it as a column; to read it, name a list of its elements (tolist), and to "
                                    "write to it, return what goes into it with map()"
                                  : "give it as a column, or name a list of its elements (tolist)");
            return false;
        }
        translation_.unsupported(quoted(name), "it is an object of type " + quoted(value.node->name),
                                 "use numbers, tuples, functions and the builtins that compile");
        return false;
    }
    push(value);
    return true;
}

bool Translator::load_local(const Operation& operation) {
    const auto slot = static_cast<size_t>(operation.argument);
    const Value value = frame().slots[slot];
    if (value.shape == Shape::Cell || value.shape == Shape::FreeVariable) {
        return load_contents(operation);
    }
    if (value.is_null() || (value.shape == Shape::Opaque && value.is_unforeseen)) {
        return bound_value(value, frame().analysis->code().slots[slot], "unbound local variable");
    }
    if (value.shape == Shape::Opaque && value.node->name == kTakenIterator) {
        translation_.unsupported("using an iterator twice", "it is consumed where it is used",
                                 "iterate over it directly, or make it a tuple");
        return false;
    }
    if (value.shape == Shape::Place) {
        push(named_list(value));
        return true;
    }
    if (value.is_iterator()) {  // whoever gets it advances it: nobody else may see it any more
        frame().slots[slot] = translation_.opaque(kTakenIterator);
    }
    push(value);
    return true;
}

/// The next group of itertools.groupby() is asked for: iterators over earlier ones are exhausted.
void Translator::take_groups() {
    for (Frame& each : state_.frames) {
        for (Value& value : each.slots) {
            if (value.shape == Shape::SequenceIterator && value.node->name == kGroup) {
                value = translation_.opaque(kTakenIterator);
            }
        }
    }
    for (Value& value : state_.cells) {
        if (value.shape == Shape::SequenceIterator && value.node->name == kGroup) {
            value = translation_.opaque(kTakenIterator);
        }
    }
}

bool Translator::store_local(const Operation& operation) {
    const auto slot = static_cast<size_t>(operation.argument);
    if (frame().slots[slot].shape == Shape::Cell) {
        return store_contents(operation);
    }
    const Value& value = frame().stack.back();
    const auto is_iterator = [](const Value& item) { return item.is_iterator(); };
    if (value.shape == Shape::Tuple && std::any_of(value.items().begin(), value.items().end(), is_iterator)) {
        translation_.unsupported("keeping an iterator", {}, "make it a tuple");
        return false;
    }
    frame().slots[slot] = pop();
    return true;
}

bool Translator::delete_local(const Operation& operation) {
    Value& slot = frame().slots[static_cast<size_t>(operation.argument)];
    (slot.shape == Shape::Cell ? state_.cells[slot.number] : slot) = {};
    return true;
}

bool Translator::load_contents(const Operation& operation) {
    const auto index = static_cast<size_t>(operation.argument);
    const Value slot = frame().slots[index];
    const std::string& name = frame().analysis->code().slots[index];
    if (slot.shape == Shape::FreeVariable) {
        const Binding binding = translation_.environment().free_variable(slot.node->owner, slot.number);
        return bound_value(translation_.from_binding(binding), name, "unbound free variable");
    }
    return bound_value(state_.cells[slot.number], name, "unbound variable");
}

bool Translator::store_contents(const Operation& operation) {
    const Value slot = frame().slots[static_cast<size_t>(operation.argument)];
    const Value value = pop();
    if (slot.shape == Shape::FreeVariable) {
        translation_.refuse("assigning to a variable of a surrounding function",
                            "elements are computed in parallel and share nothing", "return the value");
    }
    if (has_generator()) {
        translation_.unsupported("assigning to a shared variable while a generator runs",
                                 "the generator is run at once, not as its items are taken", "use a loop");
        return false;
    }
    if (value.is_iterator()) {
        refuse_iterator(translation_);
        return false;
    }
    state_.cells[slot.number] = value;
    return true;
}

bool Translator::load_global(const Operation& operation) {
    const std::string_view name =
        translation_.name(frame().analysis->code().names[static_cast<size_t>(operation.argument)]);
    auto [known, is_new] = globals_.try_emplace({frame().owner, name.data()});
    if (is_new) {
        known->second = translation_.from_binding(translation_.environment().global(frame().owner, name));
    }
    return bound_value(known->second, name, "name is not defined");
}

/// `import name`, `from name import ...` of a module that has been imported already.
bool Translator::import_module(const Operation& operation) {
    const Value from = pop(), level = pop();
    const std::string& name = frame().analysis->code().names[static_cast<size_t>(operation.argument)];
    Binding module = translation_.environment().imported(name);
    if (module.kind == Binding::Kind::Module && from.shape == Shape::None && name.find('.') != std::string::npos) {
        module = translation_.environment().imported(std::string_view(name).substr(0, name.find('.')));
    }
    if (translation_.known_int(level) != 0 || module.kind != Binding::Kind::Module) {
        translation_.unsupported("importing " + quoted(name), "it runs the module",
                                 "import it before, at the top of your module");
        return false;
    }
    push(translation_.from_binding(module));
    return true;
}

bool Translator::import_from(const Operation& operation) {
    const Value module = frame().stack.back();
    const std::string& name = frame().analysis->code().names[static_cast<size_t>(operation.argument)];
    const Value value = translation_.from_binding(translation_.environment().attribute(module.number, name));
    return bound_value(value, name, "cannot import name");
}

bool Translator::load_attribute(const Operation& operation, bool is_method) {
    const std::string& name = frame().analysis->code().names[static_cast<size_t>(operation.argument)];
    const Value object = pop();
    const size_t depth = state_.frames.size();
    translation_.looks().look_into(object);
    if (object.shape == Shape::Module) {
        const Binding binding = translation_.environment().attribute(object.number, name);
        if (!bound_value(translation_.from_binding(binding), name, "module has no attribute")) {
            return false;
        }
    } else {
        if (changes_container(object, name)) {
            refuse_if_not_own(object);
        }
        const uint32_t own = frame().operation - 1;
        if (own > 0 && frame().analysis->operations()[own - 1].op == Canon::Copy) {
            refuse_attribute_of_not_own(object);  // object.name += value
        }
        if (object.shape == Shape::Place) {
            push(translation_.method("list." + name, object));
        } else if (!proceed(attribute(translation_, object, name))) {
            return false;
        }
    }
    if (is_method && state_.frames.size() == depth) {
        push({});
    } else if (is_method) {
        translation_.unsupported("calling what a property gives", {}, "take it into a variable first");
        return false;
    }
    return true;
}

}  // namespace pp::frontend
