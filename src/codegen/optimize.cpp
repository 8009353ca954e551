/// The pass pipelines.
#include "codegen/optimize.h"

#include "codegen/combine_selects.h"
#include "codegen/settle_conditions.h"
#include "llvm/Analysis/CGSCCPassManager.h"
#include "llvm/Analysis/LoopAnalysisManager.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/IPO/AlwaysInliner.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/GVN.h"
#include "llvm/Transforms/Scalar/IndVarSimplify.h"
#include "llvm/Transforms/Scalar/LICM.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Scalar/LoopRotation.h"
#include "llvm/Transforms/Scalar/SROA.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"
#include "llvm/Transforms/Utils/Mem2Reg.h"
#include "llvm/Transforms/Vectorize/LoopVectorize.h"

namespace pp::codegen {
namespace {

struct CombineSelectsPass : llvm::PassInfoMixin<CombineSelectsPass> {
    llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager&) {
        if (!combine_selects(function)) return llvm::PreservedAnalyses::all();
        llvm::PreservedAnalyses preserved;
        preserved.preserveSet<llvm::CFGAnalyses>();
        return preserved;
    }
};

struct SettleConditionsPass : llvm::PassInfoMixin<SettleConditionsPass> {
    llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses) {
        if (!settle_conditions(function, analyses.getResult<llvm::DominatorTreeAnalysis>(function)))
            return llvm::PreservedAnalyses::all();
        llvm::PreservedAnalyses preserved;
        preserved.preserveSet<llvm::CFGAnalyses>();
        return preserved;
    }
};

// Branches over pure arithmetic become selects, so that the loop over the elements is one block.
llvm::SimplifyCFGPass flatten() {
    return llvm::SimplifyCFGPass(llvm::SimplifyCFGOptions().bonusInstThreshold(4).hoistCommonInsts(true));
}

llvm::FunctionPassManager straight_pipeline() {
    llvm::FunctionPassManager passes;
    passes.addPass(llvm::PromotePass());
    passes.addPass(llvm::EarlyCSEPass());
    passes.addPass(CombineSelectsPass());
    passes.addPass(llvm::InstCombinePass());
    passes.addPass(flatten());
    passes.addPass(CombineSelectsPass());
    passes.addPass(llvm::createFunctionToLoopPassAdaptor(llvm::LICMPass(llvm::LICMOptions()), true));
    passes.addPass(SettleConditionsPass());
    passes.addPass(llvm::LoopVectorizePass());
    passes.addPass(llvm::EarlyCSEPass());
    passes.addPass(llvm::InstCombinePass());
    passes.addPass(llvm::SimplifyCFGPass());
    return passes;
}

// For the device library, which has structures and loops of its own, and for elements with loops.
llvm::FunctionPassManager looping_pipeline() {
    llvm::FunctionPassManager passes;
    passes.addPass(llvm::SROAPass(llvm::SROAOptions::ModifyCFG));
    passes.addPass(llvm::EarlyCSEPass());
    passes.addPass(CombineSelectsPass());
    passes.addPass(llvm::InstCombinePass());
    passes.addPass(llvm::SimplifyCFGPass());
    passes.addPass(CombineSelectsPass());
    llvm::LoopPassManager loops;
    loops.addPass(llvm::LoopRotatePass());
    loops.addPass(llvm::LICMPass(llvm::LICMOptions()));
    loops.addPass(llvm::IndVarSimplifyPass());
    passes.addPass(llvm::createFunctionToLoopPassAdaptor(std::move(loops), true));
    passes.addPass(llvm::GVNPass());
    passes.addPass(llvm::InstCombinePass());
    passes.addPass(llvm::SimplifyCFGPass());
    return passes;
}

// Each of these takes time in proportion to the code, also where that is one block of thousands of operations.
llvm::FunctionPassManager quick_pipeline() {
    llvm::FunctionPassManager passes;
    passes.addPass(llvm::PromotePass());
    passes.addPass(llvm::EarlyCSEPass());
    passes.addPass(llvm::SimplifyCFGPass());
    passes.addPass(llvm::createFunctionToLoopPassAdaptor(llvm::LICMPass(llvm::LICMOptions()), true));
    return passes;
}

}  // namespace

struct Optimizer::State {
    explicit State(llvm::TargetMachine& machine) : builder(&machine) {
        machine.registerPassBuilderCallbacks(builder);
        builder.registerModuleAnalyses(modules);
        builder.registerCGSCCAnalyses(cycles);
        builder.registerFunctionAnalyses(functions);
        builder.registerLoopAnalyses(loops);
        builder.crossRegisterProxies(loops, functions, cycles, modules);
    }

    void run(llvm::ModulePassManager& passes, llvm::Module& module) {
        passes.run(module, modules);
        // Results are cached by address, and the next module may lie where this one did.
        modules.clear();
        cycles.clear();
        functions.clear();
        loops.clear();
    }

    llvm::LoopAnalysisManager loops;
    llvm::FunctionAnalysisManager functions;
    llvm::CGSCCAnalysisManager cycles;
    llvm::ModuleAnalysisManager modules;
    llvm::PassBuilder builder;
};

Optimizer::Optimizer(llvm::TargetMachine& machine) : state_(std::make_unique<State>(machine)) {}
Optimizer::~Optimizer() = default;

void Optimizer::optimize_cpu_kernel(llvm::Module& module, bool has_loops) {
    llvm::ModulePassManager passes;
    passes.addPass(llvm::createModuleToFunctionPassAdaptor(has_loops ? looping_pipeline() : straight_pipeline()));
    state_->run(passes, module);
}

void Optimizer::tidy_cpu_kernel(llvm::Module& module) {
    llvm::ModulePassManager passes;
    passes.addPass(llvm::createModuleToFunctionPassAdaptor(quick_pipeline()));
    state_->run(passes, module);
}

void Optimizer::optimize_cuda_kernel(llvm::Module& module) {
    llvm::ModulePassManager passes;
    // NVPTX answers the device library's questions about the processor here.
    state_->builder.invokePipelineStartEPCallbacks(passes, llvm::OptimizationLevel::O2);
    passes.addPass(llvm::AlwaysInlinerPass());
    passes.addPass(llvm::GlobalDCEPass());
    passes.addPass(llvm::createModuleToFunctionPassAdaptor(looping_pipeline()));
    state_->run(passes, module);
}

}  // namespace pp::codegen
