/// The JIT session: one for the process, in which every kernel has a symbol table and memory of its own.
#include "codegen/jit.h"

#include <string>

#include "base/error.h"
#include "codegen/math_symbols.h"
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

class Session {
public:
    // Never destroyed: kernels may be freed after static destructors, when the interpreter shuts down late.
    static Session& instance() {
        static Session* const session = new Session;
        return *session;
    }

    orc::JITDylib& link(std::unique_ptr<llvm::MemoryBuffer> object) {
        orc::JITDylib& library = session_.createBareJITDylib("kernel" + std::to_string(++count_));
        library.addToLinkOrder(math_);
        check(layer_.add(library, std::move(object)), "a kernel's object code is refused");
        return library;
    }

    CpuKernelFunction find(orc::JITDylib& library, const char* name) {
        const orc::JITDylibSearchOrder order{{&library, orc::JITDylibLookupFlags::MatchAllSymbols}};
        const auto symbol = take(session_.lookup(order, session_.intern(name)), "a kernel cannot be linked");
        return symbol.getAddress().toPtr<CpuKernelFunction>();
    }

    void remove(orc::JITDylib& library) noexcept { llvm::consumeError(session_.removeJITDylib(library)); }

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
        session_.setErrorReporter([](llvm::Error error) { llvm::consumeError(std::move(error)); });
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
};

class Code final : public LoadedCode {
public:
    explicit Code(std::unique_ptr<llvm::MemoryBuffer> object) : library_(Session::instance().link(std::move(object))) {
        try {
            entry_ = Session::instance().find(library_, kCpuKernelName);
        } catch (...) {
            Session::instance().remove(library_);
            throw;
        }
    }
    ~Code() override { Session::instance().remove(library_); }
    Code(const Code&) = delete;
    Code& operator=(const Code&) = delete;

    CpuKernelFunction entry() const noexcept override { return entry_; }

private:
    orc::JITDylib& library_;
    CpuKernelFunction entry_ = nullptr;
};

}  // namespace

std::unique_ptr<LoadedCode> load_code(std::unique_ptr<llvm::MemoryBuffer> object) {
    return std::make_unique<Code>(std::move(object));
}

}  // namespace pp::codegen
