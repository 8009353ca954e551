/// See host_copies.h.
#include "data/host_copies.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace pp::data {

namespace {

/// What is copied in the time that it takes to start a thread, several times over.
constexpr size_t kWorthThreads = size_t{4} << 20;

using Copies = std::vector<HostCopy>;

std::vector<Copies> by_place(std::span<const HostCopy> copies) {
    std::vector<Copies> groups;
    for (const HostCopy& copy : copies) {
        const auto is_it = [&copy](const Copies& group) { return group.front().place == copy.place; };
        const auto group = std::ranges::find_if(groups, is_it);
        (group == groups.end() ? groups.emplace_back() : *group).push_back(copy);
    }
    return groups;
}

void copy_all(std::span<const HostCopy> copies, const std::function<void(const HostCopy&)>& copy) {
    size_t bytes = 0;
    for (const HostCopy& one : copies) {
        bytes += one.bytes;
    }
    const std::vector<Copies> groups = bytes < kWorthThreads ? std::vector<Copies>() : by_place(copies);
    if (groups.size() < 2) {
        std::ranges::for_each(copies, copy);
        return;
    }
    std::vector<std::exception_ptr> failures(groups.size());
    const auto work = [&](size_t group) noexcept {
        try {
            std::ranges::for_each(groups[group], copy);
        } catch (...) {
            failures[group] = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> threads;
        for (size_t i = 1; i < groups.size(); ++i) {
            threads.emplace_back(work, i);
        }
        work(0);
    }
    for (const std::exception_ptr& failure : failures) {
        if (failure) {
            std::rethrow_exception(failure);
        }
    }
}

}  // namespace

void upload_all(std::span<const HostCopy> copies) {
    copy_all(copies, [](const HostCopy& copy) { copy.place->upload(*copy.block, copy.offset, copy.host, copy.bytes); });
}

void download_all(std::span<const HostCopy> copies) {
    copy_all(copies,
             [](const HostCopy& copy) { copy.place->download(copy.host, *copy.block, copy.offset, copy.bytes); });
}

}  // namespace pp::data
