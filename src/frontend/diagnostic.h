/// Texts that tell the user which construct has no compiled form, where it stands, and what to write instead.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "frontend/environment.h"

namespace pp::frontend {

/// A place in a function's source; `code` outlives the translation.
struct Place {
    const CodeView* code = nullptr;
    SourceSpan span;
};

/// `headline`, then the innermost place with its source line and a caret, then the calls that led there, then `remark`
/// (if any) indented. `way` is outermost first.
std::string diagnostic(Environment& environment, std::string_view headline, std::span<const Place> way,
                       std::string_view remark);

}  // namespace pp::frontend
