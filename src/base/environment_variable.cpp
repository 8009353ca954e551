/// See environment_variable.h.
#include "base/environment_variable.h"

#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <vector>

namespace pp {

namespace {

/// The environment as it was at the last look.
struct Table {
    std::mutex mutex;  ///< of all that variables have found, too
    std::vector<const char*> entries{nullptr};
    uint64_t version = 0;

    void look() {
        const char* const* kept = entries.data();
        char** now = environ;
        while (*now && *now == *kept)
            ++now, ++kept;
        if (version > 0 && *now == *kept) return;
        entries.clear();
        for (char** entry = environ; *entry; ++entry)
            entries.push_back(*entry);
        entries.push_back(nullptr);
        ++version;
    }
};

}  // namespace

const char* EnvironmentVariable::value() const {
    static Table& table = *new Table;  // calls may come while the process ends
    if (!environ) return nullptr;
    const std::lock_guard lock(table.mutex);
    table.look();
    if (version_ != table.version) {
        value_ = std::getenv(name_);
        version_ = table.version;
    }
    return value_;
}

}  // namespace pp
