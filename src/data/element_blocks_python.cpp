/// Results of element_writer_python.h that are written while later ones are still being computed.
///
/// Every element then is an object whose fields are plain values, so that it leads to no other element: what is written
/// to one can be seen through another only where both are one object.
#include <algorithm>
#include <utility>

#include "data/element_writer_python.h"
#include "data/recycle_python.h"

namespace pp::data {

bool ElementWriter::open() {
    const bool is_flat = targets_.size() == 1 && targets_.front().way.empty();
    if (!is_flat || variants_.size() != 1 || has_others_ || !variants_.front().places || !recycling_enabled() ||
        changed_.indices || changed_.skip) {
        return false;
    }
    const Variant& variant = variants_.front();
    old_values_ = Arrays(std::vector<ir::Type>(variant.floats.size(), ir::Type::F64), changed_.count);
    std::vector<FilledField> fields;
    for (size_t k = 0; k < variant.floats.size(); ++k) {
        const auto slot = std::ranges::find(changed_.slots, variant.floats[k].node->data);
        fields.push_back({variant.places->offsets[k], static_cast<size_t>(slot - changed_.slots.begin()),
                          old_values_.as<double>(variant.floats[k].undo)});
    }
    PyObject* const* objects = changed_.columns[targets_.front().object.column].items;
    filler_.emplace(objects, *variant.places, std::move(fields), lie_ascending(objects, changed_.count));
    return true;
}

bool ElementWriter::fill_block(int64_t begin, int64_t end, FewResults& few) {
    const size_t fields = filler_->fields().size();
    Block* block = nullptr;
    {
        std::lock_guard lock(*mutex_);
        block = &blocks_.emplace_back(Block{begin, begin, {}});
    }
    LeftFields& left = block->left;
    const SettleWhenDone settle;
    const int64_t at_once = few.start(begin, end, nullptr);
    for (int64_t i = begin, few_end; i < end; i = few_end) {
        few_end = std::min(i + at_once, end);
        if (!few.make(i, few_end)) {
            return false;
        }
        // Everything that may fail comes before anything is written: `undo` has to know all that was.
        const size_t shared_before = left.shared.size(), fields_before = left.fields.size();
        left.shared.reserve(left.shared.capacity() < shared_before + kFew ? 2 * shared_before + kFew : 0);
        left.fields.reserve(left.fields.capacity() < fields_before + kFew * fields ? 2 * fields_before + kFew * fields
                                                                                   : 0);
        if (!filler_->fill(few.slots(), i, few_end, left)) {
            return false;
        }
        block->end = few_end;
        if (left.shared.size() != shared_before || left.fields.size() != fields_before) {
            few.keep(i, few_end);
        }
    }
    return true;
}

bool ElementWriter::close() {
    PyObject* const* objects = changed_.columns[targets_.front().object.column].items;
    std::vector<PyObject*> shared;
    for (const Block& block : blocks_) {
        for (const int64_t position : block.left.shared) {
            shared.push_back(objects[position]);
        }
    }
    std::ranges::sort(shared);
    return std::ranges::adjacent_find(shared) == shared.end();
}

/// What is left, when what is shared has been written as well, in order.
std::vector<ElementWriter::Todo> ElementWriter::todos_of_blocks() {
    const Variant& variant = variants_.front();
    std::ranges::sort(blocks_, {}, &Block::begin);
    std::vector<Todo> todos;
    for (const Block& block : blocks_) {
        for (const LeftFields::One& one : block.left.fields) {
            todos.push_back({one.position, &variant.floats[one.field]});
        }
    }
    size_t shared = 0;
    for (const Block& block : blocks_) {
        shared += block.left.shared.size();
    }
    todos.reserve(todos.size() + shared * variant.floats.size());
    has_written_shared_ = true;
    for (const Block& block : blocks_) {
        for (const int64_t position : block.left.shared) {
            write_at_places(variant, position, todos);
        }
    }
    settle_what_was_kept();
    return todos;
}

void ElementWriter::undo_blocks() noexcept {
    for (const Block& block : std::exchange(blocks_, {})) {
        auto shared = block.left.shared.begin();
        for (int64_t position = block.begin; position < block.end; ++position) {
            const bool is_shared = shared != block.left.shared.end() && *shared == position;
            shared += is_shared;
            if (!is_shared || has_written_shared_) {
                filler_->put_back(position);
            }
        }
    }
}

}  // namespace pp::data
