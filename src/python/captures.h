/// The data that compiled functions read from outside, kept from one call to the next as long as it has not changed.
#pragma once

#include <Python.h>

#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "data/captured_python.h"
#include "python/object.h"

namespace pp::python {

using CapturedRef = std::shared_ptr<const data::Captured>;

/// One for each interpreter. Bounded: what was used longest ago goes first, what nobody else has any more before that.
/// GIL held for every member.
class Captures {
public:
    /// The current interpreter's.
    static Captures& instance();

    /// `object` as it is now; null where it is not of `kind`. Runs no Python code. Throws std::bad_alloc.
    CapturedRef find(PyObject* object, KindRef kind);
    /// Lets go what has been replaced or is in excess, which may run Python code.
    void settle();
    /// Lets go everything that no call is using; how many bytes. May run Python code.
    uint64_t trim();
    /// Memory of what is kept.
    uint64_t bytes() const noexcept { return bytes_; }

    static constexpr size_t kMaximumEntries = 256;

private:
    struct Entry {
        PyObject* object;  ///< its address, which another may have by now
        KindRef kind;
        Object owned;  ///< the same, kept: so it shows when nobody else has it any more
        std::shared_ptr<data::CapturedObject> captured;
    };
    using Entries = std::list<Entry>;  ///< most recently used first
    struct Key {
        PyObject* object;
        KindRef kind;
        bool operator==(const Key&) const = default;
    };
    struct KeyHash {
        size_t operator()(const Key& key) const noexcept {
            return (reinterpret_cast<uintptr_t>(key.object) >> 4) * 0x9E3779B97F4A7C15u ^
                   reinterpret_cast<uintptr_t>(key.kind);
        }
    };

    void drop(Entries::iterator entry);
    void drop_excess();

    Entries entries_, dropped_;
    std::unordered_map<Key, Entries::iterator, KeyHash> index_;
    std::vector<std::shared_ptr<data::CapturedObject>> replaced_;
    uint64_t bytes_ = 0;
};

}  // namespace pp::python
