/// One element of an Array that somebody holds on to, as on an object in a list.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "data/element_type.h"

namespace pp::data {

class ArrayBody;

/// Of a whole element or a part of it. Stays with its element where others come and go before it. When the element is
/// removed or replaced, it stays what it was: the only element of a body of its own. The GIL guards it.
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
    bool empty() const noexcept { return !first_; }
    void add(ElementRef& ref) noexcept;
    void remove(ElementRef& ref) noexcept;

    static constexpr int64_t kLeaves = -1;
    /// Every element gets another number, or leaves. To be called while the body has its elements still. Throws
    /// std::bad_alloc; nothing has changed then.
    void renumber(ArrayBody& body, const std::function<int64_t(int64_t)>& number_of);
    /// The body's type has become `with_wide_text` of what it was.
    void widen_text() noexcept;

private:
    ElementRef* first_ = nullptr;
};

}  // namespace pp::data
