/// Compiles kinds into reading steps.
#include "data/read_plan.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/error.h"

namespace pp::data {
namespace {

/// The frame of the items of an element that is a row.
constexpr uint16_t kElementItems = 1;

/// Whether other code can put something else in the place of what such an object holds.
bool is_changeable(KindRef kind) {
    return kind->tag == Tag::List || (kind->tag == Tag::Record && kind->record->form != RecordForm::NamedTuple);
}

class PlanCompiler {
public:
    explicit PlanCompiler(ReadPlan& plan) : plan_(plan) {}

    void add(KindRef kind, uint16_t frame, uint16_t item) {
        if (kind->tag == Tag::Any || kind->tag == Tag::Missing) {
            return;
        }
        ReadStep step{};
        step.tag = kind->tag;
        step.frame = frame;
        step.item = item;
        step.leaf = static_cast<uint16_t>(plan_.leaves.size());
        step.is_owned = changeable_ == 0;
        if (kind->tag == Tag::Text || kind->item) {
            step.size = static_cast<uint16_t>(kind->object);
            plan_.leaves.insert(plan_.leaves.end(), 2, Tag::Int);
        }
        if (kind->item) {
            step.items = &read_plan(kind->item);
            step.item_bytes = item_bytes(kind->item);
            plan_.records = static_cast<uint16_t>(plan_.records + step.items->records);
        }
        if (kind->is_scalar()) {
            step.size = static_cast<uint16_t>(kind->object);
            plan_.leaves.push_back(kind->tag);
        }
        if (kind->tag == Tag::Identity) {
            plan_.leaves.push_back(Tag::Int);
        }
        if (kind->tag == Tag::Complex) {
            plan_.leaves.insert(plan_.leaves.end(), 2, Tag::Float);
        }
        if (kind->is_row() || kind->tag == Tag::Record) {
            step.own_frame = ++frames_;
            step.size = static_cast<uint16_t>(kind->items.size());
        }
        if (kind->tag == Tag::Record) {
            step.kind = kind;
            ++plan_.records;
            step.scratch = plan_.scratch;
            plan_.scratch = static_cast<uint16_t>(plan_.scratch + step.size);
        }
        plan_.steps.push_back(step);
        if (kind->is_row() && frame == kElementItems) {
            plan_.inner_rows.push_back(step);
        }
        changeable_ += is_changeable(kind);
        for (size_t i = 0; i < kind->items.size(); ++i) {
            add(kind->items[i], step.own_frame, static_cast<uint16_t>(i));
        }
        changeable_ -= is_changeable(kind);
    }

private:
    ReadPlan& plan_;
    uint16_t frames_ = 0;
    int changeable_ = 0;  ///< objects around the one that is added whose parts can be replaced
};

bool is_float_or_any(KindRef kind) {
    return kind->tag == Tag::Float || kind->tag == Tag::Any;
}

ReadShape shape_of(KindRef kind) {
    switch (kind->tag) {
    case Tag::Float: return ReadShape::Float;
    case Tag::Int: return ReadShape::Int;
    case Tag::Bool: return ReadShape::Bool;
    case Tag::Tuple:
    case Tag::List:
        if (kind->items.empty()) {
            return ReadShape::Steps;
        }
        if (kind->leaves == 0 || !std::all_of(kind->items.begin(), kind->items.end(), is_float_or_any)) {
            return ReadShape::Steps;
        }
        if (kind->has_carried) {
            return ReadShape::SomeFloats;
        }
        return kind->tag == Tag::Tuple ? ReadShape::FloatTuple : ReadShape::FloatList;
    case Tag::Any: return ReadShape::Nothing;
    case Tag::TupleOf:
    case Tag::ListOf: return ReadShape::Sequence;
    case Tag::Text: return ReadShape::Text;
    case Tag::None:
    case Tag::Object:
    case Tag::Never:
    case Tag::Some:
    case Tag::Other:
    case Tag::Missing:
    case Tag::Complex:
    case Tag::Record:
    case Tag::Identity: break;
    }
    return ReadShape::Steps;
}

std::unique_ptr<ReadPlan> compile(KindRef kind) {
    // What readers keep on their stacks is sized for the kinds that `kind_of` finds.
    const size_t most = kind->tag == Tag::Record ? kMaximumFields : kMaximumRow;
    PP_CHECK(kind->nodes <= kMaximumNodes && kind->items.size() <= most);
    auto plan = std::make_unique<ReadPlan>();
    plan->kind = kind;
    plan->shape = shape_of(kind);
    plan->row_size = static_cast<uint16_t>(kind->items.size());
    PlanCompiler(*plan).add(kind, 0, 0);
    return plan;
}

struct PlanTable {
    std::mutex mutex;
    std::unordered_map<KindRef, std::unique_ptr<ReadPlan>> plans;
    /// Plans seen lately, found without the lock: a call on a handful of elements looks one up for each column.
    std::array<std::atomic<const ReadPlan*>, 64> recent{};
};

}  // namespace

const ReadPlan& read_plan(KindRef kind) {
    static PlanTable& table = *new PlanTable;
    std::atomic<const ReadPlan*>& recent = table.recent[(reinterpret_cast<uintptr_t>(kind) >> 4) % table.recent.size()];
    const ReadPlan* found = recent.load(std::memory_order_acquire);
    if (found && found->kind == kind) {
        return *found;
    }
    std::unique_lock lock(table.mutex);
    auto known = table.plans.find(kind);
    if (known == table.plans.end()) {
        lock.unlock();  // the plans of items are looked up on the way
        std::unique_ptr<ReadPlan> made = compile(kind);
        lock.lock();
        known = table.plans.try_emplace(kind, std::move(made)).first;
    }
    recent.store(known->second.get(), std::memory_order_release);
    return *known->second;
}

}  // namespace pp::data
