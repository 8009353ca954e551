/// See looks.h.
#include "frontend/looks.h"

#include <algorithm>

namespace pp::frontend {
namespace {

bool has_items(Shape shape) {
    switch (shape) {
    case Shape::Tuple:
    case Shape::List:
    case Shape::Slice:
    case Shape::RowIterator:
    case Shape::SequenceIterator:
    case Shape::View:
    case Shape::Method:
    case Shape::BoundMethod:
    case Shape::Mapping:
    case Shape::Record: return true;
    default: return false;
    }
}

using Arguments = std::map<ir::ValueId, std::vector<ir::ValueId>>;

/// The I32 arguments that jumps hand to each block parameter.
Arguments origin_arguments(const ir::Function& function) {
    Arguments arguments;
    for (const ir::Block& block : function.blocks) {
        for (const ir::Edge& edge : block.terminator.edges) {
            const std::vector<ir::ValueId>& parameters = function.blocks[edge.block].parameters;
            for (size_t i = 0; i < parameters.size() && i < edge.arguments.size(); ++i) {
                if (function.values[parameters[i]].type == ir::Type::I32) {
                    arguments[parameters[i]].push_back(edge.arguments[i]);
                }
            }
        }
    }
    return arguments;
}

/// Input nodes whose numbers the I32 value `id` can hold.
std::set<ir::Origin> possible_origins(const ir::Function& function, const Arguments& arguments, ir::ValueId id) {
    std::set<ir::Origin> origins;
    std::set<ir::ValueId> seen{id};
    std::vector<ir::ValueId> pending{id};
    const auto reach = [&](ir::ValueId next) {
        if (seen.insert(next).second) {
            pending.push_back(next);
        }
    };
    while (!pending.empty()) {
        const ir::ValueId next = pending.back();
        pending.pop_back();
        const ir::Value& value = function.values[next];
        if (value.is_parameter) {
            if (const auto found = arguments.find(next); found != arguments.end()) {
                std::for_each(found->second.begin(), found->second.end(), reach);
            }
        } else if (value.op == ir::Op::Const) {
            origins.insert(static_cast<ir::Origin>(value.immediate));
        } else if (value.op == ir::Op::Select) {
            reach(value.operands[1]);
            reach(value.operands[2]);
        }
    }
    return origins;
}

}  // namespace

void Looks::look(const Value& value, Depth depth) {
    if (value.has_kind()) {
        if (value.origin.is_fixed()) {
            note(value.origin.fixed, depth);
        } else {
            Depth& known = dynamic_[value.origin.dynamic];
            known = std::max(known, depth);
        }
    }
    if (depth == Depth::Whole && has_items(value.shape)) {
        // An enum's member as an operand is which one it is.
        const size_t identity =
            value.shape == Shape::Record ? value.node->record->find(RecordShape::kIdentity) : RecordShape::kNoField;
        for (size_t i = 0; i < value.items().size(); ++i) {
            if (identity == RecordShape::kNoField || i == identity) {
                look(value.items()[i], depth);
            }
        }
    }
}

void Looks::note(ir::Origin origin, Depth depth) {
    if (origin <= ir::kFresh) {
        return;
    }
    const auto node = static_cast<size_t>(origin);
    if (nodes_.size() <= node) {
        nodes_.resize(node + 1, Depth::None);
    }
    nodes_[node] = std::max(nodes_[node], depth);
}

void Looks::look_at_absence(const Value& record, const std::string& name) {
    if (!record.origin.is_fixed()) {
        dynamic_absent_[record.origin.dynamic].insert(name);
    } else if (record.origin.fixed > ir::kFresh) {
        absent_[record.origin.fixed].insert(name);
    }
}

/// Reports every constant origin that may have become one of the dynamic ones.
void Looks::follow_dynamic(const ir::Function& function) {
    const Arguments arguments = origin_arguments(function);
    for (const auto& [id, depth] : dynamic_) {
        for (const ir::Origin origin : possible_origins(function, arguments, id)) {
            note(origin, depth);
        }
    }
    for (const auto& [id, names] : dynamic_absent_) {
        for (const ir::Origin origin : possible_origins(function, arguments, id)) {
            absent_[origin].insert(names.begin(), names.end());
        }
    }
}

/// Records keep the fields that were found there and take those that were not as missing.
KindRef Looks::narrow_record(KindRef kind, size_t own, size_t& node) const {
    const RecordShape& shape = *kind->record;
    const bool keeps_all = shape.form == RecordForm::NamedTuple || (shape.is_dict() && depth_of(own) >= Depth::Keys);
    std::vector<std::string> names;
    std::vector<KindRef> items;
    for (size_t i = 0; i < kind->items.size(); ++i) {
        const bool is_used = keeps_all || depth_of(node) != Depth::None;
        const KindRef item = narrow(kind->items[i], node);
        if (is_used) {
            names.push_back(shape.fields[i]);
            items.push_back(item);
        }
    }
    if (keeps_all) {
        return with_items(kind, items);
    }
    if (const auto absent = absent_.find(static_cast<ir::Origin>(own)); absent != absent_.end()) {
        for (const std::string& name : absent->second) {
            names.push_back(name);
            items.push_back(missing_kind());
        }
    }
    const RecordForm form = shape.is_dict() ? RecordForm::Keys : shape.form;
    return record_kind(record_shape(form, shape.class_id, shape.class_name, names), items);
}

KindRef Looks::narrow(KindRef kind, size_t& node) const {
    const size_t own = node++;
    const Depth depth = depth_of(own);
    const bool is_singleton = kind->tag == Tag::None || kind->tag == Tag::Bool;
    if (depth <= Depth::Touched || kind->tag == Tag::Any || (depth == Depth::Identity && !is_singleton)) {
        node = own + kind->nodes;
        return depth <= Depth::Touched ? any_kind() : some_kind();
    }
    if (kind->tag == Tag::Record) {
        return narrow_record(kind, own, node);
    }
    if (kind->items.empty()) {
        return kind;
    }
    std::vector<KindRef> items;
    items.reserve(kind->items.size());
    for (KindRef item : kind->items) {
        items.push_back(narrow(item, node));
    }
    return with_items(kind, items);
}

KindRef Looks::extend(KindRef kind, size_t& node) const {
    const size_t own = node++;
    std::vector<KindRef> items;
    for (KindRef item : kind->items) {
        items.push_back(extend(item, node));
    }
    node = own + kind->nodes;
    if (items.empty() && kind->tag != Tag::Record) {
        return kind;
    }
    const auto absent = absent_.find(static_cast<ir::Origin>(own));
    const bool is_open = kind->is_record(RecordForm::Object) || kind->is_record(RecordForm::Keys);
    if (!is_open || absent == absent_.end()) {
        return with_items(kind, items);
    }
    std::vector<std::string> names = kind->record->fields;
    for (const std::string& name : absent->second) {
        if (kind->record->find(name) == RecordShape::kNoField) {
            names.push_back(name);
            items.push_back(missing_kind());
        }
    }
    const RecordShape& shape = *kind->record;
    return record_kind(record_shape(shape.form, shape.class_id, shape.class_name, names), items);
}

namespace {

/// What `each` makes of every column's kind; nodes are numbered over all of them, from 1.
template <typename Each> std::vector<KindRef> kinds_of(const std::vector<KindRef>& columns, const Each& each) {
    std::vector<KindRef> kinds;
    size_t node = 1;
    for (KindRef column : columns) {
        kinds.push_back(each(column, node));
    }
    return kinds;
}

}  // namespace

std::vector<KindRef> Looks::with_absences(const ir::Function& function, const std::vector<KindRef>& columns) {
    follow_dynamic(function);
    return kinds_of(columns, [this](KindRef column, size_t& node) { return extend(column, node); });
}

std::vector<KindRef> Looks::needed(const ir::Function& function, const std::vector<KindRef>& columns) {
    follow_dynamic(function);
    return kinds_of(columns, [this](KindRef column, size_t& node) { return narrow(column, node); });
}

}  // namespace pp::frontend
