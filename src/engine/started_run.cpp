/// See started_run.h.
#include "engine/started_run.h"

namespace pp::engine {

KeptRequest::KeptRequest(const RunRequest& request)
    : specialisation_(request.specialisation), uniforms_(request.uniforms.begin(), request.uniforms.end()),
      count_(request.count), inputs_(request.views->inputs.begin(), request.views->inputs.end()),
      outputs_(request.views->outputs.begin(), request.views->outputs.end()),
      blocks_(request.residents->blocks.begin(), request.residents->blocks.end()),
      block_of_input_(request.residents->block_of_input.begin(), request.residents->block_of_input.end()),
      views_{inputs_, outputs_}, residents_{blocks_, block_of_input_, request.residents->result} {}

RunRequest KeptRequest::request() const {
    RunRequest request{};
    request.specialisation = specialisation_;
    request.uniforms = uniforms_;
    request.count = count_;
    request.views = &views_;
    request.residents = &residents_;
    return request;
}

}  // namespace pp::engine
