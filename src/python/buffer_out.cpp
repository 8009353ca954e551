/// See buffer_out.h.
#include "python/buffer_out.h"

#include <string>
#include <utility>

#include "base/error.h"
#include "data/read_plan.h"
#include "python/array_object.h"
#include "python/batched.h"
#include "python/object.h"

namespace pp::python {

namespace {

[[noreturn]] void refuse(PyObject* out, const std::string& why) {
    throw UserError(ErrorKind::Type, "out, of type '" + std::string(Py_TYPE(out)->tp_name) + "', " + why);
}

}  // namespace

/// Rows of `width` numbers each, 0 for elements as they are; false where there are no such rows.
bool BufferOut::take_rows(data::ElementTypeRef type, const std::vector<data::LeafView>& leaves, int64_t count,
                          int64_t width) {
    type_ = type;
    leaves_ = leaves;
    count_ = count;
    if (width == 0) return true;
    if (!type->is_scalar() || width > static_cast<int64_t>(data::kMaximumRow) || count % width != 0) return false;
    const data::LeafView flat = leaves.front();
    leaves_.clear();
    for (int64_t i = 0; i < width; ++i)
        leaves_.push_back({flat.at(i), flat.stride * width, flat.format});
    const std::vector<KindRef> items(static_cast<size_t>(width), type->kind);
    type_ = data::element_type(tuple_kind(items), std::vector<data::NumberFormat>(leaves_.size(), flat.format));
    count_ = count / width;
    return true;
}

std::optional<BufferOut> BufferOut::open_tensor(PyObject* out) {
    if (PyList_Check(out) || is_array(out) || !NumberTable::may_be_one(out)) return std::nullopt;
    BufferOut result;
    CudaTable::Found found = CudaTable::find(out);
    bool is_read_only = false;
    if (found.table) {
        if (!found.is_numbers) refuse(out, "is on a GPU and holds no numbers that are known here, or none at all");
        is_read_only = found.table->is_read_only();
    } else {
        result.table_ = NumberTable::open_tensor(out, is_read_only);
        if (!result.table_) return std::nullopt;
    }
    if (is_read_only) refuse(out, "is read-only");
    if (!found.table) {
        result.take_rows(result.table_->type(), result.table_->leaves(), result.table_->count(), 0);
        return result;
    }
    result.take_rows(found.table->type(), found.table->leaves(), found.table->count(), 0);
    found.table->make_ready();
    result.cuda_ = std::move(found.table);
    return result;
}

namespace {

/// Throws why no numbers can be written there: a request without steps would fail for these, which are fine.
[[noreturn]] void refuse_steps(PyObject* out) {
    Py_buffer view;
    if (PyObject_GetBuffer(out, &view, PyBUF_RECORDS) < 0) throw PythonError{};
    const std::string format = view.format ? view.format : "B";
    PyBuffer_Release(&view);
    throw UserError(ErrorKind::Type, "a buffer of format '" + format + "' holds no numbers that are known here");
}

}  // namespace

std::optional<BufferOut> BufferOut::open_with_steps(PyObject* out) {
    Py_buffer view;
    if (PyObject_GetBuffer(out, &view, PyBUF_STRIDES) < 0) {
        PyErr_Clear();
        return std::nullopt;
    }
    const bool is_in_one_piece = PyBuffer_IsContiguous(&view, 'C');
    PyBuffer_Release(&view);
    if (is_in_one_piece) return std::nullopt;
    BufferOut result;
    result.table_ = NumberTable::open_to_write(out);
    if (!result.table_) refuse_steps(out);
    result.take_rows(result.table_->type(), result.table_->leaves(), result.table_->count(), 0);
    return result;
}

std::optional<BufferOut> BufferOut::open(PyObject* out, int64_t count) {
    if (auto tensor = open_tensor(out)) {
        if (tensor->count() != count) return std::nullopt;
        return tensor;
    }
    Object data = Object::borrow(out);
    int64_t width = 0;
    if (is_batched(out)) {
        Batched batched = take_batched(out);
        data = std::move(batched.data);
        width = batched.n;
    }
    if (!PyObject_CheckBuffer(data.get())) return std::nullopt;
    BufferOut result;
    result.table_ = NumberTable::open_to_write(data.get());
    if (!result.table_ ||
        !result.take_rows(result.table_->type(), result.table_->leaves(), result.table_->count(), width) ||
        result.count_ != count)
        return std::nullopt;
    return result;
}

void BufferOut::store(data::ArrayBlock& block) const {
    if (cuda_) return CudaTable::fill(cuda_, block, leaves_, count_);
    if (block.copy_out(leaves_, count_)) return;
    block.before_read(0, count_);
    data::copy_elements(block.leaves(), leaves_, count_);
}

}  // namespace pp::python
