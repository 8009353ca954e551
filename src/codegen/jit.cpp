/// The JIT session: one for the process, in which every kernel has a symbol table and memory of its own.
#include "codegen/jit.h"

#include <new>
#include <string>
#include <system_error>

#include "base/error.h"
#include "codegen/math_symbols.h"
#include "codegen/out_of_memory.h"
#include "codegen/target.h"
#include "llvm/ExecutionEngine/JITLink/JITLinkMemoryManager.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/Core.h"
#include "llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h"
#include "llvm/ExecutionEngine/Orc/SelfExecutorProcessControl.h"
#include "llvm/ExecutionEngine/Orc/TaskDispatch.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Process.h"

namespace pp::codegen {
namespace {

namespace orc = llvm::orc;

void check(llvm::Error error, const char* what) {
    if (error) throw InternalError(std::string(what) + ": " + llvm::toString(std::move(error)));
}

template <typename T> T take(llvm::Expected<T> value, const char* what) {
    check(value.takeError(), what);
    return std::move(*value);
}

bool is_about_memory(llvm::Error error) {
    bool found = false;
    llvm::handleAllErrors(std::move(error), [&](const llvm::ErrorInfoBase& info) {
        found = found || info.convertToErrorCode() == std::errc::not_enough_memory;
    });
    return found;
}

// Used under `lock_llvm`.
class Session {
public:
    // Never destroyed: kernels may be freed after static destructors, when the interpreter shuts down late.
    static Session& instance() {
        start_llvm();
        if (!current_) current_ = new Session;
        return *current_;
    }

    /// After an exception that passed through it: its code stays where it is, and others get another session.
    void abandon() noexcept {
        is_abandoned_ = true;
        if (current_ == this) current_ = nullptr;
    }

    orc::JITDylib& link(std::unique_ptr<llvm::MemoryBuffer> object) {
        orc::JITDylib& library = session_.createBareJITDylib("kernel" + std::to_string(++count_));
        library.addToLinkOrder(math_);
        check(layer_.add(library, std::move(object)), "a kernel's object code is refused");
        return library;
    }

    CpuKernelFunction find(orc::JITDylib& library, const char* name) {
        const orc::JITDylibSearchOrder order{{&library, orc::JITDylibLookupFlags::MatchAllSymbols}};
        lacked_memory_ = false;
        auto symbol = session_.lookup(order, session_.intern(name));
        if (!symbol && lacked_memory_) {
            llvm::consumeError(symbol.takeError());
            throw std::bad_alloc();
        }
        return take(std::move(symbol), "a kernel cannot be linked").getAddress().toPtr<CpuKernelFunction>();
    }

    void remove(orc::JITDylib& library) noexcept {
        if (is_abandoned_) return;
        try {
            llvm::consumeError(session_.removeJITDylib(library));
        } catch (const std::bad_alloc&) {
            abandon();
        }
    }

private:
    // In place: the library starts no threads of its own for compiling.
    Session()
        : session_(
              take(orc::SelfExecutorProcessControl::Create(nullptr, std::make_unique<orc::InPlaceTaskDispatcher>()),
                   "the JIT cannot start")),
          layer_(session_,
                 std::make_unique<llvm::jitlink::InProcessMemoryManager>(llvm::sys::Process::getPageSizeEstimate())),
          math_(session_.createBareJITDylib("libm")) {
        // What fails is reported by the calls themselves; by default it would also be printed.
        session_.setErrorReporter(
            [this](llvm::Error error) { lacked_memory_ = is_about_memory(std::move(error)) || lacked_memory_; });
        orc::SymbolMap symbols;
        for (const MathSymbol& symbol : math_symbols())
            symbols[session_.intern(symbol.name)] = {orc::ExecutorAddr::fromPtr(symbol.address),
                                                     llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
        check(math_.define(orc::absoluteSymbols(std::move(symbols))), "the math library cannot be bound");
    }

    orc::ExecutionSession session_;
    orc::ObjectLinkingLayer layer_;
    orc::JITDylib& math_;
    uint64_t count_ = 0;
    bool lacked_memory_ = false;  ///< the last symbol that was looked up
    bool is_abandoned_ = false;
    static inline Session* current_ = nullptr;
};

class Code final : public LoadedCode {
public:
    Code(Session& session, std::unique_ptr<llvm::MemoryBuffer> object)
        : session_(session), library_(session.link(std::move(object))) {
        try {
            entry_ = session.find(library_, kCpuKernelName);
        } catch (const InternalError&) {
            session.remove(library_);
            throw;
        }
    }
    ~Code() override { session_.remove(library_); }
    Code(const Code&) = delete;
    Code& operator=(const Code&) = delete;

    CpuKernelFunction entry() const noexcept override { return entry_; }

private:
    Session& session_;
    orc::JITDylib& library_;
    CpuKernelFunction entry_ = nullptr;
};

}  // namespace

std::unique_ptr<LoadedCode> load_code(std::unique_ptr<llvm::MemoryBuffer> object) {
    Session& session = Session::instance();
    try {
        return std::make_unique<Code>(session, std::move(object));
    } catch (const std::bad_alloc&) {
        session.abandon();
        throw;
    }
}

}  // namespace pp::codegen
