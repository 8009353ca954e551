/// See loops.h.
#include "ir/loops.h"

#include <cstdint>
#include <utility>

namespace pp::ir {

std::vector<bool> blocks_in_loops(const Function& function) {
    size_t count = function.blocks.size();
    std::vector<uint8_t> state(count, 0);  // 0 unseen, 1 on the path, 2 done
    std::vector<uint32_t> position(count, 0);
    std::vector<std::pair<BlockId, size_t>> path;
    std::vector<bool> in_loop(count, false);
    path.emplace_back(0, 0);
    state[0] = 1;
    while (!path.empty()) {
        auto& [block, next] = path.back();
        const auto& edges = function.blocks[block].terminator.edges;
        if (next == edges.size()) {
            state[block] = 2;
            path.pop_back();
            continue;
        }
        BlockId target = edges[next++].block;
        if (state[target] == 0) {
            state[target] = 1;
            position[target] = static_cast<uint32_t>(path.size());
            path.emplace_back(target, 0);
        } else if (state[target] == 1) {
            for (size_t i = position[target]; i < path.size(); ++i)
                in_loop[path[i].first] = true;
        }
    }
    return in_loop;
}

}  // namespace pp::ir
