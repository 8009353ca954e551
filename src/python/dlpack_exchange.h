/// DLPack capsules: made of Arrays, and taken from other libraries.
#pragma once

#include <Python.h>

#include <memory>

#include "data/dlpack.h"
#include "python/object.h"

namespace pp::python {

/// A capsule of an Array's memory, which stays where it is as long as the consumer has it; `versioned`: of version 1.
/// Throws UserError(Buffer) where its elements are no table of one dtype, PythonError.
Object dlpack_capsule(PyObject* array, bool versioned);

/// A tensor of somebody else's on the CPU, held as long as this lives. GIL held for every member.
class ForeignTensor {
public:
    /// Null where the object has no `__dlpack__`, or its memory is not the CPU's. Throws PythonError where taking it
    /// raised.
    static std::unique_ptr<ForeignTensor> open(PyObject* object);
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
