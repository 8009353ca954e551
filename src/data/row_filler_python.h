/// Gives rows of the caller's new floats, where everything else that belongs into them lies there already.
#pragma once

#include <Python.h>

#include <cstdint>
#include <vector>

#include "data/boxer_python.h"
#include "data/column.h"
#include "data/row_recipe_python.h"

namespace pp::data {

/// How many rows are filled at a time where they are asked for beforehand.
inline constexpr int64_t kFew = 32;

/// Any thread, while the owner of the GIL waits.
class RowFiller {
public:
    /// Rows of `size` items, that of position i at item `results.source(i)` of `list`. `old_values`: by item of the
    /// row, then position, where floats' old values are kept. `elements_at_hand`: they were just read. All must live as
    /// long as this object.
    RowFiller(PyObject* list, const RunResults& results, const RowRecipe& recipe, uint32_t size,
              const Arrays& old_values, bool elements_at_hand);

    /// Asks for the floats of rows [begin, end), which are to be filled next, and for the heads of the `kFew` after.
    void ask(int64_t begin, int64_t end, int64_t known) const;
    /// Fills rows [begin, end) but those that are left out, from `slots`, which are the results' or have a few of their
    /// places. Rows that cannot be filled like that stay as they are;
    /// their positions are appended to `others`, which has room. Elements below `known` may be asked for.
    void fill(void* const* slots, int64_t begin, int64_t end, int64_t known, std::vector<int64_t>& others) const;

private:
    struct Places;
    struct Range;
    template <Tag kTag> void ask_for_new(int64_t begin, int64_t end) const;
    template <Tag kTag> void fill_rows_of(const Places& places, const Range& range) const;
    template <Tag kTag, Tag kFrom> void fill_rows_from(const Places& places, const Range& range) const;
    template <Tag kTag, Tag kFrom, int kPassed, int kFresh>
    void fill_rows_at_hand(const Places& places, const Range& range) const;
    template <Tag kTag, Tag kFrom, int kPassed, int kFresh>
    void fill_rows(const Places& places, const Range& range) const;
    template <Tag kTag, Tag kFrom, int kPassed, int kFresh> bool fill_row(const Places& places, int64_t position) const;

    PyObject* const* rows_;
    const RunResults& results_;
    const RowRecipe& recipe_;
    Py_ssize_t size_;
    const Arrays& old_values_;
    bool elements_at_hand_;
    Py_ssize_t new_ = 0;  ///< an item that is a new float, where there is one
};

}  // namespace pp::data
