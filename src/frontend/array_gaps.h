/// Arrays from outside the function in whose elements something may be None: each way that an element can be is a way
/// on.
#pragma once

#include "frontend/translation.h"

namespace pp::frontend {

/// Whether something of the kind may be None.
bool has_gaps(KindRef kind);
/// Whether that holds for the elements of an Array's view, or of a slice's.
bool is_view_with_gaps(const Value& value);
/// The element at a position that is known to exist, of such a view.
Outcomes element_with_gaps(Translation& translation, const Value& view, ir::ValueId position);

}  // namespace pp::frontend
