/// What `out=` names: a list or a buffer of the caller's that results are written into when all of them are there.
#pragma once

#include <Python.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "data/array_body.h"
#include "data/list_filler_python.h"
#include "python/batched.h"
#include "python/buffer_out.h"
#include "python/evaluation.h"
#include "python/flow.h"

namespace pp::python {

/// GIL held for every member. Throws UserError, PythonError; nothing has been written then.
class OutTarget : public Flow {
public:
    /// `out` must be a list, a writable buffer or a tensor of numbers, or a `batched` of a list or a buffer, for
    /// `count` results: looked at before anything runs. A buffer cannot be resized while this lives.
    OutTarget(PyObject* out, int64_t count);

    /// Writes compiled results, and `others`, which are taken over where it is a list: one place for each element, null
    /// where the result is a compiled one. Null where no Python code has run.
    void fill(Evaluation& evaluation, PyObject** others);
    ~OutTarget() override { drop(); }

    // Rows of the list in which most is ready are filled while others are still being computed.
    bool open(const GroupRun& group, const Columns& columns) override;
    bool take(int64_t begin, int64_t end, data::FewResults& few) override {
        return filler_->fill_block(begin, end, few);
    }
    void drop() noexcept override;

private:
    int64_t items() const noexcept { return count_ * (width_ > 0 ? width_ : 1); }
    void check_length(int64_t length) const;
    void check_rows(int64_t rows) const;
    void fill_list(Evaluation& evaluation, PyObject** others);
    void replace_all(Evaluation& evaluation);
    void spread(PyObject** others);
    void fill_buffer(Evaluation& evaluation, PyObject** others);
    void open_tensor();

    Object list_;                               ///< or null
    std::unique_ptr<NumberBuffer> buffer_;      ///< or null
    std::optional<BufferOut> tensor_;           ///< or a buffer whose numbers have steps between them
    std::shared_ptr<data::ArrayBlock> staged_;  ///< with `tensor_`: results are put here, then copied
    int64_t width_ = 0;                         ///< items of a row; 0 where results are written as they are
    int64_t count_;
    std::optional<data::ListFiller> filler_;  ///< open for blocks, or filled with all of them
};

}  // namespace pp::python
