/// Helpers of the tests of passes: text in, text out; and an evaluator of the IR to compare what functions compute.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "ir/ir.h"

namespace pp::passes::testing {

using Pass = void (*)(ir::Function&);

/// Runs `pass` on the function of this text and answers its text, verified.
std::string after(Pass pass, const std::string& text);
/// The same for a function of these first lines, which the answer leaves out unless `pass` has changed them.
std::string after(Pass pass, const std::string& head, const std::string& body);

/// What one element gives.
struct Outcome {
    bool handed_back = false;
    bool ran_out = false;    ///< took more steps than any test means to
    KindRef kind = nullptr;  ///< what was returned
    std::vector<uint64_t> leaves;
    std::vector<ir::Origin> origins;  ///< one for each node, dynamic ones looked up

    bool operator==(const Outcome&) const = default;
    std::string text() const;
};

/// How a kernel treats a failed guard: leaves at once, or notes it and runs on.
enum class Guards { Leave, Accumulate };

/// Evaluates a function of plain operations (no `py.*`). A division, shift or conversion that is undefined is
/// a test failure, after a failed guard too.
Outcome evaluate(const ir::Function& function, const std::vector<uint64_t>& inputs,
                 const std::vector<uint64_t>& uniforms, Guards guards);

}  // namespace pp::passes::testing
