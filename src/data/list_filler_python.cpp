/// See list_filler_python.h.
#include "data/list_filler_python.h"

#include <algorithm>
#include <utility>

#include "data/object_place_python.h"
#include "data/origin_python.h"
#include "data/parallel_python.h"
#include "data/place_python.h"
#include "data/prefetch_python.h"
#include "data/recycle_python.h"
#include "data/scattered_boxer_python.h"

namespace pp::data {
namespace {

bool is_fresh(const BoxNode& node) {
    return !node.origins && node.origin == ir::kFresh;
}

bool is_row(const BoxNode& node) {
    return node.tag == Tag::Tuple || node.tag == Tag::List;
}

/// Whether such items cannot hold the row that is to be reused, nor be it.
bool is_atom(const BoxNode& node) {
    switch (node.tag) {
    case Tag::Float:
    case Tag::Int:
    case Tag::Bool:
    case Tag::None:
    case Tag::Object:
    case Tag::Text: return true;
    default: return false;
    }
}

/// Whether it is an object of the elements that was not looked at: it may be anything.
bool is_carried(const BoxNode& node) {
    return node.tag == Tag::Any || node.tag == Tag::Some || node.tag == Tag::Other;
}

/// The list's items by position, as the prefetcher looks at them.
struct ItemSource {
    PyObject* list;
    const RunResults& results;

    PyObject* const* at(int64_t position) const {
        return reinterpret_cast<PyListObject*>(list)->ob_item + results.source(position);
    }
};

}  // namespace

ListFiller::ListFiller(PyObject* list, int64_t width, const RunResults& results)
    : list_(list), width_(width), results_(results), variants_(results.shape.variants.size()),
      recycles_(recycling_enabled()) {
    size_t floats = 0;
    for (size_t i = 0; i < variants_.size(); ++i) {
        Variant& variant = variants_[i];
        variant.nodes = box_plan(results.shape.variants[i], results.slots, results.shape.objects);
        const BoxNode& root = variant.nodes.front();
        most_todos_ = std::max(most_todos_, size_t{root.size} + 1);
        if (width > 0) {
            spread(variant);
            floats = std::max(floats, variant.items.size());
            continue;
        }
        variant.is_float = recycles_ && root.tag == Tag::Float && is_fresh(root);
        variant.keeps_row = recycles_ && is_row(root) && is_fresh(root) && root.next == root.size + 1;
        for (uint32_t item = 0; variant.keeps_row && item < root.size; ++item) {
            variant.items.push_back(&variant.nodes[item + 1]);
            const BoxNode& node = variant.nodes[item + 1];
            variant.keeps_row = variant.keeps_row && (is_atom(node) || is_carried(node));
        }
        if (variant.keeps_row) {
            variant.recipe = row_recipe(variant.nodes, results);
        }
        floats = std::max(floats, variant.keeps_row ? variant.items.size() : size_t{variant.is_float});
    }
    for (const OriginPath& path : results.shape.origins) {
        ways_.push_back(way_down(path.kind, path.items));
    }
    old_values_ = Arrays(std::vector<ir::Type>(floats, ir::Type::F64), results.count);
}

void ListFiller::spread(Variant& variant) const {
    const BoxNode& root = variant.nodes.front();
    if (!is_row(root) || root.size != width_) {
        return;
    }
    variant.is_spread = true;
    const BoxNode* item = variant.nodes.data() + 1;
    for (uint32_t i = 0; i < root.size; ++i, item += item->next) {
        variant.items.push_back(item);
    }
}

KindRef ListFiller::misfit() const {
    for (size_t i = 0; width_ > 0 && i < variants_.size(); ++i) {
        if (!variants_[i].is_spread) {
            return results_.shape.variants[i].kind;
        }
    }
    return nullptr;
}

ListFiller::~ListFiller() {
    const std::vector<Store> stores = std::move(stores_);
    for (const Store& store : stores) {
        Py_XDECREF(store.item);
    }
}

/// Whether the row is of the result's type and length and belongs to the list alone.
bool ListFiller::is_own_row(PyObject* row, const BoxNode& node) const {
    const bool is_type = node.tag == Tag::List ? PyList_CheckExact(row) : PyTuple_CheckExact(row);
    return is_type && Py_REFCNT(row) == 1 && Py_SIZE(row) == static_cast<Py_ssize_t>(node.size);
}

/// Whether the row is kept and takes the new items: none of them may hold it, nor be it.
bool ListFiller::reuses_row(const Variant& variant, int64_t position, PyObject* row) const {
    if (!variant.keeps_row || !is_own_row(row, variant.nodes.front())) {
        return false;
    }
    return std::all_of(variant.items.begin(), variant.items.end(),
                       [&](const BoxNode* node) { return !is_carried(*node) || carries_atom(*node, position); });
}

/// What lies at an origin for an element.
ObjectAt ListFiller::original(ir::Origin origin, int64_t position) const {
    const size_t number = static_cast<size_t>(origin) - 1;
    PyObject* element = results_.columns[results_.shape.origins[number].column].items[results_.source(position)];
    return {element, ways_[number], raw_records_enabled()};
}

bool ListFiller::carries_atom(const BoxNode& node, int64_t position) const {
    const ir::Origin origin = origin_at(node, position);
    if (origin == ir::kFresh) {
        return false;
    }
    const ObjectAt found = original(origin, position);
    return found.get() && !PyType_IS_GC(Py_TYPE(found.get()));
}

/// Whether what lies there is the object that the result is.
bool ListFiller::is_kept(const BoxNode& node, int64_t position, PyObject* old) const {
    const ir::Origin origin = origin_at(node, position);
    if (origin == ir::kFresh) {
        return (node.tag == Tag::Bool || node.tag == Tag::None || node.tag == Tag::Object) &&
               holds_value(old, &node, position);
    }
    return original(origin, position).get() == old && (results_.is_as_read || holds_value(old, &node, position));
}

void ListFiller::write_float(const BoxNode& node, size_t number, int64_t position, PyObject* row, Py_ssize_t index,
                             std::vector<Todo>& todos) const {
    PyObject* old = item_of(row, index);
    if (!is_recyclable(old)) {
        todos.push_back({position, &node, row, index});
        return;
    }
    old_values_.as<double>(number)[position] = recycled_value(old);
    recycled_value(old) = static_cast<const double*>(node.data)[position];
}

void ListFiller::visit_row(const Variant& variant, int64_t position, PyObject* row, Py_ssize_t first,
                           std::vector<Todo>& todos) const {
    const auto is_new_float = [&](const BoxNode& node) {
        return node.tag == Tag::Float && origin_at(node, position) == ir::kFresh;
    };
    const size_t before = todos.size();
    for (size_t i = 0; i < variant.items.size(); ++i) {
        const BoxNode& node = *variant.items[i];
        const Py_ssize_t index = first + static_cast<Py_ssize_t>(i);
        if (!is_new_float(node) && !is_kept(node, position, item_of(row, index))) {
            todos.push_back({position, &node, row, index});
        }
    }
    // What moves from one place of the row to another must not be given a new value: then all floats are made.
    const bool moves = todos.size() != before;
    for (size_t i = 0; i < variant.items.size(); ++i) {
        const BoxNode& node = *variant.items[i];
        const Py_ssize_t index = first + static_cast<Py_ssize_t>(i);
        if (!is_new_float(node)) {
            continue;
        }
        if (!moves && recycles_) {
            write_float(node, i, position, row, index, todos);
            continue;
        }
        todos.push_back({position, &node, row, index});
        if (PyObject* old = item_of(row, index); is_recyclable(old)) {
            old_values_.as<double>(i)[position] = recycled_value(old);  // for `undo`, which cannot tell
        }
    }
    forget_hash(row);
}

void ListFiller::visit(int64_t position, std::vector<Todo>& todos) const {
    const Variant& variant = variants_[results_.variant_at(position)];
    const auto index = static_cast<Py_ssize_t>(results_.source(position));
    const BoxNode& root = variant.nodes.front();
    if (variant.is_spread) {
        visit_row(variant, position, list_, index * width_, todos);
        return;
    }
    PyObject* old = PyList_GET_ITEM(list_, index);
    if (variant.is_float) {
        write_float(root, 0, position, list_, index, todos);
    } else if (reuses_row(variant, position, old)) {
        visit_row(variant, position, old, 0, todos);
    } else if (!is_kept(root, position, old)) {
        todos.push_back({position, &root, list_, index});
    }
}

/// How many objects `visit` would leave to be made or put there one by one.
size_t ListFiller::count_replaced(int64_t position) const {
    const Variant& variant = variants_[results_.variant_at(position)];
    const BoxNode& root = variant.nodes.front();
    PyObject* old = PyList_GET_ITEM(list_, static_cast<Py_ssize_t>(results_.source(position)));
    if (variant.is_float) {
        return !is_recyclable(old);
    }
    if (!reuses_row(variant, position, old)) {
        return is_kept(root, position, old) ? 0 : root.next;
    }
    size_t replaced = 0;
    for (size_t i = 0; i < variant.items.size(); ++i) {
        const BoxNode& node = *variant.items[i];
        PyObject* item = item_of(old, static_cast<Py_ssize_t>(i));
        const bool is_new_float = node.tag == Tag::Float && origin_at(node, position) == ir::kFresh;
        replaced += is_new_float ? !is_recyclable(item) : !is_kept(node, position, item);
    }
    return replaced;
}

bool ListFiller::is_mostly_replaced() const {
    constexpr int64_t kWorthLooking = 1 << 12, kLooks = 64;
    if (width_ > 0 || results_.count < kWorthLooking || results_.skip || results_.indices) {
        return false;
    }
    size_t replaced = 0;
    for (int64_t look = 0; look < kLooks; ++look) {
        replaced += count_replaced(results_.count / kLooks * look);
    }
    return 2 * replaced > static_cast<size_t>(kLooks);
}

RowFiller ListFiller::row_filler(const FewResults* few) const {
    const Variant& variant = variants_.front();
    return {list_, results_, *variant.recipe, variant.nodes.front().size, old_values_, few};
}

void ListFiller::visit_range(int64_t begin, int64_t end, Block& block) const {
    const BoxNode& first = variants_.front().nodes.front();
    if (variants_.size() == 1 && variants_.front().recipe) {
        row_filler(nullptr).fill(begin, end, end, block.others);
        for (const int64_t position : block.others) {
            visit(position, block.todos);
        }
        return;
    }
    const ItemSource source{list_, results_};
    const bool asks = recycles_ && width_ == 0;  // else the items lie one after the other
    const OriginPrefetch ahead(variants_.front().nodes, results_.shape.origins, results_.columns, results_.indices,
                               results_.count);
    for (int64_t i = begin; i < end; ++i) {
        if (asks && first.tag == Tag::List) {
            ask_for_rows<Tag::List>(source, i, end - 1, first.size);
        } else if (asks && first.tag == Tag::Tuple) {
            ask_for_rows<Tag::Tuple>(source, i, end - 1, first.size);
        }
        ahead.ask(i);
        if (!results_.is_left_out(i)) {
            visit(i, block.todos);
        }
    }
}

bool ListFiller::open() {
    comes_in_blocks_ = recycles_ && variants_.size() == 1 && variants_.front().recipe.has_value();
    return comes_in_blocks_;
}

ListFiller::Block& ListFiller::add_block(int64_t begin) {
    std::lock_guard lock(*mutex_);
    return blocks_.emplace_back(Block{begin, begin, {}, {}});
}

/// Everything that may fail comes before anything is written: `undo` has to know all that was.
void ListFiller::reserve(Block& block, int64_t positions) const {
    std::vector<Todo>& todos = block.todos;
    block.others.reserve(static_cast<size_t>(positions));
    const size_t most = todos.size() + static_cast<size_t>(positions) * most_todos_;
    if (todos.capacity() < most) {
        todos.reserve(std::max(most, 2 * todos.capacity()));
    }
}

/// What may not be reused is left to be done.
bool ListFiller::fill_block(int64_t begin, int64_t end, FewResults& few) {
    Block& block = add_block(begin);
    const SettleWhenDone settle;
    const RowFiller rows = row_filler(&few);
    const int64_t at_once = few.start(begin, end, &rows);
    for (int64_t i = begin; i < end; i = block.end) {
        const int64_t few_end = std::min(i + at_once, end);
        if (!few.make(i, few_end)) {
            return false;
        }
        reserve(block, few_end - i);
        block.end = few_end;
        rows.fill(i, few_end, end, block.others);
        if (block.others.empty()) {
            continue;
        }
        few.keep(i, few_end);
        for (const int64_t position : block.others) {
            visit(position, block.todos);
        }
        block.others.clear();
    }
    return true;
}

void ListFiller::write_what_may_be_reused() {
    const uint32_t size = variants_.front().nodes.front().size;
    in_chunks(results_.count, std::max<int64_t>(size, 1) + 1, [this](int64_t begin, int64_t end) {
        Block& block = add_block(begin);
        reserve(block, end - begin);
        block.end = end;
        visit_range(begin, end, block);
    });
}

std::vector<ListFiller::Todo> ListFiller::todos_in_order() {
    blocks_.sort([](const Block& a, const Block& b) { return a.begin < b.begin; });
    std::vector<Todo> all;
    for (Block& block : blocks_) {
        all.insert(all.end(), block.todos.begin(), block.todos.end());
        block.todos = {};
    }
    return all;
}

bool ListFiller::make_all(const std::vector<Todo>& todos) {
    const CollectorPause pause;
    stores_.reserve(todos.size());
    std::vector<PyObject*> made(todos.size());
    ScatteredBoxer numbers;
    for (size_t i = 0; i < todos.size(); ++i) {
        numbers.add(*todos[i].node, todos[i].position, static_cast<int64_t>(i));
    }
    bool is_made = numbers.make(made.data());
    for (size_t i = 0; i < todos.size(); ++i) {
        const Todo& todo = todos[i];
        if (is_made && !made[i]) {
            made[i] = box_node(results_.shape.origins, results_.columns, *todo.node, todo.position,
                               results_.source(todo.position), results_.shape.objects);
            is_made = made[i] != nullptr;
        }
        stores_.push_back({todo.row, todo.index, made[i]});  // `undo` lets go of them
    }
    return is_made;
}

bool ListFiller::prepare() {
    const auto make = [this] {
        if (!comes_in_blocks_) {
            write_what_may_be_reused();
        }
        return make_all(todos_in_order());
    };
    return or_undo(make, [this] { undo(); });
}

void ListFiller::undo() noexcept {
    for (const Store& store : std::exchange(stores_, {})) {
        Py_XDECREF(store.item);  // new, or an object of the columns: nothing dies of it but what was made here
    }
    for (const Block& block : blocks_) {
        for (int64_t position = block.begin; recycles_ && position < block.end; ++position) {
            if (!results_.is_left_out(position)) {
                put_back(position);
            }
        }
    }
    blocks_.clear();
}

/// Gives the floats at a position their old values.
void ListFiller::put_back(int64_t position) const noexcept {
    const Variant& variant = variants_[results_.variant_at(position)];
    const auto index = static_cast<Py_ssize_t>(results_.source(position));
    const auto put = [&](PyObject* row, Py_ssize_t place, size_t number) {
        if (PyObject* item = item_of(row, place); is_recyclable(item)) {
            recycled_value(item) = old_values_.as<double>(number)[position];
        }
    };
    if (variant.is_float) {
        return put(list_, index, 0);
    }
    PyObject* row = variant.is_spread ? list_ : PyList_GET_ITEM(list_, index);
    if (!variant.is_spread && !reuses_row(variant, position, row)) {
        return;
    }
    for (size_t i = 0; i < variant.items.size(); ++i) {
        const BoxNode& node = *variant.items[i];
        if (node.tag == Tag::Float && origin_at(node, position) == ir::kFresh) {
            put(row, (variant.is_spread ? index * width_ : 0) + static_cast<Py_ssize_t>(i), i);
        }
    }
}

void ListFiller::commit() noexcept {
    for (Store& store : stores_) {
        store.item = exchange_item(store.row, store.index, store.item);
    }
}

}  // namespace pp::data
