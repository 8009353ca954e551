/// What `out=` names where results are copied into memory and never boxed: buffers of numbers, and tensors of other
/// libraries' that have none, on a GPU or here.
#pragma once

#include <Python.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "data/array_body.h"
#include "data/element_type.h"
#include "data/leaf_view.h"
#include "python/cuda_exchange.h"
#include "python/number_table.h"

namespace pp::python {

/// Holds the memory as long as it lives. GIL held for every member.
class BufferOut {
public:
    /// Memory of numbers with `count` elements, those of more dimensions being rows, of any steps; or a `batched` of
    /// a buffer. Nothing where `out` is anything else. Throws as `open_tensor`, PythonError where taking it raised.
    static std::optional<BufferOut> open(PyObject* out, int64_t count);
    /// Of any length, and only what gives no buffer but DLPack or `__cuda_array_interface__`; what the owner has queued
    /// on a GPU goes before what is stored. Throws UserError(Type) where it holds no numbers or is read-only,
    /// UserError(Device) where the GPU cannot be used.
    static std::optional<BufferOut> open_tensor(PyObject* out);

    /// Of any length, and only a buffer of numbers that do not lie one behind the other; else nothing.
    static std::optional<BufferOut> open_with_steps(PyObject* out);

    data::ElementTypeRef type() const noexcept { return type_; }
    int64_t count() const noexcept { return count_; }
    /// Copies the first elements of a block of the same type, from where they were computed. Throws UserError(Device),
    /// and part of them may be there then.
    void store(data::ArrayBlock& block) const;

private:
    BufferOut() = default;
    bool take_rows(data::ElementTypeRef type, const std::vector<data::LeafView>& leaves, int64_t count, int64_t width);

    std::unique_ptr<NumberTable> table_;     ///< of the host's memory, or null
    std::shared_ptr<const CudaTable> cuda_;  ///< of a GPU's, or null
    data::ElementTypeRef type_ = nullptr;
    std::vector<data::LeafView> leaves_;
    int64_t count_ = 0;
};

}  // namespace pp::python
