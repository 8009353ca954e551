/// Taking references to objects that exist already, from many threads at once while the owner of the GIL waits.
#pragma once

#include <Python.h>

#include <array>
#include <atomic>
#include <cstdint>

namespace pp::data {

/// One more reference to an object to which only this thread has a way. Returns it.
inline PyObject* take_private(PyObject* object) noexcept {
    Py_INCREF(object);
    return object;
}

/// `count` more references to an object that somebody keeps alive meanwhile, atomically.
inline void add_references(PyObject* object, int64_t count) noexcept {
#if defined(Py_GIL_DISABLED)
    // Not reached: without a GIL no objects are made from many threads.
    (void)object, (void)count;
#elif PY_VERSION_HEX >= 0x030E0000
    // The low half is the count, flags and overflow are in the other.
    std::atomic_ref<uint32_t>(object->ob_refcnt).fetch_add(static_cast<uint32_t>(count), std::memory_order_relaxed);
#else
    std::atomic_ref<Py_ssize_t>(object->ob_refcnt).fetch_add(count, std::memory_order_relaxed);
#endif
}

/// References that one thread has taken and not yet counted. Counts of objects to which several threads have a way
/// change by atomic additions only, so that nothing is lost; an object reached again and again is counted here first,
/// so that threads do not fight for its memory.
class PendingReferences {
public:
    /// One more reference to `object`, which somebody keeps alive until `settle`. Returns it.
    PyObject* take(PyObject* object) noexcept {
#if PY_VERSION_HEX >= 0x030C0000
        if (_Py_IsImmortal(object)) {
            return object;
        }
#endif
        const auto address = reinterpret_cast<uintptr_t>(object);
        Pending& pending = table_[(address >> 4 ^ address >> 12) % table_.size()];
        if (pending.object != object) {
            add(pending);
            pending = {object, 0};
        }
        ++pending.count;
        return object;
    }

    /// Counts everything taken so far.
    void settle() noexcept {
        for (Pending& pending : table_) {
            add(pending);
            pending = {};
        }
    }

private:
    struct Pending {
        PyObject* object = nullptr;
        uint32_t count = 0;
    };

    static void add(const Pending& pending) noexcept {
        if (pending.object) {
            add_references(pending.object, pending.count);
        }
    }

    alignas(64) std::array<Pending, 64> table_{};
};

}  // namespace pp::data
