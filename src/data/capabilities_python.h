/// What this interpreter may or may not allow beyond CPython's public API: one list, for whoever asks what is on.
#pragma once

#include <span>

namespace pp::data {

/// Each has a way around it through the API, which gives the same answers and takes longer.
struct Capability {
    const char* name;
    const char* benefit;       ///< what it does, in a few words
    const char* (*why_not)();  ///< a sentence for people where it is off, else null; GIL held
};

/// In the order in which they build on one another.
std::span<const Capability> capabilities();

}  // namespace pp::data
