/// Arrow's text, which is UTF-8, and that of Arrays.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "data/arrow_c_data.h"
#include "data/column.h"
#include "data/leaf_view.h"
#include "ir/kind.h"

namespace pp::python {

/// The texts of an Arrow array, decoded: an address and a count for each.
class DecodedText {
public:
    /// Whether the format is one of text: "u", "U", "vu".
    static bool takes(const data::arrow::Schema& schema);
    /// All of the array's, its offset left out. `wide`: of 4 bytes a character in any case. Missing ones are empty.
    /// Throws UserError(Conversion) where it is no UTF-8, std::bad_alloc.
    DecodedText(const data::arrow::Schema& schema, const data::arrow::Array& array, bool wide);

    KindRef kind() const noexcept { return kind_; }
    data::LeafView addresses() const noexcept;
    data::LeafView counts() const noexcept;

private:
    KindRef kind_;
    std::vector<uint64_t> addresses_, counts_;
    std::unique_ptr<char[]> units_;
};

/// Texts of an Array as UTF-8: offsets, one more than there are, and the bytes.
struct EncodedText {
    std::vector<int64_t> offsets;
    data::Storage bytes;
};
/// `kind` is a Text. Throws UserError(Conversion) for what UTF-8 has no form for: lone surrogates.
EncodedText encode_texts(KindRef kind, const data::LeafView& addresses, const data::LeafView& counts, int64_t count);

}  // namespace pp::python
