/// See function_cache.h.
#include "python/function_cache.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "data/interpreter_python.h"
#include "python/supervision.h"

namespace pp::python {

namespace {

/// Values of a function that the passes are done with within a millisecond or two.
constexpr size_t kMostValuesAtOnce = 1000;

void append_origin_paths(KindRef column_kind, KindRef kind, uint32_t column, std::vector<uint32_t>& items,
                         std::vector<data::OriginPath>& paths) {
    paths.push_back({column, column_kind, items});
    for (uint32_t i = 0; i < kind->items.size(); ++i) {
        items.push_back(i);
        append_origin_paths(column_kind, kind->items[i], column, items, paths);
        items.pop_back();
    }
}

bool same_names(const std::vector<Object>& known, const std::vector<PyObject*>& given) {
    return std::equal(known.begin(), known.end(), given.begin(), given.end(),
                      [](const Object& a, PyObject* b) { return a.get() == b || PyUnicode_Compare(a.get(), b) == 0; });
}

std::vector<std::string> carried_types(const std::vector<KindRef>& columns, std::span<PyObject* const> example) {
    std::vector<std::string> names;
    for (size_t c = 0; c < columns.size(); ++c)
        data::append_carried_types(example[c], columns[c], names);
    return names;
}

/// A refusal names types of the elements it was made for: others get one of their own.
bool names_its_types(const CompiledCall& call, std::span<PyObject* const> example) {
    return !call.refusal || call.refused_types == carried_types(call.columns, example);
}

/// A refusal to change elements may be for what they lack: it says nothing about those that have more. Elements that
/// are objects are read by name; those of an Array, of which there is no example, lie in the order of their own kind.
bool fits_columns(const CompiledCall& call, std::span<const KindRef> columns, std::span<PyObject* const> example) {
    if (call.refusal && call.changes_elements) return std::ranges::equal(call.columns, columns);
    for (size_t c = 0; c < columns.size(); ++c) {
        if (c == call.columns.size() || !covers(call.columns[c], columns[c])) return false;
        if (!example[c] && call.columns[c] != columns[c]) return false;
    }
    return call.columns.size() == columns.size();
}

bool fits(const CompiledCall& call, const CallShape& shape, std::span<const KindRef> columns,
          std::span<PyObject* const> example, const codegen::Options& options) {
    return fits_columns(call, columns, example) && call.options.fast_math == options.fast_math &&
           call.changes_elements == shape.changes_elements && call.reads_all == shape.reads_all &&
           call.leading_count == shape.leading.size() && same_names(call.keyword_names, shape.keyword_names);
}

/// Whether something in it must not be there.
bool has_missing(KindRef kind) {
    return kind->tag == Tag::Missing || std::ranges::any_of(kind->items, has_missing);
}

/// Translates the function, then again for what it was seen to look at. `columns` are narrowed to that.
ir::Function translate(PythonEnvironment& environment, const CallShape& shape, std::vector<KindRef>& columns,
                       std::span<PyObject* const> example) {
    const frontend::Callee callee = environment.callee();
    frontend::Signature signature{
        columns,         environment.keywords(),         environment.leading(), shape.changes_elements,
        shape.reads_all, carried_types(columns, example)};
    // Whether two elements share an object that is written shows in their kinds: there, all of these are kept. Elements
    // of an Array, of which there is no example, have what their kinds name and nothing else.
    const bool is_kept = shape.reads_all || (shape.changes_elements && std::ranges::count(example, nullptr) > 0);
    if (is_kept) return frontend::translate(environment, callee, signature);
    constexpr int kMostRounds = 4;
    std::vector<KindRef> needed, first;
    try {
        std::optional<ir::Function> whole;
        for (int round = 0; round < kMostRounds; ++round) {
            ir::Function function = frontend::translate(environment, callee, signature, &needed);
            if (needed == signature.columns) {
                columns = needed;
                return function;
            }
            if (!whole) {
                whole = std::move(function);
                first = needed;
            }
            signature.columns = needed;
            signature.carried_types = carried_types(needed, example);
        }
        // What the function goes by that is not there must be told to those who read the elements.
        if (std::ranges::none_of(first, has_missing)) return std::move(*whole);
        throw UserError(ErrorKind::Unsupported, "the attributes that this function looks for in vain have no end");
    } catch (const UserError&) {
        // Whatever is refused for these kinds is refused for wider ones.
        if (!needed.empty() && !shape.changes_elements) columns = needed;
        throw;
    }
}

std::shared_ptr<CompiledCall> analyse(const CallShape& shape, std::span<const KindRef> columns,
                                      std::span<PyObject* const> example, codegen::Options options,
                                      bool lets_others_run, std::vector<Guard> earlier) {
    auto start = std::chrono::steady_clock::now();
    auto call = std::make_shared<CompiledCall>();
    call->columns.assign(columns.begin(), columns.end());
    call->options = options;
    call->leading_count = shape.leading.size();
    call->changes_elements = shape.changes_elements;
    call->reads_all = shape.reads_all;
    for (PyObject* name : shape.keyword_names)
        call->keyword_names.push_back(Object::borrow(name));
    PythonEnvironment environment(shape, lets_others_run, std::move(earlier));
    try {
        ir::Function function = translate(environment, shape, call->columns, example);
        const ReleasedLock released(lets_others_run && function.values.size() > kMostValuesAtOnce);
        call->specialisation = std::make_unique<engine::Specialisation>(std::move(function), call->columns, options);
        call->specialisation->analyse_milliseconds =
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    } catch (const frontend::Forbidden& error) {
        call->refusal = error;
        call->is_forbidden = true;
    } catch (const UserError& error) {
        if (error.kind() != ErrorKind::Unsupported) throw;
        call->refusal = error;
    }
    if (call->refusal) call->refused_types = carried_types(call->columns, example);
    call->guards = environment.take_guards();
    call->sees_arrays = environment.sees_arrays();
    call->objects = environment.take_objects();
    call->uniform_words = environment.uniform_words();
    for (const Object& object : call->objects)
        call->object_pointers.push_back(object.get());
    std::vector<uint32_t> items;
    for (uint32_t c = 0; c < columns.size(); ++c)
        append_origin_paths(call->columns[c], call->columns[c], c, items, call->origins);
    return call;
}

/// Guards of what was seen as a list.
std::vector<Guard> guards_of_lists(const std::vector<std::shared_ptr<CompiledCall>>& calls) {
    std::vector<Guard> guards;
    for (const auto& call : calls) {
        for (const Guard& guard : call->guards) {
            if (guard.kind && (guard.kind->tag == Tag::List || guard.kind->tag == Tag::ListOf)) guards.push_back(guard);
        }
    }
    return guards;
}

}  // namespace

FunctionCache& FunctionCache::instance() {
    return data::Interpreter::current().the<FunctionCache>();
}

FunctionEntry& FunctionCache::entry(PyObject* root) {
    PyObject* key = PyFunction_Check(root) ? PyFunction_GET_CODE(root) : root;
    auto found = entries_.find(key);
    if (found == entries_.end()) {
        if (entries_.size() >= kMaximumFunctions) {
            auto oldest = std::min_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
                return a.second->last_use < b.second->last_use;
            });
            // Out of the map before it dies: dropping its references may run code that calls `map` again.
            auto dying = std::move(oldest->second);
            entries_.erase(oldest);
        }
        auto entry = std::make_unique<FunctionEntry>();
        entry->code = Object::borrow(key);
        found = entries_.emplace(key, std::move(entry)).first;
    }
    found->second->last_use = ++clock_;
    return *found->second;
}

std::vector<std::shared_ptr<CompiledCall>> FunctionCache::take_oldest(const CompiledCall* newest) {
    struct Place {
        FunctionEntry* entry;
        std::shared_ptr<CompiledCall> call;
        size_t bytes;  // as it is now: others may be adding kernels
    };
    std::vector<Place> places;
    size_t bytes = 0;
    for (const auto& [key, entry] : entries_) {
        for (const auto& call : entry->calls) {
            places.push_back({entry.get(), call, call->bytes()});
            bytes += places.back().bytes;
        }
    }
    std::vector<std::shared_ptr<CompiledCall>> taken;
    if (places.size() <= kMaximumCalls && bytes <= kMaximumBytes) return taken;
    std::ranges::sort(places, {}, [](const Place& place) { return place.call->last_use; });
    size_t left = places.size();
    for (Place& place : places) {
        if (left <= kMaximumCalls && bytes <= kMaximumBytes) break;
        if (place.call.get() == newest) continue;
        std::erase(place.entry->calls, place.call);
        bytes -= place.bytes;
        --left;
        taken.push_back(std::move(place.call));
    }
    return taken;
}

std::shared_ptr<CompiledCall> FunctionCache::find_or_analyse(const CallShape& shape, std::span<const KindRef> columns,
                                                             std::span<PyObject* const> example,
                                                             codegen::Options options, Surroundings& seen,
                                                             const std::function<void()>& before_analysis) {
    CallValues values{shape.root, shape.keyword_values.data(), shape.leading.data()};
    {
        auto& calls = entry(shape.root).calls;
        for (size_t i = 0; i < calls.size(); ++i) {
            if (!fits(*calls[i], shape, columns, example, options) || !names_its_types(*calls[i], example)) continue;
            seen.uniforms.resize(calls[i]->uniform_words);
            if (!guards_hold(calls[i]->guards, values, seen)) continue;
            if (i > 0) std::rotate(calls.begin(), calls.begin() + i, calls.begin() + i + 1);
            calls.front()->last_use = clock_;
            return calls.front();
        }
    }
    before_analysis();
    // Other code may run meanwhile: the entry is looked up again, and what it has changed is analysed again, the last
    // time without letting it.
    std::shared_ptr<CompiledCall> call;
    for (int left = 3; left >= 0; --left) {
        call = analyse(shape, columns, example, options, left > 0, guards_of_lists(entry(shape.root).calls));
        seen.uniforms.resize(call->uniform_words);
        if (guards_hold(call->guards, values, seen)) break;
        PP_CHECK(left > 0);
    }
    auto& calls = entry(shape.root).calls;
    std::shared_ptr<CompiledCall> dying;
    if (calls.size() >= kMaximumCallsPerFunction) {
        dying = std::move(calls.back());
        calls.pop_back();
    }
    call->last_use = clock_;
    calls.insert(calls.begin(), call);
    const auto taken = take_oldest(call.get());
    return call;
}

}  // namespace pp::python
