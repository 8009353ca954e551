/// LLVM where memory runs out.
///
/// It knows no exceptions, so that nothing of it is tidied up behind one: locks that it holds stay locked, what it
/// works on stays half-done. What it was given is therefore left as it is, never destroyed and never used again.
#pragma once

#include <exception>
#include <memory>
#include <utility>

namespace pp::codegen {

/// From now on LLVM throws std::bad_alloc where it would end the process, and has registered all that it registers when
/// it is first used: whoever an exception keeps from unlocking a registry would lock out all others. Any number of
/// times, under `lock_llvm`. Throws std::bad_alloc, and ever after if it has once.
void start_llvm();

/// Owns what LLVM works on, and leaves it alone for ever where an exception passes.
template <typename T> class LeftBehind {
public:
    template <typename... Arguments>
    explicit LeftBehind(Arguments&&... arguments)
        : value_(std::make_unique<T>(std::forward<Arguments>(arguments)...)) {}
    ~LeftBehind() {
        if (std::uncaught_exceptions() > before_) static_cast<void>(value_.release());
    }
    LeftBehind(const LeftBehind&) = delete;
    LeftBehind& operator=(const LeftBehind&) = delete;

    T& operator*() const noexcept { return *value_; }
    T* operator->() const noexcept { return value_.get(); }

private:
    const int before_ = std::uncaught_exceptions();
    std::unique_ptr<T> value_;
};

}  // namespace pp::codegen
