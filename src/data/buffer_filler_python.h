/// Fills a buffer of numbers with results, or reads one: rows of a fixed number of numbers, one after the other.
#pragma once

#include <Python.h>

#include <cstdint>
#include <string>

#include "data/list_filler_python.h"
#include "data/number_format.h"

namespace pp::data {

/// Numbers of one type in memory: `width` for each result, which is a row of that many, or one number.
struct NumberRows {
    NumberFormat format;
    char* memory;
    int64_t width;
    bool is_flat;  ///< results are numbers; the width is 1

    size_t row_bytes() const;
};

/// Why a result cannot be stored: its element and what is wrong with it.
struct Misfit {
    int64_t element = -1;   ///< -1: everything fits
    bool is_range = false;  ///< the value is out of bounds; else it is of another type
    std::string what;
};

/// The first result, if any, that does not fit. Many threads.
Misfit find_misfit(const NumberRows& rows, const RunResults& results);
/// Stores all of them. Precondition: they fit.
void store_numbers(const NumberRows& rows, const RunResults& results);

/// The same for one result that CPython made: false with an exception set where it does not fit. `target` is where its
/// numbers go. Only exact ints, floats, bools, tuples and lists are taken, so that no Python code runs.
bool store_object(const NumberRows& rows, PyObject* result, char* target);

/// A new tuple of the `count` numbers at `memory`. Null with an exception set.
PyObject* tuple_of_numbers(NumberFormat format, const char* memory, int64_t count);

}  // namespace pp::data
