/// Arrow's arrays and streams of other libraries, seen as leaves of elements.
#pragma once

#include <Python.h>

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "data/array_body.h"
#include "data/arrow_c_data.h"
#include "data/column.h"
#include "data/leaf_view.h"
#include "python/arrow_schema.h"
#include "python/arrow_text.h"
#include "python/object.h"

namespace pp::python {

/// Holds what was handed over as long as it lives. GIL held for every member.
class ForeignArrow {
public:
    /// Null where the object has neither `__arrow_c_array__` nor `__arrow_c_stream__`, or is a series that holds what
    /// no Array does, or says that it has no form in Arrow: iterating over it gives its elements. Of a table that would
    /// give columns, and a stream can be read once only: there that is a UserError(Conversion). Throws PythonError
    /// where taking it raised otherwise, UserError.
    static std::unique_ptr<ForeignArrow> open(PyObject* object);
    /// Whether its class has one of the two. Runs no Python code.
    static bool may_be_one(PyObject* object);
    /// Whether it `may_be_one` and iterating over it does not give its rows. Runs no Python code.
    static bool is_table(PyObject* object);
    /// Whether it `may_be_one` and can be read once only. Runs no Python code.
    static bool is_stream(PyObject* object);
    ~ForeignArrow();
    ForeignArrow(const ForeignArrow&) = delete;

    KindRef kind() const noexcept { return kind_; }
    const std::vector<data::LeafView>& leaves() const noexcept { return leaves_; }
    int64_t count() const noexcept { return count_; }

private:
    ForeignArrow() = default;
    bool take_array(PyObject* object);
    bool take_stream(PyObject* object);
    void read_stream();
    bool read_chunks();
    /// Notes what no Array holds, once; answers null.
    KindRef refuse(const std::string& what);
    bool has_no_columns() const noexcept { return schema_ && schema_->n_children == 0 && count_ == 0; }
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
    std::unique_ptr<EmptyArrow> empty_;  ///< where there are none
    std::vector<std::string> path_;      ///< names of the columns that are being looked at
    std::string refusal_;                ///< what no Array holds
    std::vector<bool> nan_columns_;      ///< whose nulls are NaNs: of a table; one of a series
    bool next_has_nan_ = false;
    bool has_index_ = false;  ///< there may be columns behind those of the table
    std::vector<std::unique_ptr<uint8_t[]>> unpacked_;
    std::deque<data::Storage> floats_;  ///< of float16
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
