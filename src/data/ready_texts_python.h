/// The strs that CPython keeps ready made: every result of such a value is that very object.
#pragma once

#include <Python.h>

#include <array>
#include <cstdint>

namespace pp::data {

class ReadyTexts {
public:
    /// Found by asking; GIL held. Null where this interpreter keeps others, or with a Python exception set when memory
    /// ran out.
    static const ReadyTexts* find();

    /// Borrowed. Precondition: `is_ready_text` (text_writer_python.h).
    PyObject* object(const void* units, uint32_t unit_bytes, int64_t length) const noexcept {
        if (length == 0) {
            return empty_;
        }
        return characters_[unit_bytes == 1 ? *static_cast<const uint8_t*>(units)
                                           : *static_cast<const uint32_t*>(units)];
    }

private:
    PyObject* empty_ = nullptr;
    std::array<PyObject*, 256> characters_{};
};

}  // namespace pp::data
