/// See bytecode.h.
#include "frontend/bytecode.h"

#include "frontend/bytecode_graph.h"

namespace pp::frontend {

std::vector<Operation> decode(const CodeView& code) {
    Graph graph = expand(code);
    settle_stack(graph, code);
    normalise(graph, code);
    merge_equal(graph, code);
    return lay_out(graph);
}

}  // namespace pp::frontend
