/// How many processors this process may use.
#pragma once

#include <optional>
#include <string>

namespace pp::device {

/// The number of processors' worth of time that the control groups of this process grant (versions 1 and 2), rounded
/// up; nothing when there is no limit or it cannot be read. `root` stands before `/proc` and `/sys` in tests.
std::optional<int> cgroup_processors(const std::string& root = "");

/// The processors in this thread's affinity mask, at least 1.
int affinity_processors();

}  // namespace pp::device
