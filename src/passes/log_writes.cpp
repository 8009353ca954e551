/// See log_writes.h.
#include "passes/log_writes.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "ir/loops.h"
#include "passes/rewrite.h"

namespace pp::passes {
namespace {

using ir::BlockId;
using ir::Op;
using ir::ValueId;

/// A Write, and what it was found to be.
struct Site {
    ValueId write, load, x;
    BlockId block;
    LoggedWrite logged;
    std::vector<ValueId> of_load;  ///< all that depends on what was there before, itself included
};

bool has_cycle(const ir::Function& function) {
    return std::ranges::any_of(ir::blocks_in_loops(function), [](bool is_in_loop) { return is_in_loop; });
}

class Finder {
public:
    explicit Finder(const ir::Function& function) : function_(function) {}

    /// All Writes, or nothing.
    std::optional<std::vector<Site>> find();

private:
    const ir::Value& value(ValueId id) const { return function_.values[id]; }
    bool is(ValueId id, Op op) const { return value(id).op == op && !value(id).is_parameter; }
    bool is_int(ValueId id, int64_t number) const {
        return is(id, Op::Const) && value(id).type == ir::Type::I64 &&
               static_cast<int64_t>(value(id).immediate) == number;
    }
    bool is_float(ValueId id, double number) const {
        return is(id, Op::Const) && value(id).type == ir::Type::F64 &&
               std::bit_cast<double>(value(id).immediate) == number;
    }
    bool match(Site& site) const;
    bool match_choice(Site& site, ValueId condition, ValueId chosen) const;
    bool match_branch(Site& site) const;
    bool is_element(const Site& site, ValueId id) const;
    bool take_dependents(Site& site) const;
    bool is_check(const Site& site, ValueId id) const;
    bool is_undisturbed(const Site& site, size_t sites) const;
    bool reads_written(const std::vector<Site>& sites) const;

    const ir::Function& function_;
};

/// Whether it is what lies where the site writes.
bool Finder::is_element(const Site& site, ValueId id) const {
    const ir::Value& write = value(site.write);
    if (site.logged.type == ir::Type::I64 && site.logged.bytes == 4) {
        if (!is(id, Op::IShr) || !is_int(value(id).operands[1], 32)) {
            return false;
        }
        id = value(id).operands[0];
        if (!is(id, Op::IShl) || !is_int(value(id).operands[1], 32)) {
            return false;
        }
        id = value(id).operands[0];
    }
    return is(id, Op::Load) && value(id).immediate == site.logged.bytes && value(id).operands[0] == write.operands[0] &&
           value(id).operands[1] == write.operands[1];
}

/// `condition`: under which the element becomes `chosen`, and else stays.
bool Finder::match_choice(Site& site, ValueId condition, ValueId chosen) const {
    if (!is(condition, site.logged.type == ir::Type::F64 ? Op::FLt : Op::ILt)) {
        return false;
    }
    const auto& operands = value(condition).operands;
    const bool is_most = operands[1] == chosen && is_element(site, operands[0]);
    const bool is_least = operands[0] == chosen && is_element(site, operands[1]);
    site.logged.combination = is_most ? Combination::Most : Combination::Least;
    site.x = chosen;
    site.load = is_most ? operands[0] : operands[1];
    return is_most != is_least;
}

/// `if a < x: a = x` in a block of its own, whichever way the others go on.
bool Finder::match_branch(Site& site) const {
    const ir::Block& own = function_.blocks[site.block];
    BlockId before = 0;
    int count = 0;
    for (BlockId id = 0; id < function_.blocks.size(); ++id) {
        for (const ir::Edge& edge : function_.blocks[id].terminator.edges) {
            count += edge.block == site.block;
            before = edge.block == site.block ? id : before;
        }
    }
    const ir::Terminator& end = function_.blocks[before].terminator;
    if (count != 1 || end.kind != ir::Terminator::Kind::Branch || end.edges[0].block != site.block ||
        own.body.size() != 1 || own.terminator.kind != ir::Terminator::Kind::Jump) {
        return false;
    }
    const ir::Edge& on = own.terminator.edges[0];
    return end.edges[1].block == on.block && end.edges[1].arguments == on.arguments &&
           match_choice(site, end.condition, value(site.write).operands[2]);
}

bool Finder::match(Site& site) const {
    const ir::Value& write = value(site.write);
    const ValueId id = write.operands[2];
    const ir::Value& written = value(id);
    site.logged = {static_cast<uint32_t>(value(write.operands[0]).immediate), ir::WriteLeaf::of(write.immediate).bytes,
                   written.type, Combination::Add};
    if (!is(write.operands[0], Op::Uniform) || (site.logged.bytes != 4 && site.logged.bytes != 8) ||
        (written.type != ir::Type::F64 && written.type != ir::Type::I64)) {
        return false;
    }
    if (is(id, Op::FAdd) || is(id, Op::IAdd) || is(id, Op::IAddChecked)) {
        const bool is_first = is_element(site, written.operands[0]);
        site.load = written.operands[is_first ? 0 : 1];
        site.x = written.operands[is_first ? 1 : 0];
        return is_first || is_element(site, written.operands[1]);
    }
    if (is(id, Op::FSub) || is(id, Op::ISub) || is(id, Op::ISubChecked)) {
        site.logged.combination = Combination::Subtract;
        site.load = written.operands[0];
        site.x = written.operands[1];
        return is_element(site, written.operands[0]);
    }
    if (is(id, Op::Select)) {
        return is_element(site, written.operands[2]) && match_choice(site, written.operands[0], written.operands[1]);
    }
    return match_branch(site);
}

/// Whether it is part of the checks that what is written fits where it is stored.
bool Finder::is_check(const Site& site, ValueId id) const {
    const ir::Value& check = value(id);
    const auto& operands = check.operands;
    const ValueId written = value(site.write).operands[2];
    if (site.logged.bytes == 8) {
        return false;
    }
    if (site.logged.type == ir::Type::I64) {
        return (check.op == Op::ILe && is_int(operands[0], INT32_MIN) && operands[1] == written) ||
               (check.op == Op::ILe && operands[0] == written && is_int(operands[1], INT32_MAX)) ||
               (check.op == Op::Guard && is(operands[0], Op::ILe));
    }
    constexpr double kFirstThatIsInfinite = 3.4028235677973366e+38;
    switch (check.op) {
    case Op::FAbs: return operands[0] == written;
    case Op::FLe: return is_float(operands[0], kFirstThatIsInfinite) || is_float(operands[1], 1.7976931348623157e+308);
    case Op::BAnd: return is(operands[0], Op::FLe) && is(operands[1], Op::FLe);
    case Op::BNot: return is(operands[0], Op::BAnd);
    case Op::Guard: return is(operands[0], Op::BNot);
    default: return false;
    }
}

/// Finds what depends on what was there before. False where it is used for anything but the Write and its checks.
bool Finder::take_dependents(Site& site) const {
    ValueId load = site.load;
    site.of_load = {};
    while (!is(load, Op::Load)) {
        load = value(load).operands[0];
    }
    std::vector<bool> depends(function_.values.size());
    depends[load] = true;
    const ValueId written = value(site.write).operands[2];
    for (const ir::Block& block : function_.blocks) {  // in reverse postorder: definitions stand before uses
        for (const ValueId id : block.body) {
            ir::Value user = value(id);
            bool uses = id == load;
            for_each_use(user, [&](ValueId operand) { uses |= depends[operand]; });
            if (!uses || id == site.write) {
                continue;
            }
            depends[id] = true;
            site.of_load.push_back(id);
            const bool is_its =
                id == load || id == site.load || id == written || is_check(site, id) ||
                (user.op == Op::IShl && user.operands[0] == load) ||
                ((user.op == Op::FLt || user.op == Op::ILt) && site.logged.combination >= Combination::Least);
            if (!is_its) {
                return false;
            }
        }
    }
    for (const ir::Block& block : function_.blocks) {
        ir::Terminator end = block.terminator;
        const bool is_own =
            end.kind == ir::Terminator::Kind::Branch && end.edges[0].block == site.block && written == site.x;
        bool uses = false;
        for_each_use(end, [&](ValueId used) { uses |= depends[used] && !(is_own && used == end.condition); });
        if (uses) {
            return false;
        }
    }
    return !depends[site.x] && !depends[value(site.write).operands[1]];
}

/// Whether nothing is written between reading and writing.
bool Finder::is_undisturbed(const Site& site, size_t sites) const {
    if (sites == 1) {
        return true;
    }
    const std::vector<ValueId>& body = function_.blocks[site.block].body;
    const auto write = std::ranges::find(body, site.write);
    auto from = std::ranges::find(body, site.of_load.front());
    return from < write && std::none_of(from, write, [&](ValueId id) { return value(id).op == Op::Write; });
}

bool Finder::reads_written(const std::vector<Site>& sites) const {
    for (const ir::Block& block : function_.blocks) {
        for (const ValueId id : block.body) {
            const ir::Value& read = value(id);
            if (read.op == Op::Item || (ir::uses_memory(read.op) && read.op != Op::Load && read.op != Op::Write)) {
                return true;  // of whatever, or into memory of the element's
            }
            if (read.op != Op::Load) {
                continue;
            }
            const auto is_its = [id](const Site& site) { return site.of_load.front() == id; };
            const auto is_of = [&](const Site& site) {
                return value(read.operands[0]).immediate == site.logged.uniform;
            };
            if (!is(read.operands[0], Op::Uniform) ||
                (std::ranges::none_of(sites, is_its) && std::ranges::any_of(sites, is_of))) {
                return true;
            }
        }
    }
    return false;
}

std::optional<std::vector<Site>> Finder::find() {
    std::vector<Site> sites;
    for (BlockId id = 0; id < function_.blocks.size(); ++id) {
        for (const ValueId write : function_.blocks[id].body) {
            if (value(write).op != Op::Write) {
                continue;
            }
            Site site{write, ir::kNoValue, ir::kNoValue, id, {}, {}};
            if (!match(site) || !take_dependents(site)) {
                return std::nullopt;
            }
            sites.push_back(std::move(site));
        }
    }
    const auto is_disturbed = [&](const Site& site) { return !is_undisturbed(site, sites.size()); };
    if (sites.empty() || std::ranges::any_of(sites, is_disturbed) || reads_written(sites)) {
        return std::nullopt;
    }
    return sites;
}

/// Makes the function that only tells.
class Rewriter {
public:
    Rewriter(ir::Function& function, const std::vector<Site>& sites) : function_(function), sites_(sites) {}

    void run(bool reads_items) {
        open_branches();
        add_parameters();
        take_out();
        set_results();
        if (reads_items) {
            make_items();
        }
    }

private:
    ValueId add(const ir::Value& value) {
        function_.values.push_back(value);
        return static_cast<ValueId>(function_.values.size() - 1);
    }
    static ir::Type type_of(const Site& site, bool is_offset) { return is_offset ? ir::Type::I64 : site.logged.type; }

    /// What chooses between the element and x is said by the combination: the Write is always come by.
    void open_branches() {
        for (const Site& site : sites_) {
            if (function_.values[site.write].operands[2] != site.x) {
                continue;
            }
            for (ir::Block& block : function_.blocks) {
                ir::Terminator& end = block.terminator;
                if (end.kind == ir::Terminator::Kind::Branch && end.edges[0].block == site.block) {
                    end.kind = ir::Terminator::Kind::Jump;
                    end.condition = ir::kNoValue;
                    end.edges.resize(1);
                }
            }
        }
    }

    /// Each block is told by those before it what they came by; the entry says: nothing.
    void add_parameters() {
        current_.resize(function_.blocks.size());
        for (BlockId id = 0; id < function_.blocks.size(); ++id) {
            ir::Block& block = function_.blocks[id];
            for (const Site& site : sites_) {
                for (const bool is_offset : {true, false}) {
                    ir::Value value;
                    value.type = type_of(site, is_offset);
                    value.immediate = is_offset ? ~uint64_t{0} : 0;
                    value.is_parameter = id != 0;
                    const ValueId added = add(value);
                    current_[id].push_back(added);
                    if (id != 0) {
                        block.parameters.push_back(added);
                    } else {
                        block.body.insert(block.body.begin(), added);
                    }
                }
            }
        }
        for (BlockId id = 0; id < function_.blocks.size(); ++id) {
            for (size_t i = 0; i < sites_.size(); ++i) {
                if (sites_[i].block == id) {
                    current_[id][2 * i] = function_.values[sites_[i].write].operands[1];
                    current_[id][2 * i + 1] = sites_[i].x;
                }
            }
            for (ir::Edge& edge : function_.blocks[id].terminator.edges)
                edge.arguments.insert(edge.arguments.end(), current_[id].begin(), current_[id].end());
        }
    }

    void take_out() {
        std::vector<bool> is_out(function_.values.size());
        for (const Site& site : sites_) {
            is_out[site.write] = true;
            for (const ValueId id : site.of_load)
                is_out[id] = true;
        }
        for (ir::Block& block : function_.blocks)
            std::erase_if(block.body, [&](ValueId id) { return is_out[id]; });
    }

    void set_results() {
        std::vector<KindRef> kinds;
        for (const Site& site : sites_) {
            kinds.push_back(int_kind());
            kinds.push_back(site.logged.type == ir::Type::F64 ? float_kind() : int_kind());
            function_.outputs.push_back(ir::Type::I64);
            function_.outputs.push_back(site.logged.type);
        }
        ir::Variant variant;
        variant.kind = tuple_kind(kinds);
        variant.origins.assign(1 + kinds.size(), ir::kFresh);
        for (uint32_t slot = 0; slot < kinds.size(); ++slot)
            variant.slots.push_back(slot);
        function_.variants = {variant};
        for (BlockId id = 0; id < function_.blocks.size(); ++id) {
            ir::Terminator& end = function_.blocks[id].terminator;
            if (end.kind == ir::Terminator::Kind::Return) {
                end.results = current_[id];
            }
        }
    }

    ValueId add_int(int64_t number) {
        ir::Value value;
        value.type = ir::Type::I64;
        value.immediate = static_cast<uint64_t>(number);
        return add(value);
    }

    /// Each as large as what is read, so that offsets are multiples of that.
    void make_items() {
        for (ir::Block& block : function_.blocks) {
            std::vector<ValueId> body;
            for (const ValueId id : block.body) {
                if (function_.values[id].op == Op::Load) {
                    make_item(id, body);
                }
                body.push_back(id);
            }
            block.body = std::move(body);
        }
    }

    /// What the load needs as an item goes to `body`.
    void make_item(ValueId load, std::vector<ValueId>& body) {
        const auto bytes = static_cast<uint32_t>(function_.values[load].immediate);
        const ValueId shift = add_int(std::countr_zero(bytes));
        const ValueId count = add_int(INT64_MAX);
        ir::Value position;
        position.op = Op::IShr;
        position.type = ir::Type::I64;
        position.operand_count = 2;
        position.operands[0] = function_.values[load].operands[1];
        position.operands[1] = shift;
        const ValueId placed = add(position);
        body.insert(body.end(), {shift, count, placed});
        ir::Value& item = function_.values[load];
        item.op = Op::Item;
        item.immediate = ir::ItemLeaf{bytes, bytes, 0}.immediate();
        item.operand_count = 3;
        item.operands[1] = placed;
        item.operands[2] = count;
    }

    ir::Function& function_;
    const std::vector<Site>& sites_;
    std::vector<std::vector<ValueId>> current_;  ///< at the end of each block: offset and x of each site
};

}  // namespace

std::optional<LoggedFunction> log_writes(const ir::Function& function, bool reads_items) {
    if (function.variants.size() != 1 || !function.outputs.empty() || has_cycle(function)) {
        return std::nullopt;
    }
    const auto sites = Finder(function).find();
    if (!sites) {
        return std::nullopt;
    }
    LoggedFunction logged{function, {}};
    for (const Site& site : *sites)
        logged.writes.push_back(site.logged);
    Rewriter(logged.function, *sites).run(reads_items);
    return logged;
}

}  // namespace pp::passes
