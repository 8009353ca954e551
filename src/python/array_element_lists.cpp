/// See array_element_lists.h.
#include "python/array_element_lists.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "data/record_place_python.h"
#include "python/array_class.h"
#include "python/array_object.h"

namespace pp::python {

namespace {

bool is_written(PyObject* column) {
    if (!is_array(column)) return false;
    KindRef kind = ArrayAccess(column).type()->kind;
    if (data::is_optional(kind)) kind = kind->items.front();
    return kind->tag == Tag::Tuple || data::is_shown(kind);
}

bool is_same_part(const ArrayAccess& one, const ArrayAccess& other) {
    return one.type() == other.type() && one.first() == other.first() && one.count() == other.count() &&
           one.part().first_leaf == other.part().first_leaf && one.part().is_flat == other.part().is_flat;
}

/// Rows as lists, records as instances and dicts.
Object changeable_elements(PyObject* array) {
    Object list = array_to_list(array);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list.get()); ++i) {
        PyObject* element = PyList_GET_ITEM(list.get(), i);
        if (!PyTuple_CheckExact(element)) continue;
        const Object row = Object::borrow(element);
        PyList_SetItem(list.get(), i, checked(PySequence_List(row.get())).release());
    }
    return list;
}

constexpr const char* kParts = "for_each() over two parts of one Array beside a column of this sort; give it Arrays, "
                               "buffers, ranges and lists of elements of one type";

/// The first item tells: looking at all of them takes as long as reading them.
bool holds_shown(PyObject* column) {
    return (PyList_CheckExact(column) || PyTuple_CheckExact(column)) && Py_SIZE(column) > 0 &&
           data::record_place(PySequence_Fast_GET_ITEM(column, 0));
}

}  // namespace

ElementLists::ElementLists(MapArguments& arguments) {
    for (PyObject*& column : arguments.columns) {
        if (is_written(column)) {
            column = list_of(column);
        } else if (holds_shown(column)) {
            column = own_records(column);
        }
    }
    refuse_parts_of_one();
}

PyObject* ElementLists::list_of(PyObject* array) {
    const ArrayAccess access(array);
    for (const Entry& entry : entries_) {
        const ArrayAccess known(entry.array.get());
        if (&known.body() != &access.body()) continue;
        if (is_same_part(known, access)) return entry.list;
        throw UserError(ErrorKind::Unsupported, kParts);
    }
    lists_.push_back(changeable_elements(array));
    entries_.push_back({Object::borrow(array), lists_.back().get(), access.body().version()});
    return entries_.back().list;
}

PyObject* ElementLists::own_records(PyObject* list_or_tuple) {
    lists_.push_back(checked(PySequence_List(list_or_tuple)));
    PyObject* list = lists_.back().get();
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); ++i) {
        PyObject* item = PyList_GET_ITEM(list, i);
        if (data::record_place(item)) PyList_SetItem(list, i, Py_NewRef(own_record(item)));
    }
    return list;
}

/// One for each: what one column does to it the other sees.
PyObject* ElementLists::own_record(PyObject* shown) {
    const auto [known, is_new] = shown_by_object_.try_emplace(shown, shown_.size());
    if (is_new) {
        const data::RecordPlace& place = *data::record_place(shown);
        const auto& body = place.ref->body();
        shown_.push_back({Object::borrow(shown), checked(data::record_at(place)), body, place.ref->index()});
        versions_.try_emplace(body.get(), body->version());
    }
    return shown_[known->second].own.get();
}

void ElementLists::refuse_parts_of_one() const {
    std::vector<std::pair<data::ArrayBody*, int64_t>> elements;
    for (const Shown& shown : shown_)
        elements.emplace_back(shown.body.get(), shown.index);
    std::ranges::sort(elements);
    bool is_refused = std::ranges::adjacent_find(elements) != elements.end();
    for (const Entry& entry : entries_)
        is_refused |= versions_.contains(&ArrayAccess(entry.array.get()).body());
    if (is_refused) throw UserError(ErrorKind::Unsupported, kParts);
}

void ElementLists::pack_records(std::vector<data::PackedElement>& packed) const {
    for (const Shown& shown : shown_) {
        const auto pack = [&] {
            packed.emplace_back(shown.own.get(), *data::record_place(shown.object.get())->ref->type());
        };
        try {
            pack();
        } catch (const data::TextIsWide&) {
            if (shown.body->is_pinned()) {
                throw UserError(ErrorKind::Buffer, "text beyond U+00FF cannot be put into an Array of which there are "
                                                   "views; copy() it first");
            }
            shown.body->widen_text();
            throw;  // what has been packed before is of another type by now
        }
    }
}

void ElementLists::check_versions() const {
    const auto is_as_it_was = [](const Entry& entry) {
        const ArrayAccess access(entry.array.get());
        return access.body().version() == entry.version && access.count() == entry.values.count;
    };
    const auto is_known = [](const auto& known) { return known.first->version() == known.second; };
    if (std::ranges::all_of(entries_, is_as_it_was) && std::ranges::all_of(versions_, is_known)) return;
    PyErr_SetString(PyExc_RuntimeError, "an Array was written to while for_each() was running over its elements; "
                                        "for_each() has written nothing to them");
    throw PythonError{};
}

void ElementLists::store() {
    std::vector<data::PackedElement> records;
    try {
        for (Entry& entry : entries_)
            entry.values = take_values(entry.list, ArrayAccess(entry.array.get()).type());
        check_versions();
        for (;;) {
            try {
                records.clear();
                pack_records(records);
                break;
            } catch (const data::TextIsWide&) {
            }
        }
    } catch (const UserError& error) {
        throw UserError(error.kind(), std::string(error.what()) + "; nothing has been written");
    }
    for (const Entry& entry : entries_)
        ArrayAccess(entry.array.get()).widen_text_for(*entry.values.type());
    for (const Entry& entry : entries_) {
        const ArrayAccess access(entry.array.get());
        if (entry.values.count == 0) continue;
        data::copy_elements(entry.values.leaves(), access.write(0, entry.values.count), entry.values.count);
        access.own_items(0, entry.values.count);
    }
    for (size_t i = 0; i < shown_.size(); ++i) {
        const data::RecordPlace& place = *data::record_place(shown_[i].object.get());
        records[i].store(place.leaves(true), 0);
        shown_[i].body->own_items(place.ref->index(), place.ref->index() + 1);
    }
    data::Residency::publish();
}

}  // namespace pp::python
