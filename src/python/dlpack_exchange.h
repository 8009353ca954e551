/// DLPack capsules: made of Arrays, and taken from other libraries.
#pragma once

#include <Python.h>

#include <memory>

#include "data/dlpack.h"
#include "data/leaf_view.h"
#include "python/object.h"

namespace pp::python {

/// A capsule of an Array's memory, which stays where it is as long as the consumer has it; `versioned`: of version 1;
/// `ordinal`: that on a GPU, -1: the host's. Throws UserError(Buffer) where its elements are no table of one dtype,
/// PythonError.
Object dlpack_capsule(PyObject* array, bool versioned, int ordinal);
/// Where the first leaf of an Array lies in a GPU's memory, which is shared until `end_share`. Throws
/// UserError(Buffer).
data::LeafView share_on_gpu(PyObject* array, int ordinal);

/// A tensor of somebody else's, held as long as this lives. GIL held for every member.
class ForeignTensor {
public:
    enum class Place : uint8_t { Host, Gpu };

    /// Null where the object has no `__dlpack__` or does not say where its memory is, or that is elsewhere. That of a
    /// GPU is ready for work on the default stream. Throws PythonError where taking it raised.
    static std::unique_ptr<ForeignTensor> open(PyObject* object, Place place);
    ~ForeignTensor();
    ForeignTensor(const ForeignTensor&) = delete;

    const data::dlpack::Tensor& tensor() const noexcept { return *tensor_; }
    bool is_read_only() const noexcept { return versioned_ && (versioned_->flags & data::dlpack::kReadOnly); }

private:
    ForeignTensor() = default;

    const data::dlpack::Tensor* tensor_ = nullptr;
    data::dlpack::ManagedTensor* managed_ = nullptr;
    data::dlpack::VersionedTensor* versioned_ = nullptr;
};

}  // namespace pp::python
