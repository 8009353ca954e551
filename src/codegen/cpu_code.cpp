/// See cpu_code.h.
#include "codegen/cpu_code.h"

#include <cmath>
#include <cstring>
#include <type_traits>

namespace pp::codegen {
namespace {

struct Head {
    uint64_t code_bytes;
    double full_milliseconds;
    uint64_t object_bytes;
    uint8_t has_loops, is_quick, padding[6];
};
static_assert(std::is_trivially_copyable_v<Head> && sizeof(Head) == 32);

}  // namespace

std::string to_stored(const CpuCode& code) {
    const Head head{code.code_bytes, code.full_milliseconds,       code.object.size(),
                    code.has_loops,  code.effort == Effort::Quick, {}};
    return std::string(reinterpret_cast<const char*>(&head), sizeof head) + code.object;
}

std::optional<CpuCode> from_stored(std::string_view bytes) {
    Head head;
    if (bytes.size() < sizeof head) return std::nullopt;
    std::memcpy(&head, bytes.data(), sizeof head);
    bytes.remove_prefix(sizeof head);
    const bool is_sound = head.object_bytes == bytes.size() && head.code_bytes <= head.object_bytes &&
                          head.has_loops <= 1 && head.is_quick <= 1 && std::isfinite(head.full_milliseconds);
    if (!is_sound) return std::nullopt;
    return CpuCode{head.has_loops != 0, head.is_quick ? Effort::Quick : Effort::Full, head.full_milliseconds,
                   head.code_bytes, std::string(bytes)};
}

}  // namespace pp::codegen
