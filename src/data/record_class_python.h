/// Classes whose instances are read as records, and how their fields are found.
#pragma once

#include <Python.h>

#include <cstdint>
#include <string>
#include <vector>

#include "ir/items_type.h"
#include "ir/kind.h"

namespace pp::data {

/// One attribute kept at a place of its own in every instance.
struct RecordSlot {
    std::string name;
    Py_ssize_t offset;
};

/// A class made by a class statement whose attributes are looked up as Python's own `object` does it. Lives for ever,
/// though the class may not: then `type` dangles.
struct RecordClass {
    uint64_t id;         ///< never used for another class
    PyTypeObject* type;  ///< borrowed
    RecordForm form;     ///< NamedTuple, Object or Number
    std::string name;
    std::vector<RecordSlot> slots;             ///< Object
    std::vector<std::string> fields;           ///< NamedTuple, Number
    bool is_enum = false;                      ///< made by `enum`: its records have a field of kind Identity, too
    NumberLayout number = NumberLayout::None;  ///< Number, an enum of ints: how it keeps what it is worth
};

/// Null where instances of `type` are no records: types written in C and their subclasses, but for namedtuples and for
/// numpy's scalars; classes with `__getattr__` or `__getattribute__`; namedtuples that override what tuples do. GIL
/// held; runs no Python code.
const RecordClass* record_class_of(PyTypeObject* type);

/// The living class with this number whose instances (still) are records, else null. Borrowed. GIL held.
PyTypeObject* record_type(uint64_t id);

/// The kind's class; its `type` is alive as long as somebody keeps the class alive. Any thread.
const RecordClass& record_class(uint64_t id);

/// How one field of a record is found.
struct FieldAccess {
    PyObject* name;     ///< interned; kept as long as the interpreter
    Py_ssize_t offset;  ///< of a slot; 0: in the dictionary
    Py_ssize_t hint;    ///< where in the dictionary's entries it is likely to be
    bool is_missing;    ///< it must not be there
    bool is_identity;   ///< the record itself, also where what it is worth is read
    bool is_others;     ///< stands for all attributes that no other field names
};

struct RecordAccess {
    RecordForm form;
    PyTypeObject* type;  ///< borrowed; null for dicts
    std::vector<FieldAccess> fields;
    ItemsType items_type{};         ///< Items: what is made
    Py_ssize_t in_dictionary = 0;   ///< how many of the fields are there, in the dictionary,
    std::vector<Py_ssize_t> slots;  ///< and the offsets of the slots that no field names
};

/// For a kind that is a Record; lives as long as the current interpreter. GIL held.
const RecordAccess& record_access(KindRef kind);

/// Puts the field's objects, borrowed, into `fields`, null for those that are missing as they should be. False where
/// `object` is no such record. Any thread while some thread holds the GIL and waits; calls nothing.
bool raw_record_fields(PyObject* object, const RecordAccess& access, PyObject** fields);

/// The same with new references, through CPython's public functions. GIL held; runs no Python code.
bool api_record_fields(PyObject* object, const RecordAccess& access, PyObject** fields);

/// Whether dicts and instances may be read raw in this interpreter: self-test at first use. GIL held.
bool raw_records_enabled();

/// What an instance of a record class keeps in slots and inline, borrowed: all of its attributes but for those in its
/// dict, if it has one by now (object_place_python.h). GIL held; runs no Python code.
std::vector<PyObject*> attribute_values(PyObject* object, const RecordClass& record_class);

/// Names and values of the attributes that an instance of a record class keeps for itself. New references in `values`.
/// False where some name is no plain str, or they are more than `most`. GIL held.
bool own_attributes(PyObject* object, const RecordClass& record_class, size_t most, std::vector<std::string>& names,
                    std::vector<PyObject*>& values);

/// The attribute of that name which an instance of a record class keeps for itself; borrowed, null where it has none.
/// `name` is an interned str. GIL held; runs no Python code.
PyObject* own_attribute(PyObject* object, const RecordClass& record_class, PyObject* name);

}  // namespace pp::data
