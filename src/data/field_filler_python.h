/// Gives fields of objects new floats where these are kept at fixed places, a few objects at a time.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>
#include <vector>

#include "data/few_results_python.h"
#include "data/field_places_python.h"
#include "ir/ir.h"

namespace pp::data {

/// What a variant of the results does to a field.
struct FilledField {
    static constexpr int32_t kNone = -1;
    int32_t slot = kNone;     ///< where the new values are among the results' slots; kNone: the field is left alone
    int32_t origins = kNone;  ///< the slot that says for each result whether there is one; kNone: there always is
    ir::Origin own = 0;       ///< the origin that says there is none
    size_t number = 0;        ///< the caller's, for LeftFields
};

/// What was left to be done: positions of objects that others refer to, and fields whose float cannot be reused.
struct LeftFields {
    struct One {
        int64_t position;
        size_t number;  ///< FilledField::number of the position's variant
    };
    std::vector<int64_t> shared;
    std::vector<One> fields;
};

/// Any thread, while the owner of the GIL waits.
class FieldFiller {
public:
    /// `variants`: by tag, which is slot 0 where there are several; each has an entry for each of `places`.
    /// `old_values`: an array by position for each of these. `all_differ`: no object is at two positions; else only
    /// those are filled that nothing but the list refers to. `objects` must live as long as this object.
    FieldFiller(PyObject* const* objects, FieldPlaces places, std::vector<std::vector<FilledField>> variants,
                std::vector<double*> old_values, bool all_differ);

    /// Fills those at [begin, end), at most `kFew`, from `slots`, whose place 0 is for `begin`. False, and nothing has
    /// happened, where the fields of one lie elsewhere, or one takes another object. `left` has room.
    bool fill(std::span<void* const> slots, int64_t begin, int64_t end, LeftFields& left) const;
    /// Gives the floats at a position that was filled their old values, while all else is as it was then.
    void put_back(int64_t position) const noexcept;

    /// Fields of an object.
    size_t count() const noexcept { return old_values_.size(); }

private:
    using Bases = std::span<char* const>;
    template <int kCount>
    void fill_always(Bases bases, std::span<void* const> slots, int64_t begin, LeftFields& left) const;
    void fill_sometimes(Bases bases, std::span<void* const> slots, int64_t begin, LeftFields& left) const;
    bool are_kept_or_new(std::span<void* const> slots, int64_t count) const;

    PyObject* const* objects_;
    FieldPlaces places_;
    std::vector<std::vector<FilledField>> variants_;
    std::vector<double*> old_values_;
    bool all_differ_;
    bool always_ = true;  ///< there is one variant, which gives every field a new value
};

/// Whether each object lies behind the one before in memory, as those made in one go do: then all differ.
bool lie_ascending(PyObject* const* objects, int64_t count);

}  // namespace pp::data
