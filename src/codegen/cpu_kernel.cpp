/// Compiles kernels for this processor, and finds the elements that a block handed back.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>
#include <new>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "codegen/code_key.h"
#include "codegen/code_store.h"
#include "codegen/codegen.h"
#include "codegen/cpu_code.h"
#include "codegen/jit.h"
#include "codegen/llvm_lock.h"
#include "codegen/lower.h"
#include "codegen/machine.h"
#include "codegen/optimize.h"
#include "codegen/out_of_memory.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Pass.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

namespace pp::codegen {
namespace {

// LLVM instructions of a kernel before any pass: for more, full effort would keep the user of a new function waiting
// for longer than a tenth of a second or two.
constexpr unsigned kMostInstructions = 700;
// Measured between 700 and 3500 of them, within a factor of two for every shape of code; beyond, it grows faster.
constexpr double kFullMillisecondsPerInstruction = 0.2;

std::atomic<bool> has_stopped{false};  // changed under `lock_llvm`

// What kernels of equal functions share.
struct SharedCode {
    CodeKey key;
    CpuCode about;  ///< without the object
    std::unique_ptr<LoadedCode> loaded;
};

// All that lives, by key. Never destroyed; used under `lock_llvm`.
std::map<CodeKey, std::weak_ptr<SharedCode>>& shared_codes() {
    static auto* const codes = new std::map<CodeKey, std::weak_ptr<SharedCode>>;
    return *codes;
}

class LoadedKernel final : public CpuKernel {
public:
    LoadedKernel(std::shared_ptr<SharedCode> code, Provenance from) : code_(std::move(code)) {
        run = code_->loaded->entry();
        has_loops = code_->about.has_loops;
        effort = code_->about.effort;
        full_milliseconds = code_->about.full_milliseconds;
        code_bytes = code_->about.code_bytes;
        provenance = from;
    }
    ~LoadedKernel() override {
        const auto lock = lock_llvm();
        if (code_.use_count() == 1) shared_codes().erase(code_->key);
        code_.reset();
    }

private:
    std::shared_ptr<SharedCode> code_;
};

// Strength reduction is a quarter of the time of generating code, and the processor's addressing modes serve as well.
class KernelPasses final : public llvm::legacy::PassManager {
public:
    void add(llvm::Pass* pass) override {
        const llvm::StringRef name = pass->getPassName();
        if (name == "Loop Strength Reduction" || name == "Canonicalize Freeze Instructions in Loops")
            delete pass;
        else
            llvm::legacy::PassManager::add(pass);
    }
};

// What BySize stands for: PARALLEL_PARTY_EFFORT, else itself.
Effort default_effort() {
    static const Effort effort = [] {
        const char* text = std::getenv("PARALLEL_PARTY_EFFORT");
        const std::string_view wish = text != nullptr ? text : "";
        if (wish.empty()) return Effort::BySize;
        if (wish == "quick") return Effort::Quick;
        if (wish == "full") return Effort::Full;
        throw UserError(ErrorKind::Value,
                        "PARALLEL_PARTY_EFFORT must be quick or full, not '" + std::string(wish) + "'");
    }();
    return effort;
}

std::string to_text(const llvm::Module& module) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    module.print(stream, nullptr);
    return text;
}

size_t count_code_bytes(llvm::MemoryBufferRef object) {
    auto file = llvm::object::ObjectFile::createObjectFile(object);
    if (!file) throw InternalError("a kernel's object code cannot be read: " + llvm::toString(file.takeError()));
    size_t bytes = 0;
    for (const llvm::object::SectionRef& section : (*file)->sections())
        if (section.isText()) bytes += section.getSize();
    return bytes;
}

// What is known of a module before the passes.
struct Outline {
    bool has_loops = false;
    Effort effort = Effort::Full;
    double full_milliseconds = 0;
};

// Everything that is made once for all kernels.
class Compiler {
public:
    Compiler() : machine_(make_host_machine()), optimizer_(*machine_) {}

    CpuCode compile(const ir::Function& function, const Options& options, Effort effort) {
        const LeftBehind<llvm::LLVMContext> context;
        const LeftBehind<llvm::Module> module("kernel", *context);
        const Outline outline = make(function, options, effort, *module);
        optimize(*module, outline);
        llvm::SmallVector<char, 0> object;
        llvm::raw_svector_ostream stream(object);
        emit(*module, stream, llvm::CodeGenFileType::ObjectFile, outline.effort);
        const llvm::StringRef bytes(object.data(), object.size());
        return {outline.has_loops, outline.effort, outline.full_milliseconds,
                count_code_bytes(llvm::MemoryBufferRef(bytes, "kernel")), bytes.str()};
    }

    std::string dump(const ir::Function& function, const Options& options, Dump what, Effort effort) {
        const LeftBehind<llvm::LLVMContext> context;
        const LeftBehind<llvm::Module> module(function.name, *context);
        const Outline outline = make(function, options, effort, *module);
        if (what == Dump::LlvmIr) return to_text(*module);
        optimize(*module, outline);
        if (what == Dump::OptimizedLlvmIr) return to_text(*module);
        llvm::SmallString<0> text;
        llvm::raw_svector_ostream stream(text);
        emit(*module, stream, llvm::CodeGenFileType::AssemblyFile, outline.effort);
        return text.str().str();
    }

private:
    Outline make(const ir::Function& function, const Options& options, Effort effort, llvm::Module& module) {
        module.setDataLayout(machine_->createDataLayout());
        module.setTargetTriple(machine_->getTargetTriple());
        const std::unique_ptr<Target> target = make_x86_target(has_fma(*machine_));
        Outline outline;
        outline.has_loops = lower(function, *target, options, module);
        // Broken LLVM IR would end the process somewhere inside LLVM.
        PP_CHECK(!llvm::verifyModule(module));
        const unsigned size = module.getInstructionCount();
        outline.full_milliseconds = kFullMillisecondsPerInstruction * size;
        outline.effort = effort != Effort::BySize ? effort : size > kMostInstructions ? Effort::Quick : Effort::Full;
        return outline;
    }

    void optimize(llvm::Module& module, const Outline& outline) {
        if (outline.effort == Effort::Quick)
            optimizer_.tidy_cpu_kernel(module);
        else
            optimizer_.optimize_cpu_kernel(module, outline.has_loops);
    }

    void emit(llvm::Module& module, llvm::raw_pwrite_stream& stream, llvm::CodeGenFileType type, Effort effort) {
        const bool is_quick = effort == Effort::Quick;
        machine_->setOptLevel(is_quick ? llvm::CodeGenOptLevel::None : llvm::CodeGenOptLevel::Default);
        machine_->setO0WantsFastISel(is_quick);
        machine_->setFastISel(is_quick);
        const LeftBehind<KernelPasses> passes;
        PP_CHECK(!machine_->addPassesToEmitFile(*passes, stream, nullptr, type));
        passes->run(module);
    }

    const std::unique_ptr<llvm::TargetMachine> machine_;
    Optimizer optimizer_;
};

// What `work` makes with the process's compiler, of which there is a new one after an exception. Under `lock_llvm`.
template <typename Work> auto with_compiler(Work work) {
    static Compiler* compiler = nullptr;  // never destroyed, as the JIT session
    start_llvm();
    if (!compiler) compiler = new Compiler;
    try {
        return work(*compiler);
    } catch (const std::bad_alloc&) {
        compiler = nullptr;
        throw;
    }
}

std::shared_ptr<SharedCode> share(const CodeKey& key, CpuCode code) {
    auto loaded = load_code(llvm::MemoryBuffer::getMemBufferCopy(code.object, "kernel"));
    code.object.clear();
    auto shared = std::make_shared<SharedCode>(SharedCode{key, std::move(code), std::move(loaded)});
    shared_codes()[key] = shared;
    return shared;
}

std::unique_ptr<CpuKernel> find_in_use(const CodeKey& key) {
    const auto found = shared_codes().find(key);
    if (found == shared_codes().end()) return nullptr;
    return std::make_unique<LoadedKernel>(found->second.lock(), Provenance::Shared);
}

std::unique_ptr<CpuKernel> find_stored(const CodeKey& key) {
    const std::optional<std::string> bytes = code_store().find(key);
    if (!bytes) return nullptr;
    std::optional<CpuCode> code = from_stored(*bytes);
    if (!code) return nullptr;
    try {
        return std::make_unique<LoadedKernel>(share(key, std::move(*code)), Provenance::Stored);
    } catch (const InternalError&) {
        return nullptr;  // what cannot be linked is as good as absent, and will be written anew
    }
}

std::unique_ptr<CpuKernel> find_or_compile(const ir::Function& function, const Options& options, Effort effort) {
    if (effort == Effort::BySize) effort = default_effort();
    const Effort first = effort == Effort::Quick ? Effort::Quick : Effort::Full;
    const Effort last = effort == Effort::Full ? Effort::Full : Effort::Quick;
    CodeKey key = cpu_key(function, options, first);
    if (auto kernel = find_in_use(key)) return kernel;
    if (auto kernel = find_stored(key)) return kernel;
    if (last != first) {
        key = cpu_key(function, options, last);
        if (auto kernel = find_in_use(key)) return kernel;
        if (auto kernel = find_stored(key)) return kernel;
    }
    CpuCode code = with_compiler([&](Compiler& compiler) { return compiler.compile(function, options, effort); });
    if (code.effort != last) key = cpu_key(function, options, code.effort);
    code_store().add(key, to_stored(code));
    return std::make_unique<LoadedKernel>(share(key, std::move(code)), Provenance::Compiled);
}

}  // namespace

uint32_t CpuKernel::locate(const CpuArguments* arguments, int64_t begin, int64_t end) const noexcept {
    // An iteration or two of the vector loop: cheap to ask whether any of them is marked.
    constexpr int64_t kGroup = 8;
    uint32_t status = kOk;
    for (int64_t group = begin; group < end; group += kGroup) {
        const int64_t group_end = std::min(group + kGroup, end);
        // Every call starts with fuel of its own, so that a range of long elements might never ask by itself.
        if (has_loops && arguments->poll(arguments->poll_context) != 0) return status | kCancelled;
        // Elements with loops take long: none is run more than once.
        const uint32_t any = has_loops ? uint32_t{kHandedBack} : run(arguments, group, group_end);
        for (int64_t i = group; i < group_end; ++i) {
            const uint32_t one = any == kOk ? uint32_t{kOk} : run(arguments, i, i + 1);
            if (one & kCancelled) return status | one;
            arguments->flags[i] = one & kHandedBack;
            status |= one;
        }
    }
    return status;
}

CompilerLock lock_compiler() {
    CompilerLock lock = lock_llvm();
    if (has_stopped.load(std::memory_order_relaxed)) {
        lock.unlock();
        for (;;)
            pause();
    }
    return lock;
}

void stop_compiling() noexcept {
    const CompilerLock lock = lock_llvm();
    has_stopped.store(true, std::memory_order_relaxed);
}

void resume_compiling() noexcept {
    has_stopped.store(false, std::memory_order_relaxed);
}

bool is_compiler_busy() {
    return !try_lock_llvm().owns_lock();
}

std::unique_ptr<CpuKernel> compile_cpu(const ir::Function& function, const Options& options, Effort effort,
                                       const CompilerLock& lock) {
    PP_CHECK(lock.owns_lock());
    const auto start = std::chrono::steady_clock::now();
    auto kernel = find_or_compile(function, options, effort);
    kernel->compile_milliseconds =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    return kernel;
}

std::unique_ptr<CpuKernel> compile_cpu(const ir::Function& function, const Options& options, Effort effort) {
    return compile_cpu(function, options, effort, lock_compiler());
}

std::string dump_cpu(const ir::Function& function, const Options& options, Dump what, Effort effort) {
    const auto lock = lock_llvm();
    if (effort == Effort::BySize) effort = default_effort();
    return with_compiler([&](Compiler& compiler) { return compiler.dump(function, options, what, effort); });
}

}  // namespace pp::codegen
