/// See number_table.h.
#include "python/number_table.h"

#include <string_view>

#include "data/read_plan.h"
#include "python/object.h"

namespace pp::python {

namespace {

constexpr size_t kMostLeaves = 256;

}  // namespace

bool NumberTable::may_be_one(PyObject* object) {
    if (PyList_Check(object) || PyTuple_Check(object) || PyBytes_Check(object)) return false;
    auto* type = reinterpret_cast<PyObject*>(Py_TYPE(object));
    return PyObject_CheckBuffer(object) || PyObject_HasAttrString(type, "__dlpack__") ||
           PyObject_HasAttrString(type, "__cuda_array_interface__") || ForeignArrow::may_be_one(object);
}

std::unique_ptr<NumberTable> NumberTable::over(const data::dlpack::Tensor& tensor) {
    std::unique_ptr<NumberTable> table(new NumberTable);
    return table->take_tensor(tensor) ? std::move(table) : nullptr;
}

std::unique_ptr<NumberTable> NumberTable::open(PyObject* object) {
    std::unique_ptr<NumberTable> table(new NumberTable);
    if (!PyObject_CheckBuffer(object)) {
        // Arrow's arrays have DLPack, too, of which they export some kinds only.
        if (ForeignArrow::may_be_one(object)) return table->take_arrow(object) ? std::move(table) : nullptr;
        table->tensor_ = ForeignTensor::open(object, ForeignTensor::Place::Host);
        return table->tensor_ && table->take_tensor(table->tensor_->tensor()) ? std::move(table) : nullptr;
    }
    return table->take_buffer(object, PyBUF_RECORDS_RO) ? std::move(table) : nullptr;
}

std::unique_ptr<NumberTable> NumberTable::open_to_write(PyObject* object) {
    std::unique_ptr<NumberTable> table(new NumberTable);
    return table->take_buffer(object, PyBUF_RECORDS) ? std::move(table) : nullptr;
}

std::unique_ptr<NumberTable> NumberTable::open_tensor(PyObject* object, bool& is_read_only) {
    if (PyObject_CheckBuffer(object) || ForeignArrow::may_be_one(object)) return nullptr;
    std::unique_ptr<NumberTable> table(new NumberTable);
    table->tensor_ = ForeignTensor::open(object, ForeignTensor::Place::Host);
    if (!table->tensor_ || !table->take_tensor(table->tensor_->tensor())) return nullptr;
    is_read_only = table->tensor_->is_read_only();
    return table;
}

bool NumberTable::take_buffer(PyObject* object, int flags) {
    if (PyObject_GetBuffer(object, &view_, flags) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_BufferError) && !PyErr_ExceptionMatches(PyExc_ValueError))
            throw PythonError{};
        PyErr_Clear();
        return false;
    }
    const auto format = data::stored_format(view_.format ? view_.format : "B", static_cast<size_t>(view_.itemsize));
    if (!format || view_.ndim < 1) return false;
    shape_.assign(view_.shape, view_.shape + view_.ndim);
    strides_.assign(view_.strides, view_.strides + view_.ndim);
    return take(static_cast<char*>(view_.buf), *format);
}

bool NumberTable::take_tensor(const data::dlpack::Tensor& tensor) {
    const auto format = data::dlpack::format_of(tensor.type);
    if (!format || tensor.ndim < 1) return false;
    shape_.assign(tensor.shape, tensor.shape + tensor.ndim);
    auto step = static_cast<int64_t>(data::format_bytes(*format));
    strides_.resize(shape_.size());
    for (size_t i = shape_.size(); i-- > 0;) {
        strides_[i] = tensor.strides ? tensor.strides[i] * static_cast<int64_t>(data::format_bytes(*format)) : step;
        step *= shape_[i];
    }
    return take(static_cast<char*>(tensor.data) + tensor.byte_offset, *format);
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

bool NumberTable::take(char* memory, data::NumberFormat format) {
    size_t leaves = 1;
    for (size_t i = 1; i < shape_.size(); ++i) {
        leaves *= static_cast<size_t>(shape_[i]);
        if (leaves == 0 || leaves > kMostLeaves || static_cast<size_t>(shape_[i]) > data::kMaximumRow) return false;
    }
    count_ = shape_[0];
    KindRef kind = take_dimension(1, memory, format);
    type_ = data::element_type(kind, std::vector<data::NumberFormat>(leaves, format));
    return true;
}

KindRef NumberTable::take_dimension(size_t dimension, char* place, data::NumberFormat format) {
    if (dimension == shape_.size()) {
        leaves_.push_back({place, strides_[0], format});
        return data::scalar_kind(format);
    }
    std::vector<KindRef> items;
    for (int64_t i = 0; i < shape_[dimension]; ++i)
        items.push_back(take_dimension(dimension + 1, place + i * strides_[dimension], format));
    return tuple_kind(items);
}

}  // namespace pp::python
