/// Runs kernels made from the IR's text on small arrays, for the tests of codegen.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "codegen/codegen.h"
#include "ir/ir.h"

namespace pp::codegen::testing {

/// Memory as kernels want it: every block apart, so that a sanitizer or a crash would tell of a wrong access.
class TestMemory : public KernelMemory {
public:
    explicit TestMemory(int64_t budget)
        : KernelMemory{&TestMemory::reserve_block, &TestMemory::extend_block, &TestMemory::copy_units,
                       &TestMemory::order_units},
          left_(budget) {}

private:
    static uint64_t address(const void* place) { return static_cast<uint64_t>(reinterpret_cast<uintptr_t>(place)); }
    template <typename T> static T* at(uint64_t address) {
        return reinterpret_cast<T*>(static_cast<uintptr_t>(address));
    }

    static uint64_t reserve_block(KernelMemory* memory, uint64_t bytes) noexcept {
        auto* self = static_cast<TestMemory*>(memory);
        if (bytes > static_cast<uint64_t>(self->left_)) return 0;
        self->left_ -= static_cast<int64_t>(bytes);
        auto& block = self->blocks_.emplace_back(std::make_unique<uint64_t[]>(bytes / 8 + 2));
        block[0] = bytes;
        return address(&block[1]);
    }
    static uint64_t extend_block(KernelMemory* memory, uint64_t old, uint64_t used, uint64_t needed) noexcept {
        const uint64_t moved = reserve_block(memory, 2 * needed);
        if (moved != 0 && used != 0) std::memcpy(at<char>(moved), at<char>(old), used);
        return moved;
    }
    static uint32_t unit(uint64_t text, int64_t index, uint8_t bytes) {
        return bytes == 1 ? at<uint8_t>(text)[index] : at<uint32_t>(text)[index];
    }
    static void copy_units(uint64_t to, uint64_t from, int64_t count, uint64_t units) noexcept {
        const ir::Units widths = ir::Units::of(units);
        for (int64_t i = 0; i < count; ++i) {
            if (widths.first == 1)
                at<uint8_t>(to)[i] = static_cast<uint8_t>(unit(from, i, widths.second));
            else
                at<uint32_t>(to)[i] = unit(from, i, widths.second);
        }
    }
    static int64_t order_units(uint64_t left, uint64_t right, int64_t count, uint64_t units) noexcept {
        const ir::Units widths = ir::Units::of(units);
        for (int64_t i = 0; i < count; ++i) {
            const uint32_t a = unit(left, i, widths.first), b = unit(right, i, widths.second);
            if (a != b) return a < b ? -1 : 1;
        }
        return 0;
    }

    int64_t left_;
    std::vector<std::unique_ptr<uint64_t[]>> blocks_;
};

/// One compiled function and what its last run left. Whatever is run is run with quickly made code first: both must
/// answer, store, flag and ask the same.
class Kernel {
public:
    explicit Kernel(const std::string& text, const Options& options = {}) : Kernel(ir::parse(text), options) {}
    explicit Kernel(ir::Function function, const Options& options = {}) : function_(std::move(function)) {
        ir::verify(function_);
        kernel_ = compile_cpu(function_, options, Effort::Full);
        quick_kernel_ = compile_cpu(function_, options, Effort::Quick);
    }

    /// Runs elements `begin` to `end`; returns the status. Outputs are read with `output`; what was not stored is 0,
    /// flags that were not written are 7.
    uint32_t run(std::vector<const void*> inputs, int64_t end, std::vector<uint64_t> uniforms = {}, int64_t begin = 0) {
        return call_both(inputs, end, uniforms, [&](const CpuKernel& kernel, const CpuArguments& arguments) {
            return kernel.run(&arguments, begin, end);
        });
    }
    uint32_t locate(std::vector<const void*> inputs, int64_t end, std::vector<uint64_t> uniforms = {},
                    int64_t begin = 0) {
        return call_both(inputs, end, uniforms, [&](const CpuKernel& kernel, const CpuArguments& arguments) {
            return kernel.locate(&arguments, begin, end);
        });
    }

    template <typename T> std::vector<T> output(size_t slot) const {
        const T* first = reinterpret_cast<const T*>(outputs_[slot].data());
        return {first, first + count_};
    }
    const std::vector<uint8_t>& flags() const { return flags_; }
    const CpuKernel& kernel() const { return *kernel_; }

    /// The answers that `poll` gives; the last one is repeated.
    std::vector<int32_t> answers{0};
    int polls = 0;
    int64_t budget = int64_t{1} << 30;  ///< bytes that a run may reserve

private:
    using Call = std::function<uint32_t(const CpuKernel&, const CpuArguments&)>;

    uint32_t call_both(const std::vector<const void*>& inputs, int64_t count, const std::vector<uint64_t>& uniforms,
                       const Call& function) {
        const int polls_before = polls;
        const uint32_t quick_status = call(*quick_kernel_, inputs, count, uniforms, function);
        const std::vector<std::vector<uint64_t>> quick_outputs = std::move(outputs_);
        const std::vector<uint8_t> quick_flags = std::move(flags_);
        const int quick_polls = std::exchange(polls, polls_before) - polls_before;
        const uint32_t status = call(*kernel_, inputs, count, uniforms, function);
        EXPECT_EQ(quick_status, status);
        EXPECT_EQ(quick_flags, flags_);
        EXPECT_EQ(quick_polls, polls - polls_before);
        // What handed-back elements and slots of other variants hold means nothing; addresses of new memory differ.
        if (status == kOk && !function_.has_tag() && !ir::uses_memory(function_)) {
            EXPECT_EQ(quick_outputs, outputs_);
        }
        return status;
    }

    uint32_t call(const CpuKernel& kernel, const std::vector<const void*>& inputs, int64_t count,
                  const std::vector<uint64_t>& uniforms, const Call& function) {
        count_ = static_cast<size_t>(count);
        outputs_.assign(function_.outputs.size(), std::vector<uint64_t>(count_ + 1));
        flags_.assign(count_, 7);
        std::vector<void*> addresses;
        for (std::vector<uint64_t>& output : outputs_)
            addresses.push_back(output.data());
        memory_ = std::make_unique<TestMemory>(budget);
        CpuArguments arguments{.inputs = inputs.data(),
                               .outputs = addresses.data(),
                               .uniforms = uniforms.data(),
                               .flags = flags_.data(),
                               .poll = &Kernel::poll,
                               .poll_context = this,
                               .memory = memory_.get()};
        return function(kernel, arguments);
    }

    static int32_t poll(void* context) noexcept {
        auto* self = static_cast<Kernel*>(context);
        const size_t asked = static_cast<size_t>(self->polls++);
        return self->answers[std::min(asked, self->answers.size() - 1)];
    }

    ir::Function function_;
    std::unique_ptr<CpuKernel> kernel_, quick_kernel_;
    size_t count_ = 0;
    std::vector<std::vector<uint64_t>> outputs_;
    std::vector<uint8_t> flags_;
    std::unique_ptr<TestMemory> memory_;
};

}  // namespace pp::codegen::testing
