/// See array_writes.h.
#include "python/array_writes.h"

#include <algorithm>
#include <utility>

#include "python/array_captures.h"
#include "python/array_object.h"
#include "python/exceptions.h"
#include "python/named_arrays.h"

namespace pp::python {

namespace {

/// All leaves of the body's elements, in `block`.
std::vector<data::LeafView> leaves_of(const data::ArrayBody& body, const data::ArrayBlock& block, int64_t first) {
    std::vector<data::LeafView> leaves;
    for (size_t i = 0; i < body.type()->leaves.size(); ++i)
        leaves.push_back(block.leaf(i).from(first));
    return leaves;
}

std::shared_ptr<data::ArrayBlock> copy_of(const data::ArrayBody& body) {
    body.before_read(0, body.count());
    auto block = std::make_shared<data::ArrayBlock>(body.type(), body.count());
    data::copy_elements(leaves_of(body, *body.share(), body.first()), leaves_of(body, *block, 0), body.count());
    return block;
}

/// The uniforms that are addresses which it writes to; `knows_all` where these are all.
std::vector<uint32_t> written_uniforms(const ir::Function& function, bool& knows_all) {
    std::vector<uint32_t> uniforms;
    knows_all = true;
    for (const ir::Block& block : function.blocks) {
        for (const ir::ValueId id : block.body) {
            const ir::Value& value = function.values[id];
            if (value.op != ir::Op::Write) continue;
            const ir::Value& address = function.values[value.operands[0]];
            knows_all &= address.op == ir::Op::Uniform;
            if (address.op == ir::Op::Uniform) uniforms.push_back(static_cast<uint32_t>(address.immediate));
        }
    }
    return uniforms;
}

}  // namespace

std::vector<SeenObject> captured_arrays(const CompiledCall& call, const CallShape& shape, Surroundings& seen,
                                        bool& holds) {
    std::vector<SeenObject> all;
    const CallValues values{shape.root, shape.keyword_values.data(), shape.leading.data()};
    seen.uniforms.resize(call.uniform_words);
    holds = guards_hold(call.guards, values, seen, &all);
    std::erase_if(all, [](const SeenObject& one) { return !is_captured_array(one.object); });
    return all;
}

void SeenArrays::keep(const CompiledCall& call, const CallShape& shape) {
    if (!call.sees_arrays) return;
    Surroundings seen;
    bool holds = false;
    for (const SeenObject& one : captured_arrays(call, shape, seen, holds))
        keep(one.object);
}

void SeenArrays::keep_named(const CallShape& shape) {
    for (PyObject* array : named_arrays(shape))
        keep(array);
}

void SeenArrays::keep(PyObject* array) {
    data::ArrayBody& body = ArrayAccess(array).body();
    if (std::ranges::find(entries_, &body, &Entry::body) != entries_.end()) return;
    entries_.push_back({Object::borrow(array), &body, body.is_exported() ? copy_of(body) : body.share(),
                        body.is_exported() ? 0 : body.first(), body.count(), body.version()});
}

bool SeenArrays::put_back(Entry& entry) {
    data::ArrayBody& body = *entry.body;
    if (!body.is_exported() && (!body.is_pinned() || body.count() == entry.count)) {
        body.count() == entry.count ? body.rewrite(entry.block, entry.first, entry.count)
                                    : body.replace(entry.block, entry.first, entry.count);
        return true;
    }
    if (body.count() != entry.count) return false;
    body.before_write(0, body.count());
    data::copy_elements(leaves_of(body, *entry.block, entry.first), leaves_of(body, *body.share(), body.first()),
                        body.count());
    data::Residency::publish();
    return true;
}

void SeenArrays::restore() noexcept {
    for (Entry& entry : entries_) {
        if (entry.body->version() == entry.version) continue;
        bool is_back = false;
        try {
            is_back = put_back(entry);
        } catch (...) {
            is_back = false;
        }
        if (!is_back)
            add_note_to_current_error("parallel_party: an Array that the function wrote to could not be put back");
    }
    entries_.clear();
}

void SeenArrays::forget(const data::ArrayBody& body) {
    std::erase_if(entries_, [&](const Entry& entry) { return entry.body == &body; });
}

OrderedRun::OrderedRun(std::shared_ptr<CompiledCall> call, const CallShape& shape, Surroundings seen,
                       SeenArrays& arrays)
    : call_(std::move(call)), shape_(shape), seen_(std::move(seen)), arrays_(arrays) {
    find_arrays();
    find_targets();
    set_words();
}

void OrderedRun::find_arrays() {
    captured_ = captured_arrays(*call_, shape_, seen_, is_compiled_);
}

void OrderedRun::find_targets() {
    bool knows_all = false;
    const std::vector<uint32_t> written = written_uniforms(call_->specialisation->function(), knows_all);
    for (const SeenObject& one : captured_) {
        const auto is_its = [&](uint32_t uniform) {
            return one.first_uniform <= uniform && uniform < one.first_uniform + one.kind->leaves;
        };
        if (knows_all && std::ranges::none_of(written, is_its)) continue;
        data::ArrayBody& body = ArrayAccess(one.object).body();
        if (body.type()->is_dynamic) continue;  // compiled code does not write to such
        if (std::ranges::find(targets_, &body, &Target::body) != targets_.end()) continue;
        targets_.push_back({Object::borrow(one.object), &body, copy_of(body), 0, body.version()});
    }
}

/// Whatever the function sees of a body that is written to lies in the memory that is.
void OrderedRun::set_words() {
    for (const SeenObject& one : captured_) {
        const auto target = std::ranges::find(targets_, &ArrayAccess(one.object).body(), &Target::body);
        if (target == targets_.end()) continue;
        const std::vector<uint64_t> words = array_words(one.object, *target->block, target->first);
        std::ranges::copy(words, seen_.uniforms.begin() + one.first_uniform);
    }
}

std::vector<const data::ArrayBody*> OrderedRun::written() const {
    std::vector<const data::ArrayBody*> bodies;
    for (const Target& target : targets_)
        bodies.push_back(target.body);
    return bodies;
}

/// Lets everybody see what has been written so far.
void OrderedRun::show() {
    for (Target& target : targets_) {
        data::ArrayBody& body = *target.body;
        if (body.version() != target.version) {
            arrays_.forget(body);
            PyErr_SetString(PyExc_RuntimeError, "an Array was written to by other code while for_each() was running "
                                                "over it; nothing else has been written");
            throw PythonError{};
        }
        if (target.is_shown) continue;
        if (body.is_exported()) {
            body.before_write(0, body.count());
            data::copy_elements(leaves_of(body, *target.block, target.first),
                                leaves_of(body, *body.share(), body.first()), body.count());
            data::Residency::publish();
        } else {
            body.rewrite(target.block, target.first, body.count());
            target.is_shown = true;
        }
        target.version = body.version();
    }
}

/// After CPython has run: what the function sees may be another by now, and lie elsewhere.
void OrderedRun::take_again() {
    for (Target& target : targets_)
        target.block.reset();
    seen_.captured.clear();  // shares the memory of Arrays that are written to
    find_arrays();
    seen_.captured.clear();
    if (!is_compiled_) return;
    for (Target& target : targets_) {
        data::ArrayBody& body = *target.body;
        target.is_shown = !body.is_exported();
        if (target.is_shown) {
            body.before_read(0, body.count());
            body.before_write(0, body.count());
            target.block = body.share();
            target.first = body.first();
        } else {
            target.block = copy_of(body);
            target.first = 0;
        }
        target.version = body.version();
    }
    // Those that are only read, once more: they are shared from here on.
    find_arrays();
    set_words();
}

std::vector<int64_t> OrderedRun::run(int64_t begin, int64_t count, const std::vector<int64_t>& left,
                                     const RunRange& run_range, const Evaluate& evaluate) {
    std::vector<int64_t> evaluated;
    auto next_left = std::ranges::lower_bound(left, begin);
    for (int64_t next = begin; next < count;) {
        const int64_t end = !is_compiled_ ? next : next_left == left.end() ? count : *next_left;
        if (next < end) {
            const engine::OrderedAnswer answer = run_range(seen_, next, end);
            if (!answer.completed) throw PythonError{};
            next = answer.end;
            if (!answer.has_flagged) continue;
        }
        if (is_compiled_) show();
        evaluate(next);
        evaluated.push_back(next);
        if (evaluated.size() % 64 == 0) checked(PyErr_CheckSignals());
        if (is_compiled_) take_again();
        ++next;
        while (next_left != left.end() && *next_left < next)
            ++next_left;
    }
    if (is_compiled_) show();
    return evaluated;
}

}  // namespace pp::python
