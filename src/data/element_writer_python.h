/// Writes what a run made of its elements' objects back into them: all of it or nothing.
#pragma once

#include <Python.h>

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "data/box_plan_python.h"
#include "data/boxer_python.h"
#include "data/column.h"
#include "data/element_objects.h"
#include "data/few_results_python.h"
#include "data/field_filler_python.h"
#include "data/field_places_python.h"
#include "data/object_place_python.h"
#include "data/reader_python.h"

namespace pp::data {

/// Results as frontend::changes_of describes them.
struct ChangedElements : RunResults {
    std::span<const KindRef> kinds;  ///< of the columns
};

/// GIL held for every member, and between `prepare` and `commit` or `undo`; no Python code runs in any of them. What
/// the elements held is let go by the destructor, which may run Python code.
///
/// A float that only its place in the object refers to is not replaced but given the new value: nobody can tell, and
/// nothing is allocated.
class ElementWriter {
public:
    explicit ElementWriter(const ChangedElements& changed);
    ~ElementWriter();
    ElementWriter(ElementWriter&&) = default;
    ElementWriter& operator=(ElementWriter&&) = delete;

    /// Whether everything to be written to is still there: to be asked where Python code has run
    /// since the elements were read.
    bool is_intact() const;
    /// For results that come block by block, instead of all before `prepare`: whether they can be taken like that,
    /// which is where all elements lead to nothing but values of their own, and all that is written, always or
    /// sometimes, are new floats at fixed places. Throws std::bad_alloc.
    bool open();
    /// Writes results [begin, end), which `few` makes. False where it could not make some, or an element is laid out in
    /// another way. Any thread, while the owner of the GIL waits. Throws std::bad_alloc; then and later `undo` takes
    /// back what was done.
    bool fill_block(int64_t begin, int64_t end, FewResults& few);
    /// When all are written: false where some object is an element twice. Throws std::bad_alloc.
    bool close();

    /// Makes everything that takes memory. False with an exception set, and nothing changed. Throws std::bad_alloc.
    bool prepare();
    /// Takes back what `prepare` did.
    void undo() noexcept;
    /// Cannot fail.
    void commit() noexcept;

private:
    /// One of the elements' objects, and the way to it.
    struct Target {
        ElementObject object;
        std::vector<ObjectPlace> way;
    };
    /// One item or field that a variant may change.
    struct Field {
        const Target* target;
        ObjectPlace place;
        ir::Origin own;  ///< the origin that says: as it was
        const BoxNode* node;
        size_t undo;  ///< of fields that may be new floats: where old values are kept
    };
    struct Variant {
        std::vector<BoxNode> nodes;
        std::vector<Field> floats;  ///< may be new floats
        std::vector<Field> others;  ///< may be anything else
        /// Where `floats` lie, if all of them surely are new floats in objects that are elements of one column.
        std::optional<FieldPlaces> places;
    };
    struct Todo {
        int64_t position;
        const Field* field;
    };
    /// An item to be replaced; once it has been, `item` is the old one. Owns both.
    struct Store {
        PyObject* object;
        const ObjectPlace* place;
        PyObject* item;
    };

    /// Results that were written, and what of them is left to be done.
    struct Block {
        int64_t begin, end;
        LeftFields left;
    };
    /// The same where results come as a whole.
    struct Part {
        int64_t begin, end;
        std::vector<Todo> todos;
    };

    void add_fields(Variant& variant);
    PyObject* element(uint32_t column, int64_t position) const;
    PyObject** place_of(const Field& field, int64_t position) const;
    ObjectAt original(ir::Origin origin, int64_t position) const;
    bool is_kept(const Field& field, int64_t position) const;
    PyObject* make(const Field& field, int64_t position) const;
    bool make_all(const std::vector<Todo>& todos);
    template <typename Visit> std::vector<Todo> collect(Visit visit) const;
    std::vector<Todo> find_others() const;
    std::optional<FieldPlaces> places_of(std::span<const Field> floats) const;
    bool write_at_places(const Variant& variant, int64_t position, std::vector<Todo>& todos) const;
    void write_one_by_one(const Variant& variant, int64_t position, bool recycles, std::vector<Todo>& todos) const;
    std::vector<Todo> write_floats();
    Part& add_part(int64_t begin);
    bool makes_floats_only(const Variant& variant) const;
    int32_t slot_of(const void* array) const;
    std::vector<Todo> todos_of_blocks();
    void put_back(int64_t position) const noexcept;
    void undo_blocks() noexcept;

    ChangedElements changed_;
    bool is_raw_;  ///< places are looked at by many threads
    std::vector<Target> targets_;
    std::vector<std::vector<ObjectPlace>> ways_;  ///< to what may be passed on: by origin, less 1
    std::vector<Variant> variants_;
    Arrays old_values_;
    size_t most_floats_ = 0;
    bool has_others_ = false;
    std::vector<Store> stores_;
    std::optional<FieldFiller> filler_;  ///< where results come in blocks
    std::list<Block> blocks_;            ///< no deque, which allocates when it is moved
    std::list<Part> parts_;
    std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();  ///< of `blocks_` and `parts_`
    bool has_written_shared_ = false;                                     ///< what blocks left alone as shared
};

}  // namespace pp::data
