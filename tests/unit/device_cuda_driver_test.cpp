/// Finding a driver, or saying in a sentence why there is none; errors in words; devices and their attributes.
#include <cstdlib>
#include <gtest/gtest.h>
#include <string>

#include "base/error.h"
#include "device/cuda_device.h"
#include "device/cuda_discovery.h"
#include "device/cuda_driver.h"
#include "device_cuda_fake.h"

namespace pp::device::cuda {
namespace {

class CudaDriver : public testing::Test {
protected:
    CudaDriver() { fake::state() = {}; }
    static std::string failure() { return initialise_driver(fake::lookup).failure; }
};

TEST_F(CudaDriver, ALibraryThatIsNotThere) {
    const DriverLoad load = load_driver("libpp-no-such-driver.so.1");
    EXPECT_EQ(load.driver, nullptr);
    EXPECT_EQ(load.failure, "the NVIDIA driver cannot be loaded: libpp-no-such-driver.so.1: cannot open shared object "
                            "file: No such file or directory");
}

TEST_F(CudaDriver, ALibraryThatIsNoDriver) {
    const DriverLoad load = load_driver("libm.so.6");
    EXPECT_EQ(load.driver, nullptr);
    EXPECT_EQ(load.failure, "the NVIDIA driver is incomplete: it has no function cuInit");
}

TEST_F(CudaDriver, ADriverThatWorks) {
    const DriverLoad load = initialise_driver(fake::lookup);
    ASSERT_NE(load.driver, nullptr);
    EXPECT_EQ(load.failure, "");
    EXPECT_EQ(load.driver->version, 13000);
    EXPECT_EQ(fake::state().calls["cuInit"], 1);
    EXPECT_EQ(fake::state().calls["cuDevicePrimaryCtxRetain"], 0);
}

TEST_F(CudaDriver, TooOldSaysWhatIsNeeded) {
    const std::string sentence =
        "the NVIDIA driver is too old: it supports CUDA 10.2, a driver for CUDA 11.2 or newer is needed";
    fake::state().version = 10020;
    EXPECT_EQ(failure(), sentence);
    fake::state().missing = "cuMemAllocFromPoolAsync";
    EXPECT_EQ(failure(), sentence);
    EXPECT_EQ(fake::state().calls["cuInit"], 0);
}

TEST_F(CudaDriver, NewButIncomplete) {
    fake::state().missing = "cuLaunchKernel";
    EXPECT_EQ(failure(), "the NVIDIA driver is incomplete: it has no function cuLaunchKernel");
}

TEST_F(CudaDriver, WithoutAGpu) {
    unsetenv("CUDA_VISIBLE_DEVICES");
    fake::state().failures["cuInit"] = kNoDevice;
    EXPECT_EQ(failure(), "the NVIDIA driver sees no GPU");
    setenv("CUDA_VISIBLE_DEVICES", "", 1);
    EXPECT_EQ(failure(), "the NVIDIA driver sees no GPU (CUDA_VISIBLE_DEVICES is '')");
    unsetenv("CUDA_VISIBLE_DEVICES");
}

TEST_F(CudaDriver, ThatDoesNotStart) {
    fake::state().failures["cuInit"] = 999;
    EXPECT_EQ(failure(), "the NVIDIA driver does not work: cuInit failed: unknown error (CUDA_ERROR_UNKNOWN)");
}

TEST_F(CudaDriver, FailuresAreInTheDriversWords) {
    const DriverLoad load = initialise_driver(fake::lookup);
    EXPECT_EQ(load.driver->describe("cuMemAlloc", kOutOfMemory),
              "cuMemAlloc failed: out of memory (CUDA_ERROR_OUT_OF_MEMORY)");
    EXPECT_EQ(load.driver->describe("cuMemAlloc", 12345), "cuMemAlloc failed: unknown error (12345)");
}

TEST_F(CudaDriver, FailuresHaveTheirKind) {
    const DriverLoad load = initialise_driver(fake::lookup);
    const auto kind_and_text = [&](Result result) {
        try {
            load.driver->fail("cuStreamQuery", result);
        } catch (const UserError& error) {
            return std::pair(error.kind(), std::string(error.what()));
        }
    };
    EXPECT_EQ(kind_and_text(kOutOfMemory).first, ErrorKind::Memory);
    EXPECT_EQ(kind_and_text(999).first, ErrorKind::Device);
    EXPECT_EQ(kind_and_text(700).second,
              "cuStreamQuery failed: an illegal memory access was encountered (CUDA_ERROR_ILLEGAL_ADDRESS); the GPU's "
              "context is lost: restart the process to use this GPU again");
}

TEST_F(CudaDriver, DevicesAndAttributes) {
    fake::state().device_count = 2;
    const Discovery found = discover(initialise_driver(fake::lookup));
    EXPECT_EQ(found.reason, "");
    EXPECT_FALSE(found.is_stale());
    ASSERT_EQ(found.devices.size(), 2u);
    const DeviceInfo& info = found.devices[1];
    EXPECT_EQ(info.name, "Fake GPU");
    EXPECT_EQ(info.ordinal, 1);
    EXPECT_EQ(info.sm, 90);
    EXPECT_TRUE(info.usable);
    EXPECT_EQ(info.memory_total, fake::state().memory_total);
    EXPECT_EQ(info.memory_free, 0u);
    const auto value_of = [&](const std::string& name) {
        for (const auto& [known, value] : info.attributes) {
            if (known == name) return value;
        }
        return -1;
    };
    EXPECT_EQ(value_of("warp_size"), 10);
    EXPECT_EQ(value_of("multiprocessor_count"), 4);
    EXPECT_EQ(value_of("compute_capability_major"), 9);
    EXPECT_EQ(value_of("cluster_launch"), 120);
    // Those that the driver does not know yet are left out.
    EXPECT_EQ(value_of("vulkan_cig_supported"), -1);
    EXPECT_EQ(fake::state().calls["cuDevicePrimaryCtxRetain"], 0);
}

TEST_F(CudaDriver, OldGenerationsAreToldOfAndNotUsed) {
    fake::state().capability = 61;
    const Discovery found = discover(initialise_driver(fake::lookup));
    ASSERT_EQ(found.devices.size(), 1u);
    EXPECT_FALSE(found.devices[0].usable);
    EXPECT_EQ(found.reason, "Fake GPU: compute capability 6.1 is below 7.5, the oldest that is supported");
}

TEST_F(CudaDriver, NoDeviceAtAll) {
    fake::state().device_count = 0;
    EXPECT_EQ(discover(initialise_driver(fake::lookup)).reason, "the NVIDIA driver sees no GPU");
}

TEST_F(CudaDriver, ADeviceThatCannotBeAskedIsAReason) {
    fake::state().failures["cuDeviceGetName"] = 999;
    const Discovery found = discover(initialise_driver(fake::lookup));
    EXPECT_TRUE(found.devices.empty());
    EXPECT_EQ(found.reason, "cuDeviceGetName failed: unknown error (CUDA_ERROR_UNKNOWN)");
}

TEST_F(CudaDriver, WithoutADriverTheReasonIsPassedOn) {
    const Discovery found = discover({nullptr, "the cat sat on it"});
    EXPECT_EQ(found.reason, "the cat sat on it");
    EXPECT_TRUE(found.devices.empty());
    EXPECT_FALSE(found.is_stale());
}

TEST_F(CudaDriver, TheProcessesOwnAnswersWithoutThrowing) {
    const std::string reason = unavailable_reason();
    const auto all = devices();
    if (!reason.empty()) {
        EXPECT_THROW(Device::get(0), UserError);
    } else {
        ASSERT_FALSE(all.empty());
        EXPECT_GT(all[0].memory_total, 0u);
        EXPECT_GT(all[0].attributes.size(), 50u);
    }
    EXPECT_THROW(Device::get(-1), UserError);
    EXPECT_THROW(Device::get(1'000'000), UserError);
}

}  // namespace
}  // namespace pp::device::cuda
