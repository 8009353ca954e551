/// Loading and launching.
#include "device/cuda_kernel.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <vector>

#include "base/error.h"
#include "base/kernel_abi.h"

namespace pp::device::cuda {

namespace {

constexpr int kSmallBlock = 128;
constexpr int kLargeBlock = 256;
constexpr int64_t kMostBlocks = INT32_MAX;

}  // namespace

LoadedModule::LoadedModule(const Session& session, const void* image) : session_(session) {
    const Session::Scope scope(session);
    std::array<char, 8192> log{};
    std::array<int, 2> options{kJitErrorLog, kJitErrorLogBytes};
    std::array<void*, 2> values{log.data(), reinterpret_cast<void*>(log.size())};
    const Driver& driver = session.driver();
    const Result result = driver.cuModuleLoadDataEx.address(&module_, image, static_cast<unsigned>(options.size()),
                                                            options.data(), values.data());
    log.back() = '\0';
    const std::string text(log.data());
    if (result != kSuccess) driver.fail(driver.cuModuleLoadDataEx.name, result, text.empty() ? "" : "\n" + text);
}

LoadedModule::~LoadedModule() {
    const Session::Scope scope(session_, std::nothrow);
    if (scope.is_entered()) session_.driver().cuModuleUnload.address(module_);
}

Function LoadedModule::function(const char* name) const {
    const Session::Scope scope(session_);
    Function function = nullptr;
    session_.driver().call(session_.driver().cuModuleGetFunction, &function, module_, name);
    return function;
}

uint64_t LoadedModule::variable(const char* name) const {
    const Session::Scope scope(session_);
    const Driver& driver = session_.driver();
    DeviceAddress address = 0;
    size_t bytes = 0;
    const Result result = driver.cuModuleGetGlobal.address(&address, &bytes, module_, name);
    if (result == kNotFound) return 0;
    if (result != kSuccess) driver.fail(driver.cuModuleGetGlobal.name, result);
    return address;
}

LoadedKernel::LoadedKernel(const Session& session, const std::string& ptx)
    : module_(session, ptx.c_str()), function_(module_.function(kCudaKernelName)), graphs_(session, function_) {
    const Session::Scope scope(session);
    session.driver().call(session.driver().cuFuncGetAttribute, &most_threads_, kFunctionMostThreads, function_);
    constexpr int64_t kBlocksEach = 4;
    enough_for_large_blocks_ = session.attribute(kAttributeMultiprocessors) * kBlocksEach * kLargeBlock;
}

int LoadedKernel::block_threads(int64_t count) const noexcept {
    return std::min(count < enough_for_large_blocks_ ? kSmallBlock : kLargeBlock, std::max(most_threads_, 1));
}

void launch_blocks(const Session& session, const Session::Queue& queue, Function function, int64_t blocks, int threads,
                   std::span<const uint64_t> parameters) {
    if (blocks > kMostBlocks) {
        throw UserError(ErrorKind::Device, "too many elements for one launch: " + std::to_string(blocks) +
                                               " blocks of " + std::to_string(threads) + " are more than " +
                                               std::to_string(kMostBlocks));
    }
    std::vector<void*> addresses;
    addresses.reserve(parameters.size());
    // The driver copies the parameters and writes to none.
    for (const uint64_t& parameter : parameters)
        addresses.push_back(const_cast<uint64_t*>(&parameter));
    session.driver().call(session.driver().cuLaunchKernel, function, static_cast<unsigned>(blocks), 1u, 1u,
                          static_cast<unsigned>(threads), 1u, 1u, 0u, queue.stream(), addresses.data(),
                          static_cast<void**>(nullptr));
}

}  // namespace pp::device::cuda
