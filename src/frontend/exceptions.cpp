/// Raising and catching. An exception that nothing catches hands the element back: CPython raises it then. One that a
/// handler may catch is a value, and what raises it a way on from the operation.
#include <algorithm>

#include "base/error.h"
#include "frontend/translator.h"

namespace pp::frontend {
namespace {

bool is_generator(const Frame& frame) {
    return (frame.analysis->code().flags & kGenerator) != 0;
}

/// The operation that a frame is in the midst of.
const Operation& current(const Frame& frame) {
    PP_CHECK(frame.operation > 0);
    return frame.analysis->operations()[frame.operation - 1];
}

/// Whether it is a builtin class that does something with its arguments, but needs none.
bool is_made_of_nothing(Environment& environment, ObjectId exception) {
    constexpr std::string_view kNames[] = {"AttributeError", "ImportError",   "ModuleNotFoundError", "NameError",
                                           "OSError",        "StopIteration", "SyntaxError",         "SystemExit"};
    return std::any_of(std::begin(kNames), std::end(kNames),
                       [&](std::string_view name) { return environment.builtin_exception(name).id == exception; });
}

}  // namespace

/// Whether a handler is open around the current operation. What leaves a generator does not count: the generator runs
/// at once, and CPython would raise only when the item is taken. Handlers of calls that wait in memory are not found.
void Translator::look_for_handlers() {
    bool catches = false;
    for (auto frame = state_.frames.rbegin(); frame != state_.frames.rend() && !catches; ++frame) {
        // A handler that ends in a raise whatever happens catches nothing.
        const uint32_t handler = frame->analysis->has_handlers() ? current(*frame).handler : kNoHandler;
        catches = handler != kNoHandler && !frame->analysis->is_doomed(handler);
        if (is_generator(*frame) || frame->resumes != 0) {
            break;
        }
    }
    translation_.set_catches(catches);
}

/// Goes on where the exception is caught: the frames in between are left, and what they had begun.
bool Translator::raise(const Value& exception) {
    if (exception.shape != Shape::Exception) {
        translation_.unsupported("raising a " + quoted(type_name(exception)), {});
        return false;
    }
    look_for_handlers();
    if (!translation_.catches()) {
        translation_.raises(exception.node->name);
        return false;
    }
    while (current(frame()).handler == kNoHandler) {
        state_.frames.pop_back();
    }
    const Operation& raising = current(frame());
    const size_t below = is_generator(frame()) ? 2 : 0;  // what it yields, and what it has seen
    frame().stack.resize(below + static_cast<size_t>(raising.handler_depth));
    if (raising.pushes_position) {
        push(none_value());
    }
    push(exception);
    frame().operation = raising.handler;
    leave_for_version();
    return false;
}

/// `raise Class`, `raise exception`, either with `from`; `raise` alone in a handler.
bool Translator::raise_statement(const Operation& operation) {
    if (operation.argument == 2) {
        pop();  // the cause: nobody sees it
    }
    if (operation.argument == 0) {
        // Handlers keep what they were given at the bottom of what they put on the stack.
        for (auto frame = state_.frames.rbegin(); frame != state_.frames.rend(); ++frame) {
            const auto is_exception = [](const Value& value) { return value.shape == Shape::Exception; };
            const auto caught = std::find_if(frame->stack.rbegin(), frame->stack.rend(), is_exception);
            if (caught != frame->stack.rend()) {
                return raise(Value(*caught));
            }
        }
        return proceed(translation_.raises("RuntimeError", "no active exception to reraise"));
    }
    const Value raised = pop();
    if (raised.shape == Shape::ExceptionClass) {
        const std::vector<Value> none;
        const bool is_plain = translation_.environment().keeps_arguments(raised.number);
        if (!is_plain && !is_made_of_nothing(translation_.environment(), raised.number)) {
            translation_.unsupported("making a " + quoted(raised.node->name), "its class does so in a way of its own",
                                     "raise an exception that only keeps its arguments");
            return false;
        }
        return raise(translation_.exception(raised, is_plain ? &none : nullptr));
    }
    return raise(raised);
}

bool Translator::begin_handler() {
    const Value exception = pop();
    push(exception);
    push(exception);
    return true;
}

bool Translator::match_exception() {
    std::vector<Value> pending{pop()};
    const Value exception = frame().stack.back();
    bool matches = false;
    while (!pending.empty() && !matches) {
        const Value candidate = pending.back();
        pending.pop_back();
        if (candidate.shape == Shape::Tuple) {
            pending.insert(pending.end(), candidate.items().begin(), candidate.items().end());
        } else if (candidate.shape == Shape::ExceptionClass && exception.shape == Shape::Exception) {
            matches = translation_.environment().is_exception_subclass(exception.number, candidate.number);
        } else {
            translation_.unsupported("catching a " + quoted(type_name(candidate)), {}, "name classes of exceptions");
            return false;
        }
    }
    push(translation_.bool_constant(matches));
    return true;
}

}  // namespace pp::frontend
