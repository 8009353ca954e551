/// `for_each` over rows and records of Arrays beside columns that are no numbers in memory (iterators, lists of
/// elements of several kinds), and over lists of what shows records of Arrays.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "python/array_values.h"
#include "python/map_arguments.h"
#include "python/object.h"

namespace pp::python {

/// The Arrays among the columns whose elements a function may write to, as lists of these, and the lists of such
/// elements, as lists of instances and dicts of their own. GIL held for every member.
class ElementLists {
public:
    /// Puts a list in the place of each such column in `arguments.columns`, which must not outlive this. Throws
    /// PythonError, UserError where two of them have different parts of one Array.
    explicit ElementLists(MapArguments& arguments);
    /// Stores what has become of the elements. Throws PythonError, UserError, and nothing has been written.
    void store();

private:
    struct Entry {
        Object array;
        PyObject* list;
        uint64_t version;
        ArrayValues values{};
    };
    /// What shows a record, and the instance or dict that the function gets.
    struct Shown {
        Object object, own;
        std::shared_ptr<data::ArrayBody> body;
        int64_t index;
    };
    PyObject* list_of(PyObject* array);
    PyObject* own_records(PyObject* list_or_tuple);
    PyObject* own_record(PyObject* shown);
    void refuse_parts_of_one() const;
    void pack_records(std::vector<data::PackedElement>& packed) const;
    void check_versions() const;

    std::vector<Entry> entries_;
    std::vector<Shown> shown_;
    std::unordered_map<PyObject*, size_t> shown_by_object_;
    std::unordered_map<data::ArrayBody*, uint64_t> versions_;  ///< of what is shown
    std::vector<Object> lists_;
};

}  // namespace pp::python
