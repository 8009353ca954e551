/// See scattered_boxer_python.h.
#include "data/scattered_boxer_python.h"

#include "data/boxer_python.h"
#include "data/place_python.h"
#include "data/tracked_rows_python.h"

namespace pp::data {
namespace {

bool make_scalars(KindRef kind, void* values, const std::vector<int64_t>& numbers, PyObject** made) {
    if (numbers.empty()) {
        return true;
    }
    const ir::Variant variant{kind, {ir::kFresh}, {0}};
    BoxJob job;
    job.shape.variants = {&variant, 1};
    job.slots = {&values, 1};
    job.count = static_cast<int64_t>(numbers.size());
    job.indices = numbers.data();
    job.target = made;
    TrackedRows none;  // the collector does not watch numbers
    return box_results(job, none);
}

}  // namespace

bool ScatteredBoxer::add(const BoxNode& node, int64_t position, int64_t number) {
    if ((node.tag != Tag::Float && node.tag != Tag::Int) || origin_at(node, position) != ir::kFresh) {
        return false;
    }
    if (node.tag == Tag::Float) {
        floats_.values.push_back(static_cast<const double*>(node.data)[position]);
        floats_.numbers.push_back(number);
    } else {
        ints_.values.push_back(static_cast<const int64_t*>(node.data)[position]);
        ints_.numbers.push_back(number);
    }
    return true;
}

bool ScatteredBoxer::make(PyObject** made) {
    return make_scalars(float_kind(), floats_.values.data(), floats_.numbers, made) &&
           make_scalars(int_kind(), ints_.values.data(), ints_.numbers, made);
}

}  // namespace pp::data
