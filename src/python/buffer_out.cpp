/// See buffer_out.h.
#include "python/buffer_out.h"

#include <utility>

#include "data/read_plan.h"
#include "python/batched.h"
#include "python/object.h"

namespace pp::python {

std::optional<BufferOut> BufferOut::open(PyObject* out, int64_t count) {
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
    if (!result.table_) return std::nullopt;
    result.type_ = result.table_->type();
    result.leaves_ = result.table_->leaves();
    result.count_ = count;
    if (width == 0) {
        if (result.table_->count() != count) return std::nullopt;
        return result;
    }
    if (!result.type_->is_scalar() || width > static_cast<int64_t>(data::kMaximumRow) ||
        result.table_->count() % width != 0 || result.table_->count() / width != count)
        return std::nullopt;
    const data::LeafView flat = result.leaves_.front();
    result.leaves_.clear();
    for (int64_t i = 0; i < width; ++i)
        result.leaves_.push_back({flat.at(i), flat.stride * width, flat.format});
    const std::vector<KindRef> items(static_cast<size_t>(width), result.type_->kind);
    result.type_ =
        data::element_type(tuple_kind(items), std::vector<data::NumberFormat>(result.leaves_.size(), flat.format));
    return result;
}

void BufferOut::store(data::ArrayBlock& block) const {
    if (block.copy_out(leaves_, count_)) return;
    block.before_read(0, count_);
    data::copy_elements(block.leaves(), leaves_, count_);
}

}  // namespace pp::python
