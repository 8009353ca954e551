/// Elements that are still being computed when the call that asked for them has returned.
#pragma once

namespace pp::data {

/// The computation of a block's elements. The GIL guards it; both members may let other threads have it meanwhile.
class Pending {
public:
    virtual ~Pending() = default;
    /// To be called before anybody looks at the results: when it returns, they are what they will stay. Throws what
    /// went wrong, every time, and where waiting was interrupted.
    virtual void settle() = 0;
    /// To be called before anybody writes to what it reads: when it returns, it reads nothing any more. What went wrong
    /// is kept for whoever looks. Throws where waiting was interrupted.
    virtual void finish_reading() = 0;
    /// Whether `settle` might find something to do.
    virtual bool is_open() const noexcept = 0;
};

}  // namespace pp::data
