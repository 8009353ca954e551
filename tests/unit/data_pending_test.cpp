/// Runs that go on after their calls have returned: order, runs made again, failures and lifetimes, without a device.
#include "data/pending_runs.h"

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"

namespace pp::data {
namespace {

using Block = std::shared_ptr<ArrayBlock>;

Block block() {
    return std::make_shared<ArrayBlock>(element_type(int_kind()), 1);
}

int64_t& word(const Block& block) {
    return *reinterpret_cast<int64_t*>(block->leaf(0).base);
}

class FakeFailure final : public Failure {
public:
    explicit FakeFailure(std::string text) : text_(std::move(text)) {}
    [[noreturn]] void raise() override { throw std::runtime_error(text_); }

private:
    const std::string text_;
};

/// What the tests look at afterwards.
struct Log {
    std::vector<std::string> lines;
    int alive = 0;
};

/// Adds one to the sum of its inputs; a device that is done when it is waited for.
class FakeRun final : public PendingRun {
public:
    FakeRun(Log& log, std::string name, std::vector<Block> inputs, Block result)
        : PendingRun(inputs, result), log_(log), name_(std::move(name)), own_(std::move(inputs)),
          result_(std::move(result)) {
        ++log_.alive;
        compute();
    }
    ~FakeRun() override { --log_.alive; }

    bool is_known_good = false;
    int64_t evaluated = 0;  ///< what CPython makes of its element; 0: nothing is handed back
    std::string fails_with;
    std::function<void()> while_waiting, while_evaluating;

protected:
    bool is_whole() noexcept override { return is_known_good; }
    std::shared_ptr<Failure> wait() override {
        if (while_waiting) std::exchange(while_waiting, nullptr)();
        return nullptr;
    }
    Outcome evaluate() override {
        log_.lines.push_back(name_);
        if (while_evaluating) std::exchange(while_evaluating, nullptr)();
        if (!fails_with.empty()) return {false, std::make_shared<FakeFailure>(fails_with)};
        return {evaluated != 0, nullptr};
    }
    std::shared_ptr<Failure> store() noexcept override {
        result_->before_write(0, 1);
        word(result_) = evaluated;
        return nullptr;
    }
    std::shared_ptr<Failure> start_again() noexcept override {
        log_.lines.push_back("again " + name_);
        compute();
        return nullptr;
    }
    void before_failure_is_raised() override { log_.lines.push_back("raised " + name_); }
    void release() noexcept override {
        own_.clear();
        result_ = nullptr;
    }

private:
    void compute() {
        word(result_) = 1;
        for (const Block& input : own_)
            word(result_) += word(input);
    }

    Log& log_;
    const std::string name_;
    std::vector<Block> own_;
    Block result_;
};

class PendingRunsTest : public testing::Test {
protected:
    std::shared_ptr<FakeRun> start(const std::string& name, std::vector<Block> inputs, const Block& result) {
        auto run = std::make_shared<FakeRun>(log, name, std::move(inputs), result);
        runs.add(run);
        return run;
    }
    static int64_t look(const Block& block) {
        block->before_read(0, 1);
        return word(block);
    }

    Log log;
    int yields = 0;
    PendingRuns runs{[this] { ++yields; }};
    Block source = [] {
        Block made = block();
        word(made) = 10;
        return made;
    }();
};

TEST_F(PendingRunsTest, AreSettledInOrderUpToTheOneLookedAt) {
    const Block a = block(), b = block(), c = block();
    start("a", {source}, a);
    start("b", {source}, b);
    start("c", {source}, c);
    EXPECT_EQ(runs.bytes(), 3 * a->bytes());
    EXPECT_EQ(look(b), 11);
    EXPECT_EQ(log.lines, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(runs.size(), 1u);
    EXPECT_EQ(log.alive, 1) << "what is settled is let go";
    EXPECT_EQ(look(c), 11);
    EXPECT_EQ(log.alive, 0);
}

TEST_F(PendingRunsTest, WhatHasReadChangedElementsIsRunAgain) {
    const Block a = block(), b = block(), c = block(), d = block();
    start("a", {source}, a)->evaluated = 100;
    start("b", {a}, b);
    start("other", {source}, d);
    start("c", {b, source}, c);
    EXPECT_EQ(look(c), 112);
    EXPECT_EQ(look(a), 100);
    EXPECT_EQ(look(b), 101);
    EXPECT_EQ(look(d), 11);
    EXPECT_EQ(log.lines, (std::vector<std::string>{"a", "again b", "b", "other", "again c", "c"}));
}

TEST_F(PendingRunsTest, AFailureIsRaisedAtEveryLookAndHandedOn) {
    const Block a = block(), b = block(), c = block();
    start("a", {source}, a)->fails_with = "wrong";
    start("b", {a}, b);
    start("c", {source}, c);
    EXPECT_EQ(look(c), 11) << "others are not concerned";
    for (const Block& result : {b, a, b}) {
        EXPECT_THROW(
            {
                try {
                    look(result);
                } catch (const std::runtime_error& error) {
                    EXPECT_STREQ(error.what(), "wrong");
                    throw;
                }
            },
            std::runtime_error);
    }
    EXPECT_EQ(log.lines, (std::vector<std::string>{"a", "c", "raised b", "raised a", "raised b"}));
    EXPECT_EQ(runs.failed().size(), 2u);
}

TEST_F(PendingRunsTest, AFailureDiesWithItsResult) {
    Block a = block();
    start("a", {source}, a)->fails_with = "wrong";
    runs.settle_all();
    EXPECT_EQ(log.alive, 1);
    a = nullptr;
    EXPECT_EQ(log.alive, 0);
    EXPECT_TRUE(runs.failed().empty());
}

TEST_F(PendingRunsTest, WhoWritesToAnInputLetsItBeReadFirst) {
    ArrayBody body(source, 0, 1);
    source = nullptr;
    const Block a = block();
    start("a", {body.share()}, a)->fails_with = "wrong";
    const char* before = body.leaf(0).base;
    body.before_write(0, 1);
    EXPECT_EQ(log.lines, std::vector<std::string>{"a"}) << "and is not told what went wrong";
    EXPECT_EQ(body.leaf(0).base, before) << "nobody else has the block any more: nothing is copied";
    EXPECT_THROW(look(a), std::runtime_error);
}

TEST_F(PendingRunsTest, WhoWritesToAResultSettlesItFirst) {
    const Block a = block();
    start("a", {source}, a)->evaluated = 7;
    a->before_write(0, 1);
    EXPECT_EQ(word(a), 7);
    word(a) = 8;
    EXPECT_EQ(look(a), 8);
}

TEST_F(PendingRunsTest, WhatIsGoodIsLetGoWithoutWaiting) {
    const Block a = block(), b = block(), c = block();
    const auto first = start("a", {source}, a), second = start("b", {source}, b), third = start("c", {source}, c);
    second->is_known_good = true;
    runs.settle_whole();
    EXPECT_EQ(runs.size(), 3u) << "in order";
    first->is_known_good = true;
    runs.settle_whole();
    EXPECT_EQ(runs.size(), 1u);
    EXPECT_TRUE(log.lines.empty());
    third->is_known_good = true;
    EXPECT_EQ(look(c), 11);
    EXPECT_TRUE(log.lines.empty()) << "nothing was to be evaluated";
}

TEST_F(PendingRunsTest, AnInterruptedWaitLeavesItAsItWas) {
    const Block a = block();
    const auto run = start("a", {source}, a);
    run->while_waiting = [] { throw std::logic_error("interrupted"); };
    EXPECT_THROW(look(a), std::logic_error);
    run->while_evaluating = [] { throw std::logic_error("interrupted"); };
    EXPECT_THROW(look(a), std::logic_error);
    EXPECT_EQ(look(a), 11);
    EXPECT_EQ(log.lines, (std::vector<std::string>{"a", "a"}));
}

TEST_F(PendingRunsTest, OthersMaySettleItWhileItIsWaitedFor) {
    const Block a = block(), b = block();
    const auto first = start("a", {source}, a), second = start("b", {a}, b);
    first->evaluated = 50;
    first->while_waiting = [&] { EXPECT_EQ(look(a), 50); };
    second->while_waiting = [&] { EXPECT_EQ(look(b), 51); };
    EXPECT_EQ(look(b), 51);
    EXPECT_EQ(log.lines, (std::vector<std::string>{"a", "again b", "b"}));
}

TEST_F(PendingRunsTest, OthersWaitWhileItIsEvaluated) {
    const Block a = block();
    const auto run = start("a", {source}, a);
    run->while_evaluating = [&] {
        EXPECT_THROW(look(a), std::runtime_error) << "by the same thread";
        std::thread other([&] {
            runs.settle_first();  // one step, which does nothing but to let others run
            EXPECT_EQ(yields, 1);
        });
        other.join();
    };
    EXPECT_EQ(look(a), 11);
    EXPECT_EQ(log.lines, std::vector<std::string>{"a"});
}

TEST_F(PendingRunsTest, CallsAddedMeanwhileAreRunAgainToo) {
    const Block a = block(), b = block();
    {
        const auto first = start("a", {source}, a);
        first->evaluated = 70;
        first->while_evaluating = [&] { start("b", {a}, b); };
    }
    EXPECT_EQ(look(a), 70);
    EXPECT_EQ(look(b), 71);
    EXPECT_EQ(log.alive, 0);
}

TEST_F(PendingRunsTest, CopiesAndDevicesGetWhatIsSettled) {
    const Block a = block();
    start("a", {source}, a)->evaluated = 9;
    ArrayBody body(a, 0, 1);
    body.settle(1);
    EXPECT_EQ(word(a), 9);
    EXPECT_EQ(runs.size(), 0u);
    EXPECT_THROW(body.settle(2), UserError) << "there are not so many";
}

}  // namespace
}  // namespace pp::data
