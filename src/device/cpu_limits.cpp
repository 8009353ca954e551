/// Affinity, control groups and PARALLEL_PARTY_NUM_THREADS.
#include "device/cpu_limits.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sched.h>
#include <sstream>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "device/thread_pool.h"

namespace pp::device {

namespace {

constexpr int kMostThreads = 4096;

/// One line of /proc/self/mountinfo, as far as control groups need it.
struct Mount {
    std::string root, point, type, options;
};

std::optional<Mount> parse_mount(const std::string& line) {
    std::istringstream fields(line);
    std::string skipped;
    Mount mount;
    fields >> skipped >> skipped >> skipped >> mount.root >> mount.point;
    while (fields >> skipped && skipped != "-") {
    }
    fields >> mount.type >> skipped >> mount.options;
    if (!fields) return std::nullopt;
    return mount;
}

bool has_item(std::string_view list, std::string_view item) {
    while (!list.empty()) {
        const size_t comma = std::min(list.find(','), list.size());
        if (list.substr(0, comma) == item) return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

/// Quota divided by period, rounded up: rounding down would leave granted time unused.
std::optional<int> processors_of(double quota, double period) {
    if (!(quota > 0) || !(period > 0)) return std::nullopt;
    const double whole = quota / period;
    if (whole >= kMostThreads) return std::nullopt;
    const int floor = static_cast<int>(whole);
    return floor < whole ? floor + 1 : floor;
}

std::optional<int> read_version2(const std::string& folder) {
    std::ifstream file(folder + "/cpu.max");
    std::string quota;
    double period = 0;
    if (!(file >> quota >> period) || quota == "max") return std::nullopt;
    return processors_of(std::strtod(quota.c_str(), nullptr), period);
}

std::optional<int> read_version1(const std::string& folder) {
    double quota = 0, period = 0;
    std::ifstream(folder + "/cpu.cfs_quota_us") >> quota;
    std::ifstream(folder + "/cpu.cfs_period_us") >> period;
    return processors_of(quota, period);
}

/// The least of the limits of the group at `path` and of those around it.
template <typename Read>
std::optional<int> least_limit(const Mount& mount, std::string path, const std::string& root, Read read) {
    // In a container the mount shows a part of the hierarchy, and the path may be told from the outside.
    if (mount.root != "/" && path.starts_with(mount.root)) path.erase(0, mount.root.size());
    std::optional<int> least;
    for (;;) {
        while (!path.empty() && path.back() == '/')
            path.pop_back();
        if (const auto limit = read(root + mount.point + path)) least = least ? std::min(*least, *limit) : *limit;
        if (path.empty()) return least;
        path.erase(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
    }
}

int requested_threads(const char* text) {
    const std::string_view given(text);
    int number = 0;
    const auto [end, failure] = std::from_chars(given.data(), given.data() + given.size(), number);
    if (failure != std::errc() || end != given.data() + given.size() || number < 1 || number > kMostThreads) {
        throw UserError(ErrorKind::Value, "PARALLEL_PARTY_NUM_THREADS must be a number from 1 to " +
                                              std::to_string(kMostThreads) + ", not '" + text + "'");
    }
    return number;
}

}  // namespace

std::optional<int> cgroup_processors(const std::string& root) {
    std::vector<Mount> mounts;
    std::string line;
    for (std::ifstream file(root + "/proc/self/mountinfo"); std::getline(file, line);) {
        if (auto mount = parse_mount(line)) mounts.push_back(std::move(*mount));
    }
    std::optional<int> least;
    // Lines are `number:controllers:path`; version 2 has number 0 and no controllers.
    for (std::ifstream file(root + "/proc/self/cgroup"); std::getline(file, line);) {
        const size_t first = line.find(':');
        const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        const std::string path = line.substr(second + 1);
        for (const Mount& mount : mounts) {
            std::optional<int> limit;
            if (controllers.empty() && mount.type == "cgroup2") {
                limit = least_limit(mount, path, root, read_version2);
            } else if (has_item(controllers, "cpu") && mount.type == "cgroup" && has_item(mount.options, "cpu")) {
                limit = least_limit(mount, path, root, read_version1);
            }
            if (limit) least = least ? std::min(*least, *limit) : *limit;
        }
    }
    return least;
}

int affinity_processors() {
    // The kernel refuses a mask smaller than its own, whose size it does not tell.
    for (int processors = 1024; processors <= (1 << 20); processors *= 2) {
        cpu_set_t* mask = CPU_ALLOC(processors);
        const size_t bytes = CPU_ALLOC_SIZE(processors);
        const int found = mask != nullptr && sched_getaffinity(0, bytes, mask) == 0 ? CPU_COUNT_S(bytes, mask) : 0;
        CPU_FREE(mask);
        if (found > 0) return found;
    }
    return 1;
}

int allowed_threads() {
    const char* requested = std::getenv("PARALLEL_PARTY_NUM_THREADS");
    if (requested != nullptr && *requested != '\0') return requested_threads(requested);
    const int affine = std::min(affinity_processors(), kMostThreads);
    return std::min(affine, cgroup_processors().value_or(affine));
}

}  // namespace pp::device
