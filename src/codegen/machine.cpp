/// Makes the target machines.
#include "codegen/machine.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "codegen/codegen.h"
#include "codegen/out_of_memory.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

namespace pp::codegen {
namespace {

struct Capability {
    int sm;
    const char* cpu;
    const char* features;
};
// Each with the oldest PTX version that knows it, so that the oldest possible driver accepts the text.
constexpr std::array kCapabilities = {
    Capability{75, "sm_75", "+ptx63"},   Capability{80, "sm_80", "+ptx70"},   Capability{86, "sm_86", "+ptx71"},
    Capability{87, "sm_87", "+ptx74"},   Capability{89, "sm_89", "+ptx78"},   Capability{90, "sm_90", "+ptx78"},
    Capability{100, "sm_100", "+ptx86"}, Capability{101, "sm_101", "+ptx86"}, Capability{103, "sm_103", "+ptx88"},
    Capability{120, "sm_120", "+ptx87"}, Capability{121, "sm_121", "+ptx88"},
};

// Exactness: multiplications and additions are fused only where the instructions themselves allow it.
llvm::TargetOptions exact_options() {
    llvm::TargetOptions options;
    options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
    return options;
}

}  // namespace

std::unique_ptr<llvm::TargetMachine> make_host_machine() {
    start_llvm();
    auto builder = llvm::orc::JITTargetMachineBuilder::detectHost();
    if (!builder) throw InternalError("LLVM does not know this processor: " + llvm::toString(builder.takeError()));
    builder->setOptions(exact_options());
    builder->setRelocationModel(llvm::Reloc::PIC_);
    builder->setCodeModel(llvm::CodeModel::Small);
    auto machine = builder->createTargetMachine();
    if (!machine) throw InternalError("LLVM has no code generator here: " + llvm::toString(machine.takeError()));
    return std::move(*machine);
}

std::unique_ptr<llvm::TargetMachine> make_nvptx_machine(int sm) {
    start_llvm();
    const auto above = std::upper_bound(kCapabilities.begin(), kCapabilities.end(), sm,
                                        [](int wanted, const Capability& known) { return wanted < known.sm; });
    PP_CHECK(above != kCapabilities.begin());
    const Capability& capability = *std::prev(above);
    const llvm::Triple triple("nvptx64-nvidia-cuda");
    std::string error;
    const llvm::Target* target = llvm::TargetRegistry::lookupTarget(triple, error);
    if (!target) throw InternalError("LLVM has no code generator for NVPTX: " + error);
    return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(triple, capability.cpu, capability.features,
                                                                            exact_options(), std::nullopt, std::nullopt,
                                                                            llvm::CodeGenOptLevel::Default));
}

bool has_fma(const llvm::TargetMachine& machine) {
    return machine.getMCSubtargetInfo().checkFeatures("+fma");
}

std::string host_processor() {
    return llvm::sys::getHostCPUName().str();
}

}  // namespace pp::codegen
