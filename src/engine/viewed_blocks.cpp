/// See viewed_blocks.h.
#include "engine/viewed_blocks.h"

#include <algorithm>
#include <utility>

#include "data/optional_leaves.h"

namespace pp::engine {

namespace {

constexpr size_t kNoLeaf = ~size_t{0};

/// The leaf of the results that is an output slot's, where there is but one variant.
size_t leaf_of(const ir::Function& function, size_t slot) {
    if (function.has_tag() || function.variants.front().kind->leaves == 0) return kNoLeaf;
    const ir::Variant& variant = function.variants.front();
    for (size_t leaf = 0; leaf < variant.kind->leaves; ++leaf) {
        if (variant.slots[leaf] == slot) return leaf;
    }
    return kNoLeaf;
}

bool is_native_as(const data::LeafView& view, ir::Type type) {
    return data::is_native(view) && data::native_type(view.format) == type;
}

void* biased(void* first, ir::Type type, int64_t begin) {
    return static_cast<char*>(first) - begin * static_cast<int64_t>(data::storage_bytes(type));
}

}  // namespace

void order_flagged(std::vector<int64_t>& flagged) {
    std::ranges::sort(flagged);
    flagged.erase(std::unique(flagged.begin(), flagged.end()), flagged.end());
}

bool are_native(const ir::Function& function, const ViewedColumns& columns) {
    if (!columns.sources.empty() || !columns.elements.empty()) return false;
    for (const data::LeafView& view : columns.inputs) {
        if (!data::is_native(view)) return false;
    }
    if (columns.outputs.empty()) return true;
    // Two leaves may share a slot, and slots may be there that are no leaf's.
    if (function.outputs.size() != columns.outputs.size()) return false;
    for (size_t slot = 0; slot < function.outputs.size(); ++slot) {
        const size_t leaf = leaf_of(function, slot);
        if (leaf == kNoLeaf || !is_native_as(columns.outputs[leaf], function.outputs[slot])) return false;
    }
    return true;
}

ViewedBlocks::Worker& ViewedBlocks::worker(int number) {
    auto& place = workers_[static_cast<size_t>(number)];
    if (!place) {
        auto fresh = std::make_unique<Worker>();
        fresh->input_scratch = data::Arrays(function_.inputs, kBlock);
        fresh->output_scratch = data::Arrays(function_.outputs, kBlock);
        fresh->inputs.resize(function_.inputs.size());
        fresh->outputs.resize(function_.outputs.size());
        place = std::move(fresh);
    }
    return *place;
}

bool ViewedBlocks::is_direct(size_t slot, size_t& leaf) const {
    if (!columns_.sources.empty() || !columns_.elements.empty()) return false;
    leaf = leaf_of(function_, slot);
    return leaf != kNoLeaf && is_native_as(columns_.outputs[leaf], function_.outputs[slot]);
}

void ViewedBlocks::load(CpuArguments& arguments, int64_t begin, int64_t end, int number,
                        std::vector<int64_t>& flagged) {
    Worker& own = worker(number);
    for (size_t i = 0; i < columns_.inputs.size(); ++i) {
        const data::LeafView& view = columns_.inputs[i];
        void* scratch = own.input_scratch.pointers()[i];
        if (!columns_.elements.empty()) {
            data::read_leaf_at(view, columns_.part(begin, end), begin, scratch, flagged);
        } else if (data::is_native(view)) {
            own.inputs[i] = view.base;
            continue;
        } else {
            data::read_leaf(view, begin, end, scratch, flagged);
        }
        own.inputs[i] = biased(scratch, function_.inputs[i], begin);
    }
    for (size_t slot = 0; slot < own.outputs.size(); ++slot) {
        if (columns_.outputs.empty()) {
            own.outputs[slot] = native_[slot];
            continue;
        }
        size_t leaf = 0;
        own.outputs[slot] = is_direct(slot, leaf)
                                ? columns_.outputs[leaf].base
                                : biased(own.output_scratch.pointers()[slot], function_.outputs[slot], begin);
    }
    arguments.inputs = own.inputs.data();
    arguments.outputs = own.outputs.data();
}

namespace {

/// Stores results of one variant.
class VariantStore {
public:
    VariantStore(const ir::Function& function, std::span<void* const> outputs, const ViewedColumns& columns,
                 std::vector<int64_t>& misfits)
        : function_(function), outputs_(outputs), columns_(columns), misfits_(misfits) {}

    void write(size_t variant, int64_t begin, int64_t end) {
        const std::span<const data::LeafView> to = columns_.outputs;
        if (columns_.sources.empty() && function_.variants[variant].kind->leaves == 0) return;
        for (size_t leaf = 0; leaf < to.size(); ++leaf) {
            const uint32_t source =
                columns_.sources.empty() ? static_cast<uint32_t>(leaf) : columns_.sources[variant * to.size() + leaf];
            if (source == data::kLeafIsThere) {
                for (int64_t i = begin; i < end; ++i)
                    *to[leaf].at(place(i)) = 1;
            } else if (source != data::kLeafIsEmpty) {
                write_slot(function_.variants[variant].slots[source], begin, end, to[leaf]);
            }
        }
    }

private:
    int64_t place(int64_t element) const {
        return columns_.elements.empty() ? element : columns_.elements[static_cast<size_t>(element)];
    }

    void write_slot(size_t slot, int64_t begin, int64_t end, const data::LeafView& to) {
        if (columns_.elements.empty() && outputs_[slot] == to.base) return;
        const ir::Type type = function_.outputs[slot];
        const auto* first =
            static_cast<const char*>(outputs_[slot]) + begin * static_cast<int64_t>(data::storage_bytes(type));
        if (columns_.elements.empty())
            data::write_leaf(type, first, begin, end, to, misfits_);
        else
            data::write_leaf_at(type, first, columns_.part(begin, end), begin, to, misfits_);
    }

    const ir::Function& function_;
    const std::span<void* const> outputs_;
    const ViewedColumns& columns_;
    std::vector<int64_t>& misfits_;
};

}  // namespace

void store_results(const ir::Function& function, std::span<void* const> outputs, int64_t begin, int64_t end,
                   std::span<const int64_t> flagged, const ViewedColumns& columns, std::vector<int64_t>& misfits) {
    if (columns.outputs.empty()) return;
    std::vector<int64_t> found;
    VariantStore store(function, outputs, columns, found);
    if (!function.has_tag()) {
        store.write(0, begin, end);
    } else {
        const auto* tags = static_cast<const uint8_t*>(outputs[0]);
        for (int64_t from = begin; from < end;) {
            int64_t until = from + 1;
            while (until < end && tags[until] == tags[from])
                ++until;
            // What stands where an element was flagged means nothing.
            if (tags[from] < function.variants.size()) store.write(tags[from], from, until);
            from = until;
        }
    }
    for (const int64_t misfit : found) {
        if (!std::ranges::binary_search(flagged, misfit)) misfits.push_back(misfit);
    }
}

}  // namespace pp::engine
