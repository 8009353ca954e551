/// See flowed_few.h.
#include "python/flowed_few.h"

#include <algorithm>
#include <cstring>

namespace pp::python {

FlowedFew::FlowedFew(const ir::Function& function, const std::vector<data::PieceReader>& columns,
                     const engine::PieceRun& pieces, const data::Arrays& all)
    : function_(function), columns_(columns), pieces_(pieces), all_(all), inputs_(function.inputs, data::kFew),
      outputs_(function.outputs, data::kFew) {
    void* const* leaves = inputs_.pointers().data();
    for (const data::PieceReader& column : columns) {
        readers_.push_back(column.few(leaves));
        leaves += column.leaves();
    }
}

int64_t FlowedFew::start(int64_t begin, int64_t end, const data::NextObjects* next) {
    // So few that the processor, which asks for what lies behind what is read, does so while it computes.
    constexpr int64_t kInOrder = 8;
    next_ = next;
    known_ = end;
    bool all_in_order = !next || next->lie_in_order(begin, end);
    asks_ = !all_in_order;
    for (const data::PieceReader& column : columns_) {
        if (column.lie_in_order(begin, end)) continue;
        all_in_order = false;
        asks_ |= column.has_rows();
    }
    if (!asks_) return all_in_order ? kInOrder : data::kFew;
    for (const data::PieceReader& column : columns_)
        column.start(begin, end);
    if (next) next->start(begin, end);
    return data::kFew;
}

bool FlowedFew::read(int64_t begin, int64_t end) {
    for (data::FewReader& reader : readers_) {
        if (!reader.read(begin, end, known_)) return false;
    }
    return true;
}

bool FlowedFew::make(int64_t begin, int64_t end) {
    void* const* inputs = inputs_.pointers().data();
    void* const* outputs = outputs_.pointers().data();
    if (!read(begin, end)) return false;
    if (!asks_) return pieces_.run(inputs, outputs, 0, end - begin);
    // A processor waits where much memory is asked for at once. It computes while a little of it comes.
    constexpr int64_t kAtOnce = 4;
    for (int64_t i = begin, stop; i < end; i = stop) {
        stop = std::min(i + kAtOnce, end);
        for (const data::PieceReader& column : columns_)
            column.ask(i, stop, known_);
        if (next_) next_->ask(i, stop, known_);
        if (!pieces_.run(inputs, outputs, i - begin, stop - begin)) return false;
    }
    return true;
}

void FlowedFew::keep(int64_t begin, int64_t end) noexcept {
    for (size_t slot = 0; slot < function_.outputs.size(); ++slot) {
        const size_t bytes = data::storage_bytes(function_.outputs[slot]);
        std::memcpy(all_.as<char>(slot) + bytes * static_cast<size_t>(begin), outputs_.as<char>(slot),
                    bytes * static_cast<size_t>(end - begin));
    }
}

}  // namespace pp::python
