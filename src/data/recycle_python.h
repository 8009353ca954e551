/// Giving an existing float a new value where nobody can tell that from a new float.
#pragma once

#include <Python.h>
#include <immintrin.h>

#include <bit>

namespace pp::data {

/// Whether floats may be recycled in this interpreter: it has a GIL, its layouts are known, and a test at first use
/// worked. PARALLEL_PARTY_RECYCLE=0 turns it off.
bool recycling_enabled();

/// Whether the item of a container is a float that only the container refers to. Any thread, while the owner of the GIL
/// waits. Constants, immortal objects and whatever a frame or another container holds have further references.
inline bool is_recyclable(PyObject* item) {
    return PyFloat_CheckExact(item) && Py_REFCNT(item) == 1;
}

/// The value of a recyclable float.
inline double& recycled_value(PyObject* item) {
    return reinterpret_cast<PyFloatObject*>(item)->ob_fval;
}

/// Keeps a float's old value for `undo`. It is hardly ever looked at again, so its lines are not read first.
inline void keep_old_value(double* place, double value) {
    _mm_stream_si64(reinterpret_cast<long long*>(place), std::bit_cast<long long>(value));
}

/// Makes what this thread kept visible to others: to be called before they are told.
inline void settle_what_was_kept() {
    _mm_sfence();
}

/// Does so at the end of a scope.
struct SettleWhenDone {
    SettleWhenDone() = default;
    SettleWhenDone(const SettleWhenDone&) = delete;
    ~SettleWhenDone() { settle_what_was_kept(); }
};

/// What `make` answers, which gives floats new values and then makes objects; where it answers false or throws, `undo`
/// gives the floats their old values.
template <typename Make, typename Undo> bool or_undo(Make make, Undo undo) {
    bool is_made = false;
    try {
        is_made = make();
    } catch (...) {
        undo();
        throw;
    }
    if (!is_made) {
        undo();
    }
    return is_made;
}

}  // namespace pp::data
