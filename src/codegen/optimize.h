/// The passes that LLVM runs over a kernel: few, since a kernel is compiled while its user waits.
#pragma once

#include <memory>

namespace llvm {
class Module;
class TargetMachine;
}  // namespace llvm

namespace pp::codegen {

/// Optimises one module after the other for one machine. Not thread-safe; keeps a reference to the machine.
class Optimizer {
public:
    explicit Optimizer(llvm::TargetMachine& machine);
    ~Optimizer();
    /// `has_loops`: whether elements themselves have loops, which are not made into vectors.
    void optimize_cpu_kernel(llvm::Module& module, bool has_loops);
    /// For large kernels: in time that grows as the kernel does, what the quick code generator does not do itself.
    void tidy_cpu_kernel(llvm::Module& module);
    /// Inlines the device library too. Everything but the kernel must be internal.
    void optimize_cuda_kernel(llvm::Module& module);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace pp::codegen
