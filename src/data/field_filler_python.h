/// Gives fields of objects new floats where these are kept at fixed places, a few objects at a time.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>
#include <vector>

#include "data/few_results_python.h"
#include "data/field_places_python.h"

namespace pp::data {

/// A field that is given a new float.
struct FilledField {
    Py_ssize_t offset;   ///< from the object's FieldPlaces::base
    size_t slot;         ///< where its new values are among the results' slots
    double* old_values;  ///< by position
};

/// What was left alone: positions of objects that others refer to, and fields whose float cannot be reused.
struct LeftFields {
    struct One {
        int64_t position;
        size_t field;
    };
    std::vector<int64_t> shared;
    std::vector<One> fields;
};

/// Any thread, while the owner of the GIL waits.
class FieldFiller {
public:
    /// `all_differ`: no object is at two positions. Else only those are filled that nothing but the list refers to.
    /// `objects` and `places` must live as long as this object.
    FieldFiller(PyObject* const* objects, const FieldPlaces& places, std::vector<FilledField> fields, bool all_differ);

    /// Fills those at [begin, end), at most `kFew`, from `slots`, whose place 0 is for `begin`. False, and nothing has
    /// happened, where the fields of one lie elsewhere. `left` has room.
    bool fill(std::span<void* const> slots, int64_t begin, int64_t end, LeftFields& left) const;
    /// Gives the floats at a position that was filled their old values, while all else is as it was then.
    void put_back(int64_t position) const noexcept;

    const std::vector<FilledField>& fields() const noexcept { return fields_; }

private:
    template <int kCount>
    void fill_found(char* const* bases, std::span<void* const> slots, int64_t begin, int64_t end,
                    LeftFields& left) const;

    PyObject* const* objects_;
    const FieldPlaces& places_;
    std::vector<FilledField> fields_;
    bool all_differ_;
};

/// Whether each object lies behind the one before in memory, as those made in one go do: then all differ.
bool lie_ascending(PyObject* const* objects, int64_t count);

}  // namespace pp::data
