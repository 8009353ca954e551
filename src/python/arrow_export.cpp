/// See arrow_export.h.
#include "python/arrow_export.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "data/arrow_c_data.h"
#include "data/column.h"
#include "data/item_memory.h"
#include "data/sequence_walk.h"
#include "python/array_object.h"
#include "python/arrow_text.h"

namespace pp::python {

namespace {

namespace arrow = data::arrow;

/// Keeps an Array's memory in place. It may end on any thread, and when the interpreter has ended.
class Hold {
public:
    explicit Hold(std::shared_ptr<data::ArrayBody> body) : body_(std::move(body)) { body_->begin_export(); }
    Hold(const Hold&) = delete;
    ~Hold() {
        if (!Py_IsInitialized()) {
            new std::shared_ptr<data::ArrayBody>(std::move(body_));  // left: nobody could guard its end
            return;
        }
        const PyGILState_STATE state = PyGILState_Ensure();
        body_->end_export();
        body_.reset();
        PyGILState_Release(state);
    }

private:
    std::shared_ptr<data::ArrayBody> body_;
};

/// What a schema or an array keeps until it is released: its children too, unless the consumer has taken these.
template <typename Node> struct Kept {
    std::string format, name;
    std::vector<const void*> buffers;
    std::vector<std::unique_ptr<Node>> owned;
    std::vector<Node*> children;
    std::shared_ptr<Hold> hold;
    data::Storage copy, validity;
    std::vector<int64_t> offsets;
    int64_t nulls = 0;

    ~Kept() {
        for (Node* child : children) {
            if (child->release) child->release(child);
        }
    }
    static void release(Node* node) {
        delete static_cast<Kept*>(node->private_data);
        node->release = nullptr;
    }
    Node& add_child() {
        owned.push_back(std::make_unique<Node>());
        children.push_back(owned.back().get());
        return *owned.back();
    }
};
using KeptSchema = Kept<arrow::Schema>;
using KeptArray = Kept<arrow::Array>;

struct Part {
    KindRef kind;
    std::span<const data::LeafView> leaves;
    int64_t count;
    std::string name;
    const data::LeafView* is_there = nullptr;  ///< where some may be None
};

data::Storage packed_bits(const data::LeafView& leaf, int64_t count) {
    data::Storage bits(static_cast<size_t>(count + 7) / 8 + 1);
    auto* bytes = static_cast<uint8_t*>(bits.data());
    std::fill_n(bytes, bits.bytes(), uint8_t{0});
    for (int64_t i = 0; i < count; ++i)
        bytes[i / 8] |= static_cast<uint8_t>((*leaf.at(i) != 0) << (i % 8));
    return bits;
}

/// The first buffer of an array: which elements there are.
void add_validity(KeptArray& kept, const Part& part) {
    kept.buffers = {nullptr};
    if (!part.is_there) return;
    for (int64_t i = 0; i < part.count; ++i)
        kept.nulls += *part.is_there->at(i) == 0;
    kept.validity = packed_bits(*part.is_there, part.count);
    kept.buffers[0] = kept.validity.data();
}

constexpr int64_t kNullable = 2;  // as all of Arrow's fields are where nothing else is said

void finish(arrow::Schema& schema, std::unique_ptr<KeptSchema> kept) {
    if (kept->name.find('\0') != std::string::npos)
        throw UserError(ErrorKind::Conversion, "a key has a NUL in it, which the name of an Arrow column cannot have");
    schema = {kept->format.c_str(),
              kept->name.c_str(),
              nullptr,
              kNullable,
              static_cast<int64_t>(kept->children.size()),
              kept->children.data(),
              nullptr,
              KeptSchema::release,
              nullptr};
    schema.private_data = kept.release();
}

void finish(arrow::Array& array, std::unique_ptr<KeptArray> kept, int64_t count) {
    array = {count,
             kept->nulls,
             0,
             static_cast<int64_t>(kept->buffers.size()),
             static_cast<int64_t>(kept->children.size()),
             kept->buffers.data(),
             kept->children.data(),
             nullptr,
             KeptArray::release,
             nullptr};
    array.private_data = kept.release();
}

/// A column of its own: packed bits for bools.
data::Storage copy_of(const data::LeafView& leaf, int64_t count) {
    if (leaf.format == data::NumberFormat::Bool) return packed_bits(leaf, count);
    const auto bytes = static_cast<int64_t>(data::format_bytes(leaf.format));
    data::Storage copy(static_cast<size_t>(count * bytes));
    data::copy_leaf(leaf, {static_cast<char*>(copy.data()), bytes, leaf.format}, count);
    return copy;
}

void export_scalars(const Part& part, const std::shared_ptr<Hold>& hold, arrow::Schema& schema, arrow::Array& array) {
    const data::LeafView& leaf = part.leaves.front();
    auto kept_schema = std::make_unique<KeptSchema>();
    kept_schema->format = arrow::format_text(leaf.format);
    kept_schema->name = part.name;
    auto kept = std::make_unique<KeptArray>();
    add_validity(*kept, part);
    const bool is_dense = hold && leaf.stride == static_cast<int64_t>(data::format_bytes(leaf.format));
    if (is_dense && leaf.format != data::NumberFormat::Bool) {
        kept->hold = hold;
        kept->buffers.push_back(leaf.base);
    } else {
        kept->copy = copy_of(leaf, part.count);
        kept->buffers.push_back(kept->copy.data());
    }
    finish(schema, std::move(kept_schema));
    finish(array, std::move(kept), part.count);
}

/// Rows of numbers that lie one behind the other.
bool is_run_of_rows(const Part& part) {
    const data::LeafView& first = part.leaves.front();
    const auto bytes = static_cast<int64_t>(data::format_bytes(first.format));
    const bool are_numbers = std::ranges::all_of(part.kind->items, &Kind::is_scalar);
    if (part.kind->tag != Tag::Tuple || !are_numbers || part.kind->items.size() != part.leaves.size() ||
        first.format == data::NumberFormat::Bool)
        return false;
    for (size_t i = 0; i < part.leaves.size(); ++i) {
        const data::LeafView& leaf = part.leaves[i];
        if (leaf.format != first.format || leaf.base != first.base + static_cast<int64_t>(i) * bytes ||
            leaf.stride != static_cast<int64_t>(part.leaves.size()) * bytes)
            return false;
    }
    return true;
}

void export_part(const Part& part, const std::shared_ptr<Hold>& hold, arrow::Schema& schema, arrow::Array& array);

/// Offsets of 32 bits where these do, as more libraries take them.
const void* put_offsets(KeptArray& kept, bool is_short) {
    if (is_short) {
        auto* narrow = reinterpret_cast<int32_t*>(kept.offsets.data());
        for (size_t i = 0; i < kept.offsets.size(); ++i)
            narrow[i] = static_cast<int32_t>(kept.offsets[i]);
    }
    return kept.offsets.data();
}

void export_texts(const Part& part, arrow::Schema& schema, arrow::Array& array) {
    auto kept_schema = std::make_unique<KeptSchema>();
    auto kept = std::make_unique<KeptArray>();
    add_validity(*kept, part);
    EncodedText encoded = encode_texts(part.kind, part.leaves[0], part.leaves[1], part.count);
    kept->offsets = std::move(encoded.offsets);
    kept->copy = std::move(encoded.bytes);
    const bool is_short = kept->offsets.back() <= INT32_MAX;
    kept_schema->format = is_short ? "u" : "U";
    kept_schema->name = part.name;
    kept->buffers.insert(kept->buffers.end(), {put_offsets(*kept, is_short), kept->copy.data()});
    finish(schema, std::move(kept_schema));
    finish(array, std::move(kept), part.count);
}

/// Rows of any length: all their items, one behind the other.
void export_rows(const Part& part, arrow::Schema& schema, arrow::Array& array) {
    auto kept_schema = std::make_unique<KeptSchema>();
    auto kept = std::make_unique<KeptArray>();
    add_validity(*kept, part);
    kept->offsets.push_back(0);
    for (int64_t i = 0; i < part.count; ++i)
        kept->offsets.push_back(kept->offsets.back() + static_cast<int64_t>(data::word_at(part.leaves[1].at(i), 0)));
    const int64_t total = kept->offsets.back();
    const size_t bytes = item_bytes(part.kind->item);
    const data::Storage items(static_cast<size_t>(total) * bytes + 1);
    for (int64_t i = 0; i < part.count; ++i) {
        const size_t count = data::word_at(part.leaves[1].at(i), 0) * bytes;
        const char* row = data::items_here(data::word_at(part.leaves[0].at(i), 0));
        if (count > 0)
            std::memcpy(static_cast<char*>(items.data()) + static_cast<size_t>(kept->offsets[size_t(i)]) * bytes, row,
                        count);
    }
    const std::vector<data::LeafView> leaves =
        data::item_leaves(part.kind->item, static_cast<const char*>(items.data()));
    export_part({part.kind->item, leaves, total, "item"}, nullptr, kept_schema->add_child(), kept->add_child());
    const bool is_short = total <= INT32_MAX;
    kept_schema->format = is_short ? "+l" : "+L";
    kept_schema->name = part.name;
    kept->buffers.push_back(put_offsets(*kept, is_short));
    finish(schema, std::move(kept_schema));
    finish(array, std::move(kept), part.count);
}

void export_part(const Part& part, const std::shared_ptr<Hold>& hold, arrow::Schema& schema, arrow::Array& array) {
    if (data::is_optional(part.kind)) {
        const Part value{part.kind->items[0], part.leaves.first(part.leaves.size() - 1), part.count, part.name,
                         &part.leaves.back()};
        return export_part(value, hold, schema, array);
    }
    if (part.kind->is_scalar()) return export_scalars(part, hold, schema, array);
    if (part.kind->tag == Tag::Text) return export_texts(part, schema, array);
    if (part.kind->item) return export_rows(part, schema, array);
    auto kept_schema = std::make_unique<KeptSchema>();
    auto kept = std::make_unique<KeptArray>();
    kept_schema->name = part.name;
    add_validity(*kept, part);
    const bool is_run = is_run_of_rows(part);
    kept_schema->format = is_run ? "+w:" + std::to_string(part.leaves.size()) : std::string("+s");
    if (is_run) {
        data::LeafView flat = part.leaves.front();
        flat.stride = static_cast<int64_t>(data::format_bytes(flat.format));
        const Part items{
            part.kind->items[0], {&flat, 1}, part.count * static_cast<int64_t>(part.leaves.size()), "item"};
        export_scalars(items, hold, kept_schema->add_child(), kept->add_child());
    }
    size_t leaf = 0;
    for (size_t i = 0; !is_run && i < part.kind->items.size(); ++i) {
        KindRef item = part.kind->items[i];
        const std::string name = part.kind->tag == Tag::Record ? part.kind->record->fields[i] : std::to_string(i);
        export_part({item, part.leaves.subspan(leaf, item->leaves), part.count, name}, hold, kept_schema->add_child(),
                    kept->add_child());
        leaf += item->leaves;
    }
    finish(schema, std::move(kept_schema));
    finish(array, std::move(kept), part.count);
}

template <typename Node> void destroy_capsule(PyObject* capsule) {
    auto* node = static_cast<Node*>(PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule)));
    if (node && node->release) node->release(node);
    delete node;
}

template <typename Node> Object capsule_of(std::unique_ptr<Node> node, const char* name) {
    Object capsule = Object::steal(PyCapsule_New(node.get(), name, destroy_capsule<Node>));
    if (!capsule) {
        if (node->release) node->release(node.get());
        throw PythonError{};
    }
    node.release();
    return capsule;
}

}  // namespace

Object arrow_capsules(PyObject* array) {
    const ArrayAccess access(array);
    auto hold = std::make_shared<Hold>(reinterpret_cast<ArrayObject*>(array)->body);
    auto schema = std::make_unique<arrow::Schema>();
    auto exported = std::make_unique<arrow::Array>();
    std::vector<data::LeafView> leaves = access.read();
    KindRef kind = access.type()->kind;
    static char nothing[8];
    if (!access.type()->is_known()) {
        leaves.push_back({nothing, 8, data::NumberFormat::Float64});
        kind = float_kind();
    }
    export_part({kind, leaves, access.count(), ""}, hold, *schema, *exported);
    const Object first = capsule_of(std::move(schema), "arrow_schema");
    const Object second = capsule_of(std::move(exported), "arrow_array");
    return checked(PyTuple_Pack(2, first.get(), second.get()));
}

}  // namespace pp::python
