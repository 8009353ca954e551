/// See ended_thread.h.
#include "python/ended_thread.h"

#include <unistd.h>

namespace pp::python {

void prepare_for_ended_threads() noexcept {
    try {
        throw 0;
    } catch (int) {  // what was thrown has done its work: the tables are there
    }
}

void stay_for_ever() noexcept {
    for (;;)
        pause();
}

}  // namespace pp::python
