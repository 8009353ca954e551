#include "codegen/code_store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "codegen/llvm_lock.h"

namespace pp::codegen {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kLimit = uint64_t{1} << 20;

class CodeStoreTest : public ::testing::Test {
protected:
    CodeStoreTest() {
        std::string name = (fs::temp_directory_path() / "pp-store-XXXXXX").string();
        above_ = mkdtemp(name.data());
        folder_ = above_ / "cache" / "parallel_party";
    }
    ~CodeStoreTest() override { fs::remove_all(above_); }

    CodeStore store(uint64_t limit = kLimit) const { return {folder_.string(), limit}; }
    fs::path file_of(const CodeKey& key) const { return folder_ / (to_text(key) + ".ppcode"); }
    static std::string read(const fs::path& path) {
        std::ifstream stream(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    static void write(const fs::path& path, const std::string& bytes) {
        std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    }

    fs::path above_, folder_;
    const CodeKey key_ = digest("a key"), other_ = digest("another");
};

TEST_F(CodeStoreTest, FindsWhatWasAdded) {
    EXPECT_FALSE(store().find(key_));
    EXPECT_FALSE(fs::exists(folder_.parent_path()));
    store().add(key_, std::string("con\0tent", 8));
    EXPECT_EQ(store().find(key_), std::string("con\0tent", 8));
    EXPECT_FALSE(store().find(other_));
    EXPECT_EQ(fs::status(folder_).permissions(), fs::perms::owner_all);
    EXPECT_EQ(fs::status(folder_.parent_path()).permissions(), fs::perms::owner_all);
    store().add(key_, "");
    EXPECT_EQ(store().find(key_), "");
}

TEST_F(CodeStoreTest, DigestIsTheStandardOne) {
    EXPECT_EQ(to_text(digest("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_F(CodeStoreTest, RefusesEveryTruncationAndEveryChangedByte) {
    store().add(key_, "some content");
    const std::string whole = read(file_of(key_));
    for (size_t length = 0; length < whole.size(); ++length) {
        write(file_of(key_), whole.substr(0, length));
        EXPECT_FALSE(store().find(key_)) << length;
    }
    for (size_t at = 0; at < whole.size(); ++at) {
        std::string bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
        write(file_of(key_), bytes);
        EXPECT_FALSE(store().find(key_)) << at;
    }
    write(file_of(key_), whole + '\0');
    EXPECT_FALSE(store().find(key_));
    write(file_of(key_), whole);
    EXPECT_EQ(store().find(key_), "some content");
}

TEST_F(CodeStoreTest, RefusesAFileThatWasAddedUnderAnotherKey) {
    store().add(key_, "content");
    fs::rename(file_of(key_), file_of(other_));
    EXPECT_FALSE(store().find(other_));
}

TEST_F(CodeStoreTest, RefusesWhatIsNotTheUsersOwn) {
    store().add(key_, "content");
    chmod(file_of(key_).c_str(), 0620);
    EXPECT_FALSE(store().find(key_));
    chmod(file_of(key_).c_str(), 0600);
    chmod(folder_.c_str(), 0770);
    EXPECT_FALSE(store().find(key_));
    EXPECT_NE(store().state().why_not, "");
    store().add(other_, "content");
    EXPECT_FALSE(fs::exists(file_of(other_)));
    chmod(folder_.c_str(), 0700);
    EXPECT_EQ(store().find(key_), "content");
    EXPECT_EQ(store().state().why_not, "");
    if (geteuid() != 0) return;
    ASSERT_EQ(chown(file_of(key_).c_str(), 12345, 12345), 0);
    EXPECT_FALSE(store().find(key_));
    ASSERT_EQ(chown(file_of(key_).c_str(), 0, 0), 0);
    ASSERT_EQ(chown(folder_.c_str(), 12345, 12345), 0);
    EXPECT_FALSE(store().find(key_));
}

TEST_F(CodeStoreTest, RefusesLinksPipesAndFolders) {
    store().add(key_, "content");
    const fs::path elsewhere = above_ / "elsewhere";
    fs::rename(file_of(key_), elsewhere);
    fs::create_symlink(elsewhere, file_of(key_));
    EXPECT_FALSE(store().find(key_));
    fs::remove(file_of(key_));
    ASSERT_EQ(mkfifo(file_of(key_).c_str(), 0600), 0);
    EXPECT_FALSE(store().find(key_));
    fs::remove(file_of(key_));
    fs::create_directory(file_of(key_));
    EXPECT_FALSE(store().find(key_));
    fs::remove(file_of(key_));
    store().add(key_, "content");
    fs::rename(folder_, elsewhere.string() + "-folder");
    fs::create_directory_symlink(elsewhere.string() + "-folder", folder_);
    EXPECT_FALSE(store().find(key_));
}

TEST_F(CodeStoreTest, StaysBelowItsLimitAndKeepsWhatIsInUse) {
    const std::string content(10'000, 'x');
    CodeStore small = store(200'000);
    const auto name = [](int number) { return digest(std::to_string(number)); };
    for (int i = 0; i < 100; ++i) {
        small.add(name(i), content);
        // Uses are told apart by the second.
        for (int old = 0; old <= i; ++old) {
            if (!fs::exists(file_of(name(old)))) continue;
            const timespec times[2] = {{old == 0 ? 1'000'000 : 1000 + old, 0}, {old == 0 ? 1'000'000 : 1000 + old, 0}};
            utimensat(AT_FDCWD, file_of(name(old)).c_str(), times, 0);
        }
        ASSERT_LE(small.state().bytes, 200'000u + 200'000u / 16 + 12'288u);
    }
    EXPECT_TRUE(small.find(name(99)));
    EXPECT_TRUE(small.find(name(0)));
    EXPECT_FALSE(small.find(name(1)));
    EXPECT_GE(small.state().files, 10u);
}

TEST_F(CodeStoreTest, ReadingMakesAnEntryTheLastToGo) {
    store().add(key_, "content");
    const timespec times[2] = {{1000, 0}, {1000, 0}};
    utimensat(AT_FDCWD, file_of(key_).c_str(), times, 0);
    EXPECT_TRUE(store().find(key_));
    struct stat status{};
    ASSERT_EQ(stat(file_of(key_).c_str(), &status), 0);
    EXPECT_GT(status.st_mtime, 1'000'000);
}

TEST_F(CodeStoreTest, ClearsItsOwnFilesOnly) {
    store().add(key_, "content");
    write(folder_ / "notes.txt", "the user's");
    write(folder_ / ".unfinished-7", "of a writer that died");
    EXPECT_GT(store().clear(), 0u);
    EXPECT_FALSE(store().find(key_));
    EXPECT_FALSE(fs::exists(folder_ / ".unfinished-7"));
    EXPECT_EQ(read(folder_ / "notes.txt"), "the user's");
    EXPECT_EQ(store().state().files, 0u);
}

TEST_F(CodeStoreTest, DoesNothingWithoutAFolder) {
    CodeStore off = store(0);
    off.add(key_, "content");
    EXPECT_FALSE(off.find(key_));
    EXPECT_FALSE(fs::exists(folder_));
    write(above_ / "file", "no folder");
    CodeStore nowhere((above_ / "file" / "such").string(), kLimit);
    nowhere.add(key_, "content");
    EXPECT_FALSE(nowhere.find(key_));
    EXPECT_NE(nowhere.state().why_not, "");
}

TEST_F(CodeStoreTest, ManyWritersAndReadersSeeWholeFiles) {
    const std::string content(50'000, 'y');
    std::vector<std::thread> threads;
    std::atomic<int> wrong{0};
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            CodeStore own = store();
            for (int i = 0; i < 50; ++i) {
                own.add(key_, content);
                const auto found = own.find(key_);
                if (!found || *found != content) ++wrong;
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(CodeStoreTest, KernelsAreSharedAndStored) {
    {
        const auto lock = lock_llvm();
        code_store() = store();
    }
    const ir::Function function = ir::parse(R"(function "f" (input 0: f64) -> (slot 0: f64)
  variant 0: float origins (0) slots (0)
block 0:
  %0 = input 0 : f64
  %1 = fadd %0 %0 : f64
  return 0 (%1)
)");
    auto first = compile_cpu(function, {});
    auto second = compile_cpu(function, {});
    EXPECT_EQ(first->provenance, Provenance::Compiled);
    EXPECT_EQ(second->provenance, Provenance::Shared);
    EXPECT_EQ(first->run, second->run);
    const size_t code_bytes = first->code_bytes;
    first.reset();
    second.reset();
    const auto third = compile_cpu(function, {});
    EXPECT_EQ(third->provenance, Provenance::Stored);
    EXPECT_EQ(third->code_bytes, code_bytes);
    const double input = 2.5;
    double output = 0;
    const void* inputs[] = {&input};
    void* outputs[] = {&output};
    const CpuArguments arguments{inputs, outputs, nullptr, nullptr, nullptr, nullptr, nullptr};
    EXPECT_EQ(third->run(&arguments, 0, 1), kOk);
    EXPECT_EQ(output, 5.0);
    EXPECT_EQ(compile_cpu(function, {.fast_math = true})->provenance, Provenance::Compiled);
    EXPECT_EQ(compile_ptx(function, 75, {}).provenance, Provenance::Compiled);
    const PtxKernel stored = compile_ptx(function, 75, {});
    EXPECT_EQ(stored.provenance, Provenance::Stored);
    EXPECT_NE(stored.ptx.find(kCudaKernelName), std::string::npos);
    EXPECT_EQ(compile_ptx(function, 80, {}).provenance, Provenance::Compiled);
    const auto lock = lock_llvm();
    code_store() = CodeStore({}, 0);
}

TEST_F(CodeStoreTest, WhatCannotBeLinkedIsCompiledAnew) {
    {
        const auto lock = lock_llvm();
        code_store() = store();
    }
    const ir::Function function = ir::parse(R"(function "f" (input 0: f64) -> (slot 0: f64)
  variant 0: float origins (0) slots (0)
block 0:
  %0 = input 0 : f64
  %1 = fmul %0 %0 : f64
  return 0 (%1)
)");
    code_store().add(cpu_key(function, {}, Effort::Full), "neither a head nor an object");
    EXPECT_EQ(compile_cpu(function, {})->provenance, Provenance::Compiled);
    std::string object = *code_store().find(cpu_key(function, {}, Effort::Full));
    object.replace(32, 4, "NOPE");
    code_store().add(cpu_key(function, {}, Effort::Full), object);
    EXPECT_EQ(compile_cpu(function, {})->provenance, Provenance::Compiled);
    EXPECT_EQ(compile_cpu(function, {})->provenance, Provenance::Stored);
    const auto lock = lock_llvm();
    code_store() = CodeStore({}, 0);
}

}  // namespace
}  // namespace pp::codegen
