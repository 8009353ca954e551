/// A real GPU: copies, kernels written here as PTX, failures in words, and how long things take.
#include "device/cuda_device.h"

#include <bit>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/error.h"
#include "device/cuda_remote_memory.h"

namespace pp::device::cuda {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

constexpr const char* kHeader = R"(
.version 6.3
.target sm_75
.address_size 64
)";

/// output[i] = input[i] * factor; an element below zero is flagged. Parameters as in base/kernel_abi.h.
constexpr const char* kScale = R"(
.visible .entry pp_kernel(.param .u64 input, .param .u64 output, .param .f64 factor,
                          .param .u64 flags, .param .u64 any, .param .u64 count)
{
    .reg .pred %out, %bad;
    .reg .b32 %r<6>;
    .reg .b64 %d<14>;
    .reg .f64 %f<4>;
    mov.u32 %r0, %ctaid.x;
    mov.u32 %r1, %ntid.x;
    mov.u32 %r2, %tid.x;
    mul.wide.u32 %d0, %r0, %r1;
    cvt.u64.u32 %d1, %r2;
    add.s64 %d2, %d0, %d1;
    ld.param.u64 %d3, [count];
    setp.ge.s64 %out, %d2, %d3;
    @%out bra DONE;
    ld.param.u64 %d4, [input];
    ld.param.u64 %d5, [output];
    ld.param.f64 %f0, [factor];
    shl.b64 %d6, %d2, 3;
    add.s64 %d7, %d4, %d6;
    ld.global.f64 %f1, [%d7];
    mul.rn.f64 %f2, %f1, %f0;
    add.s64 %d8, %d5, %d6;
    st.global.f64 [%d8], %f2;
    setp.lt.f64 %bad, %f1, 0d0000000000000000;
    selp.u32 %r3, 1, 0, %bad;
    ld.param.u64 %d9, [flags];
    add.s64 %d10, %d9, %d2;
    st.global.u8 [%d10], %r3;
    @!%bad bra DONE;
    ld.param.u64 %d11, [any];
    mov.u32 %r4, 1;
    st.global.u32 [%d11], %r4;
DONE:
    ret;
}
)";

/// Runs for some nanoseconds.
constexpr const char* kSpin = R"(
.visible .entry pp_kernel(.param .u64 nanoseconds)
{
    .reg .pred %again;
    .reg .b64 %d<4>;
    ld.param.u64 %d0, [nanoseconds];
    mov.u64 %d1, %globaltimer;
AGAIN:
    mov.u64 %d2, %globaltimer;
    sub.u64 %d3, %d2, %d1;
    setp.lt.u64 %again, %d3, %d0;
    @%again bra AGAIN;
    ret;
}
)";

/// Writes to the address it is given.
constexpr const char* kPoke = R"(
.visible .entry pp_kernel(.param .u64 address)
{
    .reg .b32 %r0;
    .reg .b64 %d0;
    ld.param.u64 %d0, [address];
    mov.u32 %r0, 1;
    st.global.u32 [%d0], %r0;
    ret;
}
)";

class Cuda : public testing::Test {
protected:
    void SetUp() override {
        const std::string reason = unavailable_reason();
        if (!reason.empty()) GTEST_SKIP() << "no CUDA: " << reason;
    }
    static Device& device() { return Device::get(0); }
    static std::unique_ptr<Kernel> load(const char* body) { return device().load(std::string(kHeader) + body); }
    static void record(const std::string& name, double value) {
        RecordProperty(name, std::to_string(value));
        std::printf("[  TIMING  ] %s = %.3f\n", name.c_str(), value);
    }
};

std::vector<uint8_t> random_bytes(size_t bytes) {
    std::mt19937_64 random(bytes);
    std::vector<uint8_t> data(bytes);
    for (auto& byte : data)
        byte = static_cast<uint8_t>(random());
    return data;
}

TEST_F(Cuda, DevicesAreDescribed) {
    const auto all = devices();
    ASSERT_FALSE(all.empty());
    const auto start = Clock::now();
    device();
    record("context_milliseconds", seconds_since(start) * 1e3);
    const DeviceInfo& info = devices()[0];
    EXPECT_FALSE(info.name.empty());
    EXPECT_GE(info.sm, 75);
    EXPECT_TRUE(info.usable);
    EXPECT_GT(info.memory_free, 0u);
    EXPECT_LE(info.memory_free, info.memory_total);
    int warp = 0;
    for (const auto& [name, value] : info.attributes) {
        if (name == "warp_size") warp = value;
    }
    EXPECT_EQ(warp, 32);
}

TEST_F(Cuda, CopiesOfOddSizesComeBack) {
    for (const size_t bytes : {size_t{1}, size_t{7}, size_t{65535}, size_t{65536}, size_t{65537}, size_t{1'048'577},
                               size_t{8'388'609}, size_t{33'554'431}, size_t{100'000'007}}) {
        const auto data = random_bytes(bytes);
        std::vector<uint8_t> back(bytes);
        const Buffer buffer = device().allocate(bytes + 5);
        device().upload(buffer, 5, data.data(), bytes);
        device().download(back.data(), buffer, 5, bytes);
        EXPECT_TRUE(data == back) << bytes;
    }
}

TEST_F(Cuda, SourceMayChangeAfterAnUpload) {
    auto data = random_bytes(50'000'000);
    const auto before = data;
    const Buffer buffer = device().allocate(data.size());
    device().upload(buffer, 0, data.data(), data.size());
    std::fill(data.begin(), data.end(), uint8_t{0});
    device().download(data.data(), buffer, 0, data.size());
    EXPECT_TRUE(data == before);
}

TEST_F(Cuda, CopyRates) {
    constexpr size_t kBytes = size_t{256} << 20;
    const auto data = random_bytes(kBytes);
    std::vector<uint8_t> back(kBytes);
    const Buffer buffer = device().allocate(kBytes);
    for (int run = 0; run < 3; ++run) {
        auto start = Clock::now();
        device().upload(buffer, 0, data.data(), kBytes);
        device().synchronize();
        record("upload_gigabytes_per_second_" + std::to_string(run), kBytes / seconds_since(start) / 1e9);
        start = Clock::now();
        device().download(back.data(), buffer, 0, kBytes);
        record("download_gigabytes_per_second_" + std::to_string(run), kBytes / seconds_since(start) / 1e9);
    }
    EXPECT_TRUE(data == back);
    double word = 1;
    const auto start = Clock::now();
    for (int run = 0; run < 1000; ++run)
        device().download(&word, buffer, 0, sizeof word);
    record("download_8_bytes_microseconds", seconds_since(start) * 1e3);
}

TEST_F(Cuda, KernelOverTheCallingConvention) {
    const auto kernel = load(kScale);
    record("compile_milliseconds", kernel->compile_milliseconds);
    for (const int64_t count : {1, 127, 1000, 1'000'003}) {
        std::vector<double> input(static_cast<size_t>(count)), output(input.size());
        std::vector<int64_t> negative;
        for (int64_t i = 0; i < count; ++i) {
            input[static_cast<size_t>(i)] = i % 1013 == 5 ? -0.5 * double(i) : 0.25 * double(i);
            if (input[static_cast<size_t>(i)] < 0) negative.push_back(i);
        }
        const size_t bytes = input.size() * sizeof(double);
        const Buffer source = device().allocate(bytes), target = device().allocate(bytes);
        const Buffer flags = device().allocate(input.size()), any = device().allocate(sizeof(uint32_t));
        device().upload(source, 0, input.data(), bytes);
        device().fill_zero(any, sizeof(uint32_t));
        const uint64_t parameters[] = {source.address(), target.address(), std::bit_cast<uint64_t>(1.1),
                                       flags.address(),  any.address(),    static_cast<uint64_t>(count)};
        device().launch(*kernel, count, parameters);
        EXPECT_TRUE(device().synchronize());
        device().download(output.data(), target, 0, bytes);
        for (size_t i = 0; i < input.size(); ++i)
            ASSERT_EQ(output[i], input[i] * 1.1) << i;
        uint32_t any_flagged = 0;
        device().download(&any_flagged, any, 0, sizeof any_flagged);
        EXPECT_EQ(any_flagged, negative.empty() ? 0u : 1u);
        EXPECT_EQ(device().select_flagged(flags, count), negative);
        EXPECT_GT(device().last_launch_milliseconds(), 0);
    }
}

TEST_F(Cuda, LaunchTimes) {
    const auto kernel = load(kSpin);
    const uint64_t nothing[] = {0};
    device().launch(*kernel, 1, nothing);
    device().synchronize();
    constexpr int kRuns = 1000;
    auto start = Clock::now();
    for (int run = 0; run < kRuns; ++run)
        device().launch(*kernel, 1, nothing);
    record("launch_microseconds", seconds_since(start) / kRuns * 1e6);
    device().synchronize();
    start = Clock::now();
    for (int run = 0; run < kRuns; ++run) {
        device().launch(*kernel, 1, nothing);
        device().synchronize();
    }
    record("launch_and_wait_microseconds", seconds_since(start) / kRuns * 1e6);
    start = Clock::now();
    for (int run = 0; run < kRuns; ++run)
        device().allocate(1 << 20);
    record("allocate_and_free_microseconds", seconds_since(start) / kRuns * 1e6);
}

TEST_F(Cuda, SelectFlaggedAgreesWithASearch) {
    std::mt19937_64 random(1);
    for (const int64_t count :
         {int64_t{1}, int64_t{15}, int64_t{16}, int64_t{4095}, int64_t{4096}, int64_t{4097}, int64_t{5'000'011}}) {
        for (const uint64_t one_in : {1, 3, 1000, 100'000'000}) {
            std::vector<uint8_t> flags(static_cast<size_t>(count));
            std::vector<int64_t> expected;
            for (int64_t i = 0; i < count; ++i) {
                if (random() % one_in != 0) continue;
                flags[static_cast<size_t>(i)] = static_cast<uint8_t>(1 + random() % 255);
                expected.push_back(i);
            }
            const Buffer buffer = device().allocate(flags.size());
            device().upload(buffer, 0, flags.data(), flags.size());
            EXPECT_TRUE(device().select_flagged(buffer, count) == expected) << count << " one in " << one_in;
        }
    }
    constexpr int64_t kMany = 100'000'000;
    const Buffer many = device().allocate(kMany);
    device().fill_zero(many, kMany);
    device().synchronize();
    const auto start = Clock::now();
    EXPECT_TRUE(device().select_flagged(many, kMany).empty());
    record("select_none_of_100_million_milliseconds", seconds_since(start) * 1e3);
}

TEST_F(Cuda, CodeThatDoesNotCompileCarriesTheCompilersLog) {
    try {
        load(".visible .entry pp_kernel() { nonsense; }");
        FAIL();
    } catch (const UserError& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Device);
        const std::string text = error.what();
        EXPECT_NE(text.find("cuModuleLoadDataEx failed: "), std::string::npos) << text;
        EXPECT_NE(text.find("CUDA_ERROR_INVALID_PTX"), std::string::npos) << text;
        EXPECT_NE(text.find("line "), std::string::npos) << text;
    }
}

TEST_F(Cuda, CodeWithoutOurKernelIsRefused) {
    try {
        load(".visible .entry other() { ret; }");
        FAIL();
    } catch (const UserError& error) {
        EXPECT_NE(std::string(error.what()).find("cuModuleGetFunction failed: "), std::string::npos) << error.what();
    }
}

TEST_F(Cuda, MemoryThatRanOutIsRecoveredFrom) {
    const uint64_t total = device().info().memory_total;
    std::vector<Buffer> held;
    std::string message;
    try {
        for (int i = 0; i < 4; ++i)
            held.push_back(device().allocate(total / 3));
    } catch (const UserError& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Memory);
        message = error.what();
    }
    EXPECT_NE(message.find("failed: out of memory (CUDA_ERROR_OUT_OF_MEMORY)"), std::string::npos) << message;
    held.clear();
    {
        const auto data = random_bytes(1'000'000);
        std::vector<uint8_t> back(data.size());
        const Buffer buffer = device().allocate(data.size());
        device().upload(buffer, 0, data.data(), data.size());
        device().download(back.data(), buffer, 0, back.size());
        EXPECT_TRUE(data == back);
    }
    device().synchronize();
    device().trim();
    EXPECT_GT(devices()[0].memory_free, total / 2);
}

// Whatever else is kept: results that are written by turns lie at the same two places, which launches know.
TEST_F(Cuda, TheBlockGivenBackLastIsUsedAgainFirst) {
    RemoteMemory& memory = remote_memory(0);
    constexpr size_t kBytes = 12345;
    std::vector<std::unique_ptr<RemoteBlock>> blocks;
    for (int i = 0; i < 5; ++i)
        blocks.push_back(memory.allocate(kBytes));
    const uint64_t last = blocks.back()->address();
    while (!blocks.empty())
        blocks.erase(blocks.begin());
    auto held = memory.allocate(kBytes);
    EXPECT_EQ(held->address(), last);
    std::set<uint64_t> places;
    for (int i = 0; i < 6; ++i) {
        auto next = memory.allocate(kBytes);
        places.insert(next->address());
        held = std::move(next);
    }
    EXPECT_EQ(places.size(), 2u);
    held.reset();
    trim_remote_memories();
}

TEST_F(Cuda, SupervisorIsAskedDuringALongKernel) {
    const auto kernel = load(kSpin);
    const uint64_t duration[] = {200'000'000};
    for (const bool stop : {false, true}) {
        int asked = 0;
        device().launch(*kernel, 1, duration);
        const auto start = Clock::now();
        EXPECT_EQ(device().synchronize([&] {
            ++asked;
            return stop;
        }),
                  !stop);
        EXPECT_GT(seconds_since(start), 0.15);
        EXPECT_GE(asked, stop ? 1 : 10);
        EXPECT_LE(asked, stop ? 1 : 45);
    }
    EXPECT_GT(device().last_launch_milliseconds(), 150);
}

TEST_F(Cuda, SeveralThreadsAtOnce) {
    std::vector<std::thread> threads;
    std::vector<int> correct(8);
    for (size_t index = 0; index < correct.size(); ++index) {
        threads.emplace_back([&, index] {
            for (int run = 0; run < 20; ++run) {
                const auto data = random_bytes(200'000 + 1000 * index);
                std::vector<uint8_t> back(data.size());
                const Buffer buffer = device().allocate(data.size());
                device().upload(buffer, 0, data.data(), data.size());
                device().download(back.data(), buffer, 0, back.size());
                correct[index] += data == back;
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(correct, std::vector<int>(correct.size(), 20));
}

TEST_F(Cuda, AForkedChildIsTold) {
    auto buffer = std::make_unique<Buffer>(device().allocate(64));
    const pid_t child = fork();
    if (child == 0) {
        alarm(20);
        bool told = unavailable_reason().find("CUDA does not survive a fork") != std::string::npos && devices().empty();
        try {
            Device::get(0).allocate(64);
            told = false;
        } catch (const UserError& error) {
            told = told && error.kind() == ErrorKind::Device;
        }
        buffer.reset();
        _exit(told ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

/// In a process of its own, whose context it spoils.
int exit_code_after_illegal_write() {
    Device& device = Device::get(0);
    const auto kernel = device.load(std::string(kHeader) + kPoke);
    const uint64_t address[] = {16};
    device.launch(*kernel, 1, address);
    const auto says_lost = [](const auto& call) {
        try {
            call();
        } catch (const UserError& error) {
            return error.kind() == ErrorKind::Device &&
                   std::string(error.what()).find("restart the process") != std::string::npos;
        }
        return false;
    };
    if (!says_lost([&] { device.synchronize(); })) return 1;
    if (!says_lost([&] { device.launch(*kernel, 1, address); })) return 2;
    const auto all = devices();
    return all.empty() || all[0].usable || all[0].reason.empty() ? 3 : 0;
}

TEST_F(Cuda, AnIllegalAddressLosesTheContextAndSaysSo) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(std::exit(exit_code_after_illegal_write()), testing::ExitedWithCode(0), "");
}

TEST_F(Cuda, TheProcessEndsWithBuffersAlive) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            static Buffer kept = Device::get(0).allocate(1 << 20);
            static std::unique_ptr<Kernel> kernel = load(kSpin);
            std::exit(7);
        },
        testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace pp::device::cuda
