/// See flowed_few.h.
#include "python/flowed_few.h"

#include <algorithm>
#include <cstring>

namespace pp::python {

FlowedFew::FlowedFew(const ir::Function& function, const std::vector<data::PieceReader>& readers,
                     const engine::PieceRun& pieces, const data::Arrays& all)
    : function_(function), readers_(readers), pieces_(pieces), all_(all), inputs_(function.inputs, data::kFew),
      outputs_(function.outputs, data::kFew) {}

void* const* FlowedFew::make(int64_t begin, int64_t end, int64_t known, const data::RowFiller& rows) {
    // A processor waits where much memory is asked for at once. It computes while a little of it comes.
    constexpr int64_t kAtOnce = 8;
    void* const* leaves = inputs_.at(begin);
    void* const* of_column = leaves;
    for (const data::PieceReader& reader : readers_) {
        if (!reader.read(of_column, begin, end, known)) return nullptr;
        of_column += reader.leaves();
    }
    slots_ = outputs_.at(begin);
    for (int64_t i = begin, next; i < end; i = next) {
        next = std::min(i + kAtOnce, end);
        for (const data::PieceReader& reader : readers_)
            reader.ask(i + data::kFew, std::min(next + data::kFew, known), known);
        rows.ask(i, next, known);
        if (!pieces_.run(leaves, slots_, i, next)) return nullptr;
    }
    return slots_;
}

void FlowedFew::keep(int64_t begin, int64_t end) noexcept {
    for (size_t slot = 0; slot < function_.outputs.size(); ++slot) {
        const size_t bytes = data::storage_bytes(function_.outputs[slot]);
        const size_t first = bytes * static_cast<size_t>(begin), count = bytes * static_cast<size_t>(end - begin);
        std::memcpy(all_.as<char>(slot) + first, static_cast<const char*>(slots_[slot]) + first, count);
    }
}

}  // namespace pp::python
