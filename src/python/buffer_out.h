/// What `out=` names where the columns lie in memory: a buffer of numbers that results are copied into, never boxed.
#pragma once

#include <Python.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "data/array_body.h"
#include "data/element_type.h"
#include "data/leaf_view.h"
#include "python/number_table.h"

namespace pp::python {

/// Holds the buffer as long as it lives. GIL held for every member.
class BufferOut {
public:
    /// A writable buffer of numbers with `count` elements, those of more dimensions being rows, of any steps; or a
    /// `batched` of one. Nothing where `out` is anything else. Throws PythonError where taking the buffer raised.
    static std::optional<BufferOut> open(PyObject* out, int64_t count);

    data::ElementTypeRef type() const noexcept { return type_; }
    /// Copies the first elements of a block of the same type, from where they were computed. Throws UserError(Device),
    /// and part of them may be there then.
    void store(data::ArrayBlock& block) const;

private:
    BufferOut() = default;

    std::unique_ptr<NumberTable> table_;
    data::ElementTypeRef type_ = nullptr;
    std::vector<data::LeafView> leaves_;
    int64_t count_ = 0;
};

}  // namespace pp::python
