/// Columns that no kernel can work on where they lie, gathered and scattered block by block by the thread that runs it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/kernel_abi.h"
#include "data/column.h"
#include "data/leaf_view.h"
#include "ir/ir.h"

namespace pp::engine {

/// Where a run's columns lie, of any format and with any step.
struct ViewedColumns {
    std::span<const data::LeafView> inputs;   ///< one for each of `ir::Function::inputs`
    std::span<const data::LeafView> outputs;  ///< the leaves of the results, whatever the variant; none: see RunRequest
    /// For each variant, and for each of `outputs`, what goes there (data::leaf_sources); empty: its leaves, one after
    /// the other, or where it has none nothing.
    std::span<const uint32_t> sources{};
    /// Which elements of inputs and outputs the run's are; empty: all, one after the other.
    std::span<const int64_t> elements{};

    std::span<const int64_t> part(int64_t begin, int64_t end) const {
        return elements.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
    }
};

/// Whether the kernel can read and write all of them where they lie.
bool are_native(const ir::Function& function, const ViewedColumns& columns);

/// Makes them ascend, each once: several columns and the kernel may have flagged the same.
void order_flagged(std::vector<int64_t>& flagged);

/// Stores results of elements [begin, end) of a run, which lie in `outputs` as a kernel leaves them, but for those
/// `flagged` (ascending); what does not fit is appended to `misfits`, as elements of the run. Results that lie where
/// they belong stay.
void store_results(const ir::Function& function, std::span<void* const> outputs, int64_t begin, int64_t end,
                   std::span<const int64_t> flagged, const ViewedColumns& to, std::vector<int64_t>& misfits);

/// Of one run.
class ViewedBlocks {
public:
    /// Elements of a block, at most.
    static constexpr int64_t kBlock = 1024;

    /// `native`: where there are no views of outputs, whole columns for them.
    ViewedBlocks(const ir::Function& function, const ViewedColumns& columns, std::span<void* const> native, int threads)
        : function_(function), columns_(columns), native_(native), workers_(static_cast<size_t>(threads)) {}

    /// Makes elements [begin, end) ready and points `arguments` at them. Elements whose inputs no kernel has a type for
    /// are appended to `flagged`. Throws std::bad_alloc.
    void load(CpuArguments& arguments, int64_t begin, int64_t end, int worker, std::vector<int64_t>& flagged);
    /// `store_results` for what the kernel made of them.
    void store(int64_t begin, int64_t end, int worker, std::span<const int64_t> flagged,
               std::vector<int64_t>& misfits) const {
        store_results(function_, workers_[static_cast<size_t>(worker)]->outputs, begin, end, flagged, columns_,
                      misfits);
    }

private:
    struct Worker {
        std::vector<const void*> inputs;
        std::vector<void*> outputs;
        data::Arrays input_scratch, output_scratch;
    };

    Worker& worker(int number);
    bool is_direct(size_t slot, size_t& leaf) const;

    const ir::Function& function_;
    ViewedColumns columns_;
    std::span<void* const> native_;
    std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace pp::engine
