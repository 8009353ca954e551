/// Runs kernels made from the IR's text on small arrays, for the tests of codegen.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "codegen/codegen.h"
#include "ir/ir.h"

namespace pp::codegen::testing {

/// One compiled function and what its last run left.
class Kernel {
public:
    explicit Kernel(const std::string& text, const Options& options = {}) : Kernel(ir::parse(text), options) {}
    explicit Kernel(ir::Function function, const Options& options = {}) : function_(std::move(function)) {
        ir::verify(function_);
        kernel_ = compile_cpu(function_, options);
    }

    /// Runs elements `begin` to `end`; returns the status. Outputs are read with `output`; what was not stored is 0,
    /// flags that were not written are 7.
    uint32_t run(std::vector<const void*> inputs, int64_t end, std::vector<uint64_t> uniforms = {}, int64_t begin = 0) {
        return call(inputs, end, uniforms,
                    [&](const CpuArguments& arguments) { return kernel_->run(&arguments, begin, end); });
    }
    uint32_t locate(std::vector<const void*> inputs, int64_t end, std::vector<uint64_t> uniforms = {},
                    int64_t begin = 0) {
        return call(inputs, end, uniforms,
                    [&](const CpuArguments& arguments) { return kernel_->locate(&arguments, begin, end); });
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

private:
    using Call = std::function<uint32_t(const CpuArguments&)>;

    uint32_t call(const std::vector<const void*>& inputs, int64_t count, const std::vector<uint64_t>& uniforms,
                  const Call& function) {
        count_ = static_cast<size_t>(count);
        outputs_.assign(function_.outputs.size(), std::vector<uint64_t>(count_ + 1));
        flags_.assign(count_, 7);
        std::vector<void*> addresses;
        for (std::vector<uint64_t>& output : outputs_)
            addresses.push_back(output.data());
        CpuArguments arguments{.inputs = inputs.data(),
                               .outputs = addresses.data(),
                               .uniforms = uniforms.data(),
                               .flags = flags_.data(),
                               .poll = &Kernel::poll,
                               .poll_context = this};
        return function(arguments);
    }

    static int32_t poll(void* context) noexcept {
        auto* self = static_cast<Kernel*>(context);
        const size_t asked = static_cast<size_t>(self->polls++);
        return self->answers[std::min(asked, self->answers.size() - 1)];
    }

    ir::Function function_;
    std::unique_ptr<CpuKernel> kernel_;
    size_t count_ = 0;
    std::vector<std::vector<uint64_t>> outputs_;
    std::vector<uint8_t> flags_;
};

}  // namespace pp::codegen::testing
