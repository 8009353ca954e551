/// See element_ref.h.
#include "data/element_ref.h"

#include <algorithm>
#include <map>
#include <new>
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

ElementRef*& ElementRefs::bucket_of(int64_t index) noexcept {
    return buckets_.empty() ? few_ : buckets_[static_cast<size_t>(index) & (buckets_.size() - 1)];
}

template <typename Visit> void ElementRefs::for_each(Visit visit) const {
    const auto visit_bucket = [&](ElementRef* ref) {
        for (; ref; ref = ref->next_) {
            visit(*ref);
        }
    };
    std::ranges::for_each(buckets_, visit_bucket);
    visit_bucket(few_);
}

/// Without memory they stay where they are: it takes longer to find one.
void ElementRefs::grow() noexcept {
    try {
        std::vector<ElementRef*> refs;
        refs.reserve(count_);
        for_each([&](ElementRef& ref) { refs.push_back(&ref); });
        buckets_ = std::vector<ElementRef*>(std::max<size_t>(2 * buckets_.size(), 16), nullptr);
        few_ = nullptr;
        count_ = 0;
        for (ElementRef* ref : refs) {
            add(*ref);
        }
    } catch (const std::bad_alloc&) {
        return;
    }
}

void ElementRefs::add(ElementRef& ref) noexcept {
    if (count_ > 2 * std::max<size_t>(buckets_.size(), 4)) {
        grow();
    }
    ElementRef*& first = bucket_of(ref.index_);
    ref.previous_ = nullptr;
    ref.next_ = first;
    if (first) {
        first->previous_ = &ref;
    }
    first = &ref;
    ++count_;
}

void ElementRefs::remove(ElementRef& ref) noexcept {
    (ref.previous_ ? ref.previous_->next_ : bucket_of(ref.index_)) = ref.next_;
    if (ref.next_) {
        ref.next_->previous_ = ref.previous_;
    }
    --count_;
}

void* ElementRefs::shown(int64_t index, const ElementPart& part) const noexcept {
    const ElementRef* ref = buckets_.empty() ? few_ : buckets_[static_cast<size_t>(index) & (buckets_.size() - 1)];
    for (; ref; ref = ref->next_) {
        if (ref->index_ == index && ref->shown && ref->part() == part) {
            return ref->shown;
        }
    }
    return nullptr;
}

std::vector<ElementRef*> ElementRefs::in(const ElementPart& part, int64_t begin, int64_t end) const {
    std::vector<ElementRef*> refs;
    const auto add_if_in = [&](ElementRef& ref) {
        if (ref.index_ >= begin && ref.index_ < end && part.holds(ref.part())) {
            refs.push_back(&ref);
        }
    };
    if (end - begin < static_cast<int64_t>(buckets_.size())) {
        for (int64_t index = begin; index < end; ++index) {
            ElementRef* ref = buckets_[static_cast<size_t>(index) & (buckets_.size() - 1)];
            for (; ref; ref = ref->next_) {
                add_if_in(*ref);
            }
        }
        return refs;
    }
    for_each([&](ElementRef& ref) { add_if_in(ref); });
    return refs;
}

void ElementRefs::renumber(ArrayBody& body, const ElementPart& part, int64_t begin, int64_t end,
                           const std::function<int64_t(int64_t)>& number_of) {
    // Several may hold one element: they stay together. Others may come and go while one is waited for.
    std::map<int64_t, std::shared_ptr<ArrayBody>> left;
    std::vector<ElementRef*> refs;
    const auto is_lacking = [&](int64_t index) { return number_of(index) == kLeaves && !left.contains(index); };
    for (std::vector<int64_t> lacking{0}; !lacking.empty();) {
        refs = in(part, begin, end);
        lacking.clear();
        for (const ElementRef* ref : refs) {
            if (is_lacking(ref->index_)) {
                lacking.push_back(ref->index_);
            }
        }
        for (const int64_t index : lacking) {
            left[index] = body.copy_of_element(index);
        }
    }
    for (ElementRef* ref : refs) {
        remove(*ref);
        const int64_t number = number_of(ref->index_);
        if (number != kLeaves) {
            ref->index_ = number;
            add(*ref);
            continue;
        }
        // Whoever calls keeps the body alive: it is not dropped in the midst of this.
        ref->body_ = left[std::exchange(ref->index_, 0)];
        ref->body_->refs().add(*ref);
    }
}

void ElementRefs::widen_text() noexcept {
    for_each([](ElementRef& ref) { ref.type_ = with_wide_text(*ref.type_); });
}

}  // namespace pp::data
