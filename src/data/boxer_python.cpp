/// Makes result objects through CPython's API: a loop of its own for results of one fresh scalar or of one row of fresh
/// floats, a walk over nodes for all others.
#include "data/boxer_python.h"

#include <algorithm>

#include "base/error.h"
#include "data/box_job_python.h"
#include "data/box_plan_python.h"
#include "data/new_record_python.h"
#include "data/origin_python.h"
#include "data/read_plan.h"
#include "data/sequence_boxer_python.h"

namespace pp::data {
namespace {

PyObject* box_float(const void* data, int64_t position) {
    return PyFloat_FromDouble(static_cast<const double*>(data)[position]);
}

PyObject* box_int(const void* data, int64_t position) {
    return PyLong_FromLongLong(static_cast<const int64_t*>(data)[position]);
}

PyObject* box_bool(const void* data, int64_t position) {
    return Py_NewRef(static_cast<const uint8_t*>(data)[position] ? Py_True : Py_False);
}

PyObject* new_row(const BoxNode& node) {
    const auto size = static_cast<Py_ssize_t>(node.size);
    return node.tag == Tag::Tuple ? PyTuple_New(size) : PyList_New(size);
}

void set_item(const BoxNode& node, PyObject* row, uint32_t index, PyObject* item) {
    if (node.tag == Tag::Tuple) {
        PyTuple_SET_ITEM(row, index, item);
    } else {
        PyList_SET_ITEM(row, index, item);
    }
}

/// A tuple of atoms cannot be part of a cycle. The collector finds that out when it first meets one; told so now, it
/// never has to visit it.
void release_from_collector(const BoxNode& node, PyObject* row) {
    if (node.tag == Tag::Tuple && node.is_atomic && node.size != 0) {
        PyObject_GC_UnTrack(row);
    }
}

/// The results to be made now.
struct Targets {
    const BoxJob& job;
    int64_t begin, end;

    int64_t source(int64_t position) const { return job.source(position); }

    /// Fills every position with what `make` returns for it; false as soon as that is null.
    template <typename Make> bool fill(Make make) const {
        for (int64_t i = begin; i < end; ++i) {
            if (job.is_left_out(i)) {
                continue;
            }
            PyObject* object = make(i);
            if (!object) [[unlikely]] {
                return false;
            }
            job.target[source(i)] = object;
        }
        return true;
    }
};

/// Boxes any tree, taking objects from the columns where results came from there.
class TreeBoxer {
public:
    TreeBoxer(std::span<const OriginPath> origins, std::span<const ElementSpan> columns,
              std::span<PyObject* const> objects, std::span<PyObject* const* const> taken)
        : origins_(origins), columns_(columns), objects_(objects), taken_(taken) {}

    PyObject* box(const BoxNode* node, int64_t position, int64_t source) const {
        const ir::Origin origin = node->origins ? node->origins[position] : node->origin;
        if (origin > ir::kFresh) {
            const size_t number = static_cast<size_t>(origin) - 1;
            if (!taken_.empty() && taken_[number] && taken_[number][position]) {
                return Py_NewRef(taken_[number][position]);
            }
            const OriginPath& path = origins_[number];
            if (PyObject* original = find_original(path, columns_, source, node, position)) {
                return original;
            }
        }
        switch (node->tag) {
        case Tag::Float: return box_float(node->data, position);
        case Tag::Int: return box_int(node->data, position);
        case Tag::Bool: return box_bool(node->data, position);
        case Tag::None:
        case Tag::Object: return Py_NewRef(node->object);
        case Tag::Any:
        case Tag::Some:
        case Tag::Other: return lost();
        case Tag::Complex:
            return PyComplex_FromDoubles(static_cast<const double*>(node->data)[position],
                                         static_cast<const double*>(node->imaginary)[position]);
        case Tag::Record: return box_record(node, position, source);
        case Tag::TupleOf:
        case Tag::ListOf:
        case Tag::Text:
            return box_dynamic(node->kind, static_cast<const int64_t*>(node->data)[position], node->lengths[position],
                               objects_);
        case Tag::Missing:
        case Tag::Identity:
        case Tag::Tuple:
        case Tag::List:
        case Tag::Never: break;
        }
        return box_row(node, position, source);
    }

    OriginPrefetch prefetch(std::span<const BoxNode> nodes, const BoxJob& job) const {
        return {nodes, origins_, columns_, job.indices, job.count};
    }

private:
    /// Only where the row that held it was changed by another thread between the read and now.
    static PyObject* lost() {
        PyErr_SetString(PyExc_RuntimeError, "a row of a column was changed while it was mapped");
        return nullptr;
    }

    PyObject* box_record(const BoxNode* node, int64_t position, int64_t source) const {
        PyObject* fields[kMaximumFields];
        const BoxNode* child = node + 1;
        for (uint32_t i = 0; i < node->size; ++i, child += child->next) {
            fields[i] = box(child, position, source);
            if (!fields[i]) {
                while (i-- > 0) {
                    Py_DECREF(fields[i]);
                }
                return nullptr;
            }
        }
        return new_record(*node->record, fields);
    }

    PyObject* box_row(const BoxNode* node, int64_t position, int64_t source) const {
        PyObject* row = new_row(*node);
        if (!row) {
            return nullptr;
        }
        const BoxNode* child = node + 1;
        for (uint32_t i = 0; i < node->size; ++i, child += child->next) {
            PyObject* item = box(child, position, source);
            if (!item) {
                Py_DECREF(row);
                return nullptr;
            }
            set_item(*node, row, i, item);
        }
        release_from_collector(*node, row);
        return row;
    }

    std::span<const OriginPath> origins_;
    std::span<const ElementSpan> columns_;
    std::span<PyObject* const> objects_;
    std::span<PyObject* const* const> taken_;
};

/// Results from which on waking workers pays.
constexpr int64_t kWorthPools = 8192;

bool is_fresh(const BoxNode& node) {
    return !node.origins && node.origin == ir::kFresh;
}

bool is_row_of_fresh_floats(std::span<const BoxNode> nodes) {
    const BoxNode& head = nodes.front();
    if (nodes.size() < 2 || head.next != head.size + 1 || (head.tag != Tag::Tuple && head.tag != Tag::List)) {
        return false;
    }
    for (const BoxNode& item : nodes.subspan(1)) {
        if (item.tag != Tag::Float || !is_fresh(item)) {
            return false;
        }
    }
    return is_fresh(head);
}

bool box_float_rows(std::span<const BoxNode> nodes, const Targets& targets) {
    const BoxNode& head = nodes.front();
    return targets.fill([&](int64_t position) -> PyObject* {
        PyObject* row = new_row(head);
        if (!row) {
            return nullptr;
        }
        for (uint32_t i = 0; i < head.size; ++i) {
            PyObject* item = box_float(nodes[i + 1].data, position);
            if (!item) {
                Py_DECREF(row);
                return nullptr;
            }
            set_item(head, row, i, item);
        }
        release_from_collector(head, row);
        return row;
    });
}

bool box_single_variant(std::span<const BoxNode> nodes, const TreeBoxer& boxer, const Targets& targets) {
    const BoxNode& root = nodes.front();
    if (is_fresh(root) && nodes.size() == 1) {
        switch (root.tag) {
        case Tag::Float: return targets.fill([&](int64_t position) { return box_float(root.data, position); });
        case Tag::Int: return targets.fill([&](int64_t position) { return box_int(root.data, position); });
        case Tag::Bool: return targets.fill([&](int64_t position) { return box_bool(root.data, position); });
        case Tag::None:
        case Tag::Object: return targets.fill([&](int64_t) { return Py_NewRef(root.object); });
        default: break;
        }
    }
    if (is_row_of_fresh_floats(nodes)) {
        return box_float_rows(nodes, targets);
    }
    const OriginPrefetch ahead = boxer.prefetch(nodes, targets.job);
    return targets.fill([&](int64_t position) {
        ahead.ask(position);
        return boxer.box(&root, position, targets.source(position));
    });
}

}  // namespace

std::vector<std::vector<BoxNode>> box_plans(const BoxJob& job) {
    std::vector<std::vector<BoxNode>> plans;
    plans.reserve(job.shape.variants.size());
    for (const ir::Variant& variant : job.shape.variants) {
        plans.push_back(box_plan(variant, job.slots, job.shape.objects));
    }
    return plans;
}

bool api_box_range(const BoxJob& job, int64_t begin, int64_t end) {
    const TreeBoxer boxer(job.shape.origins, job.columns, job.shape.objects, job.shape.taken);
    const Targets targets{job, begin, end};
    const std::vector<std::vector<BoxNode>> plans = box_plans(job);
    if (!job.shape.has_tag) {
        PP_CHECK(plans.size() == 1);
        return box_single_variant(plans.front(), boxer, targets);
    }
    const auto* tags = static_cast<const uint8_t*>(job.slots[0]);
    return targets.fill(
        [&](int64_t position) { return boxer.box(plans[tags[position]].data(), position, targets.source(position)); });
}

bool box_results(const BoxJob& job, TrackedRows& rows) {
    // 3.11 collects from inside an allocation, and a collection may run any Python code.
    const CollectorPause pause;
    bool failed = false;
    if (job.count >= kWorthPools && pool_box(job, rows, failed)) {
        return !failed;
    }
    if (job.target_is_blank) {
        std::fill_n(job.target, job.count, nullptr);
    }
    return api_box_range(job, 0, job.count);
}

PyObject* box_node(std::span<const OriginPath> origins, std::span<const ElementSpan> columns, const BoxNode& node,
                   int64_t position, int64_t source, std::span<PyObject* const> objects) {
    return TreeBoxer(origins, columns, objects, {}).box(&node, position, source);
}

PyObject* rebuild_element(KindRef kind, std::span<void* const> leaves, int64_t index,
                          std::span<PyObject* const> carried) {
    std::vector<BoxNode> nodes = box_plan(kind, leaves);
    for (size_t i = 0; i < nodes.size() && i < carried.size(); ++i) {
        if (carried[i] && (nodes[i].tag == Tag::Any || nodes[i].tag == Tag::Some || nodes[i].tag == Tag::Other)) {
            nodes[i].tag = Tag::Object;
            nodes[i].object = carried[i];
        }
    }
    return TreeBoxer({}, {}, {}, {}).box(nodes.data(), index, index);
}

bool is_as_read(PyObject* object, KindRef kind, std::span<void* const> leaves, int64_t index) {
    return holds_value(object, box_plan(kind, leaves).data(), index);
}

CollectorPause::CollectorPause() : was_enabled_(PyGC_Disable() != 0) {}

CollectorPause::~CollectorPause() {
    if (was_enabled_) {
        PyGC_Enable();
    }
}

}  // namespace pp::data
