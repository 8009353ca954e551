/// See statistics.h.
#include "engine/statistics.h"

namespace pp::engine {

Statistics& statistics() {
    static Statistics instance;
    return instance;
}

}  // namespace pp::engine
