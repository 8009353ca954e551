/// Elements that are read and run a few at a time, for results that are taken as soon as they are there.
#pragma once

#include <Python.h>

#include <cstdint>
#include <vector>

#include "data/column.h"
#include "data/list_filler_python.h"
#include "data/piece_reader_python.h"
#include "engine/run.h"

namespace pp::python {

/// One thread's. The owner of the GIL waits.
class FlowedFew final : public data::FewResults {
public:
    /// `readers`: one for each column. `all`: where results have their places that are kept. All must live as long as
    /// this object. Throws std::bad_alloc.
    FlowedFew(const ir::Function& function, const std::vector<data::PieceReader>& readers,
              const engine::PieceRun& pieces, const data::Arrays& all);

    void* const* make(int64_t begin, int64_t end, int64_t known, const data::RowFiller& rows) override;
    void keep(int64_t begin, int64_t end) noexcept override;

private:
    const ir::Function& function_;
    const std::vector<data::PieceReader>& readers_;
    const engine::PieceRun& pieces_;
    const data::Arrays& all_;
    data::ArrayWindow inputs_, outputs_;
    void* const* slots_ = nullptr;
};

}  // namespace pp::python
