/// Functions and classes of the library that the prelude has under the same name, as plain Python that is followed with
/// the arguments as they were given; and the builtins that iterate over instances.
#include <algorithm>
#include <iterator>

#include "frontend/intrinsics_support.h"
#include "frontend/records.h"

namespace pp::frontend {
namespace {

/// Translator::call_intrinsic calls the prelude's; this is for calls from within another intrinsic.
Outcomes written(Translation& t, const IntrinsicCall& call) {
    return t.unsupported(std::string(call.name) + "()", {}, "call it in a function of your own");
}

constexpr IntrinsicEntry kWritten[] = {
    {"collections.Counter", written, 0, false, true, true},
    {"collections.deque", written, 0, false, true, true},
    {"heapq.heapify", written, 0, false, true, true},
    {"heapq.heappop", written, 0, false, true, true},
    {"heapq.heappush", written, 0, false, true, true},
    {"heapq.heappushpop", written, 0, false, true, true},
    {"heapq.heapreplace", written, 0, false, true, true},
    {"heapq.nlargest", written, 0, false, true, true},
    {"heapq.nsmallest", written, 0, false, true, true},
    {"itertools.groupby", written, 0, false, true, true},
    {"itertools.zip_longest", written, 0, false, true, true},
    {"statistics.mean", written, 0, false, true, true},
    {"statistics.pstdev", written, 0, false, true, true},
    {"statistics.pvariance", written, 0, false, true, true},
    {"statistics.stdev", written, 0, false, true, true},
    {"statistics.variance", written, 0, false, true, true},
    {"os.fspath", written, 0, false, true, true},
    {"str.expandtabs", written, 0, false, true, true},
};

/// The builtins that iterate over an argument, and which.
struct Iterates {
    std::string_view name;
    bool over_second = false, over_both = false;
};

constexpr Iterates kIterates[] = {
    {"builtins.list"},
    {"builtins.tuple"},
    {"builtins.sum"},
    {"builtins.min"},
    {"builtins.max"},
    {"builtins.sorted"},
    {"builtins.any"},
    {"builtins.all"},
    {"builtins.enumerate"},
    {"builtins.set"},
    {"builtins.frozenset"},
    {"builtins.dict"},
    {"builtins.iter"},
    {"builtins.zip", true, true},
    {"builtins.map", true},
    {"builtins.filter", true},
    {"str.join", true},
    {"math.fsum"},
    {"math.prod"},
    {"functools.reduce", true},
    {"itertools.accumulate"},
    {"itertools.chain", true, true},
    {"itertools.pairwise"},
    {"itertools.islice"},
    {"itertools.starmap", true},
    {"itertools.takewhile", true},
    {"list.extend", true},
    {"itertools.dropwhile", true},
};

bool has_iterator(Translation& t, const Value& value) {
    return is_instance_record(value) &&
           t.environment().class_attribute(value.node->record->class_id, "__iter__").kind == Binding::Kind::Function;
}

}  // namespace

std::span<const IntrinsicEntry> written_intrinsics() {
    return kWritten;
}

bool is_written_in_python(const IntrinsicEntry& entry) {
    return entry.call == written;
}

std::optional<size_t> iterated_argument(Translation& t, std::string_view name, std::span<const Value> arguments) {
    const auto row = std::find_if(std::begin(kIterates), std::end(kIterates),
                                  [&](const Iterates& each) { return each.name == name; });
    const bool is_extreme = name == "builtins.min" || name == "builtins.max";
    if (row == std::end(kIterates) || (is_extreme && arguments.size() > 1)) {
        return std::nullopt;
    }
    for (size_t place = 0; place < std::min<size_t>(arguments.size(), 2); ++place) {
        const bool is_taken = place == 1 ? row->over_second : !row->over_second || row->over_both;
        if (is_taken && has_iterator(t, arguments[place])) {
            return place;
        }
    }
    return std::nullopt;
}

}  // namespace pp::frontend
