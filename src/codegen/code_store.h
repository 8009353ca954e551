/// Compiled code on disk, for later processes.
///
/// A folder of the user's own with one file for each piece of code, named by its `CodeKey`. Files are written beside
/// and renamed, so that readers see all of a file or nothing, and any number of processes may read, write and clear the
/// folder at the same time. Whoever can write into the folder can have code run in the user's name; so a folder, or a
/// file in it, that belongs to another user or that others may write to, is not looked at, and neither are links. What
/// is read is copied, then compared with the digest that it ends with. Whatever is wrong with the folder or a file
/// makes it as good as absent; nothing here fails.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "codegen/code_key.h"

namespace pp::codegen {

class CodeStore {
public:
    /// What the environment says: PARALLEL_PARTY_DISK_CACHE, XDG_CACHE_HOME and HOME. Looks at no file.
    static CodeStore from_environment();
    /// `folder`: an absolute path, whose last part and the one above are made when they are first needed. `limit` in
    /// bytes; 0: nothing is read or written.
    CodeStore(std::string folder, uint64_t limit) : folder_(std::move(folder)), limit_(limit) {}

    /// What was added under `key`, now the last that would go.
    std::optional<std::string> find(const CodeKey& key) const;
    /// Files used longest ago go where the folder would exceed the limit. Best effort.
    void add(const CodeKey& key, std::string_view content);

    struct State {
        std::string folder;
        std::string why_not;  ///< why nothing is read or written; empty where it is
        uint64_t limit = 0, files = 0, bytes = 0;
    };
    State state() const;
    /// Removes every file of it; how many bytes of disk that gives back.
    uint64_t clear() const;

private:
    std::string why_unusable() const;

    std::string folder_;
    std::string reason_;  ///< why there is none whatever the disk holds; may be empty
    uint64_t limit_;
    uint64_t added_since_trim_ = ~uint64_t{0} / 2;  ///< bytes; at first nothing is known of what others have added
};

/// The one that `compile_cpu` and `compile_ptx` use: one that holds nothing, until it is assigned another. Never
/// destroyed. Guarded by `lock_llvm`.
CodeStore& code_store();

}  // namespace pp::codegen
