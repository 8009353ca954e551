/// How CPython lays out the dicts, namedtuples and instances that results are: learned from one made through the API.
#pragma once

#include <Python.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "data/record_class_python.h"

namespace pp::data {

/// A record in two pieces of memory, as bytes to be copied: the object with all that lies before it, and, for dicts
/// and for instances whose attributes lie apart, its table of keys or values. Made anew for each job, since classes
/// change how their instances look.
class RecordModel {
public:
    /// Null where records of this kind are not laid out as expected: two made through the API must agree in every byte
    /// but for links, counts and fields. GIL held; runs no Python code; leaves no exception set.
    static std::unique_ptr<RecordModel> learn(const RecordAccess& access);

    struct Shared {
        PyObject* object;  ///< borrowed; kept alive by the record's kind or the job
        int64_t references;
    };
    struct Made {
        PyObject* object;
        char *body, *table;
    };

    size_t body_bytes() const noexcept { return body_.size(); }
    /// 0: there is none.
    size_t table_bytes() const noexcept { return table_.size(); }
    /// What each record holds references to beside its fields.
    const std::vector<Shared>& shared() const noexcept { return shared_; }
    /// Whether the collector watches it even if nothing in it can refer to anything.
    bool is_always_watched() const noexcept { return is_always_watched_; }

    /// Writes a record with one reference into blocks of these sizes; its fields are still to be set, its links zeros.
    /// `version`: no other dict's (dict_versions). Any thread.
    Made write(char* body, char* table, uint64_t version) const noexcept;
    PyObject** field(const Made& made, size_t index) const noexcept {
        const Place& place = fields_[index];
        return reinterpret_cast<PyObject**>((place.is_in_table ? made.table : made.body) + place.offset);
    }

    static constexpr uint64_t kVersionStep = 4096;
    /// The first of `count` versions that no dict has or will have, `kVersionStep` apart. Any thread.
    static uint64_t new_versions(uint64_t count) noexcept;

private:
    struct Place {
        bool is_in_table;
        size_t offset;
        bool operator==(const Place&) const = default;
    };

    bool read(PyObject* object, const RecordAccess& access);
    bool find_fields(PyObject* const* fields, size_t count);
    bool agrees(const RecordModel& other) const;
    bool writes_the_same(const RecordAccess& access, PyObject* const* fields) const;

    std::vector<char> body_, table_;
    size_t head_ = 0;            ///< bytes of the body before the object
    size_t link_ = 0;            ///< where the body holds the address of the table ...
    ptrdiff_t link_target_ = 0;  ///< ... and how far behind the table's beginning that is
    bool has_version_ = false;
    std::vector<Place> fields_;
    std::vector<Shared> shared_;
    bool is_always_watched_ = false;
};

}  // namespace pp::data
