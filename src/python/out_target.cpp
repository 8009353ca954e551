/// See out_target.h.
#include "python/out_target.h"

#include <algorithm>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "data/buffer_filler_python.h"
#include "data/list_filler_python.h"
#include "data/place_python.h"
#include "data/result_list_python.h"
#include "python/exceptions.h"
#include "python/result_list.h"

namespace pp::python {

namespace {

bool prepare(data::ListFiller& filler) {
    try {
        return filler.prepare();
    } catch (const std::bad_alloc&) {
        PyErr_NoMemory();
        return false;
    }
}

[[noreturn]] void raise(PyObject* type, const std::string& message) {
    PyErr_SetString(type, message.c_str());
    throw PythonError{};
}

std::string element_note(int64_t element) {
    return " (element " + std::to_string(element) + "); nothing has been written";
}

}  // namespace

OutTarget::OutTarget(PyObject* out, int64_t count) : count_(count) {
    Object data = Object::borrow(out);
    if (is_batched(out)) {
        Batched batched = take_batched(out);
        data = std::move(batched.data);
        width_ = batched.n;
    }
    if (PyList_CheckExact(data.get())) {
        list_ = std::move(data);
        check_length(PyList_GET_SIZE(list_.get()));
        return;
    }
    tensor_ = BufferOut::open_tensor(out);
    if (!tensor_ && width_ == 0 && PyObject_CheckBuffer(out)) tensor_ = BufferOut::open_with_steps(out);
    if (tensor_) {
        open_tensor();
        return;
    }
    if (!PyObject_CheckBuffer(data.get())) {
        throw UserError(ErrorKind::Type, std::string("out must be an Array, a list, a writable buffer or a tensor of "
                                                     "numbers, or a batched() of a list or a buffer, not '") +
                                             Py_TYPE(data.get())->tp_name + "'");
    }
    buffer_ = std::make_unique<NumberBuffer>(data.get(), true);
    if (buffer_->width() > 0) {
        width_ = buffer_->width();
        check_rows(buffer_->count() / width_);
    } else {
        check_length(buffer_->count());
    }
}

void OutTarget::open_tensor() {
    data::ElementTypeRef type = tensor_->type();
    const bool is_table = std::ranges::all_of(type->kind->items, [](KindRef item) { return item->is_scalar(); });
    if (!is_table) {
        throw UserError(ErrorKind::Type,
                        "a tensor, or a buffer with steps, that results are written to must have one dimension, or "
                        "two, of which rows are the second");
    }
    width_ = type->is_scalar() ? 0 : static_cast<int64_t>(type->leaves.size());
    if (width_ > 0) {
        check_rows(tensor_->count());
    } else {
        check_length(tensor_->count());
    }
    staged_ = std::make_shared<data::ArrayBlock>(type, count_);
}

void OutTarget::check_length(int64_t length) const {
    if (length == items()) return;
    throw UserError(ErrorKind::Value, "out has " + std::to_string(length) + " items, the result " +
                                          std::to_string(count_) +
                                          (width_ > 0 ? " rows of " + std::to_string(width_) : std::string()));
}

void OutTarget::check_rows(int64_t rows) const {
    if (rows == count_) return;
    throw UserError(ErrorKind::Value, "out has " + std::to_string(rows) + " rows of " + std::to_string(width_) +
                                          ", the result has " + std::to_string(count_) + " elements");
}

bool OutTarget::open(const GroupRun& group, const Columns& columns) {
    if (!list_ || width_ > 0 || PyList_GET_SIZE(list_.get()) != count_) return false;
    filler_.emplace(list_.get(), width_, group.results(columns, true));
    if (!filler_->open() || filler_->is_mostly_replaced()) filler_.reset();
    return filler_.has_value();
}

void OutTarget::drop() noexcept {
    if (filler_) filler_->undo();
    filler_.reset();
}

void OutTarget::fill(Evaluation& evaluation, PyObject** others) {
    if (buffer_ || tensor_) {
        fill_buffer(evaluation, others);
    } else {
        fill_list(evaluation, others);
    }
}

void OutTarget::fill_list(Evaluation& evaluation, PyObject** others) {
    if (PyList_GET_SIZE(list_.get()) != items()) {  // Python code that ran meanwhile may have changed it
        raise(PyExc_RuntimeError, "out changed its length while map() was running; nothing has been written");
    }
    std::vector<data::ListFiller> fillers;  // let go of what was there when everything is written
    if (evaluation.has_flowed()) {
        fillers.push_back(std::move(*filler_));
        filler_.reset();
    }
    for (const GroupRun& group : evaluation.groups()) {
        if (evaluation.has_flowed()) break;  // there is one group
        fillers.emplace_back(list_.get(), width_,
                             group.results(evaluation.columns(), !evaluation.python_may_have_run()));
        if (KindRef kind = fillers.back().misfit()) {
            raise(PyExc_TypeError, "results of type " + kind->to_string() + " where out takes rows of " +
                                       std::to_string(width_) + "; nothing has been written");
        }
    }
    const bool has_others = evaluation.python_may_have_run();
    if (!evaluation.has_flowed() && !has_others && fillers.size() == 1 && fillers.front().is_mostly_replaced()) {
        return replace_all(evaluation);
    }
    for (int64_t i = 0; has_others && width_ > 0 && i < count_; ++i) {
        if (others[i] && (!PyTuple_CheckExact(others[i]) && !PyList_CheckExact(others[i]))) {
            raise(PyExc_TypeError, std::string("a result of type '") + Py_TYPE(others[i])->tp_name +
                                       "' where out takes rows of " + std::to_string(width_) + element_note(i));
        }
        if (others[i] && Py_SIZE(others[i]) != width_) {
            raise(PyExc_ValueError, "a result of " + std::to_string(Py_SIZE(others[i])) + " items where out takes " +
                                        std::to_string(width_) + element_note(i));
        }
    }
    for (size_t i = 0; i < fillers.size(); ++i) {
        if (prepare(fillers[i])) continue;
        while (i > 0)
            fillers[--i].undo();
        throw PythonError{};
    }
    for (data::ListFiller& filler : fillers)
        filler.commit();
    if (has_others && width_ > 0) {
        spread(others);
    } else if (has_others) {
        for (int64_t i = 0; i < count_; ++i) {
            if (others[i]) others[i] = data::exchange_item(list_.get(), i, others[i]);
        }
    }
}

void OutTarget::replace_all(Evaluation& evaluation) {
    ResultList results(count_);
    results.box(evaluation);
    data::exchange_items(list_.get(), results.list());
    const Object old = results.finish();  // lets go of what was there
}

/// Rows that CPython made, item by item. What was there lives until all is written.
void OutTarget::spread(PyObject** others) {
    std::vector<Object> old;
    for (int64_t i = 0; i < count_; ++i) {
        for (int64_t k = 0; others[i] && k < width_; ++k) {
            PyObject* item = Py_NewRef(data::item_of(others[i], k));
            old.push_back(Object::steal(data::exchange_item(list_.get(), i * width_ + k, item)));
        }
    }
}

void OutTarget::fill_buffer(Evaluation& evaluation, PyObject** others) {
    const bool is_flat = width_ == 0;
    const data::LeafView memory = tensor_ ? staged_->leaf(0) : data::LeafView{buffer_->memory(), 0, buffer_->format()};
    const data::NumberRows rows{memory.format, memory.base, is_flat ? 1 : width_, is_flat};
    std::vector<data::RunResults> results;
    for (const GroupRun& group : evaluation.groups()) {
        results.push_back(group.results(evaluation.columns(), !evaluation.python_may_have_run()));
        const data::Misfit misfit = data::find_misfit(rows, results.back());
        if (misfit.element >= 0) {
            raise(misfit.is_range ? PyExc_OverflowError : PyExc_TypeError, misfit.what + element_note(misfit.element));
        }
    }
    const size_t bytes = rows.row_bytes();
    std::vector<std::pair<int64_t, std::vector<char>>> made;
    for (int64_t i = 0; evaluation.python_may_have_run() && i < count_; ++i) {
        if (!others[i]) continue;
        made.emplace_back(i, std::vector<char>(bytes));
        if (!data::store_object(rows, others[i], made.back().second.data())) {
            add_note_to_current_error(("parallel_party: the result" + element_note(i)).c_str());
            throw PythonError{};
        }
    }
    for (const data::RunResults& of_group : results)
        data::store_numbers(rows, of_group);
    for (const auto& [element, numbers] : made) {
        std::copy(numbers.begin(), numbers.end(), rows.memory + static_cast<size_t>(element) * bytes);
    }
    if (tensor_) tensor_->store(*staged_);
}

}  // namespace pp::python
