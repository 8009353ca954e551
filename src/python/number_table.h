/// Buffers, DLPack tensors and Arrow arrays of numbers as columns: of any format, with any steps; those of more
/// dimensions are rows.
#pragma once

#include <Python.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "data/element_type.h"
#include "data/leaf_view.h"
#include "python/arrow_import.h"
#include "python/buffer_copy.h"
#include "python/dlpack_exchange.h"

namespace pp::python {

/// Holds the buffer as long as it lives. GIL held for every member.
class NumberTable {
public:
    /// The object's buffer, or its `__dlpack__` where that is on the CPU. Null where it has neither, or one of
    /// something else than numbers. With more than 64 items in a dimension beyond the first, or more than 256 numbers
    /// in an element, these are rows of any length; float16 is float32, other byte orders the machine's: copies these.
    /// Throws PythonError where taking it raised, UserError(Overflow) for what such rows cannot hold.
    static std::unique_ptr<NumberTable> open(PyObject* object);
    /// The object's buffer, which must be writable. Null and throws as `open`, and null where `open` copies.
    static std::unique_ptr<NumberTable> open_to_write(PyObject* object);
    /// What has no buffer but DLPack, with memory of the host's. Null and throws as `open`.
    static std::unique_ptr<NumberTable> open_tensor(PyObject* object, bool& is_read_only);
    /// Somebody's memory, which stays there and is not looked at: it may be a device's. Null as `open`.
    static std::unique_ptr<NumberTable> over(const data::dlpack::Tensor& tensor);
    /// Whether `open`, or CudaTable::open, may find something. Runs no Python code.
    static bool may_be_one(PyObject* object);
    ~NumberTable() { PyBuffer_Release(&view_); }
    NumberTable(const NumberTable&) = delete;

    data::ElementTypeRef type() const noexcept { return type_; }
    const std::vector<data::LeafView>& leaves() const noexcept { return leaves_; }
    int64_t count() const noexcept { return count_; }

private:
    NumberTable() = default;
    /// Whether what cannot be read where it lies is copied; it cannot be written there, nor a GPU's memory be looked
    /// at.
    enum class Copies : uint8_t { None, Made };
    bool take_buffer(PyObject* object, int flags, Copies copies);
    bool take_tensor(const data::dlpack::Tensor& tensor, Copies copies);
    bool take_arrow(PyObject* object);
    bool take(const NumberGrid& grid, Copies copies);
    KindRef take_dimension(const NumberGrid& grid, size_t dimension, char* place);

    Py_buffer view_{};
    std::unique_ptr<ForeignTensor> tensor_;
    std::unique_ptr<ForeignArrow> arrow_;
    std::deque<data::Storage> copies_;
    data::ElementTypeRef type_ = nullptr;
    std::vector<data::LeafView> leaves_;
    int64_t count_ = 0;
};

}  // namespace pp::python
