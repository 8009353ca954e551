/// One element of an Array that somebody holds on to, as on an object in a list.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace pp::data {

class ArrayBody;

/// Stays with its element where others come and go before it. When the element is removed or replaced, it stays what
/// it was: the only element of a body of its own. The GIL guards it.
class ElementRef {
public:
    /// Element `index` of the body.
    ElementRef(std::shared_ptr<ArrayBody> body, int64_t index);
    ElementRef(const ElementRef&) = delete;
    ~ElementRef();

    const std::shared_ptr<ArrayBody>& body() const noexcept { return body_; }
    int64_t index() const noexcept { return index_; }

private:
    friend class ElementRefs;

    std::shared_ptr<ArrayBody> body_;
    int64_t index_;
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

private:
    ElementRef* first_ = nullptr;
};

}  // namespace pp::data
