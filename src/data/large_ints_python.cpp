/// See large_ints_python.h.
#include "data/large_ints_python.h"

#include "data/element_type.h"
#include "data/record_place_python.h"

namespace pp::data {

KindRef kind_with_large_ints(ElementSpan elements) {
    KindRef all = never_kind();
    for (int64_t i = 0; all && i < elements.count; ++i) {
        KindRef kind = array_kind(kind_with_large_ints(elements.items[i]));
        all = kind ? join_array_kinds(all, in_order_of(all, kind)) : nullptr;
    }
    return all && is_settled(all) && why_no_element(all).empty() ? all : nullptr;
}

}  // namespace pp::data
