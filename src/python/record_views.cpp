/// See record_views.h.
#include "python/record_views.h"

#include <structmember.h>

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "data/array_body.h"
#include "data/array_elements_python.h"
#include "data/interpreter_python.h"
#include "data/record_class_python.h"
#include "data/record_place_python.h"
#include "python/array_object.h"
#include "python/exceptions.h"
#include "python/imports.h"
#include "python/values.h"

namespace pp::python {

namespace {

using data::RecordPlace;

RecordPlace& place_in(PyObject* object) {
    return *reinterpret_cast<RecordPlace*>(object);
}

PyObject* show(const std::shared_ptr<data::ArrayBody>& body, int64_t index, data::ElementTypeRef type, size_t leaf);

PyObject* get_field(RecordPlace& place, size_t field) {
    size_t first = 0;
    data::ElementTypeRef type = data::item_type(*place.ref->type(), field, first);
    const data::ElementRef& ref = *place.ref;
    ref.body()->before_read(ref.index(), ref.index() + 1);
    return data::shown_element(ref.body(), ref.index(), type, place.ref->first_leaf() + first, show);
}

/// A value on its way into a field.
struct FieldValue {
    PyObject* object;
    data::ElementTypeRef type;
    size_t first_leaf;
    data::PackedElement packed;
};

using FieldValues = std::vector<std::pair<size_t, PyObject*>>;

/// An `__index__` may change what the Array holds, and then also the type that the values are packed for.
std::vector<FieldValue> pack_fields(const RecordPlace& place, const FieldValues& values) {
    for (;;) {
        data::ElementTypeRef record = place.ref->type();
        std::vector<FieldValue> packed;
        try {
            for (const auto& [field, value] : values) {
                size_t first = 0;
                data::ElementTypeRef type = data::item_type(*record, field, first);
                packed.push_back({value, type, first, data::PackedElement(value, *type)});
            }
        } catch (const data::TextIsWide&) {
            if (place.ref->body()->is_pinned())
                throw UserError(ErrorKind::Buffer, "text beyond U+00FF cannot be put into an Array of which there are "
                                                   "views; copy() it first");
            if (record == place.ref->type()) place.ref->body()->widen_text();
        }
        if (record == place.ref->type()) return packed;
    }
}

/// What is in a field stays with who holds it when another comes. False where it is the value that comes.
bool leave_field(const RecordPlace& place, const FieldValue& value) {
    const data::ElementRef& ref = *place.ref;
    const data::ElementPart part{value.type, ref.first_leaf() + value.first_leaf};
    const data::RecordPlace* given = data::record_place(value.object);
    if (given && given->ref->body() == ref.body() && given->ref->index() == ref.index() && given->ref->part() == part)
        return false;
    const std::shared_ptr<data::ArrayBody> body = ref.body();
    body->leave(part, ref.index(), ref.index() + 1);
    return true;
}

/// All of them, or none where one is refused.
void set_fields(RecordPlace& place, const FieldValues& values) {
    std::vector<FieldValue> packed = pack_fields(place, values);
    std::erase_if(packed,
                  [&](const FieldValue& value) { return value.type->has_objects && !leave_field(place, value); });
    if (packed.empty()) return;
    const std::vector<data::LeafView> leaves = place.leaves(true);
    for (const FieldValue& value : packed)
        value.packed.store(std::span(leaves).subspan(value.first_leaf, value.type->leaves.size()), 0);
    place.ref->body()->own_items(place.ref->index(), place.ref->index() + 1);
    data::Residency::publish();
}

void set_field(RecordPlace& place, size_t field, PyObject* value) {
    set_fields(place, {{field, value}});
}

// ---- the base of what shows dicts --------------------------------------------------------------------------------

void destroy_place(PyObject* object) {
    PyTypeObject* type = Py_TYPE(object);
    std::destroy_at(&place_in(object).ref);
    type->tp_free(object);
    Py_DECREF(type);
}

/// The field called so, or -1.
Py_ssize_t field_of(PyObject* self, PyObject* name) {
    Py_ssize_t size = 0;
    const char* text = PyUnicode_Check(name) ? PyUnicode_AsUTF8AndSize(name, &size) : nullptr;
    PyErr_Clear();
    const size_t field = text ? place_in(self).ref->type()->kind->record->find({text, static_cast<size_t>(size)})
                              : RecordShape::kNoField;
    return field == RecordShape::kNoField ? -1 : static_cast<Py_ssize_t>(field);
}

PyObject* get_item(PyObject* self, PyObject* name) {
    return guarded([&]() -> PyObject* {
        const Py_ssize_t field = field_of(self, name);
        if (field >= 0) return get_field(place_in(self), static_cast<size_t>(field));
        checked(PyObject_Hash(name) == -1 ? -1 : 0);  // a TypeError, as of a dict
        PyErr_SetObject(PyExc_KeyError, name);
        return nullptr;
    });
}

[[noreturn]] void refuse_keys(const char* change) {
    throw UserError(ErrorKind::Conversion,
                    std::string("a dict in an Array has the keys that all have: none can be ") + change);
}

int set_item(PyObject* self, PyObject* name, PyObject* value) {
    try {
        const Py_ssize_t field = field_of(self, name);
        if (field < 0 || !value) refuse_keys(value ? "added" : "deleted");
        set_field(place_in(self), static_cast<size_t>(field), value);
        return 0;
    } catch (...) {
        raise_current_exception();
        return -1;
    }
}

Py_ssize_t length(PyObject* self) {
    return static_cast<Py_ssize_t>(place_in(self).ref->type()->kind->items.size());
}

PyObject* names(PyObject* self, PyObject*) {
    return guarded([&] {
        const std::vector<std::string>& fields = place_in(self).ref->type()->kind->record->fields;
        Object names = checked(PyTuple_New(length(self)));
        for (size_t i = 0; i < fields.size(); ++i)
            PyTuple_SET_ITEM(names.get(), static_cast<Py_ssize_t>(i), to_python(fields[i]).release());
        return names.release();
    });
}

PyObject* whole(PyObject* self, PyObject*) {
    return guarded([&] { return data::record_at(place_in(self)); });
}

/// All items of a dict that nobody else has, or none where one is refused.
PyObject* set_items(PyObject* self, PyObject* items) {
    return guarded([&] {
        FieldValues values;
        PyObject *name = nullptr, *value = nullptr;
        for (Py_ssize_t position = 0; PyDict_Next(items, &position, &name, &value);) {
            const Py_ssize_t field = field_of(self, name);
            if (field < 0) refuse_keys("added");
            values.emplace_back(static_cast<size_t>(field), value);
        }
        if (!values.empty()) set_fields(place_in(self), values);
        return Py_NewRef(Py_None);
    });
}

PyMethodDef place_methods[] = {
    {"_set_items", set_items, METH_O, nullptr},
    {"_names", names, METH_NOARGS, nullptr},
    {"_whole", whole, METH_NOARGS, nullptr},
    {},
};

PyType_Slot place_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(destroy_place)},
    {Py_tp_getattro, reinterpret_cast<void*>(data::get_shown_attribute)},
    {Py_mp_length, reinterpret_cast<void*>(length)},
    {Py_mp_subscript, reinterpret_cast<void*>(get_item)},
    {Py_mp_ass_subscript, reinterpret_cast<void*>(set_item)},
    {Py_tp_methods, place_methods},
    {},
};

PyType_Spec place_specification = {
    "parallel_party._core.RecordBase", sizeof(RecordPlace), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_MAPPING | Py_TPFLAGS_DISALLOW_INSTANTIATION, place_slots};

struct PlaceClass {
    Object type = checked(PyType_FromSpec(&place_specification));
};

/// The public class, which adds what a dict has.
struct DictClass {
    Object module = import_module("parallel_party._records");
    Object type = checked(PyObject_GetAttrString(module.get(), "RecordDict"));
};

Object new_place(PyTypeObject* type, const std::shared_ptr<data::ArrayBody>& body, int64_t index,
                 data::ElementTypeRef record, size_t first_leaf) {
    Object object = checked(type->tp_alloc(type, 0));
    RecordPlace& place = place_in(object.get());
    std::construct_at(&place.ref);
    place.ref = std::make_unique<data::ElementRef>(body, index, record, first_leaf);
    place.ref->shown = object.get();
    return object;
}

// ---- what shows instances ------------------------------------------------------------------------------------------

size_t field_number(void* closure) {
    return static_cast<size_t>(reinterpret_cast<uintptr_t>(closure));
}

RecordPlace& place_behind(PyObject* self) {
    RecordPlace* place = data::record_place(self);
    if (!place) {
        PyErr_SetString(PyExc_AttributeError, "it stands for no element of an Array");
        throw PythonError{};
    }
    return *place;
}

PyObject* get_attribute(PyObject* self, void* closure) {
    return guarded([&] { return get_field(place_behind(self), field_number(closure)); });
}

int set_attribute(PyObject* self, PyObject* value, void* closure) {
    try {
        if (!value) {
            PyErr_SetString(PyExc_AttributeError, "an attribute that an Array holds cannot be deleted");
            return -1;
        }
        set_field(place_behind(self), field_number(closure), value);
        return 0;
    } catch (...) {
        raise_current_exception();
        return -1;
    }
}

/// The class that the user knows.
PyObject* get_class(PyObject* self, void*) {
    return Py_NewRef(reinterpret_cast<PyObject*>(Py_TYPE(self)->tp_base));
}

/// What `vars` shows: read-only, since it is a copy.
PyObject* get_dict(PyObject* self, void*) {
    return guarded([&] {
        RecordPlace& place = place_behind(self);
        const Object dict = checked(PyDict_New());
        for (size_t i = 0; i < place.ref->type()->kind->items.size(); ++i) {
            const Object value = checked(get_field(place, i));
            checked(PyDict_SetItemString(dict.get(), place.ref->type()->kind->record->fields[i].c_str(), value.get()));
        }
        return PyDictProxy_New(dict.get());
    });
}

PyObject* reduce(PyObject* self, PyObject* protocol) {
    return guarded([&] {
        const Object instance = checked(data::record_at(place_behind(self)));
        return PyObject_CallMethod(instance.get(), "__reduce_ex__", "O", protocol);
    });
}

/// `type(element)(...)` makes what the class makes.
PyObject* make_instance(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
    return PyObject_Call(reinterpret_cast<PyObject*>(type->tp_base), arguments, keywords);
}

/// A class's `__del__` is for its own instances. Whoever looks at the element from now on gets another object.
void forget(PyObject* self) {
    if (RecordPlace* place = data::record_place(self)) place->ref->shown = nullptr;
}

PyMethodDef shown_methods[] = {
    {"__reduce_ex__", reduce, METH_O, nullptr},
    {},
};

/// Derived from the class of a kind of records. Nobody is told of it: it is made without `__init_subclass__`.
class ShownClass {
public:
    explicit ShownClass(KindRef kind) : name_(kind->record->class_name) {
        PyTypeObject* base = data::record_type(kind->record->class_id);
        const Object module = checked(PyObject_GetAttrString(reinterpret_cast<PyObject*>(base), "__module__"));
        const char* text = PyUnicode_Check(module.get()) ? PyUnicode_AsUTF8(module.get()) : "builtins";
        if (!text) throw PythonError{};
        name_ = std::string(text) + "." + name_;
        for (size_t i = 0; i < kind->record->fields.size(); ++i)
            members_.push_back({kind->record->fields[i].c_str(), get_attribute, set_attribute, nullptr,
                                reinterpret_cast<void*>(static_cast<uintptr_t>(i))});
        members_.push_back({"__class__", get_class, nullptr, nullptr, nullptr});
        if (base->tp_dictoffset != 0) members_.push_back({"__dict__", get_dict, nullptr, nullptr, nullptr});
        members_.push_back({});
        place_[0] = {"_element", T_OBJECT_EX, base->tp_basicsize, 0, nullptr};
        make(base);
    }
    ShownClass(const ShownClass&) = delete;
    /// Null where it was let go and is gone.
    PyTypeObject* type() {
        if (!type_) type_ = weakly_held();
        return reinterpret_cast<PyTypeObject*>(type_.get());
    }
    /// The reference to the class, which may live on, and needs this as long as it does.
    Object let_go() {
        if (!weak_) weak_ = checked(PyWeakref_NewRef(type_.get(), nullptr));
        return std::exchange(type_, Object());
    }
    bool is_gone() const { return !type_ && !weakly_held(); }

private:
    void make(PyTypeObject* base) {
        PyType_Slot slots[] = {
            {Py_tp_getattro, reinterpret_cast<void*>(data::get_shown_attribute)},
            {Py_tp_setattro, reinterpret_cast<void*>(data::set_shown_attribute)},
            {Py_tp_new, reinterpret_cast<void*>(make_instance)},
            {Py_tp_finalize, reinterpret_cast<void*>(forget)},
            {Py_tp_methods, shown_methods},
            {Py_tp_getset, members_.data()},
            {Py_tp_members, place_},
            {},
        };
        PyType_Spec specification = {name_.c_str(), static_cast<int>(base->tp_basicsize + sizeof(PyObject*)), 0,
                                     Py_TPFLAGS_DEFAULT, slots};
        const Object bases = checked(PyTuple_Pack(1, base));
        type_ = checked(derive(specification, bases.get(), Py_TYPE(base)));
        if (!Py_IS_TYPE(type_.get(), &PyType_Type) && PyObject_HasAttrString(type_.get(), "_abc_impl")) {
            // What ABCMeta finds out about its subclasses is not what it found out about the base's.
            const Object module = import_module("_abc");
            checked(PyObject_CallMethod(module.get(), "_abc_init", "O", type_.get()));
        }
    }
    /// The metaclass does not make it: from Python 3.12 on nobody may bypass a `__new__` that it has.
    static PyObject* derive(PyType_Spec& specification, PyObject* bases, PyTypeObject* metaclass) {
        const newfunc own = std::exchange(metaclass->tp_new, PyType_Type.tp_new);
        PyObject* type = PyType_FromSpecWithBases(&specification, bases);
        metaclass->tp_new = own;
        return type;
    }

    Object weakly_held() const {
#if PY_VERSION_HEX >= 0x030D0000
        PyObject* type = nullptr;
        PyWeakref_GetRef(weak_.get(), &type);
        return Object::steal(type);
#else
        PyObject* type = PyWeakref_GetObject(weak_.get());
        return type == Py_None ? Object() : Object::borrow(type);
#endif
    }

    std::string name_;
    std::vector<PyGetSetDef> members_;
    PyMemberDef place_[2] = {};
    Object type_, weak_;
};

/// By kind: what its fields are decides where they lie.
struct ShownClasses {
    std::unordered_map<KindRef, std::unique_ptr<ShownClass>> classes;

    PyTypeObject* find(KindRef kind) {
        std::unique_ptr<ShownClass>& known = classes[kind];
        if (!known || known->is_gone()) known = std::make_unique<ShownClass>(kind);
        return known->type();
    }

    std::vector<Object> take_unused() {
        const std::unordered_set<uint64_t> used = classes_of_elements();
        std::vector<Object> unused;
        std::erase_if(classes, [&](const auto& known) {
            if (used.contains(known.first->record->class_id)) return false;
            if (!known.second || known.second->is_gone()) return true;
            unused.push_back(known.second->let_go());
            return false;
        });
        return unused;
    }
};

PyObject* show(const std::shared_ptr<data::ArrayBody>& body, int64_t index, data::ElementTypeRef type, size_t leaf) {
    return guarded([&] {
        // As long as somebody has it, it is one object, as in a list.
        auto* known = static_cast<PyObject*>(body->refs().shown(index, {type, leaf}));
        if (known && Py_REFCNT(known) > 0) return Py_NewRef(known);  // else it waits to be deallocated
        data::Interpreter& interpreter = data::Interpreter::current();
        if (type->kind->record->is_dict()) {
            auto* own = reinterpret_cast<PyTypeObject*>(interpreter.the<DictClass>().type.get());
            return new_place(own, body, index, type, leaf).release();
        }
        PyTypeObject* base = record_base_class();
        PyTypeObject* own = interpreter.the<ShownClasses>().find(type->kind);
        const Object nothing = checked(PyTuple_New(0));
        Object place = new_place(base, body, index, type, leaf);
        Object shown = checked(PyBaseObject_Type.tp_new(own, nothing.get(), nullptr));
        char* end = reinterpret_cast<char*>(shown.get()) + own->tp_basicsize;
        place_in(place.get()).ref->shown = shown.get();
        *reinterpret_cast<PyObject**>(end - sizeof(PyObject*)) = place.release();
        return shown.release();
    });
}

}  // namespace

void release_shown_classes() {
    const std::vector<Object> unused = data::Interpreter::current().the<ShownClasses>().take_unused();
}

PyTypeObject* record_base_class() {
    return reinterpret_cast<PyTypeObject*>(data::Interpreter::current().the<PlaceClass>().type.get());
}

Object array_element(PyObject* array, int64_t index) {
    const ArrayAccess access(array);
    data::ElementTypeRef type = access.type();
    if (type->is_scalar() && !access.part().is_view) {
        access.body().before_read(index, index + 1);
        const data::LeafView leaf = access.body().leaf(0);
        return checked(data::element_object(*type, {&leaf, 1}, index));
    }
    const std::vector<data::LeafView> leaves = access.read(index, index + 1);
    if (!data::has_shown(*type)) return checked(data::element_object(*type, leaves, index));
    const auto& body = reinterpret_cast<ArrayObject*>(array)->body;
    return checked(data::shown_element(body, access.first() + index, type, access.part().first_leaf, show));
}

}  // namespace pp::python
