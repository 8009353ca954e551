/// What Arrow's schemas say of types that no Array holds, and arrays of schemas that come without any.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/arrow_c_data.h"

namespace pp::python {

/// The name that Arrow's libraries give the type: "date32", "dictionary"; its format where that is none known here.
std::string arrow_type_name(const data::arrow::Schema& schema);

/// An array of no elements, as the schema has it: what a stream without chunks stands for.
class EmptyArrow {
public:
    explicit EmptyArrow(const data::arrow::Schema& schema);
    EmptyArrow(const EmptyArrow&) = delete;

    const data::arrow::Array& array() const noexcept { return array_; }

private:
    std::vector<std::unique_ptr<EmptyArrow>> children_;
    std::vector<data::arrow::Array*> places_;
    data::arrow::Array array_{};
};

}  // namespace pp::python
