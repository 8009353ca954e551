/// See element_objects.h.
#include "data/element_objects.h"

namespace pp::data {
namespace {

/// The end of an item's name as Python's syntax has it.
std::string item_text(KindRef kind, size_t index) {
    if (kind->tag != Tag::Record) {
        return '[' + std::to_string(index) + ']';
    }
    const std::string& name = kind->record->fields[index];
    return kind->record->is_dict() ? "['" + name + "']" : '.' + name;
}

class Collector {
public:
    void add(KindRef kind, uint32_t column, const std::string& name) {
        const ir::Origin own = next_++;
        if (is_changeable(kind)) {
            objects.push_back({kind, own, column, way_, name});
        }
        for (uint32_t i = 0; i < kind->items.size(); ++i) {
            way_.push_back(i);
            add(kind->items[i], column, name + item_text(kind, i));
            way_.pop_back();
        }
    }

    std::vector<ElementObject> objects;

private:
    ir::Origin next_ = 1;
    std::vector<uint32_t> way_;
};

}  // namespace

ir::Origin ElementObject::item_origin(size_t index) const {
    ir::Origin item = origin + 1;
    for (size_t i = 0; i < index; ++i) {
        item += static_cast<ir::Origin>(kind->items[i]->nodes);
    }
    return item;
}

std::string ElementObject::path_to(size_t index) const {
    return name + item_text(kind, index);
}

std::vector<ElementObject> element_objects(std::span<const KindRef> columns) {
    Collector collector;
    for (uint32_t c = 0; c < columns.size(); ++c) {
        collector.add(columns[c], c, "column " + std::to_string(c + 1));
    }
    return std::move(collector.objects);
}

bool is_changeable(KindRef kind) {
    return kind->tag == Tag::List || (kind->tag == Tag::Record && kind->record->form != RecordForm::NamedTuple);
}

bool may_be_one(KindRef first, KindRef second) {
    // Instances of two classes may share a dict, which may be an element itself.
    return first->tag == second->tag && (first->tag == Tag::Record || first->items.size() == second->items.size());
}

}  // namespace pp::data
