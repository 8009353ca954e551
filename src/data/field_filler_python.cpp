/// See field_filler_python.h.
#include "data/field_filler_python.h"

#include <array>
#include <atomic>
#include <utility>

#include "data/parallel_python.h"
#include "data/recycle_python.h"

namespace pp::data {

namespace {

template <typename T> const T* values_of(std::span<void* const> slots, int32_t slot) {
    return static_cast<const T*>(slots[static_cast<size_t>(slot)]);
}

/// Whether the result at `index` of the few has a new value for the field.
bool is_new(const FilledField& field, std::span<void* const> slots, int64_t index) {
    return field.slot != FilledField::kNone &&
           (field.origins == FilledField::kNone || values_of<int32_t>(slots, field.origins)[index] == ir::kFresh);
}

/// For `put_back`, which asks once more whether it was given a new value: others may have let go of it by then.
void keep_in_any_case(PyObject* old, double* place) {
    if (old && PyFloat_CheckExact(old)) {
        keep_old_value(place, recycled_value(old));
    }
}

}  // namespace

FieldFiller::FieldFiller(PyObject* const* objects, FieldPlaces places, std::vector<std::vector<FilledField>> variants,
                         std::vector<double*> old_values, bool all_differ)
    : objects_(objects), places_(std::move(places)), variants_(std::move(variants)), old_values_(std::move(old_values)),
      all_differ_(all_differ), always_(variants_.size() == 1) {
    for (const FilledField& field : variants_.front()) {
        always_ = always_ && field.slot != FilledField::kNone && field.origins == FilledField::kNone;
    }
}

/// Fields in turn: all of one have their values in one array.
template <int kCount>
void FieldFiller::fill_always(Bases bases, std::span<void* const> slots, int64_t begin, LeftFields& left) const {
    const size_t count = kCount ? kCount : old_values_.size();
    for (size_t k = 0; k < count; ++k) {
        // Copies: every store to a float could change what lies in memory.
        const FilledField field = variants_.front()[k];
        const Py_ssize_t offset = places_.offsets[k];
        double* const old_values = old_values_[k] + begin;
        const auto* values = values_of<double>(slots, field.slot);
        for (size_t i = 0; i < bases.size(); ++i) {
            if (!bases[i]) [[unlikely]] {
                continue;  // shared
            }
            PyObject* old = *FieldPlaces::place(bases[i], offset);
            if (!old || !is_recyclable(old)) [[unlikely]] {
                keep_in_any_case(old, old_values + i);
                left.fields.push_back({begin + static_cast<int64_t>(i), field.number});
                continue;
            }
            double& value = recycled_value(old);
            keep_old_value(old_values + i, value);
            value = values[i];
        }
    }
}

/// Objects in turn. What keeps its value has it as its old one too, so that `put_back` need not know.
void FieldFiller::fill_sometimes(Bases bases, std::span<void* const> slots, int64_t begin, LeftFields& left) const {
    const uint8_t* tags = variants_.size() > 1 ? values_of<uint8_t>(slots, 0) : nullptr;
    for (size_t i = 0; i < bases.size(); ++i) {
        if (!bases[i]) [[unlikely]] {
            continue;  // shared
        }
        const std::vector<FilledField>& fields = variants_[tags ? tags[i] : 0];
        for (size_t k = 0; k < fields.size(); ++k) {
            const FilledField& field = fields[k];
            PyObject* old = *FieldPlaces::place(bases[i], places_.offsets[k]);
            const bool is_written = is_new(field, slots, static_cast<int64_t>(i));
            if (!old || !is_recyclable(old)) {
                keep_in_any_case(old, old_values_[k] + begin + i);
                if (is_written) {
                    left.fields.push_back({begin + static_cast<int64_t>(i), field.number});
                }
                continue;
            }
            double& value = recycled_value(old);
            keep_old_value(old_values_[k] + begin + i, value);
            if (is_written) {
                value = values_of<double>(slots, field.slot)[i];
            }
        }
    }
}

/// Whether no field takes an object that is there already, other than its own.
bool FieldFiller::are_kept_or_new(std::span<void* const> slots, int64_t count) const {
    const uint8_t* tags = variants_.size() > 1 ? values_of<uint8_t>(slots, 0) : nullptr;
    for (int64_t i = 0; i < count; ++i) {
        for (const FilledField& field : variants_[tags ? tags[i] : 0]) {
            if (field.origins == FilledField::kNone) {
                continue;
            }
            const ir::Origin origin = values_of<int32_t>(slots, field.origins)[i];
            if (origin != ir::kFresh && origin != field.own) {
                return false;
            }
        }
    }
    return true;
}

bool FieldFiller::fill(std::span<void* const> slots, int64_t begin, int64_t end, LeftFields& left) const {
    std::array<char*, kFew> bases;
    const auto count = static_cast<size_t>(end - begin);
    const size_t shared = left.shared.size();
    bool is_possible = always_ || are_kept_or_new(slots, end - begin);
    for (size_t i = 0; is_possible && i < count; ++i) {
        PyObject* object = objects_[begin + static_cast<int64_t>(i)];
        bases[i] = places_.base(object);
        is_possible = bases[i] != nullptr;
        if (!all_differ_ && Py_REFCNT(object) != 1) [[unlikely]] {
            left.shared.push_back(begin + static_cast<int64_t>(i));
            bases[i] = nullptr;
        }
    }
    if (!is_possible) {
        left.shared.resize(shared);
        return false;
    }
    const Bases found(bases.data(), count);
    if (!always_) {
        fill_sometimes(found, slots, begin, left);
        return true;
    }
    switch (old_values_.size()) {
    case 1: fill_always<1>(found, slots, begin, left); break;
    case 2: fill_always<2>(found, slots, begin, left); break;
    case 3: fill_always<3>(found, slots, begin, left); break;
    default: fill_always<0>(found, slots, begin, left);
    }
    return true;
}

void FieldFiller::put_back(int64_t position) const noexcept {
    char* base = places_.base(objects_[position]);
    for (size_t k = 0; k < old_values_.size(); ++k) {
        PyObject* item = *FieldPlaces::place(base, places_.offsets[k]);
        if (item && is_recyclable(item)) {
            recycled_value(item) = old_values_[k][position];
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
