/// See array_elements_python.h.
#include "data/array_elements_python.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <numeric>
#include <string>

#include "base/error.h"
#include "data/boxer_python.h"
#include "data/new_record_python.h"
#include "data/parallel_python.h"
#include "data/range_reader_python.h"
#include "data/record_class_python.h"

namespace pp::data {
namespace {

/// Elements that go through native columns at a time: these stay in the first-level cache.
constexpr int64_t kBlock = 1024;

[[noreturn]] void refuse(PyObject* object, const std::string& wanted) {
    throw UserError(ErrorKind::Conversion, std::string("an element of type '") + Py_TYPE(object)->tp_name +
                                               "' where the Array holds " + wanted);
}

PyObject* number_object(const LeafView& leaf, int64_t index) {
    const char* place = leaf.at(index);
    return with_number(leaf.format, [&](auto kind) -> PyObject* {
        using Stored = decltype(kind);
        Stored value;
        std::memcpy(&value, place, sizeof(value));
        if constexpr (std::floating_point<Stored>) {
            return PyFloat_FromDouble(static_cast<double>(value));
        } else if constexpr (std::unsigned_integral<Stored>) {
            return leaf.format == NumberFormat::Bool ? Py_NewRef(value ? Py_True : Py_False)
                                                     : PyLong_FromUnsignedLongLong(value);
        } else {
            return PyLong_FromLongLong(value);
        }
    });
}

PyObject* object_of(KindRef kind, std::span<const LeafView> leaves, size_t& next, int64_t index) {
    if (kind->is_scalar()) {
        return number_object(leaves[next++], index);
    }
    const size_t size = kind->items.size();
    std::vector<PyObject*> items;
    for (KindRef item : kind->items) {
        items.push_back(object_of(item, leaves, next, index));
        if (!items.back()) {
            items.pop_back();
            for (PyObject* made : items) {
                Py_DECREF(made);
            }
            return nullptr;
        }
    }
    if (kind->tag == Tag::Record) {
        return new_record(record_access(kind), items.data());
    }
    PyObject* row = PyTuple_New(static_cast<Py_ssize_t>(size));
    for (size_t i = 0; i < size; ++i) {
        if (row) {
            PyTuple_SET_ITEM(row, static_cast<Py_ssize_t>(i), items[i]);
        } else {
            Py_DECREF(items[i]);
        }
    }
    return row;
}

/// The leaf columns of elements of one kind that pass through native memory, block by block, into those of an Array.
class BlockReader {
public:
    BlockReader(ElementSpan elements, KindRef kind, ArrayBlock& block)
        : plan_(read_plan(kind)), records_(record_accesses(plan_)),
          is_raw_(raw_reads_enabled() && (plan_.scratch == 0 || raw_records_enabled())) {
        job_ = {&plan_, elements.items, nullptr, nullptr, nullptr, records_.data()};
        std::vector<KindRef> kinds;
        append_leaves(kind, kinds);
        for (size_t i = 0; i < kinds.size(); ++i) {
            types_.push_back(ir::type_of_leaf(kinds[i]));
            leaves_.push_back(block.leaf(i));
        }
    }

    int64_t objects() const { return static_cast<int64_t>(plan_.steps.size()); }

    /// Elements of other kinds, and those that do not fit, go to `left`.
    void read(int64_t begin, int64_t end, std::vector<int64_t>& left) const {
        const Arrays scratch(types_, kBlock);
        for (; begin < end; begin += kBlock) {
            read_piece(scratch, begin, std::min(begin + kBlock, end), left);
        }
    }

private:
    void read_piece(const Arrays& scratch, int64_t begin, int64_t end, std::vector<int64_t>& left) const {
        std::vector<void*> places;
        for (size_t i = 0; i < types_.size(); ++i) {
            const bool is_direct = is_native(leaves_[i]) && types_[i] == native_type(leaves_[i].format);
            char* first = is_direct ? leaves_[i].at(begin) : static_cast<char*>(scratch.pointers()[i]);
            places.push_back(first - begin * static_cast<int64_t>(storage_bytes(types_[i])));
        }
        ReadJob job = job_;
        job.leaves = places.data();
        if (is_raw_) {
            raw_read_range(job, begin, end, left);
        } else {
            api_read_range(job, begin, end, left);
        }
        for (size_t i = 0; i < types_.size(); ++i) {
            if (!is_native(leaves_[i]) || types_[i] != native_type(leaves_[i].format)) {
                write_leaf(types_[i], scratch.pointers()[i], begin, end, leaves_[i], left);
            }
        }
    }

    const ReadPlan& plan_;
    std::vector<const RecordAccess*> records_;
    bool is_raw_;
    ReadJob job_;
    std::vector<ir::Type> types_;
    std::vector<LeafView> leaves_;
};

}  // namespace

PyObject* element_object(const ElementType& type, std::span<const LeafView> leaves, int64_t index) {
    size_t next = 0;
    return object_of(type.kind, leaves, next, index);
}

PackedElement::PackedElement(PyObject* object, const ElementType& type) {
    words_.reserve(type.leaves.size());
    pack(object, type, type.kind);
}

void PackedElement::pack(PyObject* object, const ElementType& type, KindRef kind) {
    if (kind->is_scalar()) {
        return pack_number(object, type.leaves[words_.size()]);
    }
    const bool is_own_class =
        kind->tag != Tag::Record || Py_IS_TYPE(object, record_access(kind).type) || PyTuple_CheckExact(object);
    const bool is_row = PyList_CheckExact(object) || (PyTuple_Check(object) && is_own_class);
    if (!is_row) {
        refuse(object, type.to_string());
    }
    const auto size = static_cast<Py_ssize_t>(kind->items.size());
    for (Py_ssize_t i = 0; i < size; ++i) {
        if (Py_SIZE(object) != size) {
            throw UserError(ErrorKind::Conversion, "a row of " + std::to_string(Py_SIZE(object)) +
                                                       " items where the Array holds " + type.to_string());
        }
        PyObject* item = PyList_CheckExact(object) ? PyList_GET_ITEM(object, i) : PyTuple_GET_ITEM(object, i);
        Py_INCREF(item);  // an `__index__` may change the list
        try {
            pack(item, type, kind->items[static_cast<size_t>(i)]);
        } catch (...) {
            Py_DECREF(item);
            throw;
        }
        Py_DECREF(item);
    }
}

void PackedElement::pack_number(PyObject* object, NumberFormat format) {
    Word word{};
    bool has_fit = false;
    const auto put = [&](auto value) {
        with_number(format, [&](auto kind) {
            using Stored = decltype(kind);
            has_fit = fits<Stored>(value);
            if (has_fit) {
                const auto stored = static_cast<Stored>(value);
                std::memcpy(word.bytes, &stored, sizeof(stored));
            }
        });
    };
    PyObject* number = nullptr;
    if (PyBool_Check(object)) {
        put(static_cast<int64_t>(object == Py_True));
    } else if (format == NumberFormat::Bool) {
        refuse(object, to_string(format));
    } else if (PyFloat_Check(object)) {
        if (!is_floating(format)) {
            refuse(object, to_string(format));
        }
        put(PyFloat_AS_DOUBLE(object));
    } else if (PyLong_Check(object) || PyIndex_Check(object)) {
        number = PyNumber_Index(object);
        if (!number) {
            throw PythonErrorSet{};
        }
        int overflow = 0;
        const int64_t value = PyLong_AsLongLongAndOverflow(number, &overflow);
        if (!overflow) {
            put(value);
        } else if (is_floating(format)) {
            const double rounded = PyLong_AsDouble(number);  // raises OverflowError as float() does
            if (PyErr_Occurred()) {
                Py_DECREF(number);
                throw PythonErrorSet{};
            }
            put(rounded);
        } else if (overflow > 0 && format == NumberFormat::UInt64) {
            const unsigned long long large = PyLong_AsUnsignedLongLong(number);
            has_fit = !PyErr_Occurred();
            PyErr_Clear();
            std::memcpy(word.bytes, &large, sizeof(large));
        }
        Py_DECREF(number);
    } else {
        refuse(object, to_string(format));
    }
    if (!has_fit) {
        throw UserError(ErrorKind::Overflow, std::string("a value is out of the bounds of ") + to_string(format));
    }
    words_.push_back(word);
}

void PackedElement::store(std::span<const LeafView> leaves, int64_t index) const {
    for (size_t i = 0; i < leaves.size(); ++i) {
        std::memcpy(leaves[i].at(index), words_[i].bytes, format_bytes(leaves[i].format));
    }
}

namespace {

/// The array kind of one object; throws where there is none.
KindRef kind_in_array(PyObject* object) {
    KindRef kind = array_kind(kind_of(object));
    if (kind) {
        return kind;
    }
    if (PyLong_Check(object) || PyIndex_Check(object)) {
        return PyBool_Check(object) ? bool_kind() : int_kind();
    }
    if (PyFloat_Check(object)) {
        return float_kind();
    }
    throw UserError(ErrorKind::Conversion,
                    std::string("an element of type '") + Py_TYPE(object)->tp_name +
                        "', of which an Array holds none: it holds floats, ints, bools, and rows and namedtuples of "
                        "these; keep others in a list");
}

template <typename Body> auto with_element(int64_t index, Body body) {
    try {
        return body();
    } catch (const UserError& error) {
        throw UserError(error.kind(), std::string(error.what()) + " (element " + std::to_string(index) + ")");
    }
}

/// Reads all elements into the block; those that are left are of other kinds, or do not fit, ascending.
std::vector<int64_t> read_most(ElementSpan elements, ArrayBlock& block) {
    KindRef kind = kind_of(elements.items[0]);
    const BlockReader reader(elements, takes_kind(*block.type(), kind) ? kind : block.type()->kind, block);
    std::vector<int64_t> left;
    std::mutex mutex;
    in_chunks(elements.count, reader.objects(), [&](int64_t begin, int64_t end) {
        std::vector<int64_t> own;
        reader.read(begin, end, own);
        std::lock_guard lock(mutex);
        left.insert(left.end(), own.begin(), own.end());
    });
    std::ranges::sort(left);
    left.erase(std::unique(left.begin(), left.end()), left.end());
    return left;
}

/// The type that takes in elements of `type` and those left, too.
ElementTypeRef wider_type(ElementSpan elements, ElementTypeRef type, const std::vector<int64_t>& left) {
    KindRef all = type->kind;
    for (const int64_t index : left) {
        with_element(index, [&] {
            KindRef joined = join_array_kinds(all, kind_in_array(elements.items[index]));
            if (!joined) {
                refuse(elements.items[index], element_type(all)->to_string());
            }
            all = joined;
            return 0;
        });
    }
    return element_type(all);
}

/// Elements that are packed one by one, owned: an `__index__` may change the list they are in.
class OwnedElements {
public:
    OwnedElements(ElementSpan elements, const std::vector<int64_t>& indices) {
        for (const int64_t index : indices) {
            objects_.push_back(Py_NewRef(elements.items[index]));
        }
    }
    ~OwnedElements() {
        for (PyObject* object : objects_) {
            Py_DECREF(object);
        }
    }
    OwnedElements(const OwnedElements&) = delete;
    PyObject* operator[](size_t i) const { return objects_[i]; }

private:
    std::vector<PyObject*> objects_;
};

}  // namespace

std::shared_ptr<ArrayBlock> read_block(ElementSpan elements, ElementTypeRef type) {
    if (elements.count == 0) {
        return std::make_shared<ArrayBlock>(type ? type : unknown_element_type(), 0);
    }
    const bool is_open = type == nullptr || !type->is_known();
    if (is_open) {
        type = element_type(with_element(0, [&] { return kind_in_array(elements.items[0]); }));
    }
    auto block = std::make_shared<ArrayBlock>(type, elements.count);
    std::vector<int64_t> left = read_most(elements, *block);
    ElementTypeRef wider = is_open ? wider_type(elements, type, left) : type;
    if (wider != type) {
        block = std::make_shared<ArrayBlock>(wider, elements.count);
        left = read_most(elements, *block);
    }
    std::vector<LeafView> leaves;
    for (size_t i = 0; i < wider->leaves.size(); ++i) {
        leaves.push_back(block->leaf(i));
    }
    // Lowest first: these raise what is wrong with them, or are of a kind that goes in as well.
    const OwnedElements owned(elements, left);
    for (size_t i = 0; i < left.size(); ++i) {
        with_element(left[i], [&] {
            PackedElement(owned[i], *wider).store(leaves, left[i]);
            return 0;
        });
    }
    return block;
}

std::shared_ptr<ArrayBlock> read_exactly(ElementSpan elements) {
    KindRef kind = elements.count > 0 ? kind_of(elements.items[0]) : nullptr;
    if (!kind || array_kind(kind) != kind) {
        return nullptr;
    }
    auto block = std::make_shared<ArrayBlock>(element_type(kind), elements.count);
    return read_most(elements, *block).empty() ? block : nullptr;
}

namespace {

/// Makes all of them one by one: unsigned numbers beyond 64 bits with a sign have no native column.
bool box_one_by_one(const ElementType& type, std::span<const LeafView> leaves, int64_t count, PyObject** target) {
    for (int64_t i = 0; i < count; ++i) {
        target[i] = element_object(type, leaves, i);
        if (!target[i]) {
            std::fill(target + i, target + count, nullptr);
            return false;
        }
    }
    return true;
}

/// The leaves as native columns: gathered into `columns`, where they are none already. False where some value has no
/// place in one.
bool gather(std::span<const LeafView> leaves, int64_t count, const Arrays& columns, std::vector<void*>& slots) {
    std::atomic<bool> fits{true};
    for (size_t i = 0; i < leaves.size(); ++i) {
        slots.push_back(is_native(leaves[i]) ? leaves[i].base : columns.pointers()[i]);
    }
    in_chunks(count, static_cast<int64_t>(leaves.size()), [&](int64_t begin, int64_t end) {
        std::vector<int64_t> misfits;
        for (int64_t piece = begin; piece < end; piece += kBlock) {
            for (size_t i = 0; i < leaves.size(); ++i) {
                if (!is_native(leaves[i])) {
                    const auto bytes = static_cast<int64_t>(storage_bytes(native_type(leaves[i].format)));
                    char* place = static_cast<char*>(slots[i]) + piece * bytes;
                    read_leaf(leaves[i], piece, std::min(piece + kBlock, end), place, misfits);
                }
            }
        }
        if (!misfits.empty()) {
            fits.store(false, std::memory_order_relaxed);
        }
    });
    return fits.load();
}

}  // namespace

bool box_elements(const ElementType& type, std::span<const LeafView> leaves, int64_t count, PyObject** target,
                  TrackedRows& rows) {
    ir::Variant variant{type.kind, std::vector<ir::Origin>(type.kind->nodes, ir::kFresh),
                        std::vector<uint32_t>(leaves.size())};
    std::iota(variant.slots.begin(), variant.slots.end(), 0u);
    std::vector<ir::Type> types;
    for (const LeafView& leaf : leaves) {
        types.push_back(is_native(leaf) ? ir::Type::Void : native_type(leaf.format));
    }
    const Arrays columns(types, count);
    std::vector<void*> slots;
    if (!gather(leaves, count, columns, slots)) {
        return box_one_by_one(type, leaves, count, target);
    }
    RunResults results{};
    results.shape.variants = {&variant, 1};
    results.slots = slots;
    results.count = count;
    BoxJob job{};
    static_cast<RunResults&>(job) = results;
    job.target = target;
    job.target_is_blank = true;
    return box_results(job, rows);
}

}  // namespace pp::data
