/// Objects that results only carry, kept as they were read: other code may change the rows that hold them.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>
#include <vector>

#include "python/columns.h"
#include "python/function_cache.h"

namespace pp::python {

/// GIL held for every member.
class Pins {
public:
    Pins() = default;
    Pins(Pins&& other) noexcept { *this = std::move(other); }
    Pins& operator=(Pins&& other) noexcept {
        std::swap(owned_, other.owned_);
        std::swap(by_origin_, other.by_origin_);
        return *this;
    }
    ~Pins();

    /// Takes a reference to each carried object that a result may be and that lies within something that may change.
    /// The element at position i is number `indices[i]` of the columns, or i where there are none. Runs no Python code;
    /// does nothing the second time.
    void take(const CompiledCall& call, const Columns& columns, const std::vector<int64_t>& indices, int64_t count);
    /// By origin number minus 1: the objects by position (null where there was none), or null. Empty: nothing was
    /// taken.
    std::span<PyObject* const* const> by_origin() const noexcept { return by_origin_; }

private:
    std::vector<std::vector<PyObject*>> owned_;
    std::vector<PyObject* const*> by_origin_;
};

}  // namespace pp::python
