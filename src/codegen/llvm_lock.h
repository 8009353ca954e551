/// One user of LLVM at a time.
#pragma once

#include <mutex>

namespace pp::codegen {

/// Held for everything that touches LLVM. Fork waits for it, so that a child never inherits a half-done compilation.
/// Whoever holds it needs no other lock, the GIL included.
[[nodiscard]] std::unique_lock<std::mutex> lock_llvm();
/// The same without waiting: the lock may not own the mutex.
[[nodiscard]] std::unique_lock<std::mutex> try_lock_llvm();

}  // namespace pp::codegen
