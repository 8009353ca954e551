/// See wide_block.h.
#include "data/wide_block.h"

namespace pp::data {

std::shared_ptr<ArrayBlock> wide_block(const ElementType& type, std::span<const LeafView> from, int64_t count) {
    auto block = std::make_shared<ArrayBlock>(with_wide_text(type), count);
    copy_elements(from, block->leaves(), count);
    const WideTexts wide(type, block->leaves(), count);
    block->items().own_all(*block->type(), block->leaves(), 0, count);
    return block;
}

}  // namespace pp::data
