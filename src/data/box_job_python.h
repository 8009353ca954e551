/// The two ways of making a range of results: through CPython's API on the calling thread, or in claimed pools by all.
///
/// Both give the same objects. What `box_results` chooses from; tests compare the two.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>

#include "data/box_plan_python.h"
#include "data/boxer_python.h"

namespace pp::data {

/// Makes results [begin, end) as `box_results` says; slots must be null or left out. False with an exception set.
bool api_box_range(const BoxJob& job, int64_t begin, int64_t end);

/// Makes all results in pools. False where that cannot be done for these kinds or in this interpreter at the moment:
/// then nothing has happened. `failed` tells that an exception is set.
bool pool_box(const BoxJob& job, TrackedRows& rows, bool& failed);

/// Whether pools can be had in this interpreter at the moment for results of this number and origin.
bool are_pools_possible(const BoxJob& job);

/// The plan of each variant, reading from the job's slots.
std::vector<std::vector<BoxNode>> box_plans(const BoxJob& job);

}  // namespace pp::data
