/// See arrow_schema.h.
#include "python/arrow_schema.h"

#include <string_view>
#include <utility>

namespace pp::python {

namespace {

namespace arrow = data::arrow;

/// By how formats begin.
constexpr std::pair<std::string_view, const char*> kNames[] = {
    {"n", "null"},
    {"z", "binary"},
    {"Z", "large_binary"},
    {"vz", "binary_view"},
    {"w:", "fixed_size_binary"},
    {"d:", "decimal"},
    {"tdD", "date32"},
    {"tdm", "date64"},
    {"tt", "time"},
    {"ts", "timestamp"},
    {"tD", "duration"},
    {"ti", "interval"},
    {"+l", "list"},
    {"+L", "large_list"},
    {"+vl", "list_view"},
    {"+vL", "large_list_view"},
    {"+w:", "fixed_size_list"},
    {"+s", "struct"},
    {"+m", "map"},
    {"+ud:", "dense_union"},
    {"+us:", "sparse_union"},
    {"+r", "run_end_encoded"},
};

}  // namespace

std::string arrow_type_name(const arrow::Schema& schema) {
    if (schema.dictionary) return "dictionary (categorical)";
    const std::string_view format = schema.format;
    for (const auto& [begin, name] : kNames) {
        if (format.starts_with(begin)) return name;
    }
    return schema.format;
}

EmptyArrow::EmptyArrow(const arrow::Schema& schema) {
    constexpr int64_t kMostBuffers = 3;  // text has offsets and bytes
    static const void* nowhere[kMostBuffers] = {};
    const std::string_view format = schema.format;
    for (int64_t i = 0; i < schema.n_children; ++i) {
        children_.push_back(std::make_unique<EmptyArrow>(*schema.children[i]));
        places_.push_back(&children_.back()->array_);
    }
    array_.n_buffers = arrow::format_of(format) || format == "e"     ? 2
                       : format == "+s" || format.starts_with("+w:") ? 1
                                                                     : kMostBuffers;
    array_.buffers = nowhere;
    array_.n_children = schema.n_children;
    array_.children = places_.data();
}

}  // namespace pp::python
