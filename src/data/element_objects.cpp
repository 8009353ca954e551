/// See element_objects.h.
#include "data/element_objects.h"

namespace pp::data {
namespace {

class Collector {
public:
    void add(KindRef kind, uint32_t column) {
        const ir::Origin own = next_++;
        if (kind->tag == Tag::List) {
            objects.push_back({kind, own, column, way_});
        }
        for (uint32_t i = 0; i < kind->items.size(); ++i) {
            way_.push_back(i);
            add(kind->items[i], column);
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
    std::string path = "column " + std::to_string(column + 1);
    for (uint32_t item : items) {
        path += '[' + std::to_string(item) + ']';
    }
    return path + '[' + std::to_string(index) + ']';
}

std::vector<ElementObject> element_objects(std::span<const KindRef> columns) {
    Collector collector;
    for (uint32_t c = 0; c < columns.size(); ++c) {
        collector.add(columns[c], c);
    }
    return std::move(collector.objects);
}

bool may_be_one(KindRef first, KindRef second) {
    return first->tag == second->tag && first->items.size() == second->items.size();
}

}  // namespace pp::data
