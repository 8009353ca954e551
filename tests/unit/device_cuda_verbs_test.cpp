/// The verbs of a GPU on the fake driver: copies, memory that runs out, launches, waits, forks.
#include <cstdint>
#include <gtest/gtest.h>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "base/error.h"
#include "device/cuda_driver_device.h"
#include "device_cuda_fake.h"

namespace pp::device::cuda {
namespace {

/// A device whose parts are made anew for each test.
class CudaVerbs : public testing::Test {
protected:
    CudaVerbs() { fake::state() = {}; }
    ~CudaVerbs() override {
        EXPECT_TRUE(fake::state().contexts.empty()) << "the caller's current context was not restored";
        EXPECT_EQ(calls("cuCtxPushCurrent_v2"), calls("cuCtxPopCurrent_v2"));
    }

    DriverDevice& device() {
        if (!device_) {
            discovery_ = std::make_unique<Discovery>(discover(initialise_driver(fake::lookup)));
            device_ = std::make_unique<DriverDevice>(*discovery_->load.driver, discovery_->devices.at(0));
        }
        return *device_;
    }
    static int calls(const std::string& symbol) { return fake::state().calls[symbol]; }

    template <typename Call> static UserError failure_of(Call call) {
        try {
            call();
        } catch (const UserError& error) {
            return error;
        }
        ADD_FAILURE() << "nothing was thrown";
        return UserError(ErrorKind::Value, "");
    }

    std::unique_ptr<Discovery> discovery_;
    std::unique_ptr<DriverDevice> device_;
};

std::vector<uint8_t> pattern(size_t bytes) {
    std::vector<uint8_t> data(bytes);
    for (size_t i = 0; i < bytes; ++i)
        data[i] = static_cast<uint8_t>(i * 2654435761u >> 13);
    return data;
}

TEST_F(CudaVerbs, CopiesOfEverySizeComeBack) {
    for (const size_t bytes : {size_t{1}, size_t{65535}, size_t{65536}, size_t{65537}, size_t{1'048'577},
                               size_t{8'388'608}, size_t{40'000'003}}) {
        const auto data = pattern(bytes);
        std::vector<uint8_t> back(bytes);
        const Buffer buffer = device().allocate(bytes + 3);
        device().upload(buffer, 3, data.data(), bytes);
        device().download(back.data(), buffer, 3, bytes);
        EXPECT_TRUE(data == back) << bytes;
    }
    EXPECT_EQ(calls("cuMemHostAlloc"), 2);
}

TEST_F(CudaVerbs, LargeCopiesAreCutIntoPieces) {
    const auto data = pattern(size_t{32} << 20);
    const Buffer buffer = device().allocate(data.size());
    device().upload(buffer, 0, data.data(), data.size());
    EXPECT_EQ(calls("cuMemcpyHtoDAsync_v2"), 8);
}

TEST_F(CudaVerbs, ChunksOfValuesAreSentAsTheyCome) {
    for (const size_t bytes : {size_t{100}, size_t{3'000'003}, size_t{40'000'003}}) {
        const auto data = pattern(2 * bytes);
        std::vector<uint8_t> back(2 * bytes + 256);
        const Buffer buffer = device().allocate(back.size());
        const auto* source = reinterpret_cast<const std::byte*>(data.data());
        const auto count = static_cast<int64_t>(bytes);
        const auto upload =
            device().upload_in_chunks(buffer, {{source, 1, 0}, {source + bytes, 1, bytes + 256}}, count);
        for (int64_t begin = 0; begin < count; begin += 1'000'000)
            upload->take(begin, std::min(count, begin + 1'000'000));
        upload->finish();
        device().download(back.data(), buffer, 0, bytes + 256);
        EXPECT_TRUE(std::equal(back.begin(), back.begin() + count, data.begin()));
        const Buffer rest = Device::foreign(buffer.address() + bytes + 256, bytes);
        device().download(back.data(), rest, 0, bytes);
        EXPECT_TRUE(std::equal(back.begin(), back.begin() + count, data.begin() + count));
    }
    EXPECT_EQ(calls("cuMemHostAlloc"), 2);
    fake::state().failures["cuMemcpyHtoDAsync_v2"] = 719;
    const auto data = pattern(64);
    const Buffer buffer = device().allocate(64);
    const auto upload =
        device().upload_in_chunks(buffer, {{reinterpret_cast<const std::byte*>(data.data()), 1, 0}}, 64);
    upload->take(0, 64);
    EXPECT_EQ(failure_of([&] { upload->finish(); }).kind(), ErrorKind::Device);
}

TEST_F(CudaVerbs, CopiesOfNothingAskForNothing) {
    const Buffer buffer = device().allocate(0);
    EXPECT_EQ(buffer.address(), 0u);
    device().upload(buffer, 0, nullptr, 0);
    device().download(nullptr, buffer, 0, 0);
    device().fill_zero(buffer, 0);
    EXPECT_EQ(calls("cuMemHostAlloc"), 0);
    EXPECT_EQ(calls("cuMemsetD8Async"), 0);
}

TEST_F(CudaVerbs, CopiesBeyondTheBufferAreRefused) {
    const Buffer buffer = device().allocate(16);
    uint8_t data[32] = {};
    EXPECT_THROW(device().upload(buffer, 1, data, 16), InternalError);
    EXPECT_THROW(device().download(data, buffer, 17, 0), InternalError);
    EXPECT_THROW(device().download(data, buffer, 8, SIZE_MAX - 2), InternalError);
    EXPECT_THROW(device().fill_zero(buffer, 17), InternalError);
    EXPECT_THROW(device().select_flagged(buffer, 17), InternalError);
}

TEST_F(CudaVerbs, PinnedMemoryThatIsRefusedIsDoneWithout) {
    for (const Result refusal : {kOutOfMemory, kRefusedBySystem}) {
        fake::state() = {};
        fake::state().failures["cuMemHostAlloc"] = refusal;
        device_.reset();
        const auto data = pattern(3'000'000);
        std::vector<uint8_t> back(data.size());
        const Buffer buffer = device().allocate(data.size());
        device().upload(buffer, 0, data.data(), data.size());
        device().download(back.data(), buffer, 0, back.size());
        EXPECT_TRUE(data == back);
        EXPECT_EQ(device().upload_in_chunks(buffer, {}, 1), nullptr);
        EXPECT_EQ(calls("cuMemHostAlloc"), 1);
    }
}

TEST_F(CudaVerbs, FillZero) {
    const auto data = pattern(1000);
    const Buffer buffer = device().allocate(1000);
    device().upload(buffer, 0, data.data(), 1000);
    device().fill_zero(buffer, 500);
    std::vector<uint8_t> back(1000);
    device().download(back.data(), buffer, 0, 1000);
    EXPECT_EQ(std::accumulate(back.begin(), back.begin() + 500, 0), 0);
    EXPECT_TRUE(std::equal(back.begin() + 500, back.end(), data.begin() + 500));
}

TEST_F(CudaVerbs, CopiesWithinTheDevice) {
    const auto data = pattern(1000);
    const Buffer buffer = device().allocate(1000), other = device().allocate(1000);
    device().upload(buffer, 0, data.data(), 1000);
    device().copy(other.address(), buffer.address(), 1000);
    device().copy(0, 0, 0);
    std::vector<uint8_t> back(1000);
    device().download(back.data(), other, 0, 1000);
    EXPECT_TRUE(data == back);
    EXPECT_EQ(calls("cuMemcpyDtoDAsync_v2"), 1);
    device().fill_zero(other, 1000);
    device().copy_strided({other.address(), 8}, {buffer.address() + 4, 24}, 8, 20);
    device().copy_strided({other.address() + 500, 8}, {buffer.address() + 4 + 19 * 24, -24}, 8, 20);
    EXPECT_EQ(calls("cuMemcpy2DAsync_v2"), 1);
    device().download(back.data(), other, 0, 1000);
    for (size_t i = 0; i < 20; ++i) {
        EXPECT_TRUE(std::equal(back.begin() + 8 * i, back.begin() + 8 * i + 8, data.begin() + 4 + 24 * i));
        EXPECT_TRUE(
            std::equal(back.begin() + 500 + 8 * i, back.begin() + 508 + 8 * i, data.begin() + 4 + 24 * (19 - i)));
    }
}

TEST_F(CudaVerbs, BuffersGiveTheirMemoryBack) {
    {
        Buffer first = device().allocate(100);
        Buffer second = std::move(first);
        Buffer third = device().allocate(200);
        third = std::move(second);
        EXPECT_EQ(first.address(), 0u);
        EXPECT_EQ(third.bytes(), 100u);
        EXPECT_EQ(fake::state().allocated, 100u);
        EXPECT_EQ(device().bytes_held(), 100u);
        const Buffer foreign = Device::foreign(4096, 50);
        EXPECT_EQ(foreign.address(), 4096u);
    }
    EXPECT_EQ(fake::state().allocated, 0u);
    EXPECT_EQ(device().bytes_held(), 0u);
}

TEST_F(CudaVerbs, MemoryThatRanOutIsAMemoryErrorWithNumbers) {
    const size_t total = fake::state().memory_total;
    const UserError error = failure_of([&] { device().allocate(total + 1); });
    EXPECT_EQ(error.kind(), ErrorKind::Memory);
    EXPECT_EQ(std::string(error.what()),
              "cuMemAllocFromPoolAsync failed: out of memory (CUDA_ERROR_OUT_OF_MEMORY); 268435457 bytes were asked "
              "for, 268435456 are free");
    const Buffer after = device().allocate(total);
    EXPECT_EQ(after.bytes(), total);
}

TEST_F(CudaVerbs, WhatThePoolKeepsIsGivenUpFirst) {
    const size_t total = fake::state().memory_total;
    {
        const Buffer half = device().allocate(total / 2);
    }
    EXPECT_EQ(fake::state().kept, total / 2);
    const Buffer most = device().allocate(total / 4 * 3);
    EXPECT_EQ(fake::state().kept, 0u);
}

TEST_F(CudaVerbs, TrimGivesBackWhatThePoolKeeps) {
    {
        const Buffer some = device().allocate(1000);
    }
    device().trim();
    EXPECT_EQ(fake::state().kept, 0u);
    EXPECT_EQ(device().memory_free(), fake::state().memory_total);
}

TEST_F(CudaVerbs, WithoutPoolsThePlainCallsServe) {
    fake::state().has_pools = 0;
    {
        const Buffer some = device().allocate(1000);
    }
    EXPECT_EQ(calls("cuMemAlloc_v2"), 1);
    EXPECT_EQ(calls("cuMemFree_v2"), 1);
    device().trim();
    EXPECT_EQ(calls("cuMemPoolTrimTo"), 0);
    EXPECT_EQ(failure_of([&] { device().allocate(fake::state().memory_total + 1); }).kind(), ErrorKind::Memory);
}

TEST_F(CudaVerbs, PoolsThatAreClaimedAndRefused) {
    fake::state().failures["cuMemPoolCreate"] = 801;
    const Buffer some = device().allocate(1000);
    EXPECT_EQ(calls("cuMemAlloc_v2"), 1);
}

TEST_F(CudaVerbs, LaunchPassesParametersAndShape) {
    fake::state().parameter_count = 3;
    const auto kernel = device().load("// ptx");
    EXPECT_GE(kernel->compile_milliseconds, 0);
    const uint64_t parameters[] = {11, 22, 1000};
    device().launch(*kernel, 1000, parameters);
    EXPECT_EQ(fake::state().last_kernel, "pp_kernel");
    EXPECT_EQ(fake::state().last_parameters, (std::vector<uint64_t>{11, 22, 1000}));
    EXPECT_EQ(fake::state().last_threads, 128u);
    EXPECT_EQ(fake::state().last_blocks, 8u);
    device().launch(*kernel, 1'000'000, parameters);
    EXPECT_EQ(fake::state().last_threads, 256u);
    EXPECT_EQ(fake::state().last_blocks, 3907u);
    EXPECT_EQ(device().last_launch_milliseconds(), 1.5);
}

TEST_F(CudaVerbs, VariablesOfAModule) {
    const auto kernel = device().load("// ptx");
    EXPECT_EQ(kernel->variable("pp_data_0"), 4096u);
    EXPECT_EQ(kernel->variable("pp_data_1"), 0u);
    fake::state().failures["cuModuleGetGlobal_v2"] = 999;
    EXPECT_EQ(failure_of([&] { kernel->variable("pp_data_0"); }).kind(), ErrorKind::Device);
}

TEST_F(CudaVerbs, LaunchOfNothing) {
    const auto kernel = device().load("// ptx");
    EXPECT_EQ(device().last_launch_milliseconds(), 0);
    device().launch(*kernel, 0, {});
    EXPECT_EQ(calls("cuLaunchKernel"), 0);
}

TEST_F(CudaVerbs, LaunchOfTooMuch) {
    const auto kernel = device().load("// ptx");
    const UserError error = failure_of([&] { device().launch(*kernel, int64_t{1} << 40, {}); });
    EXPECT_EQ(error.kind(), ErrorKind::Device);
    EXPECT_EQ(std::string(error.what()),
              "too many elements for one launch: 4294967296 blocks of 256 are more than 2147483647");
    EXPECT_EQ(calls("cuLaunchKernel"), 0);
}

TEST_F(CudaVerbs, CodeThatDoesNotCompileCarriesTheLog) {
    fake::state().failures["cuModuleLoadDataEx"] = 218;
    fake::state().compiler_log = "ptxas application ptx input, line 3; fatal : syntax error";
    const UserError error = failure_of([&] { device().load("nonsense"); });
    EXPECT_EQ(error.kind(), ErrorKind::Device);
    EXPECT_EQ(std::string(error.what()), "cuModuleLoadDataEx failed: a PTX JIT compilation failed "
                                         "(CUDA_ERROR_INVALID_PTX)\nptxas application ptx input, line 3; fatal : "
                                         "syntax error");
}

TEST_F(CudaVerbs, KernelsAreUnloaded) {
    {
        const auto kernel = device().load("// ptx");
    }
    EXPECT_EQ(calls("cuModuleUnload"), 1);
}

TEST_F(CudaVerbs, SelectFlaggedOnBothPaths) {
    for (const int version : {13000, 12040}) {
        fake::state() = {};
        fake::state().version = version;
        device_.reset();
        for (const int64_t count : {1, 15, 4096, 4097, 50'000}) {
            std::vector<uint8_t> flags(static_cast<size_t>(count));
            std::vector<int64_t> expected;
            for (int64_t i = 0; i < count; ++i) {
                if (i % 97 != 0 && i != count - 1) continue;
                flags[static_cast<size_t>(i)] = static_cast<uint8_t>(i % 255 + 1);
                expected.push_back(i);
            }
            const Buffer buffer = device().allocate(flags.size());
            device().upload(buffer, 0, flags.data(), flags.size());
            EXPECT_EQ(device().select_flagged(buffer, count), expected) << count;
            device().fill_zero(buffer, flags.size());
            EXPECT_TRUE(device().select_flagged(buffer, count).empty());
            EXPECT_TRUE(device().select_flagged(buffer, 0).empty());
        }
        EXPECT_EQ(calls("cuModuleLoadDataEx"), version == 13000 ? 1 : 0);
        EXPECT_EQ(fake::state().allocated, 0u);
    }
}

TEST_F(CudaVerbs, SupervisorIsAskedOutsideOfOurContext) {
    const Buffer queued = device().allocate(8);
    fake::state().queries_until_done = 60'000;
    int asked = 0;
    EXPECT_TRUE(device().synchronize([&] {
        EXPECT_TRUE(fake::state().contexts.empty());
        if (++asked == 3) fake::state().queries_until_done = 0;
        return false;
    }));
    EXPECT_EQ(asked, 3);
}

TEST_F(CudaVerbs, AStoppedWaitStillWaitsForTheDevice) {
    const Buffer queued = device().allocate(8);
    fake::state().queries_until_done = 1'000'000;
    int asked = 0;
    EXPECT_FALSE(device().synchronize([&] {
        ++asked;
        fake::state().queries_until_done = 20;
        return true;
    }));
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(fake::state().queries_until_done, 0);
}

TEST_F(CudaVerbs, WhatTheSupervisorThrowsLeavesTheContextAsItWas) {
    const Buffer queued = device().allocate(8);
    fake::state().queries_until_done = 1'000'000;
    EXPECT_THROW(device().synchronize([]() -> bool { throw std::runtime_error("stop"); }), std::runtime_error);
}

TEST_F(CudaVerbs, ALostContextIsSaidAtEveryUse) {
    const Buffer queued = device().allocate(8);
    fake::state().failures["cuStreamQuery"] = 700;
    fake::state().failures["cuMemAllocFromPoolAsync"] = 700;
    const std::string lost = "the GPU's context is lost: restart the process to use this GPU again";
    for (const auto& error :
         {failure_of([&] { device().synchronize({}); }), failure_of([&] { device().allocate(8); })}) {
        EXPECT_EQ(error.kind(), ErrorKind::Device);
        EXPECT_NE(std::string(error.what()).find(lost), std::string::npos) << error.what();
    }
}

TEST_F(CudaVerbs, EveryVerbTellsAForkedChild) {
    const auto kernel = device().load("// ptx");
    const Buffer buffer = device().allocate(64);
    pid_t child = -1;
    fake::state().queries_until_done = 1'000'000;
    device().synchronize([&] {
        child = fork();
        if (child == 0) {
            alarm(20);
            uint8_t data[64] = {};
            const auto is_told = [&](auto call) { return std::string(failure_of(call).what()) == fork_message(); };
            const bool told = is_told([&] { device().upload(buffer, 0, data, 64); }) &&
                              is_told([&] { device().download(data, buffer, 0, 64); }) &&
                              is_told([&] { device().launch(*kernel, 1, {}); }) &&
                              is_told([&] { device().select_flagged(buffer, 64); }) &&
                              is_told([&] { device().synchronize({}); }) && is_told([&] { device().trim(); });
            _exit(told ? 0 : 1);
        }
        fake::state().queries_until_done = 0;
        return true;
    });
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(CudaVerbs, AForkedChildIsToldAndHarmsNothing) {
    auto buffer = std::make_unique<Buffer>(device().allocate(64));
    auto kernel = device().load("// ptx");
    const pid_t child = fork();
    if (child == 0) {
        alarm(20);
        const auto calls_before = fake::state().calls;
        const UserError error = failure_of([&] { device().allocate(64); });
        buffer.reset();
        kernel.reset();
        const bool told = error.kind() == ErrorKind::Device && std::string(error.what()) == fork_message();
        _exit(told && discovery_->is_stale() && fake::state().calls == calls_before ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    EXPECT_NE(fork_message().find("CUDA does not survive a fork"), std::string::npos);
}

}  // namespace
}  // namespace pp::device::cuda
