/// Runs kernels made from the IR's text on small arrays, for the tests of codegen.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "codegen/codegen.h"
#include "ir/ir.h"

namespace pp::codegen::testing {

template <typename T>
const void* as_input(const std::vector<T>& column) {
    return column.data();
}

/// One compiled function and what its last run left.
class Kernel {
public:
    explicit Kernel(const std::string& text, const Options& options = {})
        : function_(ir::parse(text)), kernel_(compile_cpu(function_, options)) {
        ir::verify(function_);
    }

    /// Runs `count` elements; returns the status. Outputs are read with `output`.
    uint32_t run(std::vector<const void*> inputs, int64_t count, std::vector<uint64_t> uniforms = {}) {
        return call(inputs, count, uniforms, [&](const CpuArguments& arguments) {
            return kernel_->run(&arguments, 0, count);
        });
    }
    uint32_t locate(std::vector<const void*> inputs, int64_t count, std::vector<uint64_t> uniforms = {}) {
        return call(inputs, count, uniforms, [&](const CpuArguments& arguments) {
            return kernel_->locate(&arguments, 0, count);
        });
    }

    template <typename T>
    std::vector<T> output(size_t slot) const {
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
