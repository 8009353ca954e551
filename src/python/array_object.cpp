/// See array_object.h.
#include "python/array_object.h"

#include <algorithm>
#include <new>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "data/interpreter_python.h"
#include "data/record_class_python.h"
#include "python/array_class.h"
#include "python/array_values.h"
#include "python/imports.h"
#include "python/record_views.h"

namespace pp::python {

namespace {

struct ArrayBaseClass {
    Object type = make_array_base_class();
};

/// The public class, which adds what is not worth writing in C++.
struct ArrayClass {
    Object module = import_module("parallel_party._array");
    Object type = checked(PyObject_GetAttrString(module.get(), "Array"));
};

void add_classes(KindRef kind, std::unordered_set<uint64_t>& classes) {
    if (kind->tag == Tag::Record && kind->record->class_id != 0) classes.insert(kind->record->class_id);
    for (KindRef item : kind->items)
        add_classes(item, classes);
}

/// Classes of elements, by number: the kinds of an Array know them so, and boxing makes instances of them.
struct KeptClasses {
    std::unordered_map<uint64_t, Object> classes;
    size_t many = kFew;

    void keep(KindRef kind) {
        std::unordered_set<uint64_t> needed;
        add_classes(kind, needed);
        for (const uint64_t id : needed) {
            if (classes.contains(id)) continue;
            if (auto* type = reinterpret_cast<PyObject*>(data::record_type(id))) classes[id] = Object::borrow(type);
        }
    }
    /// Those of which there are no elements any more.
    std::vector<Object> take_unused() {
        const std::unordered_set<uint64_t> used = classes_of_elements();
        std::vector<Object> unused;
        std::erase_if(classes, [&](auto& kept) {
            if (used.contains(kept.first)) return false;
            unused.push_back(std::move(kept.second));
            return true;
        });
        many = std::max(kFew, 2 * classes.size());
        return unused;
    }

    static constexpr size_t kFew = 64;
};

Object allocate(std::shared_ptr<data::ArrayBody> body, ArrayPart part) {
    if (!body->type()->is_scalar()) keep_classes(*body->type());
    PyTypeObject* type = array_class();
    Object object = checked(type->tp_alloc(type, 0));
    auto* array = reinterpret_cast<ArrayObject*>(object.get());
    new (&array->body) std::shared_ptr<data::ArrayBody>(std::move(body));
    new (&array->part) ArrayPart(part);
    return object;
}

}  // namespace

void keep_classes(const data::ElementType& type) {
    if (type.kind->items.empty()) return;
    KeptClasses& kept = data::Interpreter::current().the<KeptClasses>();
    if (kept.classes.size() >= kept.many) release_unused_classes();  // before: the block may be made later
    kept.keep(type.kind);
}

std::unordered_set<uint64_t> classes_of_elements() {
    std::unordered_set<uint64_t> classes;
    for (KindRef kind : data::kinds_of_blocks())
        add_classes(kind, classes);
    return classes;
}

void release_unused_classes() {
    release_shown_classes();
    // Dropped last, which may run any code.
    const std::vector<Object> unused = data::Interpreter::current().the<KeptClasses>().take_unused();
}

PyTypeObject* array_base_class() {
    return reinterpret_cast<PyTypeObject*>(data::Interpreter::current().the<ArrayBaseClass>().type.get());
}

PyTypeObject* array_class() {
    return reinterpret_cast<PyTypeObject*>(data::Interpreter::current().the<ArrayClass>().type.get());
}

bool is_array(PyObject* object) {
    return PyObject_TypeCheck(object, array_base_class());
}

std::vector<data::LeafView> ArrayAccess::leaves() const {
    return leaves_in(*body().share(), body().first());
}

std::vector<data::LeafView> ArrayAccess::leaves_in(const data::ArrayBlock& block, int64_t block_first) const {
    std::vector<data::LeafView> leaves;
    const size_t count = type()->leaves.size();
    leaves.reserve(count);
    for (size_t i = 0; i < count; ++i) {
        data::LeafView leaf = block.leaf(part().first_leaf + i).from(block_first);
        if (part().is_flat) leaf.stride = static_cast<int64_t>(data::format_bytes(leaf.format));
        leaves.push_back(leaf.from(first()));
    }
    return leaves;
}

/// Elements of this Array -> elements of the body that hold them.
void ArrayAccess::body_range(int64_t& begin, int64_t& end) const {
    begin += first();
    end += first();
    if (!part().is_flat) return;
    const auto width = static_cast<int64_t>(body().type()->leaves.size());
    begin /= width;
    end = (end + width - 1) / width;
}

std::vector<data::LeafView> ArrayAccess::read(int64_t begin, int64_t end) const {
    body_range(begin, end);
    body().before_read(begin, end);
    return leaves();
}

std::vector<data::LeafView> ArrayAccess::write(int64_t begin, int64_t end) const {
    body_range(begin, end);
    body().before_write(begin, end);
    return leaves();
}

void ArrayAccess::require_growable() const {
    if (part().is_view) throw UserError(ErrorKind::Buffer, "a view has a fixed length; copy() it first");
    if (body().is_shared())
        throw UserError(ErrorKind::Buffer,
                        "the length of an Array cannot change while another library shares its memory");
    if (body().is_exported())
        throw UserError(ErrorKind::Buffer, "the length of an Array cannot change while a buffer of it is exported");
    if (body().is_pinned())
        throw UserError(ErrorKind::Buffer, "the length of an Array cannot change while there are views of it");
}

void ArrayAccess::own_items(int64_t begin, int64_t end) const {
    if (!type()->is_dynamic) return;
    body_range(begin, end);
    body().own_items(begin, end);
}

void ArrayAccess::widen_text_for(const data::ElementType& type) const {
    const data::ElementType& own = *this->type();
    if (&own == &type || data::with_wide_text(own) != &type) return;
    if (body().is_pinned()) {
        throw UserError(ErrorKind::Buffer, "an Array of text up to U+00FF cannot take in text beyond while there are "
                                           "views of it; copy() it first");
    }
    body().widen_text();
}

data::PackedElement ArrayAccess::pack(PyObject* value) const {
    for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
        data::ElementTypeRef type = this->type();
        try {
            data::PackedElement element(value, *type);
            if (this->type() == type) return element;
        } catch (const data::TextIsWide&) {
            if (this->type() == type) widen_text_for(*data::with_wide_text(*type));
        }
    }
    raise_changing_type();
}

void ArrayAccess::leave(int64_t begin, int64_t end) const {
    if (type()->has_objects) body().leave(element_part(), first() + begin, first() + end);
}

void ArrayAccess::renumber(const std::function<int64_t(int64_t)>& number_of) const {
    if (!type()->has_objects) return;
    body().renumber(element_part(), first(), first() + count(), [&](int64_t index) {
        const int64_t number = number_of(index - first());
        return number == data::ElementRefs::kLeaves ? number : number + first();
    });
}

void ArrayAccess::splice(int64_t begin, int64_t end, int64_t count) const {
    if (end - begin != count) require_growable();
    if (part().is_view) {
        leave(begin, end);
        write(begin, end);
        return;
    }
    body().splice(begin, end, count);
}

Object new_array(std::shared_ptr<data::ArrayBody> body) {
    return allocate(std::move(body), {});
}

Object new_array(std::shared_ptr<data::ArrayBlock> block, int64_t first, int64_t count) {
    return new_array(std::make_shared<data::ArrayBody>(std::move(block), first, count));
}

Object new_view(PyObject* array, ArrayPart part) {
    auto* owner = reinterpret_cast<ArrayObject*>(array);
    part.is_view = true;
    Object view = allocate(owner->body, part);
    owner->body->pin();
    return view;
}

Object array_slice(PyObject* array, int64_t begin, int64_t end) {
    const ArrayAccess access(array);
    if (access.has_whole_elements() && access.body().may_share()) {
        access.body().settle(access.first() + end);
        Object slice = new_array(access.body().share(), access.body().first() + access.first() + begin, end - begin);
        ArrayAccess(slice.get()).body().set_home(access.body().home());
        return slice;
    }
    auto block = std::make_shared<data::ArrayBlock>(access.type(), end - begin);
    std::vector<data::LeafView> from, to;
    for (const data::LeafView& leaf : access.read(begin, end)) {
        from.push_back(leaf.from(begin));
        to.push_back(block->leaf(to.size()));
    }
    data::copy_elements(from, to, end - begin);
    block->items().share(access.body().share()->items());
    return new_array(std::move(block), 0, end - begin);
}

}  // namespace pp::python
