/// The mutex, and its part in fork.
#include "codegen/llvm_lock.h"

#include <pthread.h>

namespace pp::codegen {
namespace {

// Never destroyed: kernels may be freed after static destructors, when the interpreter shuts down late.
std::mutex& mutex() {
    static std::mutex* const instance = [] {
        auto* created = new std::mutex;
        // The thread that forks takes the mutex, so in the child its copy is owned by the one thread there.
        pthread_atfork([] { mutex().lock(); }, [] { mutex().unlock(); }, [] { mutex().unlock(); });
        return created;
    }();
    return *instance;
}

}  // namespace

std::unique_lock<std::mutex> lock_llvm() {
    return std::unique_lock(mutex());
}

std::unique_lock<std::mutex> try_lock_llvm() {
    return std::unique_lock(mutex(), std::try_to_lock);
}

}  // namespace pp::codegen
