/// See row_filler_python.h.
#include "data/row_filler_python.h"

#include <algorithm>
#include <array>

#include "data/place_python.h"
#include "data/prefetch_python.h"
#include "data/recycle_python.h"

namespace pp::data {
namespace {

/// The caller's rows by position, as the prefetcher looks at them.
struct OwnRows {
    PyObject* const* rows;
    const RunResults& results;

    PyObject* const* at(int64_t position) const { return rows + results.source(position); }
};

}  // namespace

RowFiller::Places::Places(const RowRecipe& recipe, std::span<void* const> slots, const Arrays& old) {
    for (size_t k = 0; k < recipe.items.size(); ++k) {
        const RecipeItem& item = recipe.items[k];
        if (item.from >= 0) {
            to[passed] = static_cast<int32_t>(k);
            from[passed++] = item.from;
        } else {
            at[fresh] = static_cast<int32_t>(k);
            values[fresh] = static_cast<const double*>(slots[item.slot]);
            old_values[fresh++] = old.as<double>(k);
        }
    }
}

RowFiller::RowFiller(PyObject* list, const RunResults& results, const RowRecipe& recipe, uint32_t size,
                     const Arrays& old_values, const FewResults* few)
    : rows_(reinterpret_cast<PyListObject*>(list)->ob_item), results_(results), recipe_(recipe),
      size_(static_cast<Py_ssize_t>(size)), places_(recipe, few ? few->slots() : results.slots, old_values),
      elements_at_hand_(few != nullptr) {
    while (new_ + 1 < size_ && recipe.items[static_cast<size_t>(new_)].from >= 0) {
        ++new_;
    }
}

bool RowFiller::lie_in_order(int64_t begin, int64_t end) const {
    return recipe_.tag == Tag::Tuple ? ahead<Tag::Tuple>(end).lie_in_order(begin, end)
                                     : ahead<Tag::List>(end).lie_in_order(begin, end);
}

void RowFiller::start(int64_t begin, int64_t known) const {
    recipe_.tag == Tag::Tuple ? ahead<Tag::Tuple>(known).start(begin) : ahead<Tag::List>(known).start(begin);
}

void RowFiller::ask(int64_t begin, int64_t end, int64_t known) const {
    recipe_.tag == Tag::Tuple ? ahead<Tag::Tuple>(known).ask(begin, end) : ahead<Tag::List>(known).ask(begin, end);
}

/// Fills rows whose elements were read just now and are all taken in order: what they hold is known.
template <Tag kTag, Tag kFrom, int kPassed, int kFresh> void RowFiller::fill_rows_at_hand(const Range& range) const {
    // Copies: every store to a float could change what lies in memory.
    std::array<int32_t, kPassed> to, from;
    std::array<int32_t, kFresh> at;
    std::array<const double*, kFresh> values;
    std::array<double*, kFresh> old_values;
    std::copy_n(places_.to, kPassed, to.begin());
    std::copy_n(places_.from, kPassed, from.begin());
    std::copy_n(places_.at, kFresh, at.begin());
    std::copy_n(places_.values, kFresh, values.begin());
    std::copy_n(places_.old_values, kFresh, old_values.begin());
    PyObject* const* rows = rows_;
    PyObject* const* elements = recipe_.source.elements;
    const Py_ssize_t size = size_;
    for (int64_t i = range.begin; i < range.end; ++i) {
        PyObject* const* items;
        bool is_ready = Py_REFCNT(rows[i]) == 1 && raw_row_items<kTag>(rows[i], size, items);
        if (is_ready) {
            PyObject* const* element = kPassed ? row_items_of<kFrom>(elements[i]) : nullptr;
            for (size_t k = 0; k < kPassed; ++k) {
                is_ready &= items[to[k]] == element[from[k]];
            }
            for (size_t k = 0; k < kFresh; ++k) {
                is_ready &= is_recyclable(items[at[k]]);
            }
        }
        if (!is_ready) [[unlikely]] {
            range.others.push_back(i);
            continue;
        }
        for (size_t k = 0; k < kFresh; ++k) {
            double& value = recycled_value(items[at[k]]);
            keep_old_value(old_values[k] + i, value);
            value = values[k][i - range.begin];
        }
        forget_hash(rows[i]);
    }
}

template <Tag kTag, Tag kFrom, int kPassed, int kFresh>
bool RowFiller::fill_row(int64_t position, int64_t first) const {
    const size_t passed = kFresh ? kPassed : places_.passed, fresh = kFresh ? kFresh : places_.fresh;
    PyObject* row = rows_[results_.source(position)];
    PyObject* const* items;
    if (Py_REFCNT(row) != 1 || !raw_row_items<kTag>(row, size_, items)) {
        return false;
    }
    PyObject* const* element = nullptr;
    if (passed != 0 && !(element = recipe_source<kFrom>(recipe_, *recipe_.source.at(position), position))) {
        return false;
    }
    bool is_ready = true;
    for (size_t k = 0; k < passed; ++k) {
        is_ready &= items[places_.to[k]] == element[places_.from[k]];
    }
    for (size_t k = 0; k < fresh; ++k) {
        is_ready &= is_recyclable(items[places_.at[k]]);
    }
    if (!is_ready) {
        return false;
    }
    for (size_t k = 0; k < fresh; ++k) {
        double& value = recycled_value(items[places_.at[k]]);
        places_.old_values[k][position] = value;
        value = places_.values[k][position - first];
    }
    forget_hash(row);
    return true;
}

template <Tag kTag, Tag kFrom, int kPassed, int kFresh> void RowFiller::fill_rows(const Range& range) const {
    if constexpr (kFresh != 0) {
        if (elements_at_hand_) {
            return fill_rows_at_hand<kTag, kFrom, kPassed, kFresh>(range);
        }
    }
    const OwnRows source{rows_, results_};
    const bool asks = results_.indices || !data::lie_in_order(rows_, range.begin, range.end);
    const bool asks_for_elements = asks && recipe_.source.elements && !elements_at_hand_;
    for (int64_t i = range.begin; i < range.end; ++i) {
        if (asks) {
            ask_for_rows<kTag>(source, i, range.known - 1, size_);
        }
        if (asks_for_elements) {
            ask_for_rows<kFrom>(recipe_.source, i, range.known - 1, recipe_.from_size);
        }
        if (!results_.is_left_out(i) &&
            !fill_row<kTag, kFrom, kPassed, kFresh>(i, elements_at_hand_ ? range.begin : 0)) {
            range.others.push_back(i);
        }
    }
}

/// The commonest rows have loops of known length.
template <Tag kTag, Tag kFrom> void RowFiller::fill_rows_from(const Range& range) const {
    if (places_.passed == 2 && places_.fresh == 1) {
        fill_rows<kTag, kFrom, 2, 1>(range);
    } else if (places_.passed == 1 && places_.fresh == 2) {
        fill_rows<kTag, kFrom, 1, 2>(range);
    } else if (places_.passed == 1 && places_.fresh == 1) {
        fill_rows<kTag, kFrom, 1, 1>(range);
    } else {
        fill_rows<kTag, kFrom, 0, 0>(range);
    }
}

template <Tag kTag> void RowFiller::fill_rows_of(const Range& range) const {
    if (places_.passed == 0 && places_.fresh == 3) {
        fill_rows<kTag, kTag, 0, 3>(range);
    } else if (places_.passed == 0 && places_.fresh == 2) {
        fill_rows<kTag, kTag, 0, 2>(range);
    } else if (recipe_.from_tag == Tag::Tuple) {
        fill_rows_from<kTag, Tag::Tuple>(range);
    } else {
        fill_rows_from<kTag, Tag::List>(range);
    }
}

void RowFiller::fill(int64_t begin, int64_t end, int64_t known, std::vector<int64_t>& others) const {
    if (begin == end) {
        return;
    }
    const Range range{begin, end, known, others};
    recipe_.tag == Tag::Tuple ? fill_rows_of<Tag::Tuple>(range) : fill_rows_of<Tag::List>(range);
}

}  // namespace pp::data
