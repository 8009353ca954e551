/// Arrays of other libraries in a GPU's memory: through DLPack, or else `__cuda_array_interface__`.
#pragma once

#include <Python.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "data/array_body.h"
#include "python/dlpack_exchange.h"
#include "python/number_table.h"
#include "python/object.h"

namespace pp::python {

/// Held as long as this lives; ready for later work of the library's. GIL held for every member.
class CudaTable {
public:
    /// Null where the object's memory is not a GPU's, or is of something else than numbers (see NumberTable). Throws
    /// PythonError where taking it raised, UserError(Device) where the GPU cannot be used.
    static std::shared_ptr<const CudaTable> open(PyObject* object);

    data::ElementTypeRef type() const noexcept { return table_->type(); }
    int64_t count() const noexcept { return table_->count(); }
    int ordinal() const noexcept { return tensor_.device.id; }
    /// A block whose elements are on the GPU: copied there, so that the object may change and go.
    std::shared_ptr<data::ArrayBlock> copy() const;
    /// The same without a copy where rows lie one behind the other: to be read only, and no longer than the object
    /// stays as it is.
    static std::shared_ptr<data::ArrayBlock> lend(const std::shared_ptr<const CudaTable>& table);

private:
    CudaTable() = default;
    bool take_interface(PyObject* object);
    bool is_dense() const;

    std::unique_ptr<ForeignTensor> foreign_;  ///< that of DLPack
    Object owner_;                            ///< that of the interface
    std::vector<int64_t> shape_, strides_;
    data::dlpack::Tensor tensor_{};
    std::unique_ptr<NumberTable> table_;  ///< whose leaves' addresses are the device's
};

/// The description of an Array's memory on a GPU for `__cuda_array_interface__`: (address, bytes from element to
/// element, bytes from item to item, whether elements are rows). It stays shared as long as the Array lives. Throws
/// UserError(Buffer).
Object cuda_memory_layout(PyObject* array, int ordinal);

}  // namespace pp::python
