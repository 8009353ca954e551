/// Reads objects without calling into CPython: tight loops for the common kinds, steps for all others.
#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "data/field_places_python.h"
#include "data/number_class_python.h"
#include "data/prefetch_python.h"
#include "data/range_reader_python.h"
#include "data/reader_python.h"
#include "data/record_class_python.h"
#include "data/stored_items.h"

namespace pp::data {
namespace {

struct EveryItem {
    PyObject* const* items;
    int64_t index(int64_t position) const { return position; }
    PyObject* const* at(int64_t position) const { return items + position; }
    bool lies_in_order(int64_t begin, int64_t end) const { return begin < end && lie_in_order(items, begin, end); }
};

struct SelectedItems {
    PyObject* const* items;
    const int64_t* indices;
    int64_t index(int64_t position) const { return indices[position]; }
    PyObject* const* at(int64_t position) const { return items + indices[position]; }
    bool lies_in_order(int64_t, int64_t) const { return false; }
};

// Each scalar reader answers whether the object is of its kind, and stores its value if so.
struct FloatReader {
    using Stored = double;
    static bool read(PyObject* object, double& value) {
        if (!PyFloat_CheckExact(object)) {
            return false;
        }
        value = raw_float(object);
        return true;
    }
    static void ask_for(PyObject* object) { prefetch_object(object); }
};

struct IntReader {
    using Stored = int64_t;
    static bool read(PyObject* object, int64_t& value) { return PyLong_CheckExact(object) && raw_int(object, value); }
    static void ask_for(PyObject* object) { prefetch_object(object); }
};

struct BoolReader {
    using Stored = uint8_t;
    static bool read(PyObject* object, uint8_t& value) {
        value = object == Py_True;
        return is_raw_bool(object);
    }
    static void ask_for(PyObject*) {}
};

template <typename Reader, typename Source>
void read_scalars(Source source, const ReadJob& job, int64_t begin, int64_t end, std::vector<int64_t>& others) {
    auto* values = static_cast<typename Reader::Stored*>(job.leaves[0]);
    const int64_t last = job.last_known(end);
    for (int64_t i = begin; i < end; ++i) {
        if (i + kScalarsAhead <= last) {
            Reader::ask_for(*source.at(i + kScalarsAhead));
        }
        typename Reader::Stored value{};
        if (!Reader::read(*source.at(i), value)) [[unlikely]] {
            value = {};
            others.push_back(source.index(i));
        }
        values[i] = value;
    }
}

/// Rows of `kSize` floats, or of any number when `kSize` is 0.
template <Tag kTag, int kSize, typename Source>
void read_float_rows(Source source, const ReadJob& job, int64_t begin, int64_t end, std::vector<int64_t>& others) {
    const Py_ssize_t size = kSize ? kSize : job.plan->row_size;
    double* columns[kSize ? kSize : kMaximumRow];
    for (Py_ssize_t k = 0; k < size; ++k) {
        columns[k] = static_cast<double*>(job.leaves[k]);
    }
    const int64_t last = job.last_known(end);
    const bool asks = !job.is_asked_for && !source.lies_in_order(begin, end);
    for (int64_t i = begin; i < end; ++i) {
        if (asks) {
            ask_for_rows<kTag>(source, i, last, size);
        }
        PyObject* const* items;
        bool matches = raw_row_items<kTag>(*source.at(i), size, items);
        for (Py_ssize_t k = 0; matches && k < size; ++k) {
            matches = PyFloat_CheckExact(items[k]);
        }
        if (!matches) [[unlikely]] {
            clear_position(*job.plan, job.leaves, i);
            others.push_back(source.index(i));
            continue;
        }
        for (Py_ssize_t k = 0; k < size; ++k) {
            columns[k][i] = raw_float(items[k]);
        }
    }
}

template <Tag kTag, typename Source>
void read_float_rows_of_any_size(Source source, const ReadJob& job, int64_t begin, int64_t end,
                                 std::vector<int64_t>& others) {
    switch (job.plan->row_size) {
    case 2: return read_float_rows<kTag, 2>(source, job, begin, end, others);
    case 3: return read_float_rows<kTag, 3>(source, job, begin, end, others);
    case 4: return read_float_rows<kTag, 4>(source, job, begin, end, others);
    default: return read_float_rows<kTag, 0>(source, job, begin, end, others);
    }
}

/// Rows of which `kCount` items, the plan's steps after the first, are floats, or any number when `kCount` is 0.
template <Tag kTag, int kCount, typename Source>
void read_some_floats(Source source, const ReadJob& job, int64_t begin, int64_t end, std::vector<int64_t>& others) {
    const Py_ssize_t size = job.plan->row_size;
    const size_t count = kCount ? kCount : job.plan->leaves.size();
    double* columns[kCount ? kCount : kMaximumRow];
    uint16_t places[kCount ? kCount : kMaximumRow];
    for (size_t k = 0; k < count; ++k) {
        columns[k] = static_cast<double*>(job.leaves[k]);
        places[k] = job.plan->steps[k + 1].item;
    }
    const int64_t last = job.last_known(end);
    const bool asks = !job.is_asked_for && !source.lies_in_order(begin, end);
    for (int64_t i = begin; i < end; ++i) {
        if (asks) {
            ask_for_rows<kTag>(source, i, last, size);
        }
        PyObject* const* items;
        bool matches = raw_row_items<kTag>(*source.at(i), size, items);
        for (size_t k = 0; matches && k < count; ++k) {
            matches = PyFloat_CheckExact(items[places[k]]);
        }
        if (!matches) [[unlikely]] {
            clear_position(*job.plan, job.leaves, i);
            others.push_back(source.index(i));
            continue;
        }
        for (size_t k = 0; k < count; ++k) {
            columns[k][i] = raw_float(items[places[k]]);
        }
    }
}

template <Tag kTag, typename Source>
void read_any_number_of_floats(Source source, const ReadJob& job, int64_t begin, int64_t end,
                               std::vector<int64_t>& others) {
    switch (job.plan->leaves.size()) {
    case 1: return read_some_floats<kTag, 1>(source, job, begin, end, others);
    case 2: return read_some_floats<kTag, 2>(source, job, begin, end, others);
    case 3: return read_some_floats<kTag, 3>(source, job, begin, end, others);
    default: return read_some_floats<kTag, 0>(source, job, begin, end, others);
    }
}

template <Tag kTag, int kCount>
void read_floats_of(const ReadJob& job, int64_t begin, int64_t end, std::vector<int64_t>& others) {
    read_some_floats<kTag, kCount>(EveryItem{job.items}, job, begin, end, others);
}

template <typename Sink>
bool read_steps(const ReadPlan& plan, const RecordAccess* const* records, PyObject* const* element, Sink sink,
                Arena* memory);

bool is_scalar(Tag tag) {
    return tag == Tag::Float || tag == Tag::Int || tag == Tag::Bool;
}

bool raw_items(Tag tag, PyObject* object, PyObject* const*& items, Py_ssize_t& size) {
    return tag == Tag::TupleOf ? raw_tuple(object, items, size) : raw_list(object, items, size);
}

/// `stays`: the text needs no copy, since the object outlives the run.
template <typename Sink> bool read_text(const ReadStep& step, PyObject* object, Sink sink, Arena* memory, bool stays) {
    RawText text;
    if (!memory || !raw_text(object, text) || text.unit_bytes > step.size) {
        return false;
    }
    sink.put_int(step.leaf + 1u, text.length);
    if (stays && text.unit_bytes == step.size) {
        sink.put_int(step.leaf, reinterpret_cast<intptr_t>(text.units));
        return true;
    }
    char* place = memory->take(static_cast<size_t>(text.length) * step.size);
    store_units(text.units, text.unit_bytes, text.length, step.size, place);
    sink.put_int(step.leaf, reinterpret_cast<intptr_t>(place));
    return true;
}

template <typename Reader> bool read_scalar_items(PyObject* const* items, Py_ssize_t size, char* place) {
    auto* values = reinterpret_cast<typename Reader::Stored*>(place);
    bool matches = true;
    for (Py_ssize_t i = 0; matches && i < size; ++i) {
        matches = Reader::read(items[i], values[i]);
    }
    return matches;
}

/// Reads the items of a sequence into `place`; false where one is of another kind.
bool read_items(const ReadPlan& plan, const RecordAccess* const* records, PyObject* const* items, Py_ssize_t size,
                char* place, Arena* memory) {
    const uint32_t bytes = item_bytes(plan.kind);
    switch (plan.shape) {
    case ReadShape::Float: return read_scalar_items<FloatReader>(items, size, place);
    case ReadShape::Int: return read_scalar_items<IntReader>(items, size, place);
    case ReadShape::Bool: return read_scalar_items<BoolReader>(items, size, place);
    default:
        for (Py_ssize_t i = 0; i < size; ++i, place += bytes) {
            if (!read_steps(plan, records, items + i, ItemSink{place}, memory)) {
                return false;
            }
        }
        return true;
    }
}

template <typename Sink>
bool read_sequence(const ReadStep& step, const RecordAccess* const* records, PyObject* object, Sink sink,
                   Arena* memory) {
    PyObject* const* items;
    Py_ssize_t size;
    if (!memory || !raw_items(step.tag, object, items, size)) {
        return false;
    }
    char* place = memory->take(static_cast<size_t>(size) * step.item_bytes);
    sink.put_int(step.leaf, reinterpret_cast<intptr_t>(place));
    sink.put_int(step.leaf + 1u, size);
    return read_items(*step.items, records, items, size, place, memory);
}

template <typename Sink>
bool read_steps(const ReadPlan& plan, const RecordAccess* const* records, PyObject* const* element, Sink sink,
                Arena* memory) {
    PyObject* const* frames[kMaximumNodes + 1];
    PyObject* scratch[kMaximumNodes];
    frames[0] = element;
    for (const ReadStep& step : plan.steps) {
        PyObject* object = frames[step.frame][step.item];
        bool matches = false;
        if (step.size != 0 && is_scalar(step.tag)) {
            if (!put_number(object, static_cast<NumberLayout>(step.size), step.leaf, sink)) {
                return false;
            }
            continue;
        }
        switch (step.tag) {
        case Tag::Float:
            if ((matches = PyFloat_CheckExact(object))) {
                sink.put_float(step.leaf, raw_float(object));
            }
            break;
        case Tag::Int: {
            int64_t value;
            if ((matches = PyLong_CheckExact(object) && raw_int(object, value))) {
                sink.put_int(step.leaf, value);
            }
            break;
        }
        case Tag::Bool:
            matches = is_raw_bool(object);
            sink.put_bool(step.leaf, object == Py_True);
            break;
        case Tag::None: matches = object == Py_None; break;
        case Tag::Tuple: matches = raw_tuple_items(object, step.size, frames[step.own_frame]); break;
        case Tag::List: matches = raw_list_items(object, step.size, frames[step.own_frame]); break;
        case Tag::Some: matches = object != Py_None && !is_raw_bool(object); break;
        case Tag::Other: {
            int64_t value;
            matches = object != Py_None && !is_raw_bool(object) && !PyFloat_CheckExact(object) &&
                      !(PyLong_CheckExact(object) && raw_int(object, value));
            break;
        }
        case Tag::Complex:
            if ((matches = PyComplex_CheckExact(object))) {
                const Py_complex& value = reinterpret_cast<PyComplexObject*>(object)->cval;
                sink.put_float(step.leaf, value.real);
                sink.put_float(step.leaf + 1u, value.imag);
            }
            break;
        case Tag::Record:
            matches = raw_record_fields(object, **records++, scratch + step.scratch);
            frames[step.own_frame] = scratch + step.scratch;
            break;
        case Tag::Identity:
            matches = true;
            sink.put_int(step.leaf, reinterpret_cast<intptr_t>(object));
            break;
        case Tag::TupleOf:
        case Tag::ListOf:
            matches = read_sequence(step, records, object, sink, memory);
            records += step.items->records;
            break;
        case Tag::Text: matches = read_text(step, object, sink, memory, Sink::kIsElement && step.is_owned); break;
        case Tag::Any:
        case Tag::Missing:
        case Tag::Object:
        case Tag::Never: break;
        }
        if (!matches) {
            return false;
        }
    }
    return true;
}

template <typename Source>
void read_by_steps(Source source, const ReadJob& job, int64_t position, std::vector<int64_t>& others) {
    if (!read_steps(*job.plan, job.records, source.at(position), ColumnSink{job.leaves, position}, job.memory)) {
        clear_position(*job.plan, job.leaves, position);
        others.push_back(source.index(position));
    }
}

/// Asks for the items of rows within the row at `position`, whose own items are there already.
template <Tag kTag, typename Source> void ask_for_inner_rows(Source source, int64_t position, const ReadPlan& plan) {
    PyObject* const* outer;
    if (!raw_row_items<kTag>(*source.at(position), plan.row_size, outer)) {
        return;
    }
    for (const ReadStep& step : plan.inner_rows) {
        PyObject* row = outer[step.item];
        PyObject* const* items;
        if (step.tag == Tag::Tuple ? raw_tuple_items(row, step.size, items) : raw_list_items(row, step.size, items)) {
            for (uint16_t k = 0; k < step.size; ++k) {
                prefetch_object(items[k]);
            }
        }
    }
}

template <Tag kTag, typename Source>
void read_rows_by_steps(Source source, const ReadJob& job, int64_t begin, int64_t end, std::vector<int64_t>& others) {
    const int64_t outer_ahead = job.plan->inner_rows.empty() ? 0 : kRowsAhead;
    for (int64_t i = begin; i < end; ++i) {
        if (!job.is_asked_for) {
            ask_for_rows<kTag>(source, i + outer_ahead, job.last_known(end), job.plan->row_size);
        }
        if (outer_ahead != 0 && i + kRowsAhead < end) {
            ask_for_inner_rows<kTag>(source, i + kRowsAhead, *job.plan);
        }
        read_by_steps(source, job, i, others);
    }
}

/// Asks for rows of any length that are soon to be read, as `ask_for_rows` does for those of one length.
template <typename Source> void ask_for_sequences(Source source, Tag tag, int64_t position, int64_t last) {
    constexpr int64_t kItemsAhead = 2, kArraysAhead = 4, kHeadsAhead = 8;
    constexpr Py_ssize_t kItemsAsked = 32;
    PyObject* const* items;
    Py_ssize_t size;
    if (position + kHeadsAhead <= last) {
        prefetch_object(*source.at(position + kHeadsAhead));
        if (raw_items(tag, *source.at(position + kArraysAhead), items, size)) {
            prefetch(items);
            prefetch(items + 8);
        }
    }
    if (position + kItemsAhead <= last && raw_items(tag, *source.at(position + kItemsAhead), items, size)) {
        for (Py_ssize_t k = 0; k < std::min(size, kItemsAsked); ++k) {
            prefetch_object(items[k]);
        }
    }
}

template <typename Source>
void read_sequences(Source source, const ReadJob& job, int64_t begin, int64_t end, std::vector<int64_t>& others) {
    for (int64_t i = begin; i < end; ++i) {
        ask_for_sequences(source, job.plan->kind->tag, i, job.last_known(end));
        read_by_steps(source, job, i, others);
    }
}

template <typename Source>
void read_texts(Source source, const ReadJob& job, int64_t begin, int64_t end, std::vector<int64_t>& others) {
    for (int64_t i = begin; i < end; ++i) {
        if (i + kScalarsAhead < end) {
            prefetch_object(*source.at(i + kScalarsAhead));
        }
        read_by_steps(source, job, i, others);
    }
}

/// Reads `kCount` floats of each instance, or any number when `kCount` is 0.
template <int kCount, typename Source>
void read_float_fields(Source source, const FieldPlaces& places, const ReadJob& job, int64_t begin, int64_t end,
                       std::vector<int64_t>& others) {
    const size_t count = kCount ? kCount : places.offsets.size();
    double* columns[kCount ? kCount : kMaximumFields];
    Py_ssize_t offsets[kCount ? kCount : kMaximumFields];
    for (size_t k = 0; k < count; ++k) {
        columns[k] = static_cast<double*>(job.leaves[job.plan->steps[k + 1].leaf]);
        offsets[k] = places.offsets[k];
    }
    const int64_t last = job.last_known(end);
    const bool asks = !source.lies_in_order(begin, end);
    for (int64_t i = begin; i < end; ++i) {
        if (asks) {
            ask_for_fields(source, places, i, last);
        }
        char* base = places.base(*source.at(i));
        bool matches = base != nullptr;
        for (size_t k = 0; matches && k < count; ++k) {
            const PyObject* value = *FieldPlaces::place(base, offsets[k]);
            matches = value && PyFloat_CheckExact(value);
        }
        if (!matches) [[unlikely]] {
            read_by_steps(source, job, i, others);
            continue;
        }
        for (size_t k = 0; k < count; ++k) {
            columns[k][i] = raw_float(*FieldPlaces::place(base, offsets[k]));
        }
    }
}

template <typename Source>
void read_any_number_of_fields(Source source, const FieldPlaces& places, const ReadJob& job, int64_t begin, int64_t end,
                               std::vector<int64_t>& others) {
    switch (places.offsets.size()) {
    case 1: return read_float_fields<1>(source, places, job, begin, end, others);
    case 2: return read_float_fields<2>(source, places, job, begin, end, others);
    case 3: return read_float_fields<3>(source, places, job, begin, end, others);
    case 4: return read_float_fields<4>(source, places, job, begin, end, others);
    default: return read_float_fields<0>(source, places, job, begin, end, others);
    }
}

template <typename Source>
void read_records(Source source, const ReadJob& job, int64_t begin, int64_t end, std::vector<int64_t>& others) {
    const std::optional<FieldPlaces> found = job.places ? std::nullopt : float_places(*job.plan, **job.records);
    if (const FieldPlaces* places = found ? &*found : job.places) {
        return read_any_number_of_fields(source, *places, job, begin, end, others);
    }
    for (int64_t i = begin; i < end; ++i) {
        ask_for_slots(source, **job.records, i, job.last_known(end));
        read_by_steps(source, job, i, others);
    }
}

template <typename Source>
void read_elements_by_steps(Source source, const ReadJob& job, int64_t begin, int64_t end,
                            std::vector<int64_t>& others) {
    switch (job.plan->kind->tag) {
    case Tag::Tuple: return read_rows_by_steps<Tag::Tuple>(source, job, begin, end, others);
    case Tag::List: return read_rows_by_steps<Tag::List>(source, job, begin, end, others);
    case Tag::Record: return read_records(source, job, begin, end, others);
    default:  // None, and constants: compared, never looked into
        for (int64_t i = begin; i < end; ++i) {
            read_by_steps(source, job, i, others);
        }
    }
}

template <typename Source>
void read_from(Source source, const ReadJob& job, int64_t begin, int64_t end, std::vector<int64_t>& others) {
    switch (job.plan->shape) {
    case ReadShape::Float: return read_scalars<FloatReader>(source, job, begin, end, others);
    case ReadShape::Int: return read_scalars<IntReader>(source, job, begin, end, others);
    case ReadShape::Bool: return read_scalars<BoolReader>(source, job, begin, end, others);
    case ReadShape::FloatTuple: return read_float_rows_of_any_size<Tag::Tuple>(source, job, begin, end, others);
    case ReadShape::FloatList: return read_float_rows_of_any_size<Tag::List>(source, job, begin, end, others);
    case ReadShape::Sequence: return read_sequences(source, job, begin, end, others);
    case ReadShape::SomeFloats:
        return job.plan->kind->tag == Tag::Tuple
                   ? read_any_number_of_floats<Tag::Tuple>(source, job, begin, end, others)
                   : read_any_number_of_floats<Tag::List>(source, job, begin, end, others);
    case ReadShape::Nothing: return;
    case ReadShape::Text: return read_texts(source, job, begin, end, others);
    case ReadShape::Steps: return read_elements_by_steps(source, job, begin, end, others);
    }
}

}  // namespace

std::vector<const RecordAccess*> record_accesses(const ReadPlan& plan) {
    std::vector<const RecordAccess*> accesses;
    for (const ReadStep& step : plan.steps) {
        if (step.tag == Tag::Record) {
            accesses.push_back(&record_access(step.kind));
        }
        if (step.items) {
            const std::vector<const RecordAccess*> of_items = record_accesses(*step.items);
            accesses.insert(accesses.end(), of_items.begin(), of_items.end());
        }
    }
    return accesses;
}

std::optional<FieldPlaces> float_places(const ReadPlan& plan, const RecordAccess& access) {
    if (plan.steps.size() != access.fields.size() + 1) {
        return std::nullopt;
    }
    std::vector<size_t> fields;
    for (const ReadStep& step : std::span(plan.steps).subspan(1)) {
        if (step.tag != Tag::Float || step.size != 0) {
            return std::nullopt;
        }
        fields.push_back(step.item);
    }
    return field_places(access, fields);
}

void raw_read_range(const ReadJob& job, int64_t begin, int64_t end, std::vector<int64_t>& others) {
    if (job.indices) {
        read_from(SelectedItems{job.items, job.indices}, job, begin, end, others);
    } else {
        read_from(EveryItem{job.items}, job, begin, end, others);
    }
}

RangeReader raw_range_reader(const ReadPlan& plan) {
    const bool are_tuples = plan.kind->tag == Tag::Tuple;
    const size_t floats = plan.shape == ReadShape::SomeFloats ? plan.leaves.size() : 0;
    switch (floats) {
    case 1: return are_tuples ? read_floats_of<Tag::Tuple, 1> : read_floats_of<Tag::List, 1>;
    case 2: return are_tuples ? read_floats_of<Tag::Tuple, 2> : read_floats_of<Tag::List, 2>;
    case 3: return are_tuples ? read_floats_of<Tag::Tuple, 3> : read_floats_of<Tag::List, 3>;
    default: return raw_read_range;
    }
}

bool raw_read_words(const ReadPlan& plan, PyObject* object, uint64_t* words, Arena* memory) {
    const std::vector<const RecordAccess*> records = record_accesses(plan);
    return read_steps(plan, records.data(), &object, WordSink{words}, memory);
}

bool raw_read_items(const ReadPlan& plan, const RecordAccess* const* records, PyObject* const* items, int64_t count,
                    char* place, Arena* memory) {
    return read_items(plan, records, items, count, place, memory);
}

}  // namespace pp::data
