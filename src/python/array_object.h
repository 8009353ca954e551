/// `pp.Array` as an object: a body of memory, and which part of it this one shows.
#pragma once

#include <Python.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_set>
#include <vector>

#include "data/array_body.h"
#include "data/element_type.h"
#include "data/packed_element_python.h"
#include "python/object.h"

namespace pp::python {

/// What an Array shows of its body. The whole of it, at whatever length it has, unless it `is_view`.
struct ArrayPart {
    data::ElementTypeRef type = nullptr;  ///< of this Array's elements
    size_t first_leaf = 0;                ///< the body's leaf that is this one's first
    bool is_view = false;                 ///< it has a fixed length, and so has the body while it lives
    bool is_flat = false;                 ///< its elements are the scalars of the body's rows
    int64_t first = 0, count = 0;         ///< views: which elements; of a flat one, which scalars
};

struct ArrayObject {
    PyObject_HEAD std::shared_ptr<data::ArrayBody> body;
    ArrayPart part;
    Py_ssize_t shape[2], strides[2];  ///< what exported buffers refer to
};

/// The class `parallel_party.Array` of the current interpreter, borrowed. Throws PythonError.
PyTypeObject* array_class();
/// Its base, which the module makes: borrowed.
PyTypeObject* array_base_class();
bool is_array(PyObject* object);

/// The methods below need the GIL. Addresses they answer are good until Python code may run.
class ArrayAccess {
public:
    explicit ArrayAccess(PyObject* array) : object_(reinterpret_cast<ArrayObject*>(array)) {}

    data::ArrayBody& body() const noexcept { return *object_->body; }
    const std::shared_ptr<data::ArrayBody>& shared_body() const noexcept { return object_->body; }
    const ArrayPart& part() const noexcept { return object_->part; }
    data::ElementTypeRef type() const noexcept { return part().is_view ? part().type : body().type(); }
    int64_t count() const noexcept { return part().is_view ? part().count : body().count(); }

    /// The leaves, element 0 being this Array's first; not fetched from a device.
    std::vector<data::LeafView> leaves() const;
    /// The same of another block of the body's type, in which the body's element 0 is number `first`.
    std::vector<data::LeafView> leaves_in(const data::ArrayBlock& block, int64_t first) const;
    /// The leaves, with elements [begin, end) ready to be looked at.
    std::vector<data::LeafView> read(int64_t begin, int64_t end) const;
    std::vector<data::LeafView> read() const { return read(0, count()); }
    /// The same, with elements [begin, end) about to be written.
    std::vector<data::LeafView> write(int64_t begin, int64_t end) const;
    /// Replaces elements [begin, end) by `count` that are not initialised, as ArrayBody does; throws
    /// UserError(Buffer) where the length cannot change.
    void splice(int64_t begin, int64_t end, int64_t count) const;
    /// Throws UserError(Buffer) where the length cannot change.
    void require_growable() const;
    /// To be called when elements [begin, end) have been copied from elsewhere: see data::ArrayBody::own_items.
    void own_items(int64_t begin, int64_t end) const;
    /// Makes it take in elements of `type` where only its texts are narrower. Throws UserError(Buffer) where views keep
    /// it as it is.
    void widen_text_for(const data::ElementType& type) const;
    /// An element as it will be stored; texts are widened where it asks for that. Throws as data::PackedElement.
    data::PackedElement pack(PyObject* value) const;
    /// What its elements are of the body's. Precondition: not flat.
    data::ElementPart element_part() const noexcept { return {type(), part().first_leaf}; }
    /// To be called before elements are exchanged other than by `splice`: see data::ElementRef.
    void leave(int64_t begin, int64_t end) const;
    void renumber(const std::function<int64_t(int64_t)>& number_of) const;
    /// Whether it shows elements of the body as they are: all leaves, so that a slice may share the block.
    bool has_whole_elements() const noexcept { return !part().is_view || (!part().is_flat && type() == body().type()); }
    int64_t first() const noexcept { return part().is_view ? part().first : 0; }
    /// The elements of the body's block that hold elements [begin, end).
    void block_range(int64_t& begin, int64_t& end) const {
        body_range(begin, end);
        begin += body().first();
        end += body().first();
    }

private:
    void body_range(int64_t& begin, int64_t& end) const;

    ArrayObject* object_;
};

/// Whether all leaves are of one format and lie at equal distances: a table of rows, or a run of numbers.
bool is_table(const ArrayAccess& access);

/// Keeps the classes of elements of this type alive as long as there are blocks of it: to be called before an Array
/// takes a block of the type over. Arrays made by `new_array` are safe. Throws std::bad_alloc.
void keep_classes(const data::ElementType& type);
/// The numbers of the classes of all elements that there are (data/record_class_python.h).
std::unordered_set<uint64_t> classes_of_elements();
/// Lets go of the classes, and of what was made of them to show instances, of which there are no elements any more.
/// Done when there are many, too. May run any Python code. Throws std::bad_alloc, PythonError.
void release_unused_classes();

/// A new Array over a body of its own, or over part of one. Throws PythonError.
Object new_array(std::shared_ptr<data::ArrayBody> body);
Object new_array(std::shared_ptr<data::ArrayBlock> block, int64_t first, int64_t count);
Object new_view(PyObject* array, ArrayPart part);

/// A copy of elements [begin, end), which shares memory until somebody writes, where it can. Throws PythonError.
Object array_slice(PyObject* array, int64_t begin, int64_t end);

}  // namespace pp::python
