/// Object code of one CPU kernel, and what is known of it: what the store of code keeps.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codegen/codegen.h"

namespace pp::codegen {

struct CpuCode {
    bool has_loops = false;
    Effort effort = Effort::Full;  ///< Quick or Full
    double full_milliseconds = 0;
    size_t code_bytes = 0;
    std::string object;
};

std::string to_stored(const CpuCode& code);
/// None where these are not bytes that `to_stored` gives.
std::optional<CpuCode> from_stored(std::string_view bytes);

}  // namespace pp::codegen
