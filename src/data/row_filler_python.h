/// Gives rows of the caller's new floats, where everything else that belongs into them lies there already.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>
#include <vector>

#include "data/boxer_python.h"
#include "data/column.h"
#include "data/few_results_python.h"
#include "data/row_recipe_python.h"

namespace pp::data {

/// Any thread, while the owner of the GIL waits.
class RowFiller final : public NextObjects {
public:
    /// Rows of `size` items, that of position i at item `results.source(i)` of `list`. `old_values`: by item of the
    /// row, then position, where floats' old values are kept. `few`: where results are made a few at a time, their
    /// elements having just been read; else null. All must live as long as this object.
    RowFiller(PyObject* list, const RunResults& results, const RowRecipe& recipe, uint32_t size,
              const Arrays& old_values, const FewResults* few);

    bool lie_in_order(int64_t begin, int64_t end) const override;
    void start(int64_t begin, int64_t known) const override;
    void ask(int64_t begin, int64_t end, int64_t known) const override;
    /// Fills rows [begin, end) but those that are left out; with `few`, what it made last. Rows that cannot be filled
    /// like that stay as they are: their positions are appended to `others`, which has room. Elements below `known` may
    /// be asked for.
    void fill(int64_t begin, int64_t end, int64_t known, std::vector<int64_t>& others) const;

private:
    /// The recipe's items by what is done with them: a copy of one's own, which no store to a float can change.
    struct Places {
        Places(const RowRecipe& recipe, std::span<void* const> slots, const Arrays& old);

        size_t passed = 0, fresh = 0;
        int32_t to[kMaximumRow], from[kMaximumRow];  ///< of passed items: in the row, in the element
        int32_t at[kMaximumRow];                     ///< of new floats: in the row
        const double* values[kMaximumRow];
        double* old_values[kMaximumRow];
    };
    struct Range {
        int64_t begin, end, known;
        std::vector<int64_t>& others;
    };
    template <Tag kTag> RowsAhead<kTag> ahead(int64_t known) const { return {rows_, known, size_, new_, new_}; }
    template <Tag kTag> void fill_rows_of(const Range& range) const;
    template <Tag kTag, Tag kFrom> void fill_rows_from(const Range& range) const;
    template <Tag kTag, Tag kFrom, int kPassed, int kFresh> void fill_rows_at_hand(const Range& range) const;
    template <Tag kTag, Tag kFrom, int kPassed, int kFresh> void fill_rows(const Range& range) const;
    template <Tag kTag, Tag kFrom, int kPassed, int kFresh> bool fill_row(int64_t position, int64_t first) const;

    PyObject* const* rows_;
    const RunResults& results_;
    const RowRecipe& recipe_;
    Py_ssize_t size_;
    Places places_;
    bool elements_at_hand_;
    Py_ssize_t new_ = 0;  ///< an item that is a new float, where there is one
};

}  // namespace pp::data
