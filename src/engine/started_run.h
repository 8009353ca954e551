/// A run that has been started, and what it tells when it is done.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "data/leaf_view.h"
#include "engine/run.h"

namespace pp::engine {

/// What a request refers to, owned. The specialisation and the blocks are the caller's to keep.
class KeptRequest {
public:
    /// `request` has views and residents, and captures nothing.
    explicit KeptRequest(const RunRequest& request);
    KeptRequest(const KeptRequest&) = delete;

    /// The same again, without a supervisor. Good as long as this object.
    RunRequest request() const;

private:
    Specialisation* specialisation_;
    std::vector<uint64_t> uniforms_;
    int64_t count_;
    std::vector<data::LeafView> inputs_, outputs_;
    std::vector<ResidentBlock> blocks_;
    std::vector<uint32_t> block_of_input_;
    ViewedColumns views_;
    ResidentColumns residents_;
};

/// GIL held for every member. What it was started from is as it was until it is destroyed.
class StartedRun {
public:
    virtual ~StartedRun() = default;
    /// Whether it is known, without waiting, to be done and to hand nothing back.
    virtual bool is_whole() noexcept = 0;
    /// Until it is done: the supervisor is asked meanwhile. False where that answered true, though it may not be done.
    virtual bool wait(const Supervisor& supervisor) = 0;
    /// When it is done: the elements to hand back, ascending. Results that have no place in their format are among
    /// them.
    virtual std::vector<int64_t> flagged() = 0;
    /// When it is done: starts it again, on what its columns hold now.
    virtual void start_again() = 0;
};

}  // namespace pp::engine
