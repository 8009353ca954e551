/// See code_store.h.
#include "codegen/code_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <utility>
#include <vector>

namespace pp::codegen {
namespace {

constexpr uint64_t kMebi = uint64_t{1} << 20;
constexpr uint64_t kDefaultLimit = 128 * kMebi;
constexpr uint64_t kLargestFile = 16 * kMebi;
constexpr std::string_view kMagic = "ppcode 1";
constexpr std::string_view kSuffix = ".ppcode";
constexpr std::string_view kUnfinished = ".unfinished-";
constexpr time_t kStaleSeconds = 3600;  // of an unfinished file, whose writer must have died; of a last use

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    explicit operator bool() const { return number_ >= 0; }
    int get() const { return number_; }
    void swap(Descriptor& other) noexcept { std::swap(number_, other.number_); }

private:
    int number_;
};

bool is_private(const struct stat& status) {
    return status.st_uid == geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/// Why not, or empty.
std::string open_folder(const std::string& path, Descriptor& opened) {
    Descriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder) return std::strerror(errno);
    struct stat status{};
    if (fstat(folder.get(), &status) != 0) return std::strerror(errno);
    if (!is_private(status)) return "the folder belongs to another user, or others may write to it";
    opened.swap(folder);
    return {};
}

void make_folder(const std::string& path) {
    const std::string above = path.substr(0, path.rfind('/'));
    // Only the user's own: whether they exist already is seen when they are opened.
    if (!above.empty()) mkdir(above.c_str(), 0700);
    mkdir(path.c_str(), 0700);
}

bool read_all(int file, std::string& into) {
    for (size_t at = 0; at < into.size();) {
        const ssize_t count = read(file, into.data() + at, into.size() - at);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        at += static_cast<size_t>(count);
    }
    return true;
}

bool write_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = write(file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<size_t>(count));
    }
    return true;
}

std::string_view view(const CodeKey& key) {
    return {reinterpret_cast<const char*>(key.data()), key.size()};
}

std::string file_name(const CodeKey& key) {
    return to_text(key) + std::string(kSuffix);
}

struct StoredFile {
    std::string name;
    uint64_t bytes;
    time_t last_use;
    bool is_finished;
};

/// The store's own files in the folder: nothing else is ever removed.
std::vector<StoredFile> list_files(int folder) {
    std::vector<StoredFile> files;
    const int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(again < 0 ? nullptr : fdopendir(again), closedir);
    if (!directory) {
        if (again >= 0) close(again);
        return files;
    }
    while (const dirent* entry = readdir(directory.get())) {
        const std::string_view name = entry->d_name;
        const bool is_finished = name.ends_with(kSuffix) && name.size() == 2 * sizeof(CodeKey) + kSuffix.size();
        if (!is_finished && !name.starts_with(kUnfinished)) continue;
        struct stat status{};
        if (fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) continue;
        files.push_back(
            {std::string(name), static_cast<uint64_t>(status.st_blocks) * 512, status.st_mtime, is_finished});
    }
    return files;
}

/// Down to three quarters of the limit, so that not every new file makes somebody look at all of them.
void trim(int folder, uint64_t limit) {
    std::vector<StoredFile> files = list_files(folder);
    std::ranges::sort(files, {}, &StoredFile::last_use);
    uint64_t bytes = 0;
    for (const StoredFile& file : files)
        bytes += file.bytes;
    const bool is_too_much = bytes > limit;
    const time_t now = time(nullptr);
    for (const StoredFile& file : files) {
        const bool is_left_over = !file.is_finished && now - file.last_use > kStaleSeconds;
        if (!is_left_over && !(is_too_much && bytes > limit / 4 * 3)) continue;
        if (unlinkat(folder, file.name.c_str(), 0) == 0) bytes -= file.bytes;
    }
}

void write_file(int folder, const std::string& name, std::string_view content) {
    uint64_t random = 0;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof random)) return;
    const std::string unfinished = std::string(kUnfinished) + std::to_string(random);
    Descriptor file(
        openat(folder, unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!file) return;
    // Not synced to the disk: what a crash of the machine truncates, its digest gives away.
    if (!write_all(file.get(), content) || renameat(folder, unfinished.c_str(), folder, name.c_str()) != 0)
        unlinkat(folder, unfinished.c_str(), 0);
}

const char* environment(const char* name) {
    const char* text = std::getenv(name);
    return text && *text ? text : nullptr;
}

}  // namespace

CodeStore CodeStore::from_environment() {
    CodeStore store({}, kDefaultLimit);
    if (const char* text = environment("PARALLEL_PARTY_DISK_CACHE")) {
        uint64_t mebis = 0;
        const char* end = text + std::strlen(text);
        const auto parsed = std::from_chars(text, end, mebis);
        if (parsed.ec == std::errc() && parsed.ptr == end && mebis < (uint64_t{1} << 40)) store.limit_ = mebis * kMebi;
        if (store.limit_ == 0) store.reason_ = "PARALLEL_PARTY_DISK_CACHE=0";
    }
    const char* cache = environment("XDG_CACHE_HOME");
    const char* home = environment("HOME");
    if (cache && *cache == '/')
        store.folder_ = std::string(cache) + "/parallel_party";
    else if (home && *home == '/')
        store.folder_ = std::string(home) + "/.cache/parallel_party";
    else if (store.reason_.empty())
        store.reason_ = "neither XDG_CACHE_HOME nor HOME names a folder";
    // Who set the environment of such a program need not be whom it runs as.
    if (getauxval(AT_SECURE) != 0) store.reason_ = "the program runs with another user's rights";
    if (store.reason_.empty() && build_id().empty()) store.reason_ = "the library was linked without a build id";
    return store;
}

std::optional<std::string> CodeStore::find(const CodeKey& key) const {
    if (!reason_.empty() || limit_ == 0) return std::nullopt;
    Descriptor folder(-1);
    if (!open_folder(folder_, folder).empty()) return std::nullopt;
    // Without waiting: a pipe of this name would have us wait for a writer.
    const Descriptor file(openat(folder.get(), file_name(key).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    struct stat status{};
    if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) || !is_private(status))
        return std::nullopt;
    const size_t head = kMagic.size() + key.size(), least = head + sizeof(CodeKey);
    const auto size = static_cast<uint64_t>(status.st_size);
    if (size < least || size > kLargestFile) return std::nullopt;
    std::string bytes(size, '\0');
    if (!read_all(file.get(), bytes)) return std::nullopt;
    const std::string_view all(bytes), stated = all.substr(size - sizeof(CodeKey));
    if (!all.starts_with(kMagic) || all.substr(kMagic.size(), key.size()) != view(key)) return std::nullopt;
    if (view(digest(all.substr(0, size - sizeof(CodeKey)))) != stated) return std::nullopt;
    if (time(nullptr) - status.st_mtime > kStaleSeconds) futimens(file.get(), nullptr);
    return bytes.substr(head, size - least);
}

void CodeStore::add(const CodeKey& key, std::string_view content) {
    if (!reason_.empty() || limit_ == 0 || content.size() + kMagic.size() + 2 * sizeof key > kLargestFile) return;
    make_folder(folder_);
    Descriptor folder(-1);
    if (!open_folder(folder_, folder).empty()) return;
    std::string bytes(kMagic);
    bytes += view(key);
    bytes += content;
    bytes += view(digest(bytes));
    write_file(folder.get(), file_name(key), bytes);
    added_since_trim_ += bytes.size();
    if (added_since_trim_ <= limit_ / 16) return;
    added_since_trim_ = 0;
    trim(folder.get(), limit_);
}

std::string CodeStore::why_unusable() const {
    if (!reason_.empty()) return reason_;
    if (limit_ == 0) return "its limit is 0";
    Descriptor folder(-1);
    const std::string why = open_folder(folder_, folder);
    if (why.empty()) return access(folder_.c_str(), W_OK) == 0 ? "" : std::strerror(errno);
    struct stat status{};
    if (lstat(folder_.c_str(), &status) == 0 || errno != ENOENT) return why;
    // It will be made at the first need, if the folder above lets that happen or can itself be made.
    std::string above = folder_.substr(0, folder_.rfind('/'));
    if (stat(above.c_str(), &status) != 0 && errno == ENOENT) above = above.substr(0, above.rfind('/'));
    if (above.empty()) above = "/";
    return access(above.c_str(), W_OK) == 0 ? "" : above + ": " + std::strerror(errno);
}

CodeStore::State CodeStore::state() const {
    State state{folder_, why_unusable(), limit_, 0, 0};
    Descriptor folder(-1);
    if (folder_.empty() || !open_folder(folder_, folder).empty()) return state;
    for (const StoredFile& file : list_files(folder.get())) {
        state.files += file.is_finished;
        state.bytes += file.bytes;
    }
    return state;
}

uint64_t CodeStore::clear() const {
    Descriptor folder(-1);
    if (folder_.empty() || !open_folder(folder_, folder).empty()) return 0;
    uint64_t bytes = 0;
    for (const StoredFile& file : list_files(folder.get()))
        if (unlinkat(folder.get(), file.name.c_str(), 0) == 0) bytes += file.bytes;
    return bytes;
}

CodeStore& code_store() {
    static auto* const store = new CodeStore({}, 0);
    return *store;
}

}  // namespace pp::codegen
