/// Finds intrinsics by name in all tables.
#include <algorithm>
#include <string>
#include <unordered_map>

#include "frontend/frontend.h"
#include "frontend/intrinsics.h"

namespace pp::frontend {
namespace {

const std::unordered_map<std::string_view, const IntrinsicEntry*>& all_intrinsics() {
    static const auto* const table = [] {
        auto* entries = new std::unordered_map<std::string_view, const IntrinsicEntry*>;
        for (std::span<const IntrinsicEntry> rows : {numeric_intrinsics(), row_intrinsics()}) {
            for (const IntrinsicEntry& row : rows) {
                entries->emplace(row.name, &row);
            }
        }
        return entries;
    }();
    return *table;
}

}  // namespace

const IntrinsicEntry* find_intrinsic(std::string_view name) {
    const auto found = all_intrinsics().find(name);
    return found == all_intrinsics().end() ? nullptr : found->second;
}

std::vector<std::string> intrinsic_names() {
    std::vector<std::string> names;
    for (const auto& [name, entry] : all_intrinsics()) {
        names.emplace_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace pp::frontend
