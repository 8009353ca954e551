/// New numbers for places that lie apart, made as results of a run are: by many threads where they are many.
#pragma once

#include <Python.h>

#include <cstdint>
#include <vector>

#include "data/box_plan_python.h"

namespace pp::data {

/// GIL held for every member; no Python code runs in any of them.
class ScatteredBoxer {
public:
    /// Whether the object of `node` for `position` will be made here, as number `number`: it is a new float or int.
    /// Throws std::bad_alloc.
    bool add(const BoxNode& node, int64_t position, int64_t number);

    /// Makes all that was added: each at `made[number]`, which is null before, as a new reference. False with an
    /// exception set; what was made stays there. Throws std::bad_alloc.
    bool make(PyObject** made);

private:
    /// Values and numbers of one kind's objects.
    template <typename Value> struct Wanted {
        std::vector<Value> values;
        std::vector<int64_t> numbers;
    };

    Wanted<double> floats_;
    Wanted<int64_t> ints_;
};

}  // namespace pp::data
