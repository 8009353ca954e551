/// What differs between devices when a kernel is lowered: its signature, how elements follow one another, and fuel.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "codegen/cuda_layout.h"
#include "ir/ir.h"

namespace llvm {
class Function;
class IRBuilderBase;
class LoadInst;
class Module;
class PointerType;
class Type;
class Value;
}  // namespace llvm

namespace pp::codegen {

enum class MemoryFunction : uint8_t { Reserve, Extend, Copy, Order };

/// Builds one kernel around the code of an element. Used once, in this order: `begin`, any of the hooks, `end`.
class Target {
public:
    virtual ~Target() = default;

    /// Declares the kernel in `module` and leaves `builder` where the code of one element starts. The first
    /// instruction of the function's entry block runs once a call, before any element.
    virtual llvm::Function* begin(llvm::Module& module, const ir::Function& function, llvm::IRBuilderBase& builder) = 0;
    /// The element's value of an input leaf, whose array holds `type`.
    virtual llvm::Value* load_input(llvm::IRBuilderBase& builder, uint32_t leaf, llvm::Type* type) = 0;
    /// The 64-bit word of a uniform, loaded before the elements.
    virtual llvm::Value* uniform(uint32_t index) = 0;
    virtual void store_output(llvm::IRBuilderBase& builder, uint32_t slot, llvm::Value* value) = 0;
    /// Ends the element and the kernel. The element is handed back where `mark` (i64, 0 or 1) is 1.
    virtual void end(llvm::IRBuilderBase& builder, llvm::Value* mark) = 0;

    /// Loop iterations before `refuel` is asked.
    virtual int64_t fuel() const noexcept = 0;
    /// Emits what happens when fuel is used up. True: `builder` stands where the element goes on with a full tank;
    /// false: the element must be handed back.
    virtual bool refuel(llvm::IRBuilderBase& builder) = 0;

    /// Emits the call of a function of KernelMemory's, `arguments` its own without the memory itself; the units of
    /// Copy and Order are a constant. Returns its result, null where it has none.
    virtual llvm::Value* call_memory(llvm::IRBuilderBase& builder, MemoryFunction function,
                                     std::span<llvm::Value* const> arguments) const = 0;
    /// The type of an address in that memory.
    virtual llvm::PointerType* memory_pointer(llvm::IRBuilderBase& builder) const = 0;
    /// The address, as i64, of these bytes, which are number `index` of the function's data.
    virtual llvm::Value* data(llvm::IRBuilderBase& builder, uint32_t index, const std::string& bytes) const = 0;

    /// The address of the run's KernelJournal, and the number of the element. Throw UserError(Unsupported) where the
    /// device has none.
    virtual llvm::Value* journal(llvm::IRBuilderBase& builder) const = 0;
    virtual llvm::Value* element(llvm::IRBuilderBase& builder) const = 0;

    /// Whether marked elements may run on where they read items; else a mark leaves the element at once there.
    virtual bool runs_on_with_items() const noexcept = 0;
    /// The type of an address in memory that nobody writes while the kernel runs, and what its loads are marked with.
    virtual llvm::PointerType* read_only_pointer(llvm::IRBuilderBase& builder) const = 0;
    virtual void mark_read_only(llvm::LoadInst& load) const = 0;

    /// The symbol that computes a math function.
    virtual const char* math_symbol(ir::MathFunction function) const = 0;
    /// The symbol of an exact fused multiply-add, or null where the processor has the instruction.
    virtual const char* fma_symbol() const = 0;
};

inline constexpr const char* kCpuKernelName = "pp_kernel";

/// `has_fma`: whether the processor that runs the kernel fuses multiply and add.
std::unique_ptr<Target> make_x86_target(bool has_fma);
/// `layout`, which may be null, must outlive it.
std::unique_ptr<Target> make_nvptx_target(const CudaLayout* layout);

}  // namespace pp::codegen
