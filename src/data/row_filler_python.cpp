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

/// The recipe's items by what is done with them: a copy of one's own, which no store to a float can change.
struct RowFiller::Places {
    size_t passed = 0, fresh = 0;
    int32_t to[kMaximumRow], from[kMaximumRow];  ///< of passed items: in the row, in the element
    int32_t at[kMaximumRow];                     ///< of new floats: in the row
    const double* values[kMaximumRow];
    double* old_values[kMaximumRow];

    Places(const RowRecipe& recipe, void* const* slots, const Arrays& old) {
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
};

RowFiller::RowFiller(PyObject* list, const RunResults& results, const RowRecipe& recipe, uint32_t size,
                     const Arrays& old_values, bool elements_at_hand)
    : rows_(reinterpret_cast<PyListObject*>(list)->ob_item), results_(results), recipe_(recipe),
      size_(static_cast<Py_ssize_t>(size)), old_values_(old_values), elements_at_hand_(elements_at_hand) {
    while (new_ + 1 < size_ && recipe.items[static_cast<size_t>(new_)].from >= 0) {
        ++new_;
    }
}

void RowFiller::ask(int64_t begin, int64_t end, int64_t known) const {
    ask_for_heads(rows_, begin + kFew, std::min(end + kFew, known));
    if (recipe_.tag == Tag::Tuple) {
        ask_for_new<Tag::Tuple>(begin, end);
    } else {
        ask_for_new<Tag::List>(begin, end);
    }
}

template <Tag kTag> void RowFiller::ask_for_new(int64_t begin, int64_t end) const {
    PyObject* const* items;
    for (int64_t i = begin; i < end; ++i) {
        if (raw_row_items<kTag>(rows_[i], size_, items)) {
            prefetch(reinterpret_cast<char*>(items[new_]) + 16);
        }
    }
}

struct RowFiller::Range {
    int64_t begin, end, known;
    std::vector<int64_t>& others;
};

/// Fills rows whose elements were read just now and are all taken in order: what they hold is known.
template <Tag kTag, Tag kFrom, int kPassed, int kFresh>
void RowFiller::fill_rows_at_hand(const Places& places, const Range& range) const {
    // Copies: every store to a float could change what lies in memory.
    std::array<int32_t, kPassed> to, from;
    std::array<int32_t, kFresh> at;
    std::array<const double*, kFresh> values;
    std::array<double*, kFresh> old_values;
    std::copy_n(places.to, kPassed, to.begin());
    std::copy_n(places.from, kPassed, from.begin());
    std::copy_n(places.at, kFresh, at.begin());
    std::copy_n(places.values, kFresh, values.begin());
    std::copy_n(places.old_values, kFresh, old_values.begin());
    PyObject* const* rows = rows_;
    PyObject* const* elements = recipe_.source.elements;
    const Py_ssize_t size = size_;
    const OwnRows source{rows_, results_};
    const bool asks = !lie_in_order(rows_, range.begin, range.end);
    for (int64_t i = range.begin; i < range.end; ++i) {
        if (asks) {
            ask_for_rows<kTag>(source, i, range.known - 1, size);
        }
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
            value = values[k][i];
        }
        forget_hash(rows[i]);
    }
    settle_what_was_kept();
}

template <Tag kTag, Tag kFrom, int kPassed, int kFresh>
bool RowFiller::fill_row(const Places& places, int64_t position) const {
    const size_t passed = kFresh ? kPassed : places.passed, fresh = kFresh ? kFresh : places.fresh;
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
        is_ready &= items[places.to[k]] == element[places.from[k]];
    }
    for (size_t k = 0; k < fresh; ++k) {
        is_ready &= is_recyclable(items[places.at[k]]);
    }
    if (!is_ready) {
        return false;
    }
    for (size_t k = 0; k < fresh; ++k) {
        double& value = recycled_value(items[places.at[k]]);
        places.old_values[k][position] = value;
        value = places.values[k][position];
    }
    forget_hash(row);
    return true;
}

template <Tag kTag, Tag kFrom, int kPassed, int kFresh>
void RowFiller::fill_rows(const Places& places, const Range& range) const {
    if constexpr (kFresh != 0) {
        if (elements_at_hand_) {
            return fill_rows_at_hand<kTag, kFrom, kPassed, kFresh>(places, range);
        }
    }
    const OwnRows source{rows_, results_};
    const bool asks = results_.indices || !lie_in_order(rows_, range.begin, range.end);
    const bool asks_for_elements = asks && recipe_.source.elements && !elements_at_hand_;
    for (int64_t i = range.begin; i < range.end; ++i) {
        if (asks) {
            ask_for_rows<kTag>(source, i, range.known - 1, size_);
        }
        if (asks_for_elements) {
            ask_for_rows<kFrom>(recipe_.source, i, range.known - 1, recipe_.from_size);
        }
        if (!results_.is_left_out(i) && !fill_row<kTag, kFrom, kPassed, kFresh>(places, i)) {
            range.others.push_back(i);
        }
    }
}

/// The commonest rows have loops of known length.
template <Tag kTag, Tag kFrom> void RowFiller::fill_rows_from(const Places& places, const Range& range) const {
    if (places.passed == 2 && places.fresh == 1) {
        fill_rows<kTag, kFrom, 2, 1>(places, range);
    } else if (places.passed == 1 && places.fresh == 2) {
        fill_rows<kTag, kFrom, 1, 2>(places, range);
    } else if (places.passed == 1 && places.fresh == 1) {
        fill_rows<kTag, kFrom, 1, 1>(places, range);
    } else {
        fill_rows<kTag, kFrom, 0, 0>(places, range);
    }
}

template <Tag kTag> void RowFiller::fill_rows_of(const Places& places, const Range& range) const {
    if (places.passed == 0 && places.fresh == 3) {
        fill_rows<kTag, kTag, 0, 3>(places, range);
    } else if (places.passed == 0 && places.fresh == 2) {
        fill_rows<kTag, kTag, 0, 2>(places, range);
    } else if (recipe_.from_tag == Tag::Tuple) {
        fill_rows_from<kTag, Tag::Tuple>(places, range);
    } else {
        fill_rows_from<kTag, Tag::List>(places, range);
    }
}

void RowFiller::fill(void* const* slots, int64_t begin, int64_t end, int64_t known,
                     std::vector<int64_t>& others) const {
    if (begin == end) {
        return;
    }
    const Places places(recipe_, slots, old_values_);
    const Range range{begin, end, known, others};
    recipe_.tag == Tag::Tuple ? fill_rows_of<Tag::Tuple>(places, range) : fill_rows_of<Tag::List>(places, range);
}

}  // namespace pp::data
