/// Kinds: interning, counts, spelling.
#include <gtest/gtest.h>

#include <thread>

#include "ir/kind.h"

namespace pp {
namespace {

KindRef nested() {
    const KindRef inner[] = {int_kind(), none_kind(), object_kind(7)};
    const KindRef row[] = {float_kind(), list_kind(inner), bool_kind()};
    return tuple_kind(row);
}

TEST(Kind, EqualKindsAreOnePointer) {
    EXPECT_EQ(nested(), nested());
    EXPECT_EQ(float_kind(), float_kind());
    EXPECT_EQ(object_kind(3), object_kind(3));
    EXPECT_EQ(tuple_kind({}), tuple_kind({}));
}

TEST(Kind, DifferentKindsAreDifferentPointers) {
    const KindRef items[] = {float_kind()};
    EXPECT_NE(tuple_kind(items), list_kind(items));
    EXPECT_NE(object_kind(3), object_kind(4));
    EXPECT_NE(int_kind(), bool_kind());
    EXPECT_NE(tuple_kind(items), float_kind());
}

TEST(Kind, CountsLeavesAndNodes) {
    EXPECT_EQ(nested()->leaves, 3u);
    EXPECT_EQ(nested()->nodes, 7u);
    EXPECT_EQ(none_kind()->leaves, 0u);
    EXPECT_EQ(object_kind(1)->leaves, 0u);
    EXPECT_EQ(tuple_kind({})->nodes, 1u);
    EXPECT_EQ(float_kind()->leaves, 1u);
}

TEST(Kind, LeavesComeDepthFirst) {
    std::vector<KindRef> leaves;
    append_leaves(nested(), leaves);
    EXPECT_EQ(leaves, (std::vector<KindRef>{float_kind(), int_kind(), bool_kind()}));
}

TEST(Kind, IsSpeltAsAnAnnotation) {
    EXPECT_EQ(nested()->to_string(), "tuple[float, list[int, None, object#7], bool]");
    EXPECT_EQ(list_kind({})->to_string(), "list[()]");
}

TEST(Kind, ManyThreadsGetTheSamePointer) {
    std::vector<KindRef> seen(4);
    std::vector<std::thread> threads;
    for (KindRef& kind : seen) {
        threads.emplace_back([&kind] {
            for (uint32_t i = 0; i < 200; ++i) {
                const KindRef items[] = {object_kind(1000 + i), int_kind()};
                kind = tuple_kind(items);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    for (KindRef kind : seen) {
        EXPECT_EQ(kind, seen[0]);
    }
}

}  // namespace
}  // namespace pp
