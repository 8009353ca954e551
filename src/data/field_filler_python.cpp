/// See field_filler_python.h.
#include "data/field_filler_python.h"

#include <array>
#include <atomic>
#include <utility>

#include "data/parallel_python.h"
#include "data/recycle_python.h"

namespace pp::data {

FieldFiller::FieldFiller(PyObject* const* objects, const FieldPlaces& places, std::vector<FilledField> fields,
                         bool all_differ)
    : objects_(objects), places_(places), fields_(std::move(fields)), all_differ_(all_differ) {}

template <int kCount>
void FieldFiller::fill_found(char* const* bases, std::span<void* const> slots, int64_t begin, int64_t end,
                             LeftFields& left) const {
    const size_t count = kCount ? kCount : fields_.size();
    for (size_t k = 0; k < count; ++k) {
        // A copy: every store to a float could change what lies in memory.
        const FilledField field = fields_[k];
        const auto* values = static_cast<const double*>(slots[field.slot]);
        for (int64_t i = begin; i < end; ++i) {
            char* base = bases[i - begin];
            if (!base) [[unlikely]] {
                continue;  // shared
            }
            PyObject* old = *FieldPlaces::place(base, field.offset);
            if (!is_recyclable(old)) [[unlikely]] {
                left.fields.push_back({i, k});
                continue;
            }
            double& value = recycled_value(old);
            keep_old_value(field.old_values + i, value);
            value = values[i - begin];
        }
    }
}

bool FieldFiller::fill(std::span<void* const> slots, int64_t begin, int64_t end, LeftFields& left) const {
    std::array<char*, kFew> bases;
    const size_t shared = left.shared.size();
    for (int64_t i = begin; i < end; ++i) {
        PyObject* object = objects_[i];
        char* base = places_.base(object);
        if (!base) [[unlikely]] {
            left.shared.resize(shared);
            return false;
        }
        if (!all_differ_ && Py_REFCNT(object) != 1) [[unlikely]] {
            left.shared.push_back(i);
            base = nullptr;
        }
        bases[static_cast<size_t>(i - begin)] = base;
    }
    switch (fields_.size()) {
    case 1: fill_found<1>(bases.data(), slots, begin, end, left); break;
    case 2: fill_found<2>(bases.data(), slots, begin, end, left); break;
    case 3: fill_found<3>(bases.data(), slots, begin, end, left); break;
    default: fill_found<0>(bases.data(), slots, begin, end, left);
    }
    return true;
}

void FieldFiller::put_back(int64_t position) const noexcept {
    char* base = places_.base(objects_[position]);
    for (const FilledField& field : fields_) {
        PyObject* item = *FieldPlaces::place(base, field.offset);
        if (is_recyclable(item)) {
            recycled_value(item) = field.old_values[position];
        }
    }
}

bool lie_ascending(PyObject* const* objects, int64_t count) {
    std::atomic<bool> ascends{true};
    in_chunks(count, 1, [&](int64_t begin, int64_t end) {
        if (!ascends.load(std::memory_order_relaxed)) {
            return;
        }
        bool of_chunk = true;
        // The one before is looked at, so that the border between two chunks is compared as well.
        for (int64_t i = begin != 0 ? begin : 1; i < end; ++i) {
            of_chunk &= objects[i - 1] < objects[i];
        }
        if (!of_chunk) {
            ascends.store(false, std::memory_order_relaxed);
        }
    });
    return ascends.load();
}

}  // namespace pp::data
