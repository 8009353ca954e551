/// Arrow's arrays and streams of other libraries, seen as leaves of elements.
#pragma once

#include <Python.h>

#include <memory>
#include <set>
#include <vector>

#include "data/array_body.h"
#include "data/arrow_c_data.h"
#include "data/leaf_view.h"
#include "python/arrow_text.h"
#include "python/object.h"

namespace pp::python {

/// Holds what was handed over as long as it lives. GIL held for every member.
class ForeignArrow {
public:
    /// Null where the object has neither `__arrow_c_array__` nor `__arrow_c_stream__`, or holds what no Array does:
    /// dates, dictionaries, lists in which something is missing. Throws PythonError where taking it raised, UserError.
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
    KindRef add_values(int node, const data::arrow::Schema& schema, const data::arrow::Array& array, int64_t first,
                       int64_t step, std::vector<data::LeafView>& leaves);
    KindRef add_rows(const data::arrow::Schema& schema, const data::arrow::Array& array, int64_t first, int64_t step,
                     std::vector<data::LeafView>& leaves);
    KindRef add_numbers(const data::arrow::Schema& schema, const data::arrow::Array& array, int64_t first, int64_t step,
                        std::vector<data::LeafView>& leaves);

    std::vector<Object> capsules_;  ///< their destructors release what they hold
    data::arrow::Schema stream_schema_{};
    const data::arrow::Schema* schema_ = nullptr;
    std::vector<std::unique_ptr<data::arrow::Array>> chunks_;
    std::vector<std::unique_ptr<uint8_t[]>> unpacked_;
    std::vector<std::unique_ptr<DecodedText>> texts_;
    std::vector<std::unique_ptr<char[]>> items_;
    std::vector<std::unique_ptr<uint64_t[]>> words_;
    int next_node_ = 0;                         ///< parts of the schema, in the order in which they are come to
    std::set<int> nullable_, wide_;             ///< those of which something is missing, or text is wide
    std::shared_ptr<data::ArrayBlock> joined_;  ///< of several chunks
    KindRef kind_ = nullptr;
    std::vector<data::LeafView> leaves_;
    int64_t count_ = 0;
};

}  // namespace pp::python
