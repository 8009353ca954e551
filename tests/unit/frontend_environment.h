/// Recorded functions as the translator's tests see them: an environment without an interpreter.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/environment.h"
#include "frontend/frontend.h"

namespace pp::test {

/// Globals are the functions of tests/bytecode/<corpus>.py, the module `math`, the scalar SCALE (a float uniform),
/// builtins by the translator's own list, and what `bind` was told; free variables are what `bind_free` was told.
/// Anything else is an unsupported object.
class CorpusEnvironment final : public frontend::Environment {
public:
    explicit CorpusEnvironment(int version, std::string corpus = "language")
        : version_(version), corpus_(std::move(corpus)) {}

    /// The number of a corpus function.
    frontend::FunctionId add(const std::string& name);
    /// The binding of a uniform of this kind; a new one at each call.
    frontend::Binding uniform(KindRef kind);
    void bind(const std::string& name, frontend::Binding binding) { globals_[name] = std::move(binding); }
    void bind_free(uint32_t index, frontend::Binding binding) { free_variables_[index] = std::move(binding); }
    void set_defaults(frontend::FunctionId function, std::vector<frontend::Binding> defaults) {
        functions_.at(function)->defaults = std::move(defaults);
    }

    const frontend::FunctionInfo& function(frontend::FunctionId function) override { return *functions_.at(function); }
    frontend::Binding global(frontend::FunctionId function, std::string_view name) override;
    frontend::Binding free_variable(frontend::FunctionId function, uint32_t index) override;
    frontend::Binding attribute(frontend::ObjectId module, std::string_view name) override;
    frontend::Binding imported(std::string_view name) override;
    std::vector<std::string> match_arguments(uint64_t) override { return {}; }
    /// Classes have what `bind` was told of their number, a dot and the name.
    frontend::Binding class_attribute(uint64_t class_id, std::string_view name) override;
    const RecordShape* class_shape(uint64_t class_id) override {
        return record_shape(RecordForm::Object, class_id, "Class", {});
    }
    bool class_keeps_attributes(uint64_t) override { return true; }
    bool is_subclass(uint64_t class_id, uint64_t base_id) override { return class_id == base_id; }
    frontend::Binding builtin_exception(std::string_view name) override;
    /// Exceptions are known by their names' places in a list: ArithmeticError is the base of ZeroDivisionError,
    /// Exception of all.
    bool is_exception_subclass(frontend::ObjectId exception, frontend::ObjectId base) override;
    bool keeps_arguments(frontend::ObjectId) override { return true; }
    frontend::Binding prelude(std::string_view name) override;
    const std::vector<KindRef>& uniforms() const override { return uniforms_; }
    std::string source_line(const frontend::CodeView& code, int32_t line) override;

private:
    int version_;
    std::string corpus_;
    std::vector<std::unique_ptr<frontend::FunctionInfo>> functions_;
    std::map<std::string, frontend::FunctionId> numbers_;
    std::map<std::string, frontend::Binding> globals_;
    std::map<uint32_t, frontend::Binding> free_variables_;
    std::vector<std::string> exceptions_;
    std::vector<KindRef> uniforms_;
    uint32_t next_uniform_ = 0;
};

/// Kinds as Kind::to_string writes them, separated by commas: "float, tuple[int, list[bool]]".
std::vector<KindRef> kinds(std::string_view text);

/// Translates the corpus function for columns of these kinds and verifies the result.
ir::Function translate_corpus(CorpusEnvironment& environment, const std::string& name, std::string_view columns,
                              bool changes_elements = false);

}  // namespace pp::test
