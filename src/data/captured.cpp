/// See captured.h.
#include "data/captured.h"

#include <atomic>

namespace pp::data {
namespace {

uint64_t new_version() {
    static std::atomic<uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

Captured::Captured(KindRef kind) : kind_(kind), words_(kind->leaves), version_(new_version()) {}

}  // namespace pp::data
