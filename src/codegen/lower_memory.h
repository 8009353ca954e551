/// Lowers the operations on memory.
#pragma once

#include <string>

#include "codegen/lower_operation.h"

namespace pp::codegen {

/// Emits `value`, for which `ir::uses_memory` holds, and returns its result, null where it has none. Marks must leave
/// the element at once.
llvm::Value* lower_memory(llvm::IRBuilderBase& builder, const ir::Value& value, llvm::Value* const* operands,
                          const Target& target, Marker& marker);
/// Emits an ir::Op::Item. `checks_place`: the position may lie beyond the items, where marked elements run on.
llvm::Value* lower_item(llvm::IRBuilderBase& builder, const ir::Value& value, llvm::Value* const* operands,
                        const Target& target, bool checks_place);
/// The address of these bytes, part of the module, as i64.
llvm::Value* lower_data(llvm::IRBuilderBase& builder, const std::string& bytes);

}  // namespace pp::codegen
