/// What generators see of the objects around them. They are run where they are made, not as their items are taken: that
/// shows where they change, or look at, what others change meanwhile.
#pragma once

#include <span>

#include "frontend/state.h"

namespace pp::frontend {

/// Objects of the function's own that the values are, hold, or lead to through cells, functions and iterators: a Tuple.
Value seen_objects(Translation& translation, const State& state, std::span<const Value> values);
/// A Tuple of both's objects.
Value with_more_objects(Translation& translation, const Value& objects, const Value& more);

/// An iterator over what a generator yielded that saw these objects and returned `returned` (None: nothing).
Value with_generator(Translation& translation, const Value& iterator, const Value& returned, const Value& objects);
/// The objects that the generators saw whose items the iterator gives; an empty Tuple for any other value.
Value seen_by(Translation& translation, const Value& iterator);
/// What an iterator's generator returned; Null where it has none.
Value returned_by(const Value& iterator);

/// Whether the list may not change now: a generator that is being run shares it with those who wait for its items, or
/// one whose items wait to be taken, by `taken` too, has seen it.
bool is_seen_by_generator(Translation& translation, const State& state, const Node* list, const Value& taken);

}  // namespace pp::frontend
