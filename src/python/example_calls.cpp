/// See example_calls.h.
#include "python/example_calls.h"

#include <algorithm>

#include "base/error.h"
#include "python/signatures.h"

namespace pp::python {

namespace {

/// Elements looked at for kinds beside the first one's.
constexpr int64_t kLookAt = 1000;

/// The call that `map` makes of these elements, or where it would be refused, the one that `for_each` makes.
std::shared_ptr<CompiledCall> call_of(const MapArguments& arguments, Columns& columns, const Signature& kinds,
                                      const std::vector<PyObject*>& elements) {
    Surroundings seen;
    auto find = [&](const CallShape& shape) {
        return FunctionCache::instance().find_or_analyse(shape, kinds, elements, arguments.options, seen,
                                                         [&] { columns.own(); });
    };
    auto call = find(arguments.shape);
    if (call->specialisation || arguments.shape.changes_elements) return call;
    CallShape changing = arguments.shape;
    changing.changes_elements = true;
    auto writes = find(changing);
    return writes->specialisation ? writes : call;
}

}  // namespace

Columns example_columns(const char* called, const MapArguments& arguments) {
    for (PyObject* column : arguments.columns) {
        if (PyIter_Check(column)) {
            throw UserError(ErrorKind::Type, std::string(called) +
                                                 "() runs nothing, so it cannot look into an iterator; give it a list");
        }
    }
    Columns columns(arguments.columns.data(), arguments.columns.size(), false);
    columns.raise_failure();
    return columns;
}

std::vector<std::shared_ptr<CompiledCall>> example_calls(const MapArguments& arguments, Columns& columns) {
    std::vector<Signature> signatures;
    std::vector<std::shared_ptr<CompiledCall>> calls;
    auto add = [&](const Signature& kinds, int64_t example) {
        std::vector<PyObject*> elements;
        for (size_t c = 0; c < columns.size(); ++c)
            elements.push_back(columns.element(c, example));
        signatures.push_back(kinds);
        auto call = call_of(arguments, columns, kinds, elements);
        if (std::find(calls.begin(), calls.end(), call) == calls.end()) calls.push_back(std::move(call));
    };
    Signature kinds;
    if (columns.count() > 0 && common_signature(columns, kinds)) add(kinds, 0);
    for (int64_t i = 0; i < std::min(columns.count(), kLookAt); ++i) {
        signature_of(columns, i, kinds);
        auto is_known = [&](const Signature& known) { return takes_in(known, kinds); };
        if (std::none_of(signatures.begin(), signatures.end(), is_known)) add(kinds, i);
    }
    return calls;
}

}  // namespace pp::python
