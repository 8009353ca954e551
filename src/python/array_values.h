/// What is put into an Array: any iterable, as a block of elements of one type.
#pragma once

#include <Python.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "data/array_body.h"
#include "data/number_format.h"
#include "data/packed_element_python.h"
#include "python/object.h"

namespace pp::python {

struct ArrayValues {
    std::shared_ptr<data::ArrayBlock> block;  ///< possibly one that an Array has, too
    int64_t first = 0, count = 0;
    int ordinal = -1;  ///< of the GPU where they were

    data::ElementTypeRef type() const { return block->type(); }
    /// Ready to be looked at.
    std::vector<data::LeafView> leaves() const;
};

/// The elements of `data`, which is iterated over where it is no list, tuple, Array or buffer of numbers. `type`: what
/// they are to be; null or unknown where they say. `format`: what every leaf is stored as, where `type` does not say.
/// Throws UserError(Conversion, Overflow), PythonError.
ArrayValues take_values(PyObject* data, data::ElementTypeRef type,
                        std::optional<data::NumberFormat> format = std::nullopt);

/// The same for an Array that takes them in: iterators, and an `__index__` of theirs, may change what it holds. Of the
/// type that it has when all of them have been looked at. Throws PythonError where that changes again and again.
ArrayValues take_values_for(PyObject* array, PyObject* data);

/// What is put into an Array is packed for its type, which Python code may change meanwhile: so often, and then it is
/// an error.
inline constexpr int kMostAttempts = 16;
[[noreturn]] void raise_changing_type();

/// A result of `map`'s, that of element `index`, as it will be stored; `rounds` as in stored_results.h. Throws as
/// data::PackedElement, with the element's number.
data::PackedElement pack_result(PyObject* result, const data::ElementType& type, int64_t index, bool rounds);

/// Copies elements into a new block of another type that takes their kind; throws as `take_values`.
std::shared_ptr<data::ArrayBlock> convert(std::span<const data::LeafView> from, int64_t count,
                                          data::ElementTypeRef type);

}  // namespace pp::python
