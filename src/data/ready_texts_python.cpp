/// Finds out which strs are made only once.
#include "data/ready_texts_python.h"

#include <atomic>
#include <memory>

namespace pp::data {
namespace {

PyObject* made(uint32_t character, int64_t length) {
    return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, &character, static_cast<Py_ssize_t>(length));
}

/// The object of such a text if two requests give the same one, else null. It stays for ever.
PyObject* kept(uint32_t character, int64_t length) {
    PyObject* first = made(character, length);
    PyObject* second = made(character, length);
    PyObject* object = first == second ? first : nullptr;
    Py_XDECREF(second);
    if (!object) {
        Py_XDECREF(first);
    }
    return object;
}

}  // namespace

const ReadyTexts* ReadyTexts::find() {
    // They belong to the process: the interpreter's static data, whichever interpreter asks.
    static std::atomic<const ReadyTexts*> found{nullptr};
    if (const ReadyTexts* known = found.load(std::memory_order_acquire)) {
        return known;
    }
    auto fresh = std::make_unique<ReadyTexts>();
    fresh->empty_ = kept('a', 0);
    bool are_all = fresh->empty_ != nullptr;
    for (uint32_t c = 0; are_all && c < fresh->characters_.size(); ++c) {
        fresh->characters_[c] = kept(c, 1);
        are_all = fresh->characters_[c] != nullptr;
    }
    PyObject* beyond = are_all ? kept(0x100, 1) : nullptr;
    Py_XDECREF(beyond);
    if (!are_all || beyond) {
        return nullptr;
    }
    const ReadyTexts* expected = nullptr;
    return found.compare_exchange_strong(expected, fresh.get()) ? fresh.release() : expected;
}

}  // namespace pp::data
