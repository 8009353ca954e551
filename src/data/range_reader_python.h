/// The two ways of reading a range of elements: raw, by any thread, or through CPython's API on the calling thread.
///
/// Both give the same answers. What the public functions of `reader_python.h` choose from; tests compare the two.
#pragma once

#include <Python.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "data/arena.h"
#include "data/field_places_python.h"
#include "data/read_plan.h"
#include "data/record_class_python.h"

namespace pp::data {

/// Elements of one column and where they go. Position i holds element `indices ? indices[i] : i`.
struct ReadJob {
    const ReadPlan* plan;
    PyObject* const* items;
    const int64_t* indices;
    void* const* leaves;
    Arena* memory = nullptr;  ///< of the reading thread: where items of dynamic kinds go; null for others
    const RecordAccess* const* records = nullptr;  ///< as record_accesses gives them; raw reads need them
    const FieldPlaces* places = nullptr;           ///< as float_places gives them; null: found by each raw_read_range
    bool is_asked_for = false;                     ///< rows: their memory has been asked for
    int64_t known = 0;  ///< positions below it hold elements too, which may be asked for before they are read

    int64_t last_known(int64_t end) const { return std::max(end, known) - 1; }
};

/// Those of the plan's Record steps in order, those of a sequence's items where the sequence stands. GIL held.
std::vector<const RecordAccess*> record_accesses(const ReadPlan& plan);

/// Where instances keep what the plan reads of them, in the order of its steps. None where that is anything but floats,
/// or not kept at fixed places. Any thread, while the owner of the GIL waits; only where raw_records_enabled().
std::optional<FieldPlaces> float_places(const ReadPlan& plan, const RecordAccess& access);

/// Reads positions [begin, end); appends the indices of elements of other kinds to `others` and makes their slots zero.
/// Some thread holds the GIL throughout and runs nothing. Throws std::bad_alloc.
void raw_read_range(const ReadJob& job, int64_t begin, int64_t end, std::vector<int64_t>& others);

/// raw_read_range where a job has no indices, found once for many short ranges of the same plan.
using RangeReader = void (*)(const ReadJob& job, int64_t begin, int64_t end, std::vector<int64_t>& others);
RangeReader raw_range_reader(const ReadPlan& plan);

/// The same on the thread that holds the GIL.
void api_read_range(const ReadJob& job, int64_t begin, int64_t end, std::vector<int64_t>& others);

/// The leaves of one object as uniform words; false when it is of another kind. GIL held.
bool raw_read_words(const ReadPlan& plan, PyObject* object, uint64_t* words, Arena* memory);
bool api_read_words(const ReadPlan& plan, PyObject* object, uint64_t* words, Arena* memory);

/// Objects as the items of a sequence, one behind the other from `place` on; false where one is of another kind. As
/// raw_read_range and api_read_range.
bool raw_read_items(const ReadPlan& plan, const RecordAccess* const* records, PyObject* const* items, int64_t count,
                    char* place, Arena* memory);
bool api_read_items(const ReadPlan& plan, PyObject* const* items, int64_t count, char* place, Arena* memory);

/// Puts leaves into position `position` of a column's arrays.
struct ColumnSink {
    static constexpr bool kIsElement = true;  ///< no sequence lies between the element and what is read
    void* const* leaves;
    int64_t position;

    void put_float(uint32_t leaf, double value) const { static_cast<double*>(leaves[leaf])[position] = value; }
    void put_int(uint32_t leaf, int64_t value) const { static_cast<int64_t*>(leaves[leaf])[position] = value; }
    void put_bool(uint32_t leaf, bool value) const { static_cast<uint8_t*>(leaves[leaf])[position] = value; }
};

/// Puts leaves into uniform words.
struct WordSink {
    static constexpr bool kIsElement = false;
    uint64_t* words;

    void put_float(uint32_t leaf, double value) const { words[leaf] = std::bit_cast<uint64_t>(value); }
    void put_int(uint32_t leaf, int64_t value) const { words[leaf] = static_cast<uint64_t>(value); }
    void put_bool(uint32_t leaf, bool value) const { words[leaf] = value; }
};

/// Makes the leaves of position `position` zero.
void clear_position(const ReadPlan& plan, void* const* leaves, int64_t position);

}  // namespace pp::data
