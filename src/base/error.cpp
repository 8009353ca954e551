/// See error.h.
#include "base/error.h"

#include <cstring>

namespace pp {

void internal_failure(const char* condition, const char* file, int line) {
    const char* slash = std::strrchr(file, '/');
    throw InternalError(std::string("internal error of parallel_party, please report it: ") + condition + " at " +
                        (slash ? slash + 1 : file) + ":" + std::to_string(line));
}

}  // namespace pp
