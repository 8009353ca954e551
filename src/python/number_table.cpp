/// See number_table.h.
#include "python/number_table.h"

#include <string_view>

#include "data/read_plan.h"
#include "python/object.h"

namespace pp::python {

namespace {

constexpr size_t kMostLeaves = 256;

bool is_named(PyTypeObject* type, std::string_view name) {
    return type->tp_name == name;
}

binaryfunc getitem(PyTypeObject* type) {
    return type->tp_as_mapping ? type->tp_as_mapping->mp_subscript : nullptr;
}

/// Whether iterating gives other elements than the buffer, which is a base's: a class with an `__iter__` or
/// `__getitem__` of its own, as numpy.matrix, or NumPy's masked arrays, whose mask the buffer lacks. The items of a
/// numpy.memmap are those of the buffer.
bool hides_elements(PyTypeObject* type) {
    if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) || !type->tp_as_buffer) return false;
    const auto buffer = type->tp_as_buffer->bf_getbuffer;
    PyTypeObject* owner = type;
    bool is_masked = false;
    for (PyTypeObject* base = type->tp_base; buffer && base && base->tp_as_buffer; base = base->tp_base) {
        if (base->tp_as_buffer->bf_getbuffer != buffer) break;
        is_masked |= is_named(owner, "MaskedArray");
        owner = base;
    }
    const bool has_own_items = getitem(owner) && getitem(owner) != getitem(type) && !is_named(type, "memmap");
    return is_masked || has_own_items || owner->tp_iter != type->tp_iter;
}

}  // namespace

bool NumberTable::may_be_one(PyObject* object) {
    if (PyList_Check(object) || PyTuple_Check(object) || PyBytes_Check(object)) return false;
    if (hides_elements(Py_TYPE(object))) return false;
    auto* type = reinterpret_cast<PyObject*>(Py_TYPE(object));
    return PyObject_CheckBuffer(object) || PyObject_HasAttrString(type, "__dlpack__") ||
           PyObject_HasAttrString(type, "__cuda_array_interface__") || ForeignArrow::may_be_one(object);
}

std::unique_ptr<NumberTable> NumberTable::over(const data::dlpack::Tensor& tensor) {
    std::unique_ptr<NumberTable> table(new NumberTable);
    return table->take_tensor(tensor, Copies::None) ? std::move(table) : nullptr;
}

std::unique_ptr<NumberTable> NumberTable::open(PyObject* object) {
    std::unique_ptr<NumberTable> table(new NumberTable);
    if (!PyObject_CheckBuffer(object)) {
        // Arrow's arrays have DLPack, too, of which they export some kinds only.
        if (ForeignArrow::may_be_one(object)) return table->take_arrow(object) ? std::move(table) : nullptr;
        table->tensor_ = ForeignTensor::open(object, ForeignTensor::Place::Host);
        return table->tensor_ && table->take_tensor(table->tensor_->tensor(), Copies::Made) ? std::move(table)
                                                                                            : nullptr;
    }
    return table->take_buffer(object, PyBUF_RECORDS_RO, Copies::Made) ? std::move(table) : nullptr;
}

std::unique_ptr<NumberTable> NumberTable::open_to_write(PyObject* object) {
    std::unique_ptr<NumberTable> table(new NumberTable);
    return table->take_buffer(object, PyBUF_RECORDS, Copies::None) ? std::move(table) : nullptr;
}

std::unique_ptr<NumberTable> NumberTable::open_tensor(PyObject* object, bool& is_read_only) {
    if (PyObject_CheckBuffer(object) || ForeignArrow::may_be_one(object)) return nullptr;
    std::unique_ptr<NumberTable> table(new NumberTable);
    table->tensor_ = ForeignTensor::open(object, ForeignTensor::Place::Host);
    if (!table->tensor_ || !table->take_tensor(table->tensor_->tensor(), Copies::None)) return nullptr;
    is_read_only = table->tensor_->is_read_only();
    return table;
}

bool NumberTable::take_buffer(PyObject* object, int flags, Copies copies) {
    if (PyObject_GetBuffer(object, &view_, flags) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_BufferError) && !PyErr_ExceptionMatches(PyExc_ValueError))
            throw PythonError{};
        PyErr_Clear();
        return false;
    }
    if (view_.ndim < 1 || !view_.shape) return false;
    NumberGrid grid{static_cast<char*>(view_.buf), {}, {view_.shape, view_.shape + view_.ndim}, {}};
    // Without strides, whatever was asked for, numbers lie one behind the other: ctypes' arrays.
    grid.strides = NumberGrid::dense_strides(grid.shape, view_.itemsize);
    if (view_.strides) grid.strides.assign(view_.strides, view_.strides + view_.ndim);
    std::string_view text = view_.format ? view_.format : "B";
    if (copies == Copies::Made && is_swapped(text, view_.itemsize)) {
        grid = in_native_order(grid, view_.itemsize, copies_.emplace_back());
        text.remove_prefix(1);
    }
    if (copies == Copies::Made && is_half(text, view_.itemsize))
        return take(halves_as_floats(grid, copies_.emplace_back()), copies);
    const auto format = data::stored_format(text, static_cast<size_t>(view_.itemsize));
    if (format) grid.format = *format;
    return format && take(grid, copies);
}

bool NumberTable::take_tensor(const data::dlpack::Tensor& tensor, Copies copies) {
    const auto format = data::dlpack::format_of(tensor.type);
    if (!format || tensor.ndim < 1) return false;
    const auto bytes = static_cast<int64_t>(data::format_bytes(*format));
    NumberGrid grid{
        static_cast<char*>(tensor.data) + tensor.byte_offset, *format, {tensor.shape, tensor.shape + tensor.ndim}, {}};
    grid.strides = NumberGrid::dense_strides(grid.shape, bytes);
    for (size_t i = 0; tensor.strides && i < grid.strides.size(); ++i)
        grid.strides[i] = tensor.strides[i] * bytes;
    return take(grid, copies);
}

bool NumberTable::take_arrow(PyObject* object) {
    arrow_ = ForeignArrow::open(object);
    if (!arrow_) return false;
    std::vector<data::NumberFormat> formats;
    for (const data::LeafView& leaf : arrow_->leaves())
        formats.push_back(leaf.format);
    type_ = data::element_type(arrow_->kind(), formats);
    leaves_ = arrow_->leaves();
    count_ = arrow_->count();
    return true;
}

bool NumberTable::take(const NumberGrid& grid, Copies copies) {
    size_t leaves = 1;
    bool is_narrow = true;
    for (size_t i = 1; i < grid.shape.size() && is_narrow; ++i) {
        leaves *= static_cast<size_t>(grid.shape[i]);
        is_narrow = leaves != 0 && leaves <= kMostLeaves && static_cast<size_t>(grid.shape[i]) <= data::kMaximumRow;
    }
    count_ = grid.shape[0];
    if (is_narrow) {
        KindRef kind = take_dimension(grid, 1, grid.memory);
        type_ = data::element_type(kind, std::vector<data::NumberFormat>(leaves, grid.format));
        return true;
    }
    if (copies == Copies::None || grid.shape.size() > static_cast<size_t>(data::kMaximumDepth)) return false;
    LongRows rows = long_rows(grid, copies_.emplace_back());
    type_ = data::element_type(rows.kind);
    leaves_ = std::move(rows.leaves);
    return true;
}

KindRef NumberTable::take_dimension(const NumberGrid& grid, size_t dimension, char* place) {
    if (dimension == grid.shape.size()) {
        leaves_.push_back({place, grid.strides[0], grid.format});
        return data::scalar_kind(grid.format);
    }
    std::vector<KindRef> items;
    for (int64_t i = 0; i < grid.shape[dimension]; ++i)
        items.push_back(take_dimension(grid, dimension + 1, place + i * grid.strides[dimension]));
    return tuple_kind(items);
}

}  // namespace pp::python
