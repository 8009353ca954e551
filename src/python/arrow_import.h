/// Arrow's arrays and streams of other libraries, seen as leaves of elements.
#pragma once

#include <Python.h>

#include <memory>
#include <vector>

#include "data/array_body.h"
#include "data/arrow_c_data.h"
#include "data/leaf_view.h"
#include "python/object.h"

namespace pp::python {

/// Holds what was handed over as long as it lives. GIL held for every member.
class ForeignArrow {
public:
    /// Null where the object has neither `__arrow_c_array__` nor `__arrow_c_stream__`, or holds what no Array does:
    /// text, lists of several lengths. Throws PythonError where taking it raised, UserError(Conversion) where an
    /// element is missing (null).
    static std::unique_ptr<ForeignArrow> open(PyObject* object);
    /// Whether its class has one of the two. Runs no Python code.
    static bool may_be_one(PyObject* object);
    ~ForeignArrow();
    ForeignArrow(const ForeignArrow&) = delete;

    KindRef kind() const noexcept { return kind_; }
    const std::vector<data::LeafView>& leaves() const noexcept { return leaves_; }
    int64_t count() const noexcept { return count_; }

private:
    ForeignArrow() = default;
    bool take_array(PyObject* object);
    bool take_stream(PyObject* object);
    bool read_chunk(const data::arrow::Array& chunk, std::vector<data::LeafView>& leaves);
    void join(const std::vector<std::vector<data::LeafView>>& chunks, const std::vector<int64_t>& counts);
    KindRef add(const data::arrow::Schema& schema, const data::arrow::Array& array, int64_t first, int64_t step,
                std::vector<data::LeafView>& leaves);
    KindRef add_numbers(const data::arrow::Schema& schema, const data::arrow::Array& array, int64_t first, int64_t step,
                        std::vector<data::LeafView>& leaves);

    std::vector<Object> capsules_;  ///< their destructors release what they hold
    data::arrow::Schema stream_schema_{};
    const data::arrow::Schema* schema_ = nullptr;
    std::vector<std::unique_ptr<data::arrow::Array>> chunks_;
    std::vector<std::unique_ptr<uint8_t[]>> unpacked_;
    std::shared_ptr<data::ArrayBlock> joined_;  ///< of several chunks
    KindRef kind_ = nullptr;
    std::vector<data::LeafView> leaves_;
    int64_t count_ = 0;
};

}  // namespace pp::python
