/// Variables of the environment that are asked for at each call.
#pragma once

#include <cstdint>

namespace pp {

/// One variable, as `getenv` gives it. Between changes of the environment a look compares pointers, one for each
/// variable of the process, and touches none of their texts: after a pause these are far away, and `getenv` reads the
/// beginning of every one. glibc gives a variable that is set again another text at another place, which is what makes
/// this sound; a text that someone handed to `putenv` and changes where it lies is not seen.
/// Thread-safe as far as the environment is: whoever sets variables keeps others from asking meanwhile.
class EnvironmentVariable {
public:
    /// `name` lives as long as this.
    explicit EnvironmentVariable(const char* name) : name_(name) {}
    /// Null where it is not set.
    const char* value() const;

private:
    const char* const name_;
    mutable uint64_t version_ = 0;  ///< of the environment that `value_` was found in
    mutable const char* value_ = nullptr;
};

}  // namespace pp
