/// Names of fields that are no attributes, beside those of RecordShape.
#pragma once

#include <string_view>

namespace pp {

/// A field of kind Missing that stands for all attributes that no other field names: there are none.
inline constexpr std::string_view kOthersField = "others()";

}  // namespace pp
