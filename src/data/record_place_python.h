/// Dicts and instances that are elements of an Array, as Python gets them: written through to the Array.
///
/// A dict is shown by a `RecordPlace` itself (a mapping, see python/record_views.h); an instance by an object of a
/// class derived from its own, whose last word is a RecordPlace. Records that nobody can change come out as they are:
/// namedtuples, instances of frozen dataclasses.
#pragma once

#include <Python.h>

#include <memory>
#include <string>
#include <vector>

#include "data/element_ref.h"
#include "data/element_type.h"
#include "data/leaf_view.h"

namespace pp::data {

/// The object behind what is shown.
struct RecordPlace {
    PyObject_HEAD std::unique_ptr<ElementRef> ref;

    /// The record's leaves, element 0 being the one it stands for. To be read, or with `writes` to be written, at once.
    std::vector<LeafView> leaves(bool writes) const;
};

/// Behind an object that is shown; null for any other. GIL held.
RecordPlace* record_place(PyObject* object);
/// A new dict or instance with what is there now. Null with an exception set.
PyObject* record_at(const RecordPlace& place);

/// Slots of the classes of what is shown, by which they are known. Only what an element has can be set.
PyObject* get_shown_attribute(PyObject* object, PyObject* name);
int set_shown_attribute(PyObject* object, PyObject* name, PyObject* value);

/// Whether the record comes out as something that is written through: not where its class is frozen.
bool is_shown(KindRef record);
/// Whether some record of the elements is.
bool has_shown(const ElementType& type);
/// Why no Array holds records of a class that `kind` has in it; empty where one can. GIL held.
std::string why_no_element(KindRef kind);

/// The kind with the fields of dataclasses in the order of their class: an instance keeps them in any. GIL held.
KindRef in_class_order(KindRef kind);

/// Makes what shows a record.
using ShowRecord = PyObject* (*)(const std::shared_ptr<ArrayBody>& body, int64_t index, ElementTypeRef type,
                                 size_t first_leaf);
/// A new reference to element `index` of the body, or what of it has the leaves from `first_leaf` on, with records
/// shown by `show`. Null with an exception set. GIL held; runs no Python code but what `show` does.
PyObject* shown_element(const std::shared_ptr<ArrayBody>& body, int64_t index, ElementTypeRef type, size_t first_leaf,
                        ShowRecord show);

}  // namespace pp::data
