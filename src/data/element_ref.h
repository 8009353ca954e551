/// One element of an Array that somebody holds on to, as on an object in a list.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "data/element_type.h"

namespace pp::data {

class ArrayBody;

/// The whole of an element, or what of it has the leaves from `first_leaf` on. Of parts with the same leaves one holds
/// the other, which has a smaller kind.
struct ElementPart {
    ElementTypeRef type;
    size_t first_leaf;

    /// Whether `other` is this part, or in it.
    bool holds(const ElementPart& other) const noexcept {
        return other.first_leaf >= first_leaf &&
               other.first_leaf + other.type->leaves.size() <= first_leaf + type->leaves.size() &&
               other.type->kind->nodes <= type->kind->nodes;
    }
    bool operator==(const ElementPart& other) const noexcept {
        return first_leaf == other.first_leaf && type->leaves.size() == other.type->leaves.size() &&
               type->kind->nodes == other.type->kind->nodes;
    }
};

/// Of a whole element or a part of it. Stays with its element where others come and go before it. When that is
/// removed or replaced, it stays what it was: in the only element of a body of its own. The GIL guards it.
class ElementRef {
public:
    /// Of element `index` of the body, what has the leaves from `first_leaf` on.
    ElementRef(std::shared_ptr<ArrayBody> body, int64_t index, ElementTypeRef type, size_t first_leaf);
    ElementRef(const ElementRef&) = delete;
    ~ElementRef();

    const std::shared_ptr<ArrayBody>& body() const noexcept { return body_; }
    int64_t index() const noexcept { return index_; }
    ElementTypeRef type() const noexcept { return type_; }
    size_t first_leaf() const noexcept { return first_leaf_; }
    ElementPart part() const noexcept { return {type_, first_leaf_}; }

    /// The object that shows it, borrowed, which forgets itself before it goes; null: none.
    void* shown = nullptr;

private:
    friend class ElementRefs;

    std::shared_ptr<ArrayBody> body_;
    int64_t index_;
    ElementTypeRef type_;
    size_t first_leaf_;
    ElementRef *next_ = nullptr, *previous_ = nullptr;
};

/// Those of one body.
class ElementRefs {
public:
    bool empty() const noexcept { return count_ == 0; }
    void add(ElementRef& ref) noexcept;
    void remove(ElementRef& ref) noexcept;
    /// The object that shows this part of element `index`, borrowed; null where none does.
    void* shown(int64_t index, const ElementPart& part) const noexcept;

    static constexpr int64_t kLeaves = -1;
    /// This part of elements [begin, end), with all that is in it, gets another number, or leaves. To be called while
    /// the body has its elements still. Throws std::bad_alloc; nothing has changed then.
    void renumber(ArrayBody& body, const ElementPart& part, int64_t begin, int64_t end,
                  const std::function<int64_t(int64_t)>& number_of);
    /// The body's type has become `with_wide_text` of what it was.
    void widen_text() noexcept;

private:
    ElementRef*& bucket_of(int64_t index) noexcept;
    void grow() noexcept;
    template <typename Visit> void for_each(Visit visit) const;
    /// Those of what the part holds, of elements [begin, end).
    std::vector<ElementRef*> in(const ElementPart& part, int64_t begin, int64_t end) const;

    std::vector<ElementRef*> buckets_;  ///< by index: how many is a power of two, or none
    ElementRef* few_ = nullptr;         ///< the only bucket where there are none
    size_t count_ = 0;
};

}  // namespace pp::data
