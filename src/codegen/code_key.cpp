/// See code_key.h.
#include "codegen/code_key.h"

#include <elf.h>
#include <link.h>

#include <cstring>

#include "ir/content.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/SHA256.h"

namespace pp::codegen {
namespace {

struct BuildIdSearch {
    ElfW(Addr) inside;  // an address of this library
    std::string found;
};

bool contains(const dl_phdr_info& object, ElfW(Addr) address) {
    for (ElfW(Half) i = 0; i < object.dlpi_phnum; ++i) {
        const ElfW(Phdr) & segment = object.dlpi_phdr[i];
        if (segment.p_type == PT_LOAD && address - object.dlpi_addr - segment.p_vaddr < segment.p_memsz) return true;
    }
    return false;
}

std::string find_in_notes(const char* notes, size_t size) {
    constexpr auto padded = [](size_t bytes) { return (bytes + 3) & ~size_t{3}; };
    for (size_t at = 0; at + sizeof(ElfW(Nhdr)) <= size;) {
        ElfW(Nhdr) head;
        std::memcpy(&head, notes + at, sizeof head);
        const size_t name = at + sizeof head, content = name + padded(head.n_namesz);
        if (content + head.n_descsz > size) break;
        if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 && std::memcmp(notes + name, "GNU", 4) == 0)
            return {notes + content, head.n_descsz};
        at = content + padded(head.n_descsz);
    }
    return {};
}

int visit(dl_phdr_info* object, size_t, void* context) {
    auto& search = *static_cast<BuildIdSearch*>(context);
    if (!contains(*object, search.inside)) return 0;
    for (ElfW(Half) i = 0; i < object->dlpi_phnum && search.found.empty(); ++i) {
        const ElfW(Phdr) & segment = object->dlpi_phdr[i];
        if (segment.p_type == PT_NOTE)
            search.found =
                find_in_notes(reinterpret_cast<const char*>(object->dlpi_addr + segment.p_vaddr), segment.p_memsz);
    }
    return 1;
}

// The features and not only the name: a virtual machine or a kernel may hide some of them.
std::string describe_host() {
    auto builder = llvm::orc::JITTargetMachineBuilder::detectHost();
    if (!builder) return llvm::toString(builder.takeError());
    return builder->getTargetTriple().str() + " " + builder->getCPU() + " " + builder->getFeatures().getString();
}

CodeKey key_of(const std::string& target, const ir::Function& function, const Options& options) {
    std::string bytes = build_id();
    bytes += '\0';
    bytes += target;
    bytes += options.fast_math ? " fast" : " exact";
    bytes += '\0';
    return digest(bytes + ir::content_of(function));
}

}  // namespace

CodeKey digest(std::string_view bytes) {
    return llvm::SHA256::hash(llvm::ArrayRef(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
}

std::string to_text(const CodeKey& key) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const uint8_t byte : key) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

CodeKey cpu_key(const ir::Function& function, const Options& options, Effort effort) {
    static const auto* const host = new std::string(describe_host());
    return key_of(*host + (effort == Effort::Quick ? " quick" : " full"), function, options);
}

CodeKey ptx_key(const ir::Function& function, int sm, const Options& options, const CudaLayout* layout) {
    std::string target = "ptx " + std::to_string(sm);
    const auto add = [&](const CudaLeaf& leaf) {
        for (const uint32_t number :
             {leaf.stride, uint32_t{leaf.bytes}, uint32_t{leaf.is_signed}, uint32_t{leaf.is_float}})
            target += " " + std::to_string(number);
    };
    for (size_t i = 0; layout && i < layout->inputs.size(); ++i)
        add(layout->inputs[i]);
    for (size_t i = 0; layout && i < layout->outputs.size(); ++i) {
        target += " to " + std::to_string(layout->outputs[i].slot);
        add(layout->outputs[i].leaf);
    }
    return key_of(target, function, options);
}

const std::string& build_id() {
    static const auto* const id = [] {
        BuildIdSearch search{reinterpret_cast<ElfW(Addr)>(&build_id), {}};
        dl_iterate_phdr(visit, &search);
        return new std::string(std::move(search.found));
    }();
    return *id;
}

}  // namespace pp::codegen
