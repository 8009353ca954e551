/// Affinity, control groups of both versions on trees made here, and the environment variable.
#include "device/cpu_limits.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sched.h>
#include <string>
#include <thread>
#include <unistd.h>

#include "base/error.h"
#include "device/thread_pool.h"

namespace pp::device {
namespace {

/// A file system of its own in which a test lays out /proc and /sys.
class CgroupTree : public testing::Test {
protected:
    CgroupTree() : root_(testing::TempDir() + "pp-cgroup-" + std::to_string(getpid())) {}
    ~CgroupTree() override { std::filesystem::remove_all(root_); }

    void write(const std::string& path, const std::string& text) {
        std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
        std::ofstream(root_ + path) << text;
    }
    std::optional<int> processors() const { return cgroup_processors(root_); }

    const std::string root_;
};

constexpr auto kVersion2Mount = "25 20 0:22 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";

TEST_F(CgroupTree, NothingToReadIsNoLimit) {
    EXPECT_EQ(processors(), std::nullopt);
}

TEST_F(CgroupTree, Version2QuotaIsRoundedUp) {
    write("/proc/self/mountinfo", kVersion2Mount);
    write("/proc/self/cgroup", "0::/box\n");
    write("/sys/fs/cgroup/box/cpu.max", "150000 100000\n");
    EXPECT_EQ(processors(), 2);
    write("/sys/fs/cgroup/box/cpu.max", "300000 100000\n");
    EXPECT_EQ(processors(), 3);
    write("/sys/fs/cgroup/box/cpu.max", "1000 100000\n");
    EXPECT_EQ(processors(), 1);
    write("/sys/fs/cgroup/box/cpu.max", "max 100000\n");
    EXPECT_EQ(processors(), std::nullopt);
}

TEST_F(CgroupTree, Version2TakesTheLeastAlongThePath) {
    write("/proc/self/mountinfo", kVersion2Mount);
    write("/proc/self/cgroup", "0::/outer/inner\n");
    write("/sys/fs/cgroup/outer/cpu.max", "200000 100000\n");
    write("/sys/fs/cgroup/outer/inner/cpu.max", "800000 100000\n");
    EXPECT_EQ(processors(), 2);
}

TEST_F(CgroupTree, Version2AtTheRootOfAContainer) {
    write("/proc/self/mountinfo", kVersion2Mount);
    write("/proc/self/cgroup", "0::/\n");
    write("/sys/fs/cgroup/cpu.max", "400000 100000\n");
    EXPECT_EQ(processors(), 4);
}

TEST_F(CgroupTree, Version1Quota) {
    write("/proc/self/mountinfo",
          "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
          "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:4 - cgroup cgroup rw,cpu,cpuacct\n");
    write("/proc/self/cgroup", "5:memory:/box\n4:cpuacct,cpu:/box\n");
    write("/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "250000\n");
    write("/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us", "100000\n");
    EXPECT_EQ(processors(), 3);
    write("/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "-1\n");
    EXPECT_EQ(processors(), std::nullopt);
}

TEST_F(CgroupTree, Version1PathToldFromOutsideTheContainer) {
    write("/proc/self/mountinfo", "32 31 0:29 /docker/abc /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n");
    write("/proc/self/cgroup", "4:cpu:/docker/abc\n");
    write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "500000\n");
    write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    EXPECT_EQ(processors(), 5);
}

TEST_F(CgroupTree, DamagedFilesAreNoLimit) {
    write("/proc/self/mountinfo", std::string("garbage\n25 20\n\n") + kVersion2Mount);
    write("/proc/self/cgroup", "nonsense\n0::/box\n:\n");
    write("/sys/fs/cgroup/box/cpu.max", "what 100000\n");
    EXPECT_EQ(processors(), std::nullopt);
    write("/sys/fs/cgroup/box/cpu.max", "100000 0\n");
    EXPECT_EQ(processors(), std::nullopt);
}

TEST(CpuLimits, AffinityIsThatOfTheThread) {
    std::thread([] {
        cpu_set_t before;
        ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
        EXPECT_EQ(affinity_processors(), CPU_COUNT(&before));
        cpu_set_t one;
        CPU_ZERO(&one);
        for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++i) {
            if (CPU_ISSET(i, &before)) CPU_SET(i, &one);
        }
        ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
        EXPECT_EQ(affinity_processors(), 1);
    }).join();
}

/// Sets the variable for one test.
class ThreadVariable : public testing::Test {
protected:
    ThreadVariable() {
        if (const char* text = std::getenv(kName)) before_ = text;
    }
    ~ThreadVariable() override {
        if (before_) {
            setenv(kName, before_->c_str(), 1);
        } else {
            unsetenv(kName);
        }
    }
    static constexpr const char* kName = "PARALLEL_PARTY_NUM_THREADS";
    std::optional<std::string> before_;
};

TEST_F(ThreadVariable, IsTakenLiterally) {
    setenv(kName, "1", 1);
    EXPECT_EQ(allowed_threads(), 1);
    setenv(kName, "37", 1);
    EXPECT_EQ(allowed_threads(), 37);
}

TEST_F(ThreadVariable, UnsetOrEmptyMeansTheMachine) {
    setenv(kName, "", 1);
    const int empty = allowed_threads();
    unsetenv(kName);
    EXPECT_EQ(allowed_threads(), empty);
    EXPECT_GE(empty, 1);
    EXPECT_LE(empty, affinity_processors());
}

TEST_F(ThreadVariable, RefusesWhatIsNoPositiveNumber) {
    for (const char* text : {"0", "-2", "four", "4x", " 4", "1.5", "4097", "99999999999999999999"}) {
        setenv(kName, text, 1);
        try {
            allowed_threads();
            ADD_FAILURE() << text;
        } catch (const UserError& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Value);
            EXPECT_EQ(std::string(error.what()),
                      std::string("PARALLEL_PARTY_NUM_THREADS must be a number from 1 to 4096, not '") + text + "'");
        }
    }
}

}  // namespace
}  // namespace pp::device
