/// What a translation has looked at of its inputs. What it has not may be of any type, and need not be read.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "frontend/abstract_value.h"

namespace pp::frontend {

/// Every operation that lets anything depend on a value reports it here; handing a value on, storing it, putting it
/// into a row or returning it is no look.
class Looks {
public:
    /// At all of the value, its items' items included.
    void look(const Value& value) { look(value, Depth::Whole); }
    /// At its type and, where it is a row or a record, at the number and the names of its items.
    void look_into(const Value& value) { look(value, Depth::Node); }
    /// At whether it is None, True or False.
    void look_at_identity(const Value& value) { look(value, Depth::Identity); }
    /// At whether this field of a record is there.
    void touch(const Value& field) { look(field, Depth::Touched); }
    /// At whether the record has a field called `name`: it has not.
    void look_at_absence(const Value& record, const std::string& name);
    /// At which keys a dict has, and in which order.
    void look_at_keys(const Value& dict) { look(dict, Depth::Keys); }

    /// `columns` with Any where nothing was looked at, and Some where only the identity was. `function` is what was
    /// translated: origins that depend on the way are followed through it.
    std::vector<KindRef> needed(const ir::Function& function, const std::vector<KindRef>& columns);

    /// `columns` with the fields that were looked for in vain, as missing ones.
    std::vector<KindRef> with_absences(const ir::Function& function, const std::vector<KindRef>& columns);

private:
    enum class Depth : uint8_t { None, Touched, Identity, Node, Keys, Whole };

    void look(const Value& value, Depth depth);
    void note(ir::Origin origin, Depth depth);
    void follow_dynamic(const ir::Function& function);
    Depth depth_of(size_t node) const { return node < nodes_.size() ? nodes_[node] : Depth::None; }
    KindRef narrow(KindRef kind, size_t& node) const;
    KindRef extend(KindRef kind, size_t& node) const;
    KindRef narrow_record(KindRef kind, size_t own, size_t& node) const;

    using Names = std::set<std::string>;
    std::vector<Depth> nodes_;              ///< by origin number
    std::map<ir::Origin, Names> absent_;    ///< fields that records were seen not to have
    std::map<ir::ValueId, Depth> dynamic_;  ///< I32 values that say where something looked at came from
    std::map<ir::ValueId, Names> dynamic_absent_;
};

}  // namespace pp::frontend
