/// The failures this library raises, and the two checks that raise them.
///
/// A fault of the user's program is a `UserError`; a fault of this library is an `InternalError`. Both are turned into
/// Python exceptions in exactly one place, `src/python/exceptions.cpp`.
#pragma once

#include <stdexcept>
#include <string>

#include "base/source.h"

namespace pp {

/// Which public exception class a `UserError` becomes.
enum class ErrorKind { Unsupported, Conversion, Device, Value, Type, Memory, Overflow, Buffer };

/// Something the user can mend. `message` is complete: it says what was wrong, where, and what to write instead.
class UserError : public std::runtime_error {
public:
    UserError(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
    ErrorKind kind() const noexcept { return kind_; }

private:
    ErrorKind kind_;
};

/// A broken invariant of this library: never the user's fault.
class InternalError : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// Throws `InternalError` naming `condition` and its place.
[[noreturn]] void internal_failure(const char* condition, const char* file, int line);

#define PP_CHECK(condition)                                                                                            \
    (static_cast<bool>(condition) ? void(0) : ::pp::internal_failure(#condition, __FILE__, __LINE__))

}  // namespace pp
