/// Launches that repeat, and bells, on the fake driver.
#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "device/cuda_driver_device.h"
#include "device_cuda_fake.h"

namespace pp::device::cuda {
namespace {

/// A device whose parts are made anew for each test.
class CudaGraph : public testing::Test {
protected:
    CudaGraph() {
        fake::state() = {};
        fake::state().parameter_count = 2;
    }
    ~CudaGraph() override {
        kernel_.reset();
        EXPECT_TRUE(fake::state().contexts.empty()) << "the caller's current context was not restored";
        EXPECT_EQ(calls("cuGraphCreate"), calls("cuGraphDestroy"));
    }

    void open() {
        discovery_ = std::make_unique<Discovery>(discover(initialise_driver(fake::lookup)));
        device_ = std::make_unique<DriverDevice>(*discovery_->load.driver, discovery_->devices.at(0));
        kernel_ = device_->load("// ptx");
    }
    void launch(uint64_t parameter, Mailbox* bell = nullptr) {
        const uint64_t parameters[] = {parameter, 1000};
        device_->launch_again(*kernel_, 1000, parameters, bell);
        EXPECT_EQ(fake::state().last_parameters, (std::vector<uint64_t>{parameter, 1000}));
    }
    static int calls(const std::string& symbol) { return fake::state().calls[symbol]; }

    std::unique_ptr<Discovery> discovery_;
    std::unique_ptr<DriverDevice> device_;
    std::unique_ptr<Kernel> kernel_;
};

TEST_F(CudaGraph, WhatIsRepeatedBecomesAGraph) {
    open();
    launch(7);
    EXPECT_EQ(calls("cuLaunchKernel"), 1) << "which may be the only one";
    for (int i = 0; i < 10; ++i)
        launch(7);
    EXPECT_EQ(calls("cuLaunchKernel"), 1);
    EXPECT_EQ(calls("cuGraphLaunch"), 10);
    EXPECT_EQ(calls("cuGraphInstantiateWithFlags"), 1);
    for (int i = 0; i < 30; ++i)
        launch(static_cast<uint64_t>(i));
    EXPECT_EQ(calls("cuGraphInstantiateWithFlags"), 4) << "then parameters are changed";
    EXPECT_GT(calls("cuGraphExecKernelNodeSetParams"), 20);
}

TEST_F(CudaGraph, BellsRing) {
    open();
    {
        const auto bell = device_->mailbox();
        launch(7, bell.get());
        EXPECT_FALSE(bell->rings) << "a plain launch rings nothing";
        EXPECT_TRUE(device_->wait_for(*bell, {}));
        EXPECT_TRUE(device_->is_done(*bell));
    }
    const int queries = calls("cuStreamQuery");
    for (int i = 0; i < 4; ++i) {
        const auto bell = device_->mailbox();
        launch(7, bell.get());
        EXPECT_TRUE(bell->rings);
        EXPECT_TRUE(device_->wait_for(*bell, {}));
        EXPECT_TRUE(device_->is_done(*bell));
    }
    EXPECT_TRUE(device_->synchronize({}));
    EXPECT_EQ(calls("cuStreamQuery"), queries) << "the bell says that all is done";
    launch(7);
    EXPECT_TRUE(device_->synchronize({}));
    EXPECT_TRUE(device_->synchronize({}));
    EXPECT_EQ(calls("cuStreamQuery"), queries + 1);
}

TEST_F(CudaGraph, ABellThatDoesNotRingIsNotWaitedForForEver) {
    open();
    for (int i = 0; i < 5; ++i)
        launch(7);
    const auto bell = device_->mailbox();
    launch(7, bell.get());
    std::memset(const_cast<void*>(bell->contents()), 0, Mailbox::kBytes);
    fake::state().failures["cuStreamQuery"] = 700;
    EXPECT_THROW(device_->wait_for(*bell, {}), UserError);
}

TEST_F(CudaGraph, WithoutGraphsPlainLaunchesServe) {
    fake::state().missing = "cuGraphLaunch";
    open();
    const auto bell = device_->mailbox();
    for (int i = 0; i < 10; ++i)
        launch(7, bell.get());
    EXPECT_EQ(calls("cuLaunchKernel"), 10);
    EXPECT_FALSE(bell->rings);
    EXPECT_TRUE(device_->wait_for(*bell, {}));
}

TEST_F(CudaGraph, GraphsThatAreRefusedAreDoneWithout) {
    fake::state().failures["cuGraphInstantiateWithFlags"] = 801;
    open();
    for (int i = 0; i < 10; ++i)
        launch(7);
    EXPECT_EQ(calls("cuLaunchKernel"), 10);
    EXPECT_EQ(calls("cuGraphInstantiateWithFlags"), 1);
}

}  // namespace
}  // namespace pp::device::cuda
