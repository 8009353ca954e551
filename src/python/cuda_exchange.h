/// Arrays of other libraries in a GPU's memory: through DLPack, or else `__cuda_array_interface__`.
#pragma once

#include <Python.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
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
    /// The same without the device: nothing of it may be used before `make_ready`. With `is_numbers` false where it is
    /// on a GPU, but of something else than numbers: then that is all there is to it.
    struct Found;
    static Found find(PyObject* object);
    /// Later work of the library's waits for what the owner has queued.
    void make_ready();

    data::ElementTypeRef type() const noexcept { return table_->type(); }
    int64_t count() const noexcept { return table_->count(); }
    int ordinal() const noexcept { return tensor_.device.id; }
    const std::vector<data::LeafView>& leaves() const noexcept { return table_->leaves(); }
    bool is_read_only() const noexcept { return is_read_only_; }
    /// A block whose elements are on the GPU: copied there, so that the object may change and go.
    std::shared_ptr<data::ArrayBlock> copy() const;
    /// The same without a copy where rows lie one behind the other: to be read only, and no longer than the object
    /// stays as it is.
    static std::shared_ptr<data::ArrayBlock> lend(const std::shared_ptr<const CudaTable>& table);
    /// Copies elements [0, count) of a block whose leaves are of the same formats to `to`, addresses in the table's
    /// memory; complete on return. Throws UserError(Device), and part of it may be there then.
    static void fill(const std::shared_ptr<const CudaTable>& table, data::ArrayBlock& block,
                     std::span<const data::LeafView> to, int64_t count);

private:
    CudaTable() = default;
    /// Whether there is one, of numbers or not.
    bool take_interface(PyObject* object);

    std::unique_ptr<ForeignTensor> foreign_;  ///< that of DLPack
    Object owner_;                            ///< that of the interface
    std::vector<int64_t> shape_, strides_;
    data::dlpack::Tensor tensor_{};
    std::optional<uint64_t> stream_;  ///< of the interface: what is queued to it so far goes before our work
    bool is_read_only_ = false;
    std::unique_ptr<NumberTable> table_;  ///< whose leaves' addresses are the device's
};

struct CudaTable::Found {
    std::shared_ptr<CudaTable> table;  ///< null: not on a GPU
    bool is_numbers = false;
};

/// The description of an Array's memory on a GPU for `__cuda_array_interface__`: (address, bytes from element to
/// element, bytes from item to item, whether elements are rows). It stays shared as long as the Array lives. Throws
/// UserError(Buffer).
Object cuda_memory_layout(PyObject* array, int ordinal);

}  // namespace pp::python
