/// Marks what is needed, from what must happen backwards, and removes the rest.
#include <vector>

#include "passes/rewrite.h"
#include "passes/simplify_values.h"

namespace pp::passes {
namespace {

using ir::Block;
using ir::BlockId;
using ir::Edge;
using ir::Value;
using ir::ValueId;

class DeadValues {
public:
    explicit DeadValues(ir::Function& function)
        : function_(function), needed_(function.values.size()), parameters_(function.values.size()),
          entries_(function.blocks.size()) {}

    void run() {
        mark();
        for (Block& block : function_.blocks) {
            for (Edge& edge : block.terminator.edges) {
                keep_needed_arguments(edge);
            }
        }
        for (Block& block : function_.blocks) {
            keep_needed(block.parameters);
            keep_needed(block.body);
        }
    }

private:
    struct Place {
        BlockId block = 0;
        size_t index = 0;
    };

    void mark() {
        for (BlockId id = 0; id < function_.blocks.size(); ++id) {
            mark_roots(id);
        }
        while (!pending_.empty()) {
            const ValueId id = pending_.back();
            pending_.pop_back();
            if (function_.values[id].is_parameter) {
                const Place place = parameters_[id];
                for (const Edge* edge : entries_[place.block]) {
                    need(edge->arguments[place.index]);
                }
            }
            for_each_use(function_.values[id], [this](ValueId use) { need(use); });
        }
    }

    /// Arguments of edges are no roots: only those of needed parameters are needed.
    void mark_roots(BlockId id) {
        ir::Block& block = function_.blocks[id];
        for (size_t i = 0; i < block.parameters.size(); ++i) {
            parameters_[block.parameters[i]] = {id, i};
        }
        for (ValueId operation : block.body) {
            if (!ir::is_pure(function_.values[operation].op)) {
                need(operation);
            }
        }
        for (const Edge& edge : block.terminator.edges) {
            entries_[edge.block].push_back(&edge);
        }
        if (block.terminator.kind == ir::Terminator::Kind::Branch) {
            need(block.terminator.condition);
        }
        for (ValueId result : block.terminator.results) {
            need(result);
        }
    }

    void need(ValueId id) {
        if (!needed_[id]) {
            needed_[id] = true;
            pending_.push_back(id);
        }
    }

    void keep_needed(std::vector<ValueId>& values) {
        std::erase_if(values, [this](ValueId id) { return !needed_[id]; });
    }

    void keep_needed_arguments(Edge& edge) {
        const std::vector<ValueId>& parameters = function_.blocks[edge.block].parameters;
        size_t kept = 0;
        for (size_t i = 0; i < parameters.size(); ++i) {
            if (needed_[parameters[i]]) {
                edge.arguments[kept++] = edge.arguments[i];
            }
        }
        edge.arguments.resize(kept);
    }

    ir::Function& function_;
    std::vector<bool> needed_;                       ///< by value
    std::vector<Place> parameters_;                  ///< by value: where a parameter stands
    std::vector<std::vector<const Edge*>> entries_;  ///< by block
    std::vector<ValueId> pending_;
};

}  // namespace

void remove_dead_values(ir::Function& function) {
    DeadValues(function).run();
}

}  // namespace pp::passes
