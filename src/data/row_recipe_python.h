/// Result rows made of new floats and of items of the elements as they are: what each is made of, found out once, so
/// that one loop without branches on kinds can make or fill all rows.
#pragma once

#include <Python.h>

#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "data/box_plan_python.h"
#include "data/boxer_python.h"
#include "data/prefetch_python.h"

namespace pp::data {

/// One item of a result row.
struct RecipeItem {
    const double* values;  ///< by position: of the new float; of a passed one, what it was when it was read, if it is
                           ///< to be compared, else null
    int32_t from;          ///< the item of the element that is passed on, or kNew
    uint32_t slot = 0;     ///< of a new float: where `values` stands among the results' slots
    static constexpr int32_t kNew = -1;
};

/// Elements by position of a run, as the prefetcher asks for them.
struct RecipeSource {
    PyObject* const* elements;  ///< null where nothing is passed on
    const int64_t* indices;     ///< null: all, in order

    PyObject* const* at(int64_t position) const { return elements + (indices ? indices[position] : position); }
};

/// What is passed on are items of elements of one column, which are rows themselves.
struct RowRecipe {
    Tag tag;       ///< of the results: Tuple, List
    Tag from_tag;  ///< of the elements
    Py_ssize_t from_size;
    RecipeSource source;
    std::vector<RecipeItem> items;
};

/// None where the variant's results are no such rows.
std::optional<RowRecipe> row_recipe(std::span<const BoxNode> nodes, const RunResults& results);

/// The items of a position's element if it still holds all that is passed on; else null. Any thread, while the owner of
/// the GIL waits.
template <Tag kFrom> PyObject* const* recipe_source(const RowRecipe& recipe, PyObject* element, int64_t position) {
    PyObject* const* items;
    if (!raw_row_items<kFrom>(element, recipe.from_size, items)) [[unlikely]] {
        return nullptr;
    }
    for (const RecipeItem& item : recipe.items) {
        if (item.from < 0 || !item.values) {
            continue;
        }
        PyObject* passed = items[item.from];
        const auto* bits = reinterpret_cast<const uint64_t*>(item.values);
        if (!PyFloat_CheckExact(passed) || std::bit_cast<uint64_t>(raw_float(passed)) != bits[position]) [[unlikely]] {
            return nullptr;
        }
    }
    return items;
}

}  // namespace pp::data
