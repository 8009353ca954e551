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

TEST(Kind, CarriedObjectsHaveNoLeaves) {
    const KindRef items[] = {any_kind(), float_kind(), some_kind(), other_kind()};
    const KindRef row = tuple_kind(items);
    EXPECT_EQ(row->to_string(), "tuple[Any, float, Some, Other]");
    EXPECT_EQ(row->leaves, 1u);
    EXPECT_EQ(row->nodes, 5u);
    EXPECT_TRUE(row->has_carried);
    EXPECT_FALSE(nested()->has_carried);
}

TEST(Kind, WideKindsCoverNarrowOnes) {
    const KindRef exact[] = {float_kind(), none_kind()};
    const KindRef loose[] = {float_kind(), any_kind()};
    EXPECT_TRUE(covers(tuple_kind(loose), tuple_kind(exact)));
    EXPECT_FALSE(covers(tuple_kind(exact), tuple_kind(loose)));
    EXPECT_FALSE(covers(tuple_kind(loose), list_kind(exact)));
    EXPECT_TRUE(covers(any_kind(), other_kind()));
    EXPECT_TRUE(covers(some_kind(), float_kind()));
    EXPECT_TRUE(covers(some_kind(), other_kind()));
    EXPECT_FALSE(covers(some_kind(), none_kind()));
    EXPECT_FALSE(covers(some_kind(), bool_kind()));
    EXPECT_FALSE(covers(other_kind(), float_kind()));
}

KindRef point(std::initializer_list<std::string> names, std::initializer_list<KindRef> items,
              RecordForm form = RecordForm::Object, uint64_t class_id = 1) {
    return record_kind(record_shape(form, class_id, "Point", std::vector<std::string>(names)),
                       std::vector<KindRef>(items));
}

TEST(Kind, RecordsAreToldApartByClassAndNames) {
    const KindRef one = point({"x", "y"}, {float_kind(), int_kind()});
    EXPECT_EQ(one, point({"x", "y"}, {float_kind(), int_kind()}));
    EXPECT_NE(one, point({"y", "x"}, {float_kind(), int_kind()}));
    EXPECT_NE(one, point({"x", "y"}, {float_kind(), int_kind()}, RecordForm::Object, 2));
    EXPECT_EQ(one->to_string(), "Point(x: float, y: int)");
    EXPECT_EQ(point({"x"}, {complex_kind()}, RecordForm::NamedTuple)->to_string(), "Point[x: complex]");
    EXPECT_EQ(point({"x"}, {none_kind()}, RecordForm::Dict, 0)->to_string(), "dict{x: None}");
    EXPECT_EQ(one->record->find("y"), 1u);
    EXPECT_EQ(one->record->find("z"), RecordShape::kNoField);
    EXPECT_EQ(point({"x"}, {complex_kind()})->leaves, 2u);
}

TEST(Kind, RecordsThatMayHaveOtherFieldsCoverThoseThatHave) {
    const KindRef full = point({"x", "y"}, {float_kind(), int_kind()});
    EXPECT_TRUE(covers(point({"y"}, {int_kind()}), full));
    EXPECT_TRUE(covers(point({"y", "x"}, {any_kind(), float_kind()}), full));
    EXPECT_FALSE(covers(point({"z"}, {any_kind()}), full));
    EXPECT_TRUE(covers(point({"z"}, {missing_kind()}), full));
    EXPECT_FALSE(covers(point({"x"}, {missing_kind()}), full));
    const KindRef dict = point({"x", "y"}, {float_kind(), int_kind()}, RecordForm::Dict, 0);
    EXPECT_TRUE(covers(point({"y"}, {int_kind()}, RecordForm::Keys, 0), dict));
    EXPECT_FALSE(covers(point({"y"}, {int_kind()}, RecordForm::Dict, 0), dict));
    EXPECT_FALSE(covers(point({"y"}, {int_kind()}, RecordForm::Keys, 0), full));
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

TEST(Kind, SequencesAndTextAreAnAddressAndALength) {
    const KindRef items[] = {float_kind(), bool_kind()};
    const KindRef pairs = list_of_kind(tuple_kind(items));
    EXPECT_EQ(pairs, list_of_kind(tuple_kind(items)));
    EXPECT_EQ(pairs->to_string(), "list[tuple[float, bool], ...]");
    EXPECT_EQ(tuple_of_kind(text_kind(4))->to_string(), "tuple[str[wide], ...]");
    EXPECT_EQ(pairs->leaves, 2u);
    EXPECT_EQ(pairs->nodes, 1u);
    EXPECT_EQ(pairs->item, tuple_kind(items));
    EXPECT_TRUE(pairs->items.empty());
    const KindRef holder[] = {int_kind(), pairs, text_kind(1)};
    const KindRef row = tuple_kind(holder);
    EXPECT_TRUE(row->is_dynamic);
    EXPECT_FALSE(tuple_kind(items)->is_dynamic);
    std::vector<KindRef> leaves;
    append_leaves(row, leaves);
    EXPECT_EQ(leaves, std::vector<KindRef>(5, int_kind()));
}

TEST(Kind, ItemsOfOneLeafTakeItsBytesOthersEightForEach) {
    const KindRef pair[] = {bool_kind(), bool_kind()};
    const KindRef single[] = {none_kind(), bool_kind()};
    EXPECT_EQ(item_bytes(bool_kind()), 1u);
    EXPECT_EQ(item_bytes(float_kind()), 8u);
    EXPECT_EQ(item_bytes(tuple_kind(single)), 1u);
    EXPECT_EQ(item_bytes(tuple_kind(pair)), 16u);
    EXPECT_EQ(item_bytes(none_kind()), 0u);
    EXPECT_EQ(item_bytes(list_of_kind(bool_kind())), 16u);
}

TEST(Kind, RowsOfDifferentLengthsJoin) {
    const KindRef one[] = {float_kind()}, two[] = {float_kind(), float_kind()}, mixed[] = {float_kind(), int_kind()};
    const KindRef floats = list_of_kind(float_kind());
    EXPECT_EQ(join(list_kind(one), list_kind(two)), floats);
    EXPECT_EQ(join(list_kind({}), list_kind(two)), floats);
    EXPECT_EQ(join(floats, list_kind({})), floats);
    EXPECT_EQ(join(list_kind(one), list_kind(one)), list_kind(one));
    EXPECT_EQ(join(list_kind(one), tuple_kind(two)), nullptr);
    EXPECT_EQ(join(list_kind(one), list_kind(mixed)), nullptr);
    EXPECT_EQ(join(float_kind(), int_kind()), nullptr);
    EXPECT_EQ(join(text_kind(1), text_kind(4)), text_kind(4));
    const KindRef left[] = {int_kind(), list_kind(one)}, right[] = {int_kind(), list_kind(two)};
    const KindRef both[] = {int_kind(), floats};
    EXPECT_EQ(join(tuple_kind(left), tuple_kind(right)), tuple_kind(both));
    const KindRef short_rows[] = {list_kind(one)}, long_rows[] = {list_kind(two), list_kind({})};
    EXPECT_EQ(join(list_kind(short_rows), list_kind(long_rows)), list_of_kind(floats));
}

}  // namespace
}  // namespace pp
