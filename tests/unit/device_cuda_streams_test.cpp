/// The order of work over several streams, on the fake driver.
#include <cstdint>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "device/cuda_driver_device.h"
#include "device_cuda_fake.h"

namespace pp::device::cuda {
namespace {

using Order = std::vector<std::pair<std::string, StreamHandle>>;

/// A device whose parts are made anew for each test.
class CudaStreams : public testing::Test {
protected:
    CudaStreams() {
        fake::state() = {};
        discovery_ = std::make_unique<Discovery>(discover(initialise_driver(fake::lookup)));
        device_ = std::make_unique<DriverDevice>(*discovery_->load.driver, discovery_->devices.at(0));
        kernel_ = device_->load("// ptx");
    }
    ~CudaStreams() override {
        kernel_.reset();
        EXPECT_TRUE(fake::state().contexts.empty()) << "the caller's current context was not restored";
    }

    void launch() { device_->launch(*kernel_, 10, {}, false); }
    static Order take_order() { return std::exchange(fake::state().order, {}); }
    static StreamHandle raw(const Stream& stream) { return reinterpret_cast<StreamHandle>(stream.handle()); }

    const StreamHandle main_ = fake::handle<StreamHandle>(3);
    const StreamHandle other_ = fake::handle<StreamHandle>(0x700);
    std::unique_ptr<Discovery> discovery_;
    std::unique_ptr<DriverDevice> device_;
    std::unique_ptr<Kernel> kernel_;
};

TEST_F(CudaStreams, WorkGoesToTheChosenStreamBehindAllBefore) {
    const auto stream = device_->create_stream();
    launch();
    EXPECT_EQ(take_order(), (Order{{"launch", main_}}));
    {
        const auto use = stream->use();
        launch();
        launch();
    }
    const StreamHandle own = raw(*stream);
    EXPECT_NE(own, main_);
    EXPECT_EQ(take_order(), (Order{{"record", main_}, {"wait", own}, {"launch", own}, {"launch", own}}));
    launch();
    EXPECT_EQ(take_order(), (Order{{"record", own}, {"wait", main_}, {"launch", main_}}));
}

TEST_F(CudaStreams, NestedStreams) {
    const auto outer = device_->create_stream(), inner = device_->create_stream();
    const auto use = outer->use();
    {
        const auto nested = inner->use();
        launch();
    }
    take_order();
    launch();
    EXPECT_EQ(take_order(), (Order{{"record", raw(*inner)}, {"wait", raw(*outer)}, {"launch", raw(*outer)}}));
}

TEST_F(CudaStreams, FreeingChangesNoStream) {
    const auto stream = device_->create_stream();
    Buffer buffer = device_->allocate(100);
    {
        const auto use = stream->use();
        launch();
    }
    take_order();
    buffer = Buffer();
    EXPECT_TRUE(take_order().empty());
}

TEST_F(CudaStreams, AStreamThatEndsIsLeft) {
    {
        const auto stream = device_->adopt_stream(0x700);
        const auto use = stream->use();
        launch();
        take_order();
    }
    EXPECT_EQ(take_order(), (Order{{"record", other_}, {"wait", main_}}));
    EXPECT_EQ(fake::state().calls["cuStreamDestroy_v2"], 0);
    launch();
    EXPECT_EQ(take_order(), (Order{{"launch", main_}}));
    device_->create_stream().reset();
    EXPECT_EQ(fake::state().calls["cuStreamDestroy_v2"], 1);
    EXPECT_TRUE(take_order().empty());
}

TEST_F(CudaStreams, OrderWithWorkOfOthers) {
    const auto stream = device_->adopt_stream(0x700);
    stream->wait_behind();
    EXPECT_EQ(take_order(), (Order{{"record", other_}, {"wait", main_}}));
    stream->go_before();
    EXPECT_EQ(take_order(), (Order{{"record", main_}, {"wait", other_}}));
    const auto use = stream->use();
    launch();
    take_order();
    stream->wait_behind();
    stream->go_before();
    EXPECT_TRUE(take_order().empty()) << "it is in the stream already";
}

TEST_F(CudaStreams, StreamsOfOtherContextsAreRefused) {
    fake::state().foreign = other_;
    try {
        device_->adopt_stream(0x700);
        FAIL();
    } catch (const UserError& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Value);
        EXPECT_NE(std::string(error.what()).find("primary context of cuda:0"), std::string::npos);
    }
}

TEST_F(CudaStreams, WaitsForTheStreamThatWasUsedLast) {
    const auto stream = device_->create_stream();
    {
        const auto use = stream->use();
        launch();
    }
    EXPECT_TRUE(device_->synchronize({}));
    EXPECT_EQ(fake::state().queried, raw(*stream));
    fake::state().queries_until_done = 1;
    EXPECT_FALSE(stream->is_done());
    EXPECT_TRUE(stream->is_done());
    fake::state().failures["cuStreamQuery"] = 700;
    EXPECT_THROW(stream->is_done(), UserError);
    EXPECT_THROW(stream->synchronize(), UserError);
}

TEST_F(CudaStreams, AStreamThatSomebodyDestroyedFailsOnce) {
    const auto stream = device_->adopt_stream(0x700);
    {
        const auto use = stream->use();
        launch();
    }
    fake::state().failures["cuEventRecord"] = 400;
    EXPECT_THROW(launch(), UserError);
    launch();
    EXPECT_EQ(take_order().back(), (std::pair{std::string("launch"), main_}));
}

TEST_F(CudaStreams, Events) {
    const auto stream = device_->create_stream();
    const auto start = device_->create_event(), end = device_->create_event();
    start->record(stream.get());
    end->record();
    EXPECT_EQ(take_order(), (Order{{"record", raw(*stream)}, {"record", main_}}));
    stream->wait_for(*end);
    EXPECT_EQ(take_order(), (Order{{"wait", raw(*stream)}}));
    fake::state().queries_until_done = 1;
    EXPECT_FALSE(end->is_done());
    EXPECT_EQ(end->milliseconds_since(*start), 1.5);
}

}  // namespace
}  // namespace pp::device::cuda
