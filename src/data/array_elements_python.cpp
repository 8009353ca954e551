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
#include "data/element_object_python.h"
#include "data/element_refusal_python.h"
#include "data/item_python.h"
#include "data/parallel_python.h"
#include "data/range_reader_python.h"
#include "data/record_class_python.h"
#include "data/record_place_python.h"

namespace pp::data {
namespace {

/// Elements that go through native columns at a time: these stay in the first-level cache.
constexpr int64_t kBlock = 1024;

/// The same of all that an object of the kind consists of.
bool has_only_leaves(PyObject* object, KindRef kind) {
    if (kind->is_record(RecordForm::Object) && !has_only_fields(object, kind)) {
        return false;
    }
    for (size_t i = 0; i < kind->items.size(); ++i) {
        const ItemOf item(object, kind, i);
        if (!kind->items[i]->is_scalar() && !has_only_leaves(item.get(), kind->items[i])) {
            return false;
        }
    }
    return true;
}

/// The leaf columns of elements of one kind that pass through native memory, block by block, into those of an Array.
class BlockReader {
public:
    BlockReader(ElementSpan elements, KindRef kind, ArrayBlock& block)
        : kind_(kind), plan_(read_plan(kind)), records_(record_accesses(plan_)),
          is_raw_(raw_reads_enabled() && (plan_.scratch == 0 || raw_records_enabled())) {
        job_ = {&plan_, elements.items, nullptr, nullptr, nullptr, records_.data()};
        std::vector<KindRef> kinds;
        append_leaves(kind, kinds);
        for (size_t i = 0; i < kinds.size(); ++i) {
            types_.push_back(ir::type_of_leaf(kinds[i]));
            leaves_.push_back(block.leaf(i));
        }
    }

    KindRef kind() const { return kind_; }
    int64_t objects() const { return static_cast<int64_t>(plan_.steps.size()); }

    /// Elements of other kinds, and those that do not fit, go to `left`. What is of dynamic length goes to `memory`.
    void read(int64_t begin, int64_t end, Arena& memory, std::vector<int64_t>& left) const {
        const Arrays scratch(types_, kBlock);
        for (; begin < end; begin += kBlock) {
            read_piece(scratch, begin, std::min(begin + kBlock, end), memory, left);
        }
    }

private:
    void read_piece(const Arrays& scratch, int64_t begin, int64_t end, Arena& memory,
                    std::vector<int64_t>& left) const {
        std::vector<void*> places;
        for (size_t i = 0; i < types_.size(); ++i) {
            const bool is_direct = is_native(leaves_[i]) && types_[i] == native_type(leaves_[i].format);
            char* first = is_direct ? leaves_[i].at(begin) : static_cast<char*>(scratch.pointers()[i]);
            places.push_back(first - begin * static_cast<int64_t>(storage_bytes(types_[i])));
        }
        ReadJob job = job_;
        job.leaves = places.data();
        job.memory = &memory;
        if (is_raw_) {
            raw_read_range(job, begin, end, left);
        } else {
            api_read_range(job, begin, end, left);
        }
        for (size_t i = 0; i < types_.size(); ++i) {
            if (!is_native(leaves_[i]) || types_[i] != native_type(leaves_[i].format)) {
                if (types_[i] == ir::Type::I64 && is_floating(leaves_[i].format)) {
                    find_inexact(static_cast<const int64_t*>(scratch.pointers()[i]), begin, end, left);
                }
                write_leaf(types_[i], scratch.pointers()[i], begin, end, leaves_[i], left);
            }
        }
    }

    KindRef kind_;
    const ReadPlan& plan_;
    std::vector<const RecordAccess*> records_;
    bool is_raw_;
    ReadJob job_;
    std::vector<ir::Type> types_;
    std::vector<LeafView> leaves_;
};

/// The array kind of one object; throws where there is none.
KindRef kind_in_array(PyObject* object) {
    if (const RecordPlace* place = record_place(object)) {
        return place->ref->type()->kind;
    }
    KindRef kind = array_kind(kind_of(object));
    if (kind) {
        const std::string why = why_no_element(kind);
        if (why.empty()) {
            return in_class_order(kind);
        }
        throw UserError(ErrorKind::Conversion, "an element of which an Array holds none: " + why);
    }
    if (PyLong_Check(object) || PyIndex_Check(object)) {
        return PyBool_Check(object) ? bool_kind() : int_kind();
    }
    if (PyFloat_Check(object)) {
        return float_kind();
    }
    const std::string why = why_no_array_kind(object);
    throw UserError(ErrorKind::Conversion,
                    std::string("an element of type '") + Py_TYPE(object)->tp_name +
                        "', of which an Array holds none: " + (why.empty() ? "" : why + ". ") +
                        (why.empty() ? "it holds" : "Arrays hold") +
                        " floats, ints, bools, text, and rows, dicts, namedtuples and instances of these; keep others "
                        "in a list");
}

/// The kind that elements are taken to be of at first.
KindRef first_kind(ElementSpan elements) {
    KindRef kind = array_kind(column_kind(elements));
    return kind && is_settled(kind) && why_no_element(kind).empty() ? in_class_order(kind)
                                                                    : kind_in_array(elements.items[0]);
}

bool has_gaps(KindRef kind) {
    return is_optional(kind) || std::ranges::any_of(kind->items, has_gaps);
}

/// As which elements are read that are to be stored as `type`; null where that cannot be told for all.
KindRef kind_to_read(ElementSpan elements, const ElementType& type) {
    KindRef kind = in_order_of(type.kind, column_kind(elements));
    if (takes_kind(type, kind)) {
        // An empty row has no leaves, where the type has those of a row of any length.
        return kind->leaves == type.kind->leaves ? kind : nullptr;
    }
    if (is_optional(type.kind)) {  // its own leaves come first
        KindRef value = type.kind->items[0];
        const bool is_list =
            value->item &&
            std::ranges::any_of(std::span(elements.items, std::min<size_t>(static_cast<size_t>(elements.count), 8)),
                                [](PyObject* object) { return PyList_CheckExact(object); });
        return has_gaps(value) ? nullptr : is_list ? list_of_kind(value->item) : value;
    }
    if (type.has_gaps) {
        return nullptr;
    }
    return type.kind->item && PyList_CheckExact(elements.items[0]) ? list_of_kind(type.kind->item) : type.kind;
}

template <typename Body> auto with_element(int64_t index, Body body) {
    try {
        return body();
    } catch (const UserError& error) {
        throw UserError(error.kind(), std::string(error.what()) + " (element " + std::to_string(index) + ")");
    } catch (const TextIsWide&) {
        throw UserError(ErrorKind::Conversion,
                        "a text beyond U+00FF in an element of another kind (element " + std::to_string(index) + ")");
    }
}

bool has_instances(KindRef kind) {
    return kind->is_record(RecordForm::Object) || std::ranges::any_of(kind->items, has_instances);
}

/// Of elements that were read, those that have more than was read.
void add_those_with_more(ElementSpan elements, KindRef kind, std::vector<int64_t>& left) {
    if (!has_instances(kind)) {
        return;
    }
    std::vector<int64_t> more;
    for (int64_t i = 0; i < elements.count; ++i) {
        if (!std::ranges::binary_search(left, i) && !has_only_leaves(elements.items[i], kind)) {
            more.push_back(i);
        }
    }
    left.insert(left.end(), more.begin(), more.end());
    std::ranges::sort(left);
}

void clear(const ArrayBlock& block, int64_t count) {
    for (const LeafView& leaf : block.leaves()) {
        for (int64_t i = 0; i < count; ++i) {
            std::memset(leaf.at(i), 0, format_bytes(leaf.format));
        }
    }
}

/// Reads all elements into the block; those that are left are of other kinds, or do not fit, ascending.
std::vector<int64_t> read_most(ElementSpan elements, ArrayBlock& block) {
    std::vector<int64_t> left;
    KindRef kind = kind_to_read(elements, *block.type());
    if (!kind) {
        left.resize(static_cast<size_t>(elements.count));
        std::iota(left.begin(), left.end(), 0);
        clear(block, elements.count);
        return left;
    }
    const BlockReader reader(elements, kind, block);
    std::mutex mutex;
    ArenaBudget budget{0};  // which reading does not spend
    std::vector<std::unique_ptr<Arena>> memories;
    in_chunks(elements.count, reader.objects(), [&](int64_t begin, int64_t end) {
        std::vector<int64_t> own;
        auto memory = std::make_unique<Arena>(budget);
        reader.read(begin, end, *memory, own);
        std::lock_guard lock(mutex);
        left.insert(left.end(), own.begin(), own.end());
        memories.push_back(std::move(memory));
    });
    if (is_optional(block.type()->kind)) {
        const LeafView is_there = block.leaves().back();
        std::memset(is_there.base, 1, static_cast<size_t>(elements.count));
    }
    if (block.type()->is_dynamic) {
        block.items().own_all(*block.type(), block.leaves(), 0, elements.count);
    }
    std::ranges::sort(left);
    left.erase(std::unique(left.begin(), left.end()), left.end());
    add_those_with_more(elements, reader.kind(), left);
    return left;
}

/// Whether some of those left are elements of the type but for texts that are wider.
bool has_wider_text(ElementSpan elements, const ElementType& type, const std::vector<int64_t>& left) {
    KindRef wide = with_wide_text(type.kind);
    return wide != type.kind && std::ranges::any_of(left, [&](int64_t index) {
               const RecordPlace* place = record_place(elements.items[index]);
               KindRef own = place ? place->ref->type()->kind : array_kind(kind_of(elements.items[index]));
               KindRef joined = own ? join_array_kinds(type.kind, in_order_of(type.kind, own)) : nullptr;
               return joined == wide;
           });
}

/// The kind with `number` where nothing is said of what there is, and may be left out where only None is.
KindRef with_open_as(KindRef kind, KindRef number) {
    if (kind->tag == Tag::Never) {
        return number;
    }
    if (kind->tag == Tag::None) {
        return optional_kind(number);
    }
    if (kind->item) {
        return tuple_of_kind(with_open_as(kind->item, number));
    }
    std::vector<KindRef> items;
    for (KindRef item : kind->items) {
        items.push_back(with_open_as(item, number));
    }
    return items == kind->items ? kind : with_items(kind, items);
}

/// The type that takes in elements of `type` and those left, too.
ElementTypeRef wider_type(ElementSpan elements, ElementTypeRef type, const std::vector<int64_t>& left,
                          KindRef open_as) {
    KindRef all = type->kind;
    for (const int64_t index : left) {
        if (elements.items[index] == Py_None && is_optional(all)) {
            continue;
        }
        with_element(index, [&] {
            KindRef joined = join_array_kinds(all, in_order_of(all, kind_in_array(elements.items[index])));
            if (!joined) {
                refuse_element(elements.items[index], is_settled(all) ? element_type(all)->to_string() : "rows", all);
            }
            all = joined;
            return 0;
        });
    }
    if (open_as) {
        all = with_open_as(all, open_as);
    }
    if (!is_settled(all)) {
        throw UserError(ErrorKind::Conversion, "elements that are all None, or rows without items, do not say what an "
                                               "Array would hold; give a dtype, or a list");
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

std::shared_ptr<ArrayBlock> read_block(ElementSpan elements, ElementTypeRef type, KindRef open_as) {
    if (elements.count == 0) {
        return std::make_shared<ArrayBlock>(type ? type : unknown_element_type(), 0);
    }
    const bool is_open = type == nullptr || !type->is_known();
    if (is_open) {
        // A None says only that others may be missing, too.
        const std::span objects(elements.items, static_cast<size_t>(elements.count));
        const auto told = std::ranges::find_if(objects, [](PyObject* object) { return object != Py_None; });
        const int64_t first = told == objects.end() ? 0 : told - objects.begin();
        const ElementSpan rest{elements.items + first, elements.count - first};
        type = element_type(with_element(first, [&] { return first_kind(rest); }));
    }
    auto block = std::make_shared<ArrayBlock>(type, elements.count);
    std::vector<int64_t> left = read_most(elements, *block);
    ElementTypeRef wider = is_open                                 ? wider_type(elements, type, left, open_as)
                           : has_wider_text(elements, *type, left) ? with_wide_text(*type)
                                                                   : type;
    if (wider != type) {
        block = std::make_shared<ArrayBlock>(wider, elements.count);
        left = read_most(elements, *block);
    }
    const std::vector<LeafView> leaves = block->leaves();
    if (is_optional(wider->kind)) {  // their leaves are zero
        std::erase_if(left, [&](int64_t index) {
            const bool is_none = elements.items[index] == Py_None;
            if (is_none) {
                *leaves.back().at(index) = 0;
            }
            return is_none;
        });
    }
    // Lowest first: these raise what is wrong with them, or are of a kind that goes in as well.
    const OwnedElements owned(elements, left);
    for (size_t i = 0; i < left.size(); ++i) {
        with_element(left[i], [&] {
            const PackedElement element(owned[i], *wider);
            element.store(leaves, left[i]);
            if (wider->is_dynamic) {
                block->items().own(*wider, leaves, left[i], left[i] + 1);
            }
            return 0;
        });
    }
    return block;
}

std::shared_ptr<ArrayBlock> read_exactly(ElementSpan elements) {
    KindRef kind = elements.count > 0 ? kind_of(elements.items[0]) : nullptr;
    // Of an instance or a dict the loop would have seen the object itself.
    if (!kind || array_kind(kind) != kind || element_type(kind)->has_objects) {
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
    // Of optional ones there are two variants, and the bool behind the leaves tells them apart.
    const bool has_none = is_optional(type.kind);
    KindRef kind = has_none ? type.kind->items[0] : type.kind;
    if (has_gaps(kind)) {
        return box_one_by_one(type, leaves, count, target);
    }
    ir::Variant variants[] = {
        {none_kind(), {ir::kFresh}, {}},
        {kind, std::vector<ir::Origin>(kind->nodes, ir::kFresh), std::vector<uint32_t>(kind->leaves)}};
    std::iota(variants[1].slots.begin(), variants[1].slots.end(), has_none ? 1u : 0u);
    std::vector<LeafView> ordered(leaves.begin(), leaves.end());
    std::ranges::rotate(ordered, ordered.end() - has_none);
    std::vector<ir::Type> types;
    for (const LeafView& leaf : ordered) {
        types.push_back(is_native(leaf) ? ir::Type::Void : native_type(leaf.format));
    }
    const Arrays columns(types, count);
    std::vector<void*> slots;
    if (!gather(ordered, count, columns, slots)) {
        return box_one_by_one(type, leaves, count, target);
    }
    RunResults results{};
    results.shape.variants = has_none ? std::span<const ir::Variant>(variants) : std::span(variants).subspan(1);
    results.shape.has_tag = has_none;
    results.slots = slots;
    results.count = count;
    BoxJob job{};
    static_cast<RunResults&>(job) = results;
    job.target = target;
    job.target_is_blank = true;
    return box_results(job, rows);
}

}  // namespace pp::data
