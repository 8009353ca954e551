/// The pool: every item once, sharing, nesting, stopping, signals, names, forks and exits.
#include "device/thread_pool.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <dirent.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/error.h"

namespace pp::device {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Four threads on every machine unless something else is asked for, decided before anybody uses the pool.
const int kThreads = [] {
    setenv("PARALLEL_PARTY_NUM_THREADS", "4", 0);
    return std::stoi(std::getenv("PARALLEL_PARTY_NUM_THREADS"));
}();
const auto kWorkers = static_cast<size_t>(kThreads - 1);

std::vector<std::string> worker_files(const std::string& file) {
    std::vector<std::string> found;
    DIR* tasks = opendir("/proc/self/task");
    while (const dirent* entry = readdir(tasks)) {
        const std::string folder = std::string("/proc/self/task/") + entry->d_name;
        std::string name;
        std::getline(std::ifstream(folder + "/comm"), name);
        if (!name.starts_with("pp-worker-")) continue;
        std::ifstream contents(folder + "/" + file);
        found.emplace_back(std::istreambuf_iterator<char>(contents), std::istreambuf_iterator<char>());
    }
    closedir(tasks);
    return found;
}

/// A new thread names itself a moment after it was started.
size_t count_workers(size_t expected) {
    const auto deadline = Clock::now() + 5s;
    while (worker_files("comm").size() < expected && Clock::now() < deadline)
        std::this_thread::sleep_for(1ms);
    return worker_files("comm").size();
}

/// Runs `body` in a forked child; its exit code, or -1 when it did not end within some seconds or crashed.
template <typename Body> int exit_code_of_child(Body body) {
    const pid_t child = fork();
    if (child == 0) {
        alarm(20);
        _exit(body());
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool runs_every_item_once(int64_t count, int64_t chunk, bool caller_works = true) {
    std::vector<std::atomic<int>> seen(static_cast<size_t>(count));
    const bool complete = ThreadPool::instance().parallel_for(
        count, chunk,
        [&](int64_t begin, int64_t end, int) {
            for (int64_t i = begin; i < end; ++i)
                seen[static_cast<size_t>(i)].fetch_add(1);
        },
        {}, caller_works);
    for (const auto& times : seen) {
        if (times != 1) return false;
    }
    return complete;
}

TEST(ThreadPool, TakesItsSizeFromTheEnvironment) {
    EXPECT_EQ(ThreadPool::instance().thread_count(), kThreads);
    ASSERT_GT(kThreads, 1) << "these tests are about several threads";
}

TEST(ThreadPool, StartsNoThreadForASingleChunk) {
    const int code = exit_code_of_child([] {
        runs_every_item_once(10, 10);
        return static_cast<int>(worker_files("comm").size());
    });
    EXPECT_EQ(code, 0);
}

TEST(ThreadPool, RunsEveryItemOnce) {
    for (const int64_t count : {0, 1, 2, 7, 64, 1000, 100'003}) {
        for (const int64_t chunk : {1, 3, 64, 5000}) {
            EXPECT_TRUE(runs_every_item_once(count, chunk)) << count << " in " << chunk;
            EXPECT_TRUE(runs_every_item_once(count, chunk, false)) << count << " in " << chunk;
        }
    }
}

TEST(ThreadPool, ChunksOfAHugeRangeDoNotOverflow) {
    constexpr int64_t kHuge = INT64_MAX;
    std::atomic<int64_t> total{0};
    EXPECT_TRUE(ThreadPool::instance().parallel_for(
        kHuge, kHuge / 3, [&](int64_t begin, int64_t end, int) { total.fetch_add(end - begin); }));
    EXPECT_EQ(total, kHuge);
}

TEST(ThreadPool, RefusesAChunkOfNothing) {
    EXPECT_THROW(ThreadPool::instance().parallel_for(1, 0, [](int64_t, int64_t, int) {}), InternalError);
}

TEST(ThreadPool, NumbersAreBelowTheCountAndNeverUsedTwiceAtOnce) {
    ThreadPool& pool = ThreadPool::instance();
    std::vector<std::atomic<int>> inside(static_cast<size_t>(pool.thread_count()));
    std::atomic<bool> clash{false};
    for (int run = 0; run < 200; ++run) {
        pool.parallel_for(64, 1, [&](int64_t, int64_t, int worker) {
            if (inside.at(static_cast<size_t>(worker)).fetch_add(1) != 0) clash = true;
            for (int i = 0; i < 50; ++i)
                __builtin_ia32_pause();
            inside[static_cast<size_t>(worker)].fetch_sub(1);
        });
    }
    EXPECT_FALSE(clash);
}

TEST(ThreadPool, SeveralThreadsTakePart) {
    std::set<int> workers;
    std::mutex mutex;
    ThreadPool::instance().parallel_for(10 * kThreads, 1, [&](int64_t, int64_t, int worker) {
        std::this_thread::sleep_for(2ms);
        const std::lock_guard lock(mutex);
        workers.insert(worker);
    });
    EXPECT_EQ(workers.size(), static_cast<size_t>(kThreads));
}

TEST(ThreadPool, CallerStaysOutWhenAsked) {
    const auto caller = std::this_thread::get_id();
    std::atomic<int> by_caller{0};
    ThreadPool::instance().parallel_for(
        20, 1,
        [&](int64_t, int64_t, int) {
            std::this_thread::sleep_for(1ms);
            if (std::this_thread::get_id() == caller) ++by_caller;
        },
        {}, false);
    EXPECT_EQ(by_caller, 0);
}

TEST(ThreadPool, ManyCallersShareTheWorkers) {
    std::atomic<int64_t> total{0};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 20; ++caller) {
        callers.emplace_back([&, caller] {
            for (int run = 0; run < 100; ++run) {
                ThreadPool::instance().parallel_for(
                    97, 4, [&](int64_t begin, int64_t end, int) { total.fetch_add(end - begin); }, {}, caller % 2 == 0);
            }
        });
    }
    for (auto& caller : callers)
        caller.join();
    EXPECT_EQ(total, 20 * 100 * 97);
}

TEST(ThreadPool, CallerProceedsWhileAllWorkersServeAnother) {
    // The other run ends only after this one: neither may wait for the other.
    std::atomic<bool> done{false};
    std::atomic<int> busy{0};
    std::thread other([&] {
        ThreadPool::instance().parallel_for(kThreads, 1, [&](int64_t, int64_t, int) {
            ++busy;
            while (!done)
                std::this_thread::sleep_for(100us);
        });
    });
    while (busy < kThreads)
        std::this_thread::sleep_for(100us);
    EXPECT_TRUE(runs_every_item_once(1000, 10));
    EXPECT_TRUE(runs_every_item_once(1000, 10, false));
    done = true;
    other.join();
}

TEST(ThreadPool, NestedCallRunsOnItsOwnThread) {
    std::atomic<int64_t> total{0};
    std::atomic<bool> moved{false};
    ThreadPool::instance().parallel_for(16, 1, [&](int64_t, int64_t, int outer) {
        const auto thread = std::this_thread::get_id();
        ThreadPool::instance().parallel_for(100, 7, [&](int64_t begin, int64_t end, int inner) {
            if (std::this_thread::get_id() != thread || inner != outer) moved = true;
            total.fetch_add(end - begin);
        });
    });
    EXPECT_FALSE(moved);
    EXPECT_EQ(total, 1600);
}

TEST(ThreadPool, SupervisorIsAskedOnTheCallersThread) {
    for (const bool caller_works : {true, false}) {
        const auto caller = std::this_thread::get_id();
        int asked = 0, elsewhere = 0;
        const auto start = Clock::now();
        EXPECT_TRUE(ThreadPool::instance().parallel_for(
            50 * kThreads, 1, [](int64_t, int64_t, int) { std::this_thread::sleep_for(1ms); },
            [&] {
                ++asked;
                elsewhere += std::this_thread::get_id() != caller;
                return false;
            },
            caller_works));
        const auto intervals = (Clock::now() - start) / 5ms;
        EXPECT_EQ(elsewhere, 0);
        EXPECT_GE(asked, 3);
        EXPECT_LE(asked, intervals + 1);
    }
}

TEST(ThreadPool, SupervisorIsAskedWhileTheLastChunkRuns) {
    // The only chunk that a worker holds waits for the supervisor.
    std::atomic<bool> asked{false};
    const auto caller = std::this_thread::get_id();
    ThreadPool::instance().parallel_for(
        4, 1,
        [&](int64_t, int64_t, int) {
            if (std::this_thread::get_id() == caller) return;
            while (!asked)
                std::this_thread::sleep_for(100us);
        },
        [&] {
            asked = true;
            return false;
        },
        false);
    EXPECT_TRUE(asked);
}

TEST(ThreadPool, SupervisorStopsTheRun) {
    for (const bool caller_works : {true, false}) {
        std::atomic<int> begun{0}, ended{0};
        int asked = 0;
        EXPECT_FALSE(ThreadPool::instance().parallel_for(
            1'000'000, 1,
            [&](int64_t, int64_t, int) {
                ++begun;
                std::this_thread::sleep_for(1ms);
                ++ended;
            },
            [&] { return ++asked == 2; }, caller_works));
        EXPECT_EQ(asked, 2);
        EXPECT_EQ(begun, ended);
        EXPECT_LT(begun, 10'000);
    }
}

TEST(ThreadPool, WhatTheSupervisorThrowsLeavesAfterTheChunks) {
    std::atomic<int> begun{0}, ended{0};
    const auto run = [&] {
        ThreadPool::instance().parallel_for(
            100'000, 1,
            [&](int64_t, int64_t, int) {
                ++begun;
                std::this_thread::sleep_for(1ms);
                ++ended;
            },
            []() -> bool { throw std::runtime_error("stop"); });
    };
    EXPECT_THROW(run(), std::runtime_error);
    EXPECT_EQ(begun, ended);
    EXPECT_TRUE(runs_every_item_once(1000, 1));
}

TEST(ThreadPool, WhatABodyThrowsLeavesAfterTheChunks) {
    auto& pool = ThreadPool::instance();
    for (const int64_t failing : {int64_t{0}, int64_t{70}, int64_t{199}}) {
        std::atomic<int> inside{0};
        const auto body = [&](int64_t begin, int64_t, int) {
            ++inside;
            std::this_thread::sleep_for(50us);
            --inside;
            if (begin == failing) throw std::bad_alloc();
        };
        EXPECT_THROW(pool.parallel_for(200, 1, body), std::bad_alloc);
        EXPECT_EQ(inside.load(), 0);
    }
    std::atomic<int64_t> visited{0};  // and the next run knows nothing of it
    EXPECT_TRUE(pool.parallel_for(200, 1, [&](int64_t begin, int64_t end, int) { visited += end - begin; }));
    EXPECT_EQ(visited.load(), 200);
}

TEST(ThreadPool, ASupervisorMayUseThePool) {
    int64_t inner = 0;
    EXPECT_TRUE(ThreadPool::instance().parallel_for(
        10 * kThreads, 1, [](int64_t, int64_t, int) { std::this_thread::sleep_for(1ms); },
        [&] {
            inner += runs_every_item_once(500, 5);
            return false;
        }));
    EXPECT_GE(inner, 1);
}

TEST(ThreadPool, WorkersBlockSignalsAndKeepFaults) {
    runs_every_item_once(1000, 1);
    ASSERT_EQ(count_workers(kWorkers), kWorkers);
    const auto statuses = worker_files("status");
    for (const std::string& status : statuses) {
        const size_t at = status.find("SigBlk:");
        ASSERT_NE(at, std::string::npos);
        const uint64_t blocked = std::stoull(status.substr(at + 7, 32), nullptr, 16);
        const auto blocks = [&](int signal) { return (blocked >> (signal - 1) & 1) != 0; };
        for (const int signal : {SIGINT, SIGTERM, SIGALRM, SIGPROF, SIGUSR1, SIGCHLD, SIGHUP}) {
            EXPECT_TRUE(blocks(signal)) << signal;
        }
        for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL})
            EXPECT_FALSE(blocks(signal)) << signal;
    }
}

TEST(ThreadPool, CallersSignalMaskIsLeftAsItWas) {
    const int code = exit_code_of_child([] {
        sigset_t before, after;
        sigemptyset(&before);
        sigaddset(&before, SIGUSR2);
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        runs_every_item_once(100, 1);
        pthread_sigmask(SIG_SETMASK, nullptr, &after);
        return sigismember(&after, SIGUSR2) == 1 && sigismember(&after, SIGINT) == 0 ? 0 : 1;
    });
    EXPECT_EQ(code, 0);
}

TEST(ThreadPool, IdleWorkersUseNoProcessor) {
    runs_every_item_once(1000, 1);
    std::this_thread::sleep_for(20ms);
    rusage before{}, after{};
    getrusage(RUSAGE_SELF, &before);
    std::this_thread::sleep_for(200ms);
    getrusage(RUSAGE_SELF, &after);
    const auto microseconds = [](const rusage& usage) {
        return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000 + usage.ru_utime.tv_usec +
               usage.ru_stime.tv_usec;
    };
    EXPECT_LT(microseconds(after) - microseconds(before), 10'000);
}

TEST(ThreadPool, DispatchToSpinningWorkersIsShort) {
    constexpr int kRuns = 2000;
    const RangeBody body = [](int64_t, int64_t, int) {};
    ThreadPool& pool = ThreadPool::instance();
    const auto start = Clock::now();
    for (int run = 0; run < kRuns; ++run)
        pool.parallel_for(2, 1, body);
    const double nanoseconds = std::chrono::duration<double, std::nano>(Clock::now() - start).count() / kRuns;
    RecordProperty("nanoseconds_per_run", std::to_string(nanoseconds));
    // Far above what it takes: only a sleep in every run would exceed it.
    EXPECT_LT(nanoseconds, 1e6);
}

/// Threads in a child of a process that had threads are beyond ThreadSanitizer.
class ForkedThreads : public testing::Test {
protected:
    void SetUp() override {
#ifdef __SANITIZE_THREAD__
        GTEST_SKIP() << "ThreadSanitizer does not follow threads into a forked child";
#endif
    }
};
class ThreadPoolFork : public ForkedThreads {};
class ThreadPoolExit : public ForkedThreads {};

/// AddressSanitizer's allocator, unlike the C library's, stays locked in a child that is forked while another thread is
/// inside it, as threads are that have just been started and not named themselves yet.
void start_all_workers() {
    runs_every_item_once(1000, 1);
    EXPECT_EQ(count_workers(kWorkers), kWorkers);
}

TEST_F(ThreadPoolFork, ChildHasFreshThreads) {
    start_all_workers();
    EXPECT_EQ(exit_code_of_child([] {
                  if (!worker_files("comm").empty()) return 1;
                  if (!runs_every_item_once(10'000, 1)) return 2;
                  return count_workers(kWorkers) == kWorkers ? 0 : 3;
              }),
              0);
    EXPECT_TRUE(runs_every_item_once(1000, 1));
}

TEST_F(ThreadPoolFork, GrandchildHasFreshThreads) {
    EXPECT_EQ(exit_code_of_child([] {
                  if (!runs_every_item_once(1000, 1) || count_workers(kWorkers) != kWorkers) return 1;
                  return exit_code_of_child([] { return runs_every_item_once(1000, 1) ? 0 : 2; });
              }),
              0);
}

TEST_F(ThreadPoolFork, WhileOthersAreInsideARun) {
    std::atomic<bool> stop{false};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 3; ++caller) {
        callers.emplace_back([&] {
            while (!stop)
                runs_every_item_once(200, 1);
        });
    }
    for (int i = 0; i < 30; ++i) {
        EXPECT_EQ(exit_code_of_child([] { return runs_every_item_once(1000, 3) ? 0 : 1; }), 0);
    }
    stop = true;
    for (auto& caller : callers)
        caller.join();
}

TEST_F(ThreadPoolFork, BeforeAnybodyUsedThePoolButWhileItIsMade) {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "AddressSanitizer's allocator may stay locked in a child that is forked while threads start";
#endif
    // In a child of its own, so that the pool's threads are fresh.
    EXPECT_EQ(exit_code_of_child([] {
                  std::thread other([] { runs_every_item_once(1000, 1); });
                  const int code = exit_code_of_child([] { return runs_every_item_once(1000, 3) ? 0 : 1; });
                  other.join();
                  return code;
              }),
              0);
}

TEST_F(ThreadPoolFork, ASupervisorThatForksEndsTheRunInTheChild) {
    pid_t child = -1;
    const pid_t parent = getpid();
    const bool complete = ThreadPool::instance().parallel_for(
        15 * kThreads, 1, [](int64_t, int64_t, int) { std::this_thread::sleep_for(1ms); },
        [&] {
            if (child == -1) child = fork();
            return false;
        });
    if (getpid() != parent) _exit(!complete && runs_every_item_once(1000, 3) ? 0 : 1);
    EXPECT_TRUE(complete);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(ThreadPoolExit, WithIdleWorkers) {
    EXPECT_EXIT(
        {
            runs_every_item_once(1000, 1);
            std::exit(7);
        },
        testing::ExitedWithCode(7), "");
}

TEST_F(ThreadPoolExit, WithBusyWorkers) {
    EXPECT_EXIT(
        {
            std::atomic<int> busy{0};
            std::thread([&busy] {
                ThreadPool::instance().parallel_for(1'000'000'000, 1, [&busy](int64_t, int64_t, int) { ++busy; });
            }).detach();
            while (busy < 1000)
                std::this_thread::sleep_for(100us);
            std::exit(7);
        },
        testing::ExitedWithCode(7), "");
}

TEST(ThreadPool, FewerThreadsWhereTheSystemRefusesThem) {
    const int code = exit_code_of_child([] {
        // Stacks do not fit into what is left of the address space; the work is done all the same.
        std::ifstream statm("/proc/self/statm");
        rlim_t pages = 0;
        statm >> pages;
        const rlimit limit{(pages + 512) * 4096, RLIM_INFINITY};
        if (setrlimit(RLIMIT_AS, &limit) != 0) return 1;
        std::atomic<int64_t> total{0};
        ThreadPool::instance().parallel_for(1000, 10, [&](int64_t begin, int64_t end, int) { total += end - begin; });
        return total == 1000 ? 0 : 2;
    });
    EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace pp::device
