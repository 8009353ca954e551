/// Lists and tuples that are given to a GPU again and again: as long as they hold the same objects they are neither
/// read nor sent.
#pragma once

#include <Python.h>

#include <cstdint>
#include <list>
#include <memory>
#include <span>

#include "data/watched_objects_python.h"
#include "engine/sent_column.h"
#include "ir/kind.h"
#include "python/object.h"

namespace pp::python {

/// One for each interpreter. Bounded: what was used longest ago goes first, what nobody else has any more before that.
/// GIL held for every member.
class KnownColumns {
public:
    using Kept = std::shared_ptr<const engine::SentColumn>;

    /// The current interpreter's.
    static KnownColumns& instance();
    /// Whether so many elements of this kind can be known by the objects, and that pays: the same numbers and tuples
    /// hold what they held. Rows that can change are faster read than compared.
    static bool is_worth_it(PyObject* column, KindRef kind, int64_t count);

    /// What the GPU has of the first `count` elements of a list or tuple; null where that is not what they are now.
    /// Wakes the thread pool only where they are many; runs no Python code.
    Kept find(PyObject* column, KindRef kind, int64_t count, int ordinal);
    /// Whether a column that was not found is to be kept: the second time that it comes; one that changes every time
    /// less and less often.
    bool is_due(PyObject* column, KindRef kind, int64_t count, int ordinal);
    /// Keeps it, as it has just been read and sent. Only where it is due.
    void keep(PyObject* column, KindRef kind, int64_t count, int ordinal, Kept sent);
    /// There was no memory to send it: it is not due for a while.
    void put_off(PyObject* column, KindRef kind, int64_t count, int ordinal);
    /// Lets go what has been replaced or is in excess, which may run Python code.
    void settle();
    /// Lets everything go; how many bytes of host memory. May run Python code.
    uint64_t trim();
    /// Host memory by which they are known.
    uint64_t bytes() const noexcept;

private:
    struct Entry {
        PyObject* column;  ///< its address, which another may have by now
        KindRef kind;
        int64_t count;
        int ordinal;
        uint32_t calls_left = 0;  ///< to be seen so often before it is kept
        uint32_t patience = 1;
        Object owned{};  ///< while it is kept the same, so that it shows when nobody else has it any more
        std::unique_ptr<data::WatchedObjects> watched{};
        Kept kept{};
    };
    using Entries = std::list<Entry>;  ///< most recently used first

    Entries::iterator entry_of(PyObject* column, KindRef kind, int64_t count, int ordinal);
    void drop(Entry& entry);
    void drop_excess();

    Entries entries_, dropped_;
};

}  // namespace pp::python
