/// Fills a list of the caller's with results, reusing the rows and floats in it that nobody else can see.
#pragma once

#include <Python.h>

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "data/box_plan_python.h"
#include "data/boxer_python.h"
#include "data/column.h"
#include "data/few_results_python.h"
#include "data/object_place_python.h"
#include "data/reader_python.h"
#include "data/row_filler_python.h"
#include "data/row_recipe_python.h"

namespace pp::data {

/// GIL held for every member, and between `prepare` and `commit` or `undo`; no Python code runs in any of them. What
/// the list held is let go by the destructor, which may run Python code.
///
/// A row of numbers that only the list refers to stays, and so do floats in it to which only the row refers: they take
/// the new values. Rows and floats that anybody else can see are left as they are, and replaced in the list.
class ListFiller {
public:
    /// Element i of the results goes to item i of `list`, which has that many. With a `width`, results are rows of that
    /// many items, and row i's go to items i * width and on.
    ListFiller(PyObject* list, int64_t width, const RunResults& results);
    /// The kind of a result that is no row of `width` items; null where all are.
    KindRef misfit() const;
    /// Whether so little of the list can be reused that making all results anew, many at a time, takes less; looks at
    /// some of them. Nobody can tell: what only the list refers to is not missed.
    bool is_mostly_replaced() const;
    ~ListFiller();
    ListFiller(ListFiller&&) = default;
    ListFiller& operator=(ListFiller&&) = delete;

    /// For results that come block by block, instead of all before `prepare`: whether they can be taken like that.
    bool open();
    /// Fills in results [begin, end), which `few` makes. False where it could not make some. Any thread, while the
    /// owner of the GIL waits. Throws std::bad_alloc; then and later `undo` takes back what was done.
    bool fill_block(int64_t begin, int64_t end, FewResults& few);

    /// Makes everything that takes memory. False with an exception set, and nothing changed. Throws std::bad_alloc, and
    /// nothing has changed.
    bool prepare();
    /// Takes back what `prepare` did.
    void undo() noexcept;
    /// Cannot fail.
    void commit() noexcept;

private:
    struct Variant {
        std::vector<BoxNode> nodes;
        bool keeps_row = false;             ///< a new row of numbers, None and constants
        bool is_spread = false;             ///< a row whose items are written one after the other
        std::vector<const BoxNode*> items;  ///< of that row
        bool is_float = false;              ///< one new float
        std::optional<RowRecipe> recipe;    ///< of a row that is kept
    };
    struct Todo {
        int64_t position;
        const BoxNode* node;
        PyObject* row;  ///< borrowed: the list, or a row in it
        Py_ssize_t index;
    };
    /// Results that were filled in, and what of them could not be reused.
    struct Block {
        int64_t begin, end;
        std::vector<Todo> todos;
        std::vector<int64_t> others;  ///< positions that are looked at one by one
    };
    /// An item to be replaced; once it has been, `item` is the old one, which is owned in both cases.
    struct Store {
        PyObject* row;
        Py_ssize_t index;
        PyObject* item;
    };

    void spread(Variant& variant) const;
    bool is_own_row(PyObject* row, const BoxNode& node) const;
    bool reuses_row(const Variant& variant, int64_t position, PyObject* row) const;
    ObjectAt original(ir::Origin origin, int64_t position) const;
    bool carries_atom(const BoxNode& node, int64_t position) const;
    bool is_kept(const BoxNode& node, int64_t position, PyObject* old) const;
    void visit_range(int64_t begin, int64_t end, Block& block) const;
    RowFiller row_filler(const FewResults* few) const;
    size_t count_replaced(int64_t position) const;
    void visit(int64_t position, std::vector<Todo>& todos) const;
    void visit_row(const Variant& variant, int64_t position, PyObject* row, Py_ssize_t first,
                   std::vector<Todo>& todos) const;
    void write_float(const BoxNode& node, size_t number, int64_t position, PyObject* row, Py_ssize_t index,
                     std::vector<Todo>& todos) const;
    void write_what_may_be_reused();
    Block& add_block(int64_t begin);
    void reserve(Block& block, int64_t positions) const;
    std::vector<Todo> todos_in_order();
    bool make_all(const std::vector<Todo>& todos);
    void put_back(int64_t position) const noexcept;

    PyObject* list_;
    int64_t width_;
    RunResults results_;
    std::vector<Variant> variants_;
    std::vector<std::vector<ObjectPlace>> ways_;  ///< to what may be passed on: by origin, less 1
    Arrays old_values_;      ///< of floats that were given new ones: by item of the row, then position
    size_t most_todos_ = 0;  ///< of one result
    bool recycles_;
    bool comes_in_blocks_ = false;
    std::list<Block> blocks_;  ///< no deque, which allocates when it is moved
    std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();  ///< of `blocks_`
    std::vector<Store> stores_;
};

}  // namespace pp::data
