/// See environment_variable.h.
#include "base/environment_variable.h"

#include <unistd.h>

#include <cstddef>
#include <cstdlib>

namespace pp {

const char* EnvironmentVariable::value() const {
    if (!environ) return nullptr;
    const std::lock_guard lock(mutex_);
    size_t same = 0;
    while (same < table_.size() && environ[same] == table_[same] && environ[same])
        ++same;
    if (same < table_.size() && environ[same] == table_[same]) return value_;
    table_.clear();
    for (char** entry = environ; *entry; ++entry)
        table_.push_back(*entry);
    table_.push_back(nullptr);
    value_ = std::getenv(name_);
    return value_;
}

}  // namespace pp
