/// Lowers single operations of the IR; control flow is lower.cpp's.
#pragma once

#include "codegen/target.h"
#include "ir/ir.h"

namespace pp::codegen {

/// How the element under construction is marked to be handed back.
class Marker {
public:
    virtual ~Marker() = default;
    /// `condition` is i1.
    virtual void mark_if(llvm::IRBuilderBase& builder, llvm::Value* condition) = 0;
    /// `word` is i64. Where marks accumulate this is the cheapest form, and the one that fits vectors.
    virtual void mark_if_negative(llvm::IRBuilderBase& builder, llvm::Value* word) = 0;
    /// True: operations after a mark are still executed, on meaningless values, so they must not trap.
    virtual bool runs_on() const noexcept = 0;
};

/// The type of a value in registers (bool is i1) and in arrays (bool is i8).
llvm::Type* register_type(llvm::IRBuilderBase& builder, ir::Type type);
llvm::Type* memory_type(llvm::IRBuilderBase& builder, ir::Type type);

/// Emits `value` for the given operands and returns its result, null where it has none. Sources are not operations
/// here. Throws InternalError for an operation that `passes/expand` should have spelled out.
llvm::Value* lower_operation(llvm::IRBuilderBase& builder, const ir::Value& value, llvm::Value* const* operands,
                             const Target& target, Marker& marker);

}  // namespace pp::codegen
