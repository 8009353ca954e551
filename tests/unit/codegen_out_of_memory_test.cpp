/// What LLVM worked on when an exception passed is never destroyed.
#include "codegen/out_of_memory.h"

#include <gtest/gtest.h>

#include <new>

#include "llvm/Support/ErrorHandling.h"

namespace pp::codegen {
namespace {

struct Counted {
    explicit Counted(int& destroyed) : destroyed_(destroyed) {}
    ~Counted() { ++destroyed_; }
    int& destroyed_;
};

TEST(OutOfMemory, WhatAnExceptionPassesIsLeftBehind) {
    int destroyed = 0;
    {
        const LeftBehind<Counted> owner(destroyed);
    }
    EXPECT_EQ(destroyed, 1);
    const auto fail = [&] {
        const LeftBehind<Counted> owner(destroyed);
        throw std::bad_alloc();
    };
    EXPECT_THROW(fail(), std::bad_alloc);
    EXPECT_EQ(destroyed, 1);
}

TEST(OutOfMemory, OneOfAnEarlierTimeDoesNotCount) {
    int destroyed = 0;
    struct InDestructor {
        int& destroyed;
        ~InDestructor() { const LeftBehind<Counted> owner(destroyed); }
    };
    const auto fail = [&] {
        const InDestructor runs_while_it_passes{destroyed};
        throw std::bad_alloc();
    };
    EXPECT_THROW(fail(), std::bad_alloc);
    EXPECT_EQ(destroyed, 1);
}

TEST(OutOfMemory, LlvmThrowsInsteadOfEndingTheProcess) {
    start_llvm();
    start_llvm();
    EXPECT_THROW(llvm::report_bad_alloc_error("none left"), std::bad_alloc);
}

}  // namespace
}  // namespace pp::codegen
