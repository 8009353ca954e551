/// One Python object on its way into an Array.
#pragma once

#include <Python.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/element_type.h"
#include "data/leaf_view.h"

namespace pp::data {

/// What becomes of ints where floats are stored: those that no double is equal to are refused, or become the nearest.
enum class IntsAsFloats : uint8_t { Exact, Nearest };

/// One element on its way into an Array: its leaves as they will be stored.
class PackedElement {
public:
    /// Throws UserError(Conversion) for an object of another kind, UserError(Overflow) for a value that does not fit,
    /// both without the element's number. GIL held. Exact ints, floats, bools, tuples and lists run no Python code;
    /// an `__index__` does. Throws PythonErrorSet where that raised, TextIsWide.
    PackedElement(PyObject* object, const ElementType& type, IntsAsFloats ints = IntsAsFloats::Exact);
    /// Where the type is dynamic, the body or block is to own the items then, before this is gone.
    void store(std::span<const LeafView> leaves, int64_t index) const;

private:
    void pack(PyObject* object, const ElementType& type, KindRef kind);
    void pack_text(PyObject* object, KindRef kind);
    void pack_sequence(PyObject* object, const ElementType& type, KindRef kind);
    void pack_record(PyObject* object, const ElementType& type, KindRef kind);
    void pack_number(PyObject* object, NumberFormat format);

    IntsAsFloats ints_;
    struct Word {
        char bytes[8];
    };
    std::vector<Word> words_;
    std::vector<std::unique_ptr<char[]>> items_;
};

/// Thrown for text with characters beyond U+00FF where texts have one byte a character: see with_wide_text.
struct TextIsWide {};

/// Thrown where a Python exception has been set.
struct PythonErrorSet {};

/// Throws UserError(Conversion): the object is no element of an Array that holds what `wanted` says; says what is
/// different from `kind` where that is given and not plain.
[[noreturn]] void refuse_element(PyObject* object, const std::string& wanted, KindRef kind = nullptr);

/// Whether an instance, of which the kind says what it has, has nothing else. GIL held; runs no Python code.
bool has_only_fields(PyObject* object, KindRef kind);

}  // namespace pp::data
