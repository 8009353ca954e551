/// See read_and_send.h.
#include "python/read_and_send.h"

#include "base/error.h"

namespace pp::python {

namespace {

/// Of one piece of the pinned ring and less; a copy is then as short as what there is to gain.
constexpr size_t kLeastBytes = size_t{1} << 20;
constexpr size_t kMostBytes = size_t{1} << 30;

std::shared_ptr<engine::SentColumn> room_for(std::span<const ir::Type> types, int64_t count, int ordinal) {
    try {
        return std::make_shared<engine::SentColumn>(ordinal, types, count);
    } catch (const UserError& error) {
        if (error.kind() != ErrorKind::Memory) throw;
        return nullptr;  // the run divides what has no room
    }
}

}  // namespace

std::shared_ptr<engine::SentColumn> read_and_send(data::ElementSpan elements, KindRef kind,
                                                  std::span<const ir::Type> types, std::span<void* const> leaves,
                                                  int ordinal, bool is_kept, std::vector<int64_t>& others,
                                                  engine::Timings& timings) {
    const size_t bytes = engine::SentColumn::bytes_of(types, elements.count);
    const bool pays = bytes >= kLeastBytes && bytes <= kMostBytes;
    const bool is_sent = !types.empty() && (pays || is_kept);
    const auto sent = is_sent ? room_for(types, elements.count, ordinal) : nullptr;
    const auto upload = sent && pays ? sent->send_in_chunks(leaves) : nullptr;
    data::AfterChunk take;
    if (upload) take = [&upload](int64_t begin, int64_t end) { upload->take(begin, end); };
    data::read_elements(elements, kind, leaves, others, nullptr, take);
    if (upload)
        upload->finish();
    else if (sent)
        sent->send(leaves, timings);
    return sent;
}

}  // namespace pp::python
