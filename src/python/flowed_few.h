/// Elements that are read and run a few at a time, for results that are taken as soon as they are there.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>
#include <vector>

#include "data/column.h"
#include "data/few_results_python.h"
#include "data/piece_reader_python.h"
#include "engine/run.h"

namespace pp::python {

/// One thread's. The owner of the GIL waits.
class FlowedFew final : public data::FewResults {
public:
    /// `columns`: how to read each. `all`: where results have their places that are kept. All must live as long as this
    /// object. Throws std::bad_alloc.
    FlowedFew(const ir::Function& function, const std::vector<data::PieceReader>& columns,
              const engine::PieceRun& pieces, const data::Arrays& all);

    int64_t start(int64_t begin, int64_t end, const data::NextObjects* next) override;
    bool make(int64_t begin, int64_t end) override;
    std::span<void* const> slots() const noexcept override { return outputs_.pointers(); }
    void keep(int64_t begin, int64_t end) noexcept override;

private:
    bool read(int64_t begin, int64_t end);

    const ir::Function& function_;
    const std::vector<data::PieceReader>& columns_;
    const engine::PieceRun& pieces_;
    const data::Arrays& all_;
    data::Arrays inputs_, outputs_;
    std::vector<data::FewReader> readers_;
    const data::NextObjects* next_ = nullptr;
    int64_t known_ = 0;
    bool asks_ = false;
};

}  // namespace pp::python
