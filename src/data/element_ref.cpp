/// See element_ref.h.
#include "data/element_ref.h"

#include <map>
#include <utility>

#include "data/array_body.h"

namespace pp::data {

ElementRef::ElementRef(std::shared_ptr<ArrayBody> body, int64_t index, ElementTypeRef type, size_t first_leaf)
    : body_(std::move(body)), index_(index), type_(type), first_leaf_(first_leaf) {
    body_->refs().add(*this);
}

ElementRef::~ElementRef() {
    body_->refs().remove(*this);
}

void ElementRefs::add(ElementRef& ref) noexcept {
    ref.previous_ = nullptr;
    ref.next_ = first_;
    if (first_) {
        first_->previous_ = &ref;
    }
    first_ = &ref;
}

void ElementRefs::remove(ElementRef& ref) noexcept {
    (ref.previous_ ? ref.previous_->next_ : first_) = ref.next_;
    if (ref.next_) {
        ref.next_->previous_ = ref.previous_;
    }
}

void ElementRefs::renumber(ArrayBody& body, const std::function<int64_t(int64_t)>& number_of) {
    // Several may hold one element: they stay together.
    std::map<int64_t, std::shared_ptr<ArrayBody>> left;
    for (ElementRef* ref = first_; ref; ref = ref->next_) {
        if (number_of(ref->index_) == kLeaves && !left.contains(ref->index_)) {
            left[ref->index_] = body.copy_of_element(ref->index_);
        }
    }
    for (ElementRef *ref = first_, *next = nullptr; ref; ref = next) {
        next = ref->next_;
        const int64_t number = number_of(ref->index_);
        if (number != kLeaves) {
            ref->index_ = number;
            continue;
        }
        remove(*ref);
        // Whoever calls keeps the body alive: it is not dropped in the midst of this.
        ref->body_ = left[std::exchange(ref->index_, 0)];
        ref->body_->refs().add(*ref);
    }
}

void ElementRefs::widen_text() noexcept {
    for (ElementRef* ref = first_; ref; ref = ref->next_) {
        ref->type_ = with_wide_text(*ref->type_);
    }
}

}  // namespace pp::data
