/// Decides whether pools may be claimed: tries it at first use, on blocks and objects whose answers the API knows.
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "data/object_writer_python.h"
#include "data/pools_python.h"
#include "data/reader_python.h"
#include "data/ready_texts_python.h"
#include "data/record_class_python.h"
#include "data/record_model_python.h"
#include "data/text_writer_python.h"

// Exported by every supported version though declared in private headers only; absent: pools stay off.
extern "C" __attribute__((weak)) const char* _PyMem_GetCurrentAllocatorName(void);

namespace pp::data {
namespace {

/// Whether the object allocator is pymalloc itself: not malloc, mimalloc, a debugging layer or a tracer around it.
bool allocator_is_pymalloc() {
    const char* name = _PyMem_GetCurrentAllocatorName ? _PyMem_GetCurrentAllocatorName() : nullptr;
    return name && std::strcmp(name, "pymalloc") == 0;
}

bool births_are_traced() {
#if PY_VERSION_HEX >= 0x030D0000
    void* data = nullptr;
    return PyRefTracer_GetTracer(&data) != nullptr;
#else
    return false;
#endif
}

/// An API-made object and the same made by a writer differ in no byte.
template <typename Write> bool writes_like(PyObject* made, size_t before, size_t bytes, Write write) {
    if (!made) {
        return false;
    }
    alignas(16) std::array<char, 128> block{};
    write(block.data());
    const bool agrees = std::memcmp(block.data(), reinterpret_cast<char*>(made) - before, before + bytes) == 0;
    Py_DECREF(made);
    return agrees;
}

bool atoms_agree() {
    for (double value : {0.5, -0.0, 1e300}) {
        if (!writes_like(PyFloat_FromDouble(value), 0, kFloatBytes, [&](char* block) { write_float(block, value); })) {
            return false;
        }
    }
    if (!writes_like(PyComplex_FromDoubles(-0.0, 2.5), 0, kComplexBytes,
                     [](char* block) { write_complex(block, -0.0, 2.5); })) {
        return false;
    }
    for (int bit = 9; bit < 64; ++bit) {
        for (int64_t offset : {-1, 0, 1}) {
            for (int64_t sign : {-1, 1}) {
                const auto magnitude = (uint64_t{1} << bit) + static_cast<uint64_t>(offset);
                const auto value = static_cast<int64_t>(magnitude * static_cast<uint64_t>(sign));
                const size_t bytes = kIntHeadBytes + digit_count(magnitude_of(value)) * sizeof(digit);
                if (!writes_like(PyLong_FromLongLong(value), 0, bytes, [&](char* block) { write_int(block, value); })) {
                    return false;
                }
            }
        }
    }
    return true;
}

/// All but the bits between the flags and what follows them, which CPython leaves as they were.
bool same_text(PyObject* made, PyObject* written, TextForm form) {
    const auto* a = reinterpret_cast<const PyASCIIObject*>(made);
    const auto* b = reinterpret_cast<const PyASCIIObject*>(written);
#if PY_VERSION_HEX < 0x030C0000
    const size_t flags_end = offsetof(PyASCIIObject, wstr);
    const bool same_flags = a->state.ready == b->state.ready;
#else
    const size_t flags_end = sizeof(PyASCIIObject);
    const bool same_flags = a->state.statically_allocated == b->state.statically_allocated;
#endif
    return same_flags && a->state.interned == b->state.interned && a->state.kind == b->state.kind &&
           a->state.compact == b->state.compact && a->state.ascii == b->state.ascii &&
           std::memcmp(a, b, offsetof(PyASCIIObject, state)) == 0 &&
           std::memcmp(reinterpret_cast<const char*>(a) + flags_end, reinterpret_cast<const char*>(b) + flags_end,
                       form.bytes() - flags_end) == 0;
}

/// A text of five characters whose widest is `widest`. Where CPython's object points into itself, the written one may
/// not be compared byte by byte.
bool text_agrees(uint32_t widest) {
    const std::array<uint32_t, 5> units{'a', widest, 'b', 'c', widest};
    PyObject* made = PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, units.data(), units.size());
    if (!made) {
        return false;
    }
    const TextForm form = text_form(units.data(), 4, static_cast<int64_t>(units.size()));
    alignas(16) std::array<char, 192> block{};
    PyObject* written = write_text(block.data(), form, units.data(), 4);
#if PY_VERSION_HEX < 0x030C0000
    auto* own = reinterpret_cast<PyASCIIObject*>(made);
    auto* other = reinterpret_cast<PyASCIIObject*>(written);
    const bool is_shared = own->wstr != nullptr;
    bool agrees = is_shared == (other->wstr != nullptr);
    if (is_shared) {
        agrees = agrees && own->wstr == PyUnicode_DATA(made) && other->wstr == PyUnicode_DATA(written);
        other->wstr = own->wstr;
    }
    agrees = agrees && same_text(made, written, form);
#else
    const bool agrees = same_text(made, written, form);
#endif
    Py_DECREF(made);
    return agrees;
}

bool texts_agree() {
    for (uint32_t widest : {0x7au, 0x7fu, 0x80u, 0xffu, 0x100u, 0xffffu, 0x10000u, 0x10ffffu}) {
        if (!text_agrees(widest)) {
            return false;
        }
    }
    return ReadyTexts::find() != nullptr;
}

bool rows_agree() {
    PyObject* tuple = PyTuple_New(2);
    if (tuple) {
        PyObject_GC_UnTrack(tuple);
    }
    const size_t tuple_body = offsetof(PyTupleObject, ob_item) + 2 * sizeof(PyObject*);
    if (!writes_like(tuple, sizeof(CollectorLink), tuple_body, [](char* block) { write_tuple(block, 2); })) {
        return false;
    }
    PyObject* list = PyList_New(3);
    if (!list) {
        return false;
    }
    PyObject_GC_UnTrack(list);
    auto* parts = reinterpret_cast<PyListObject*>(list);
    return parts->allocated == 3 && writes_like(list, sizeof(CollectorLink), sizeof(PyListObject),
                                                [&](char* block) { write_list(block, 3, parts->ob_item); });
}

/// Claims a full pool and a partial one, and looks whether the allocator goes on with them as if it had handed out
/// their blocks itself: a block freed in the full one comes again at once, then the partial one's own come in order,
/// when pools that stand before it are full.
bool pools_agree() {
    constexpr size_t kMostBlocks = 2000;
    PoolRun run(kBlockClasses - 1, 34);
    const bool claimed = run.open() && run.claim_until(run.pools());
    run.close();
    if (!claimed) {
        run.release(0, run.blocks());
        return false;
    }
    char* hole = run.first_block(0) + 7 * kLargestBlock;
    PyObject_Free(hole);
    std::vector<void*> blocks{PyObject_Malloc(kLargestBlock)};
    bool agrees = blocks.front() == hole;
    char* expected = run.first_block(1) + 3 * kLargestBlock;
    while (agrees && blocks.back() != expected && blocks.size() < kMostBlocks) {
        blocks.push_back(PyObject_Malloc(kLargestBlock));
        agrees = blocks.back() != nullptr;
    }
    blocks.push_back(PyObject_Malloc(kLargestBlock));
    agrees = agrees && blocks.back() == expected + kLargestBlock;
    for (void* block : blocks) {
        PyObject_Free(block);
    }
    // The hole has been freed with the others.
    run.release(0, 7);
    run.release(8, run.blocks());
    return agrees;
}

/// Whether dicts and instances can be learned at all; each class is tried again for each job.
bool records_agree() {
    PyObject* type = PyObject_CallFunction(reinterpret_cast<PyObject*>(&PyType_Type), "s(){}", "Probe");
    PyObject* name = PyUnicode_InternFromString("alpha");
    bool agrees = type && name;
    if (agrees) {
        const std::vector<FieldAccess> fields{{name, 0, 0, false, false}};
        agrees = RecordModel::learn({RecordForm::Dict, nullptr, fields}) &&
                 RecordModel::learn({RecordForm::Object, reinterpret_cast<PyTypeObject*>(type), fields});
    }
    Py_XDECREF(name);
    Py_XDECREF(type);
    PyErr_Clear();  // no memory for the test: the answer is no, and the caller will meet the shortage itself
    return agrees;
}

bool is_turned_off() {
    const char* wish = std::getenv("PARALLEL_PARTY_POOLS");
    return wish && std::string_view(wish) == "0";
}

const char* find_out() {
#if defined(Py_GIL_DISABLED)
    return "this build of CPython has no GIL and another allocator";
#elif defined(Py_DEBUG) || defined(Py_TRACE_REFS)
    return "this build of CPython counts its objects for debugging";
#else
    if (is_turned_off()) {
        return "PARALLEL_PARTY_POOLS=0 turns it off";
    }
    if (!raw_reads_enabled()) {
        return "objects cannot be read raw here";
    }
    const bool works = atoms_agree() && texts_agree() && rows_agree() && pools_agree();
    if (PyErr_Occurred()) {
        PyErr_Clear();  // no memory for the test: the answer is no, and the caller will meet the shortage itself
    }
    return works ? nullptr : "objects or pools do not look as expected in this interpreter";
#endif
}

}  // namespace

const char* why_no_pools() {
    if (!allocator_is_pymalloc()) {
        return "objects do not come from pymalloc alone (PYTHONMALLOC, -X dev, tracemalloc or another allocator)";
    }
    if (births_are_traced()) {
        return "a tracer wants to hear of every new object";
    }
    // Not a guarded static: see raw_reads_enabled. What was found out under pymalloc holds whenever it is in place.
    static std::atomic<bool> is_known{false};
    static std::atomic<const char*> answer{nullptr};
    if (!is_known.load(std::memory_order_acquire)) {
        answer.store(find_out(), std::memory_order_relaxed);
        is_known.store(true, std::memory_order_release);
    }
    return answer.load(std::memory_order_relaxed);
}

const char* why_no_watched_rows() {
    if (Py_Version >= 0x030E0000 && Py_Version < 0x030E0500) {
        return "the incremental collector of CPython 3.14.0 to 3.14.4 keeps its lists otherwise";
    }
    return why_no_pools();
}

const char* why_no_record_pools() {
    if (const char* reason = why_no_watched_rows()) {
        return reason;
    }
    if (!raw_records_enabled()) {
        return "dicts and instances cannot be read raw here";
    }
    static std::atomic<bool> is_known{false};
    static std::atomic<bool> works{false};
    if (!is_known.load(std::memory_order_acquire)) {
        works.store(records_agree(), std::memory_order_relaxed);
        is_known.store(true, std::memory_order_release);
    }
    return works.load(std::memory_order_relaxed) ? nullptr : "dicts or instances do not look as expected here";
}

}  // namespace pp::data
