/// Elements that share an object with another element, or within themselves.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>
#include <vector>

#include "data/object_place_python.h"
#include "data/reader_python.h"

namespace pp::data {

/// One object of each of many elements: what lies at the end of `way` below element `indices ? indices[i] : i`, for i
/// in [0, count) where `skip` is null or zero.
struct ObjectColumn {
    ElementSpan elements;
    const int64_t* indices;
    int64_t count;
    const uint8_t* skip;
    KindRef kind;  ///< of the objects
    std::vector<ObjectPlace> way;
    /// Whether the objects surely have no dict: no Python code has run since they were read as instances of a class
    /// whose instances have none.
    bool has_no_dicts = false;
};

/// An object that an element reaches, found one by one.
struct ReachedObject {
    int64_t element;
    PyObject* object;  ///< borrowed
};

/// Appends the objects that an object reaches (itself included), whatever they are; see visit_referents. False where
/// these are too many to be followed. GIL held; runs no Python code.
bool append_reached(int64_t element, PyObject* object, std::vector<ReachedObject>& reached);

/// Whether items of the kind, which may be null, lead to no list, dict or instance.
bool is_plain_data(KindRef item);

/// The elements, ascending, that reach an object which is reached more than once. GIL held and kept; many threads.
/// Throws std::bad_alloc.
std::vector<int64_t> sharing_elements(std::span<const ObjectColumn> columns, std::span<const ReachedObject> reached);

}  // namespace pp::data
