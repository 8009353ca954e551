/// The ints that CPython keeps ready made: every result of such a value is that very object.
#pragma once

#include <Python.h>

#include <cstdint>
#include <vector>

namespace pp::data {

class SmallInts {
public:
    /// Found by asking; GIL held. Null with a Python exception set when memory ran out.
    static const SmallInts* find();

    bool contains(int64_t value) const noexcept {
        return static_cast<uint64_t>(value) - static_cast<uint64_t>(low_) < objects_.size();
    }
    /// Borrowed. Precondition: `contains`.
    PyObject* object(int64_t value) const noexcept { return objects_[static_cast<size_t>(value - low_)]; }

private:
    int64_t low_ = 0;
    std::vector<PyObject*> objects_;
};

}  // namespace pp::data
