/// The verbs, each checked and passed to the part that knows.
#include "device/cuda_driver_device.h"

#include <chrono>

#include "base/error.h"

namespace pp::device::cuda {

DriverDevice::DriverDevice(const Driver& driver, const DeviceInfo& info)
    : session_(driver, info.ordinal), info_(info), memory_(session_), staging_(session_), mailboxes_(session_),
      kernels_(session_), selector_(session_, memory_, staging_, kernels_),
      combiner_(session_, memory_, staging_, kernels_), bells_(session_),
      started_(make_event(session_, kEventWithTiming)), ended_(make_event(session_, kEventWithTiming)) {
    info_.memory_free = memory_.bytes_free();
}

Buffer DriverDevice::allocate(size_t bytes) {
    return own(bytes == 0 ? 0 : memory_.allocate(bytes), bytes);
}

void DriverDevice::free(uint64_t address, size_t bytes) noexcept {
    memory_.free(address, bytes);
}

std::unique_ptr<Kernel> DriverDevice::load(const std::string& ptx) {
    const auto start = std::chrono::steady_clock::now();
    auto kernel = std::make_unique<LoadedKernel>(session_, ptx);
    kernel->compile_milliseconds =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    return kernel;
}

void DriverDevice::upload(const Buffer& target, size_t offset, const void* source, size_t bytes) {
    PP_CHECK(offset <= target.bytes() && bytes <= target.bytes() - offset);
    if (bytes > 0) staging_.upload(target.address() + offset, source, bytes);
}

std::unique_ptr<ChunkedUpload> DriverDevice::upload_in_chunks(const Buffer& target,
                                                              std::vector<ChunkedUpload::Part> parts, int64_t count) {
    for (const ChunkedUpload::Part& part : parts)
        PP_CHECK(part.offset <= target.bytes() &&
                 part.value_bytes * static_cast<size_t>(count) <= target.bytes() - part.offset);
    return staging_.upload_in_chunks(target.address(), std::move(parts), count);
}

void DriverDevice::download(void* target, const Buffer& source, size_t offset, size_t bytes) {
    PP_CHECK(offset <= source.bytes() && bytes <= source.bytes() - offset);
    if (bytes > 0) staging_.download(target, source.address() + offset, bytes);
}

void DriverDevice::fill_zero(const Buffer& target, size_t bytes) {
    PP_CHECK(bytes <= target.bytes());
    if (bytes == 0) return;
    const Driver& driver = session_.driver();
    const Session::Queue queue(session_);
    driver.call(driver.cuMemsetD8Async, target.address(), static_cast<unsigned char>(0), bytes, queue.stream());
}

void DriverDevice::launch(const Kernel& kernel, int64_t count, std::span<const uint64_t> parameters, bool is_timed) {
    if (count <= 0) return;
    const auto& loaded = dynamic_cast<const LoadedKernel&>(kernel);
    const int threads = loaded.block_threads(count);
    const Driver& driver = session_.driver();
    const int64_t blocks = (count - 1) / threads + 1;
    if (!is_timed)
        return launch_blocks(session_, Session::Queue(session_), loaded.function(), blocks, threads, parameters);
    session_.require_own_process();
    const std::lock_guard lock(timing_);
    const Session::Queue queue(session_);
    driver.call(driver.cuEventRecord, started_, queue.stream());
    launch_blocks(session_, queue, loaded.function(), blocks, threads, parameters);
    driver.call(driver.cuEventRecord, ended_, queue.stream());
    has_launched_ = true;
}

void DriverDevice::launch_again(const Kernel& kernel, int64_t count, std::span<const uint64_t> parameters,
                                Mailbox* bell) {
    if (count <= 0) return;
    const auto& loaded = dynamic_cast<const LoadedKernel&>(kernel);
    const int threads = loaded.block_threads(count);
    const int64_t blocks = (count - 1) / threads + 1;
    const Function ring = bell ? bells_.function() : nullptr;
    const Session::Queue queue(session_);
    const uint64_t place = ring ? bell->address() + Mailbox::kBell : 0;
    const bool is_graph = loaded.graphs().launch(queue, blocks, threads, parameters, ring, place);
    if (!is_graph) launch_blocks(session_, queue, loaded.function(), blocks, threads, parameters);
    if (!bell) return;
    bell->ticket = session_.ticket();
    bell->rings = is_graph && ring != nullptr;
}

bool DriverDevice::is_done(const Mailbox& bell) noexcept {
    if (!session_.is_own_process()) return false;
    return bell.rings ? Bells::has_rung(bell) : session_.is_done(bell.ticket);
}

bool DriverDevice::wait_for(const Mailbox& bell, const Supervisor& supervisor) {
    session_.require_own_process();  // a child has no such memory
    if (bell.rings && Bells::rings_soon(bell)) {
        session_.note_done(bell.ticket);
        return true;
    }
    return session_.wait(supervisor);
}

void DriverDevice::copy(uint64_t target, uint64_t source, size_t bytes) {
    if (bytes == 0) return;
    const Session::Queue queue(session_);
    session_.driver().call(session_.driver().cuMemcpyDtoDAsync, target, source, bytes, queue.stream());
}

void DriverDevice::copy_strided(RemoteMemory::Steps target, RemoteMemory::Steps source, size_t bytes, int64_t count) {
    // The driver's copies have rows that follow one another at steps of their length or more.
    const auto is_pitch = [bytes](int64_t step) { return step >= static_cast<int64_t>(bytes); };
    if (!is_pitch(target.step) || !is_pitch(source.step)) {
        for (int64_t i = 0; i < count; ++i)
            copy(target.address + static_cast<uint64_t>(i * target.step),
                 source.address + static_cast<uint64_t>(i * source.step), bytes);
        return;
    }
    RectangleCopy rectangle;
    rectangle.source = source.address;
    rectangle.source_pitch = static_cast<size_t>(source.step);
    rectangle.target = target.address;
    rectangle.target_pitch = static_cast<size_t>(target.step);
    rectangle.width_bytes = bytes;
    rectangle.height = static_cast<size_t>(count);
    const Session::Queue queue(session_);
    session_.driver().call(session_.driver().cuMemcpy2DAsync, &rectangle, queue.stream());
}

std::vector<int64_t> DriverDevice::select_flagged(const Buffer& flags, int64_t count, size_t offset) {
    PP_CHECK(count <= 0 || static_cast<size_t>(count) + offset <= flags.bytes());
    return selector_.select(flags.address() + offset, count);
}

bool DriverDevice::synchronize(const Supervisor& supervisor) {
    return session_.wait(supervisor);
}

double DriverDevice::last_launch_milliseconds() {
    session_.require_own_process();
    const std::lock_guard lock(timing_);
    if (!has_launched_) return 0;
    session_.wait_for(ended_);
    const Driver& driver = session_.driver();
    const Session::Scope scope(session_);
    float milliseconds = 0;
    driver.call(driver.cuEventElapsedTime, &milliseconds, started_, ended_);
    return milliseconds;
}

void DriverDevice::trim() {
    memory_.trim();
}

std::unique_ptr<Stream> DriverDevice::create_stream() {
    return std::make_unique<OwnStream>(session_, *this);
}

std::unique_ptr<Stream> DriverDevice::adopt_stream(uint64_t handle) {
    return std::make_unique<DriverStream>(session_, *this, handle);
}

std::unique_ptr<Event> DriverDevice::create_event() {
    return std::make_unique<DriverEvent>(session_);
}

}  // namespace pp::device::cuda
