/// Results that are made a few at a time, and stay in the processor's cache until they are used.
#pragma once

#include <cstdint>
#include <span>

namespace pp::data {

/// How many are made at a time, at the most.
inline constexpr int64_t kFew = 32;

/// Objects that results go into, by position. Any thread, while the owner of the GIL waits.
class NextObjects {
public:
    virtual ~NextObjects() = default;
    /// Whether those at [begin, end) follow one another in memory: the processor then asks for it by itself.
    virtual bool lie_in_order(int64_t begin, int64_t end) const = 0;
    /// Asks for memory of those from `begin` on, before any is filled; there is none from `known` on.
    virtual void start(int64_t begin, int64_t known) const = 0;
    /// Asks for memory of those that come some way behind [begin, end), of which the results are being made.
    virtual void ask(int64_t begin, int64_t end, int64_t known) const = 0;
};

/// Used by one thread.
class FewResults {
public:
    virtual ~FewResults() = default;
    /// Before results [begin, end) are made, which go into `next`, or null. How many to make at a time.
    virtual int64_t start(int64_t begin, int64_t end, const NextObjects* next) = 0;
    /// Makes results [begin, end), part of those and no more than `start` said. False where one of them cannot be
    /// made. Throws std::bad_alloc.
    virtual bool make(int64_t begin, int64_t end) = 0;
    /// The slots of what was made last, the first of it at place 0. The same arrays throughout.
    virtual std::span<void* const> slots() const noexcept = 0;
    /// Copies [begin, end), which was made last, to where all results have their places.
    virtual void keep(int64_t begin, int64_t end) noexcept = 0;
};

}  // namespace pp::data
