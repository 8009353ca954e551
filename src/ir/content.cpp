/// See content.h.
#include "ir/content.h"

#include <type_traits>

namespace pp::ir {
namespace {

class Writer {
public:
    explicit Writer(const Function& function) : function_(function), numbers_(function.values.size(), kNoValue) {
        for (const Block& block : function.blocks) {
            number(block.parameters);
            number(block.body);
        }
    }

    std::string run() {
        add_list(function_.inputs);
        add_list(function_.uniforms);
        add_list(function_.outputs);
        add(function_.variants.size());
        for (const Variant& variant : function_.variants)
            add_list(variant.slots);
        add(function_.data.size());
        for (const std::string& data : function_.data) {
            add(data.size());
            bytes_ += data;
        }
        add(function_.blocks.size());
        for (const Block& block : function_.blocks)
            add_block(block);
        return std::move(bytes_);
    }

private:
    void number(const std::vector<ValueId>& values) {
        for (const ValueId id : values)
            numbers_[id] = next_++;
    }

    template <typename T> void add(T value) {
        static_assert(std::is_integral_v<T> || std::is_enum_v<T>);
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    template <typename T> void add_list(const std::vector<T>& list) {
        add(list.size());
        for (const T value : list)
            add(value);
    }
    void add_value(ValueId id) { add(id == kNoValue ? kNoValue : numbers_[id]); }
    void add_values(const std::vector<ValueId>& ids) {
        add(ids.size());
        for (const ValueId id : ids)
            add_value(id);
    }

    void add_block(const Block& block) {
        add(block.parameters.size());
        for (const ValueId id : block.parameters)
            add(function_.values[id].type);
        add(block.body.size());
        for (const ValueId id : block.body) {
            const Value& value = function_.values[id];
            add(value.op);
            add(value.type);
            add(value.immediate);
            add(value.operand_count);
            for (int i = 0; i < value.operand_count; ++i)
                add_value(value.operands[i]);
        }
        const Terminator& end = block.terminator;
        add(end.kind);
        add_value(end.condition);
        add(end.edges.size());
        for (const Edge& edge : end.edges) {
            add(edge.block);
            add_values(edge.arguments);
        }
        add(end.variant);
        add_values(end.results);
    }

    const Function& function_;
    std::vector<ValueId> numbers_;  ///< by place, as in the text form
    ValueId next_ = 0;
    std::string bytes_;
};

}  // namespace

std::string content_of(const Function& function) {
    return Writer(function).run();
}

}  // namespace pp::ir
