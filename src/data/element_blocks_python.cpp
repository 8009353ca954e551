/// Results of element_writer_python.h that are written while later ones are still being computed.
///
/// Every element then is an object whose fields are plain values, so that it leads to no other element: what is written
/// to one can be seen through another only where both are one object.
#include <algorithm>
#include <utility>

#include "data/element_writer_python.h"
#include "data/recycle_python.h"

namespace pp::data {

/// Whether all that the variant may change are floats, new or as they were.
bool ElementWriter::makes_floats_only(const Variant& variant) const {
    return std::ranges::all_of(variant.others, [&](const Field& other) {
        return std::ranges::any_of(variant.floats, [&](const Field& field) { return field.node == other.node; });
    });
}

int32_t ElementWriter::slot_of(const void* array) const {
    const auto slot = std::ranges::find(changed_.slots, array);
    return slot == changed_.slots.end() ? FilledField::kNone : static_cast<int32_t>(slot - changed_.slots.begin());
}

bool ElementWriter::open() {
    const bool is_flat = targets_.size() == 1 && targets_.front().way.empty();
    if (!is_flat || !is_raw_ || !recycling_enabled() || changed_.indices || changed_.skip) {
        return false;
    }
    std::vector<size_t> written;  // by place
    for (const Variant& variant : variants_) {
        if (!makes_floats_only(variant)) {
            return false;
        }
        for (const Field& field : variant.floats) {
            if (std::ranges::find(written, field.place.index) == written.end()) {
                written.push_back(field.place.index);
            }
        }
    }
    std::optional<FieldPlaces> places = field_places(targets_.front().object.kind, written);
    if (!places) {
        return false;
    }
    std::vector<std::vector<FilledField>> variants;
    for (const Variant& variant : variants_) {
        std::vector<FilledField>& fields = variants.emplace_back(written.size());
        for (size_t k = 0; k < variant.floats.size(); ++k) {
            const Field& field = variant.floats[k];
            const auto place = std::ranges::find(written, field.place.index) - written.begin();
            const int32_t origins = field.node->origins ? slot_of(field.node->origins) : FilledField::kNone;
            fields[static_cast<size_t>(place)] = {slot_of(field.node->data), origins, field.own, k};
        }
    }
    old_values_ = Arrays(std::vector<ir::Type>(written.size(), ir::Type::F64), changed_.count);
    std::vector<double*> old_values;
    for (size_t k = 0; k < written.size(); ++k) {
        old_values.push_back(old_values_.as<double>(k));
    }
    PyObject* const* objects = changed_.columns[targets_.front().object.column].items;
    filler_.emplace(objects, std::move(*places), std::move(variants), std::move(old_values),
                    lie_ascending(objects, changed_.count));
    return true;
}

bool ElementWriter::fill_block(int64_t begin, int64_t end, FewResults& few) {
    const size_t fields = filler_->count();
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
    blocks_.sort([](const Block& a, const Block& b) { return a.begin < b.begin; });
    std::vector<Todo> todos;
    size_t shared = 0;
    for (const Block& block : blocks_) {
        for (const LeftFields::One& one : block.left.fields) {
            const Variant& variant = variants_[changed_.variant_at(one.position)];
            todos.push_back({one.position, &variant.floats[one.number]});
        }
        shared += block.left.shared.size();
    }
    todos.reserve(todos.size() + shared * filler_->count());
    has_written_shared_ = true;
    for (const Block& block : blocks_) {
        for (const int64_t position : block.left.shared) {
            write_one_by_one(variants_[changed_.variant_at(position)], position, true, todos);
        }
    }
    return todos;
}

void ElementWriter::undo_blocks() noexcept {
    for (const Block& block : blocks_) {
        auto shared = block.left.shared.begin();
        for (int64_t position = block.begin; position < block.end; ++position) {
            const bool is_shared = shared != block.left.shared.end() && *shared == position;
            shared += is_shared;
            if (!is_shared) {
                filler_->put_back(position);
            } else if (has_written_shared_) {
                put_back(position);
            }
        }
    }
    blocks_.clear();
}

}  // namespace pp::data
