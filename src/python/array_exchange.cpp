/// What Arrays show of their memory: buffers, views, columns.
#include <string>

#include "base/error.h"
#include "data/sequence_image.h"
#include "device/cuda_device.h"
#include "python/array_class.h"
#include "python/array_object.h"
#include "python/arrow_export.h"
#include "python/cuda_exchange.h"
#include "python/dlpack_exchange.h"
#include "python/exceptions.h"
#include "python/values.h"

namespace pp::python {

namespace {

PyObject* view(PyObject* self, PyObject* arguments) {
    return guarded([&]() -> PyObject* {
        Py_ssize_t start = 0, stop = PY_SSIZE_T_MAX;
        if (!PyArg_ParseTuple(arguments, "|nn:view", &start, &stop)) return nullptr;
        const ArrayAccess access(self);
        const Py_ssize_t count = PySlice_AdjustIndices(access.count(), &start, &stop, 1);
        ArrayPart part = access.part();
        part.type = access.type();
        part.first = access.first() + start;
        part.count = count;
        return new_view(self, part).release();
    });
}

/// Where the numbers of an Array that is no table are found, if any lie as numbers do.
std::string where_else(KindRef kind, const std::string& columns) {
    return kind->items.empty() || data::is_optional(kind)
               ? ": text, rows of any length and what may be None are no run of numbers; tolist() gives them"
               : "; " + columns;
}

/// The scalars of all rows, one behind the other.
PyObject* flat(PyObject* self, PyObject*) {
    return guarded([&]() -> PyObject* {
        const ArrayAccess access(self);
        const auto width = static_cast<int64_t>(access.type()->leaves.size());
        if (!is_table(access) || width != static_cast<int64_t>(access.body().type()->leaves.size())) {
            if (access.type()->is_scalar()) return view(self, Object(checked(PyTuple_New(0))).get());
            throw UserError(ErrorKind::Type, "elements of type " + access.type()->to_string() +
                                                 " do not lie one behind the other" +
                                                 where_else(access.type()->kind, ".columns shows each field"));
        }
        ArrayPart part = access.part();
        const data::NumberFormat format = access.type()->leaves[0];
        part.type = data::element_type(data::scalar_kind(format), format);
        part.is_flat = true;
        part.first = access.first() * width;
        part.count = access.count() * width;
        if (access.part().is_flat) part.first = access.first(), part.count = access.count();
        return new_view(self, part).release();
    });
}

/// An Array of scalars, texts or rows of any length has one column: itself.
size_t column_count(KindRef kind) {
    return kind->tag == Tag::Never ? 0 : kind->items.empty() || data::is_optional(kind) ? 1 : kind->items.size();
}

/// Item number `index` of every row.
PyObject* column(PyObject* self, PyObject* number) {
    return guarded([&]() -> PyObject* {
        const ArrayAccess access(self);
        Py_ssize_t index = PyNumber_AsSsize_t(number, PyExc_IndexError);
        if (index == -1 && PyErr_Occurred()) return nullptr;
        KindRef kind = access.type()->kind;
        const auto size = static_cast<Py_ssize_t>(column_count(kind));
        if (index < 0) index += size;
        if (index < 0 || index >= size) {
            PyErr_SetString(PyExc_IndexError, "column index out of range");
            return nullptr;
        }
        ArrayPart part = access.part();
        part.first = access.first();
        part.count = access.count();
        part.type = access.type();
        if (!kind->items.empty() && !data::is_optional(kind)) {
            size_t leaf = 0;
            part.type = data::item_type(*access.type(), static_cast<size_t>(index), leaf);
            part.first_leaf += leaf;
        }
        return new_view(self, part).release();
    });
}

/// The names of the columns; of rows without names as many Nones.
PyObject* column_names(PyObject* self, PyObject*) {
    return guarded([&]() -> PyObject* {
        KindRef kind = ArrayAccess(self).type()->kind;
        const size_t size = column_count(kind);
        Object names = checked(PyTuple_New(static_cast<Py_ssize_t>(size)));
        for (size_t i = 0; i < size; ++i) {
            Object name = kind->tag == Tag::Record && !data::is_optional(kind) ? to_python(kind->record->fields[i])
                                                                               : Object::borrow(Py_None);
            PyTuple_SET_ITEM(names.get(), static_cast<Py_ssize_t>(i), name.release());
        }
        return names.release();
    });
}

void append_formats(KindRef kind, const data::ElementType& type, size_t& leaf, std::vector<std::string>& formats) {
    if (kind->is_scalar()) formats.emplace_back(data::to_string(type.leaves[leaf]));
    if (kind->item) {
        size_t first = 0;
        append_formats(kind->item, *data::element_type(kind->item), first, formats);
    }
    if (kind->items.empty()) leaf += kind->leaves;
    if (data::is_optional(kind)) {
        append_formats(kind->items[0], type, leaf, formats);
        ++leaf;
        return;
    }
    for (KindRef item : kind->items)
        append_formats(item, type, leaf, formats);
}

/// (names of the formats of all numbers, those in rows of any length once, the type as text)
PyObject* type_information(PyObject* self, PyObject*) {
    return guarded([&] {
        data::ElementTypeRef type = ArrayAccess(self).type();
        std::vector<std::string> formats;
        size_t leaf = 0;
        append_formats(type->kind, *type, leaf, formats);
        return to_python(std::make_tuple(formats, type->to_string())).release();
    });
}

/// Bytes of all elements.
PyObject* bytes(PyObject* self, PyObject*) {
    return guarded([&] {
        const ArrayAccess access(self);
        size_t sum = static_cast<size_t>(access.count()) * access.type()->row_bytes;
        if (access.type()->is_dynamic) {
            std::vector<data::SequenceLeaf> sequences;
            data::append_sequences(access.type()->kind, 0, sequences);
            std::vector<const void*> columns;
            for (const data::LeafView& leaf : access.read())
                columns.push_back(leaf.base);
            sum += data::SequenceImage(std::move(sequences), columns, 0, access.count()).bytes();
        }
        return PyLong_FromSize_t(sum);
    });
}

/// (address, bytes from element to element, bytes from item to item, whether elements are rows) of what lies in memory
/// as a table, else None.
PyObject* memory_layout(PyObject* self, PyObject*) {
    return guarded([&] {
        const ArrayAccess access(self);
        if (!is_table(access)) return Py_NewRef(Py_None);
        const auto leaves = access.read();
        const auto bytes = static_cast<int64_t>(data::format_bytes(leaves[0].format));
        const bool has_rows = !access.type()->is_scalar();
        return to_python(std::make_tuple(reinterpret_cast<uint64_t>(leaves[0].base), leaves[0].stride, bytes, has_rows))
            .release();
    });
}

/// (of version 1, the GPU or -1, its stream in which the memory must be ready, or -1)
PyObject* dlpack(PyObject* self, PyObject* arguments) {
    return guarded([&]() -> PyObject* {
        int is_versioned = 0, ordinal = -1;
        long long stream = -1;
        if (!PyArg_ParseTuple(arguments, "pi|L:_dlpack", &is_versioned, &ordinal, &stream)) return nullptr;
        Object capsule = dlpack_capsule(self, is_versioned != 0, ordinal);
        if (ordinal >= 0 && stream >= 0)
            device::cuda::Device::get(ordinal).adopt_stream(static_cast<uint64_t>(stream))->go_before();
        return capsule.release();
    });
}

/// (ordinal): see cuda_memory_layout
PyObject* cuda_layout(PyObject* self, PyObject* number) {
    return guarded([&]() -> PyObject* {
        const long ordinal = PyLong_AsLong(number);
        if (ordinal == -1 && PyErr_Occurred()) return nullptr;
        return cuda_memory_layout(self, static_cast<int>(ordinal)).release();
    });
}

PyObject* arrow(PyObject* self, PyObject*) {
    return guarded([&] { return arrow_capsules(self).release(); });
}

bool asks_for(int flags, int what) {
    return (flags & what) == what;
}

/// Why rows, which lie one behind the other or in steps, are not what the flags ask for; or null.
const char* why_not_exported(int flags, bool is_dense, bool has_several_columns) {
    if (!is_dense && !asks_for(flags, PyBUF_STRIDES))
        return "the column lies in rows: it can be exported with strides only";
    const bool is_in_c_order = asks_for(flags, PyBUF_C_CONTIGUOUS) || asks_for(flags, PyBUF_ANY_CONTIGUOUS);
    if (!is_dense && (is_in_c_order || asks_for(flags, PyBUF_F_CONTIGUOUS)))
        return "the column lies in rows: it is not contiguous; copy() it first";
    if (has_several_columns && asks_for(flags, PyBUF_F_CONTIGUOUS))
        return "rows lie one behind the other: they are contiguous in C order only";
    return nullptr;
}

}  // namespace

bool is_table(const ArrayAccess& access) {
    data::ElementTypeRef type = access.type();
    if (!type->is_known() || !type->is_interleaved) return false;
    // A column of several leaves is part of rows of more formats, whose leaves lie apart.
    return type->leaves.size() == 1 || access.body().type()->is_interleaved;
}

int array_get_buffer(PyObject* self, Py_buffer* buffer, int flags) {
    buffer->obj = nullptr;
    try {
        const ArrayAccess access(self);
        auto* object = reinterpret_cast<ArrayObject*>(self);
        // Nothing is known of an Array that never had elements: an empty run of float64.
        const bool is_unknown = !access.type()->is_known();
        if (!is_unknown && !is_table(access)) {
            throw UserError(ErrorKind::Buffer, "elements of type " + access.type()->to_string() +
                                                   " are no buffer of one format" +
                                                   where_else(access.type()->kind, "export one of .columns"));
        }
        access.body().begin_export();
        const data::LeafView leaf = is_unknown ? data::LeafView{} : access.read()[0];
        const auto width = static_cast<Py_ssize_t>(is_unknown ? 1 : access.type()->leaves.size());
        const auto bytes = static_cast<Py_ssize_t>(data::format_bytes(leaf.format));
        const bool is_dense = leaf.stride == width * bytes || access.count() <= 1;
        if (const char* why = why_not_exported(flags, is_dense, width > 1 && access.count() > 1)) {
            access.body().end_export();
            throw UserError(ErrorKind::Buffer, why);
        }
        object->shape[0] = access.count();
        object->shape[1] = width;
        object->strides[0] = is_unknown ? bytes : leaf.stride;
        object->strides[1] = bytes;
        static char nowhere[8];
        buffer->buf = leaf.base ? leaf.base : nowhere;
        buffer->obj = Py_NewRef(self);
        buffer->len = access.count() * width * bytes;
        buffer->itemsize = bytes;
        buffer->readonly = 0;
        buffer->ndim = access.type()->is_scalar() || is_unknown || !(flags & PyBUF_ND) ? 1 : 2;
        buffer->format = flags & PyBUF_FORMAT ? const_cast<char*>(data::format_code(leaf.format)) : nullptr;
        buffer->shape = flags & PyBUF_ND ? object->shape : nullptr;
        buffer->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? object->strides : nullptr;
        buffer->suboffsets = nullptr;
        buffer->internal = nullptr;
        return 0;
    } catch (...) {
        raise_current_exception();
        return -1;
    }
}

void array_release_buffer(PyObject* self, Py_buffer*) {
    ArrayAccess(self).body().end_export();
}

PyMethodDef array_exchange_methods[] = {
    {"view", view, METH_VARARGS,
     "view($self, start=0, stop=sys.maxsize, /)\n--\n\n"
     "Return elements [start, stop) as an Array that shares them: writing to either is seen in both.\n\n"
     "A view has a fixed length, and while there are views so has the Array."},
    {"_flat", flat, METH_NOARGS, nullptr},
    {"_column", column, METH_O, nullptr},
    {"_column_names", column_names, METH_NOARGS, nullptr},
    {"_type_information", type_information, METH_NOARGS, nullptr},
    {"_arrow", arrow, METH_NOARGS, nullptr},
    {"_dlpack", dlpack, METH_VARARGS, nullptr},
    {"_cuda_layout", cuda_layout, METH_O, nullptr},
    {"_bytes", bytes, METH_NOARGS, nullptr},
    {"_memory_layout", memory_layout, METH_NOARGS, nullptr},
    {},
};

}  // namespace pp::python
