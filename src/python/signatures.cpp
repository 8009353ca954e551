/// See signatures.h.
#include "python/signatures.h"

#include <algorithm>

namespace pp::python {

namespace {

/// The signature that takes in both; empty where there is none.
Signature join_all(const Signature& left, const Signature& right) {
    Signature both;
    for (size_t c = 0; c < left.size(); ++c) {
        KindRef kind = join(left[c], right[c]);
        if (!kind) return {};
        both.push_back(kind);
    }
    return both;
}

}  // namespace

size_t SignatureGroup::count() const {
    size_t count = 0;
    for (const auto& [signature, indices] : parts)
        count += indices.size();
    return count;
}

std::vector<int64_t> SignatureGroup::take_indices() {
    if (parts.size() == 1) return std::move(parts.begin()->second);
    std::vector<int64_t> all;
    for (const auto& [signature, indices] : parts)
        all.insert(all.end(), indices.begin(), indices.end());
    std::sort(all.begin(), all.end());
    return all;
}

void signature_of(const Columns& columns, int64_t index, Signature& kinds) {
    kinds.clear();
    for (size_t c = 0; c < columns.size(); ++c)
        kinds.push_back(data::kind_of(columns.element(c, index)));
}

bool common_signature(const Columns& columns, Signature& kinds) {
    kinds.clear();
    for (const data::ElementSpan& span : columns.spans()) {
        kinds.push_back(data::column_kind(span));
        if (!kinds.back()) return false;
    }
    return true;
}

bool takes_in(const Signature& wide, const Signature& narrow) {
    return std::equal(wide.begin(), wide.end(), narrow.begin(), narrow.end(),
                      [](KindRef w, KindRef n) { return join(w, n) == w; });
}

std::vector<SignatureGroup> join_signatures(std::map<Signature, std::vector<int64_t>> by_signature, bool joins) {
    std::vector<SignatureGroup> groups;
    for (auto& [signature, indices] : by_signature) {
        Signature both;
        auto group = std::find_if(groups.begin(), groups.end(), [&](const SignatureGroup& known) {
            both = joins ? join_all(known.kinds, signature) : Signature{};
            return !both.empty();
        });
        if (group == groups.end()) {
            group = groups.insert(groups.end(), {signature, {}});
            both = signature;
        }
        group->kinds = both;
        group->parts.emplace(signature, std::move(indices));
    }
    return groups;
}

}  // namespace pp::python
