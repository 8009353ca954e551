/// What Arrays are pickled as: a description of what their elements are, and the elements.
///
/// A description is the name of a number's format, None where nothing is known, or a tuple: ("str", bytes of a
/// character), ("rows", item), ("optional", value), ("tuple", items), and ("dict", names, items), ("namedtuple", names,
/// items, class) or ("object", names, items, class).
#include <string>
#include <vector>

#include "base/error.h"
#include "data/array_elements_python.h"
#include "data/record_class_python.h"
#include "data/record_place_python.h"
#include "python/array_class.h"
#include "python/array_object.h"
#include "python/array_values.h"
#include "python/exceptions.h"
#include "python/values.h"

namespace pp::python {

namespace {

/// Numbers lie as bytes; what leads to memory, and what the user's classes make, is made of objects.
bool is_kept_as_bytes(const data::ElementType& type) {
    return !type.is_dynamic && !type.has_objects;
}

Object describe(KindRef kind, std::span<const data::NumberFormat>& leaves);

Object describe_items(KindRef kind, std::span<const data::NumberFormat>& leaves) {
    Object items = checked(PyTuple_New(static_cast<Py_ssize_t>(kind->items.size())));
    for (size_t i = 0; i < kind->items.size(); ++i)
        PyTuple_SET_ITEM(items.get(), static_cast<Py_ssize_t>(i), describe(kind->items[i], leaves).release());
    return items;
}

Object describe_record(KindRef kind, std::span<const data::NumberFormat>& leaves) {
    const RecordShape& shape = *kind->record;
    const Object names = to_python(shape.fields), items = describe_items(kind, leaves);
    if (shape.is_dict()) return checked(Py_BuildValue("(sOO)", "dict", names.get(), items.get()));
    auto* type = reinterpret_cast<PyObject*>(data::record_type(shape.class_id));
    if (!type) throw UserError(ErrorKind::Conversion, "the class '" + shape.class_name + "' is gone");
    const char* form = shape.form == RecordForm::NamedTuple ? "namedtuple" : "object";
    return checked(Py_BuildValue("(sOOO)", form, names.get(), items.get(), type));
}

Object describe(KindRef kind, std::span<const data::NumberFormat>& leaves) {
    if (kind->is_scalar()) {
        const data::NumberFormat format = leaves.front();
        leaves = leaves.subspan(1);
        return to_python(std::string(data::to_string(format)));
    }
    if (kind->tag == Tag::Text || kind->item) {
        leaves = leaves.subspan(2);
        if (!kind->item) return checked(Py_BuildValue("(sI)", "str", kind->object));
        std::span<const data::NumberFormat> own = data::element_type(kind->item)->leaves;
        return checked(Py_BuildValue("(sO)", "rows", describe(kind->item, own).get()));
    }
    if (data::is_optional(kind)) {
        const Object value = describe(kind->items[0], leaves);
        leaves = leaves.subspan(1);
        return checked(Py_BuildValue("(sO)", "optional", value.get()));
    }
    if (kind->tag == Tag::Record) return describe_record(kind, leaves);
    return checked(Py_BuildValue("(sO)", "tuple", describe_items(kind, leaves).get()));
}

[[noreturn]] void refuse_description() {
    throw UserError(ErrorKind::Value, "this is no description of what an Array holds");
}

/// What a description says: the kind, and how its numbers are stored.
class Described {
public:
    explicit Described(PyObject* description) : kind_(read(description)) {}

    data::ElementTypeRef type() const {
        if (formats_.size() != kind_->leaves) refuse_description();
        return data::element_type(kind_, formats_);
    }

private:
    KindRef read(PyObject* description) {
        if (PyUnicode_Check(description)) return read_number(text_of(description));
        const std::string_view form = text_of(part(description, 0));
        if (form == "str") return read_text(part(description, 1));
        if (form == "rows") return read_rows(part(description, 1));
        if (form == "optional") {
            KindRef kind = data::optional_kind(read(part(description, 1)));
            if (!kind) refuse_description();
            formats_.push_back(data::NumberFormat::Bool);
            return kind;
        }
        if (form == "tuple") return tuple_kind(read_items(part(description, 1)));
        return read_record(description, form);
    }

    static PyObject* part(PyObject* tuple, Py_ssize_t index) {
        if (!PyTuple_Check(tuple) || index >= PyTuple_GET_SIZE(tuple)) refuse_description();
        return PyTuple_GET_ITEM(tuple, index);
    }
    static std::string_view text_of(PyObject* text) {
        if (!PyUnicode_Check(text)) refuse_description();
        Py_ssize_t size = 0;
        const char* characters = PyUnicode_AsUTF8AndSize(text, &size);
        if (!characters) throw PythonError{};
        return {characters, static_cast<size_t>(size)};
    }

    KindRef read_number(std::string_view name) {
        for (const data::NumberFormat format : data::kNumberFormats) {
            if (name != data::to_string(format)) continue;
            formats_.push_back(format);
            return data::scalar_kind(format);
        }
        refuse_description();
    }
    KindRef read_text(PyObject* bytes) {
        const long unit = PyLong_AsLong(bytes);
        if (unit == -1 && PyErr_Occurred()) throw PythonError{};
        if (unit != 1 && unit != 4) refuse_description();
        formats_.insert(formats_.end(), 2, data::NumberFormat::Int64);
        return text_kind(static_cast<uint32_t>(unit));
    }
    KindRef read_rows(PyObject* item) {
        KindRef kind = data::array_kind(tuple_of_kind(Described(item).kind_));
        if (!kind) refuse_description();
        formats_.insert(formats_.end(), 2, data::NumberFormat::Int64);
        return kind;
    }
    std::vector<KindRef> read_items(PyObject* items) {
        if (!PyTuple_Check(items) || PyTuple_GET_SIZE(items) == 0) refuse_description();
        std::vector<KindRef> kinds;
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(items); ++i)
            kinds.push_back(read(PyTuple_GET_ITEM(items, i)));
        return kinds;
    }
    KindRef read_record(PyObject* description, std::string_view form) {
        std::vector<std::string> names;
        PyObject* given = part(description, 1);
        for (Py_ssize_t i = 0; PyList_Check(given) && i < PyList_GET_SIZE(given); ++i)
            names.emplace_back(text_of(PyList_GET_ITEM(given, i)));
        const std::vector<KindRef> kinds = read_items(part(description, 2));
        if (names.size() != kinds.size()) refuse_description();
        if (form == "dict") return record_kind(record_shape(RecordForm::Dict, 0, "dict", names), kinds);
        if (form != "object" && form != "namedtuple") refuse_description();
        PyObject* type = part(description, 3);
        const RecordForm wanted = form == "object" ? RecordForm::Object : RecordForm::NamedTuple;
        const data::RecordClass* known =
            PyType_Check(type) ? data::record_class_of(reinterpret_cast<PyTypeObject*>(type)) : nullptr;
        if (!known || known->form != wanted || (wanted == RecordForm::NamedTuple && known->fields != names)) {
            throw UserError(ErrorKind::Conversion, "the Array was pickled with a class that its elements can no longer "
                                                   "be of: " +
                                                       (known ? known->name : std::string(Py_TYPE(type)->tp_name)));
        }
        return record_kind(record_shape(wanted, known->id, known->name, names), kinds);
    }

    std::vector<data::NumberFormat> formats_;  ///< of the leaves read so far
    KindRef kind_;
};

/// Columns of numbers, one behind the other.
std::vector<data::LeafView> columns_in(char* bytes, const data::ElementType& type, int64_t count) {
    std::vector<data::LeafView> leaves;
    for (const data::NumberFormat format : type.leaves) {
        const auto each = static_cast<int64_t>(data::format_bytes(format));
        leaves.push_back({bytes, each, format});
        bytes += each * count;
    }
    return leaves;
}

/// (description, how many elements, these as bytes or in a list)
PyObject* state(PyObject* self, PyObject*) {
    return guarded([&] {
        const ArrayAccess access(self);
        const data::ElementType& type = *access.type();
        std::span<const data::NumberFormat> leaves = type.leaves;
        const Object description = type.is_known() ? describe(type.kind, leaves) : Object::borrow(Py_None);
        const int64_t count = access.count();
        Object elements;
        if (is_kept_as_bytes(type)) {
            const size_t bytes = static_cast<size_t>(count) * type.row_bytes;
            elements = checked(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(bytes)));
            if (count > 0)
                data::copy_elements(access.read(), columns_in(PyBytes_AS_STRING(elements.get()), type, count), count);
        } else {
            elements = array_to_list(self);
        }
        return checked(Py_BuildValue("(OnO)", description.get(), static_cast<Py_ssize_t>(count), elements.get()))
            .release();
    });
}

std::shared_ptr<data::ArrayBlock> block_of_bytes(PyObject* bytes, data::ElementTypeRef type, Py_ssize_t count) {
    if (!PyBytes_Check(bytes) || count < 0 ||
        static_cast<size_t>(PyBytes_GET_SIZE(bytes)) / (type->row_bytes ? type->row_bytes : 1) !=
            static_cast<size_t>(count) ||
        static_cast<size_t>(PyBytes_GET_SIZE(bytes)) != static_cast<size_t>(count) * type->row_bytes)
        throw UserError(ErrorKind::Value, "the bytes of a pickled Array are not those of its elements");
    auto block = std::make_shared<data::ArrayBlock>(type, count);
    if (count > 0) data::copy_elements(columns_in(PyBytes_AS_STRING(bytes), *type, count), block->leaves(), count);
    return block;
}

/// Fills a new Array with what `_state` has given.
PyObject* set_state(PyObject* self, PyObject* arguments) {
    return guarded([&]() -> PyObject* {
        PyObject *description = nullptr, *elements = nullptr;
        Py_ssize_t count = 0;
        if (!PyArg_ParseTuple(arguments, "OnO:_set_state", &description, &count, &elements)) return nullptr;
        const ArrayAccess access(self);
        if (access.type()->is_known() || description == Py_None) return Py_NewRef(Py_None);
        data::ElementTypeRef type = Described(description).type();
        keep_classes(*type);
        const std::string why = data::why_no_element(type->kind);
        if (!why.empty()) throw UserError(ErrorKind::Conversion, why);
        if (is_kept_as_bytes(*type)) {
            access.body().replace(block_of_bytes(elements, type, count), 0, count);
            return Py_NewRef(Py_None);
        }
        ArrayValues values = take_values(elements, type);
        access.body().replace(std::move(values.block), values.first, values.count);
        return Py_NewRef(Py_None);
    });
}

}  // namespace

PyMethodDef array_state_methods[] = {
    {"_state", state, METH_NOARGS, nullptr},
    {"_set_state", set_state, METH_VARARGS, nullptr},
    {},
};

}  // namespace pp::python
