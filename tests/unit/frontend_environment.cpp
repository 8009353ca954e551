/// See frontend_environment.h.
#include "frontend_environment.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <stdexcept>

#include "frontend/intrinsics.h"
#include "frontend_code_view_text.h"

namespace pp::test {

using frontend::Binding;

namespace {

Binding known(Binding::Kind kind, std::string name) {
    Binding binding;
    binding.kind = kind;
    binding.name = std::move(name);
    return binding;
}

/// Every function of a recording by name; each recording is read once.
using Functions = std::map<std::string, std::shared_ptr<const frontend::CodeView>>;

const Functions& functions_of(const std::string& corpus, int version) {
    static std::map<std::pair<std::string, int>, Functions> read;
    auto [entry, is_new] = read.try_emplace({corpus, version});
    if (is_new) {
        const std::string path =
            std::string(PP_TESTS_DIR) + "/bytecode/" + corpus + "_" + std::to_string(version) + ".txt";
        for (const RecordedFunction& function : read_recorded(path)) {
            entry->second.emplace(function.code->name, function.code);
        }
    }
    return entry->second;
}

class KindReader {
public:
    explicit KindReader(std::string_view text) : text_(text) {}

    std::vector<KindRef> list() {
        std::vector<KindRef> all;
        skip();
        while (place_ < text_.size() && text_[place_] != ']') {
            all.push_back(one());
            skip();
        }
        return all;
    }

private:
    void skip() {
        while (place_ < text_.size() && std::string_view(" ,()").find(text_[place_]) != std::string_view::npos) {
            ++place_;
        }
    }

    KindRef one() {
        const size_t begin = place_;
        while (place_ < text_.size() && std::string_view(",[] ").find(text_[place_]) == std::string_view::npos) {
            ++place_;
        }
        const std::string_view word = text_.substr(begin, place_ - begin);
        if (word == "float") return float_kind();
        if (word == "int") return int_kind();
        if (word == "bool") return bool_kind();
        if (word == "None") return none_kind();
        if (word == "object") return object_kind(1);
        if (word != "tuple" && word != "list") throw std::runtime_error("no kind: " + std::string(word));
        ++place_;
        const std::vector<KindRef> items = list();
        ++place_;
        return word == "tuple" ? tuple_kind(items) : list_kind(items);
    }

    std::string_view text_;
    size_t place_ = 0;
};

}  // namespace

std::vector<KindRef> kinds(std::string_view text) {
    return KindReader(text).list();
}

frontend::FunctionId CorpusEnvironment::add(const std::string& name) {
    auto [entry, is_new] = numbers_.try_emplace(name, static_cast<frontend::FunctionId>(functions_.size()));
    if (is_new) {
        auto info = std::make_unique<frontend::FunctionInfo>();
        info->code = functions_of(corpus_, version_).at(name);
        functions_.push_back(std::move(info));
    }
    return entry->second;
}

Binding CorpusEnvironment::uniform(KindRef kind) {
    Binding binding;
    binding.kind = Binding::Kind::Uniform;
    binding.uniform = {kind, next_uniform_};
    append_leaves(kind, uniforms_);
    next_uniform_ += kind->leaves;
    return binding;
}

Binding CorpusEnvironment::global(frontend::FunctionId, std::string_view name) {
    const std::string key(name);
    if (auto told = globals_.find(key); told != globals_.end()) return told->second;
    if (key == "SCALE") return globals_[key] = uniform(float_kind());
    if (key == "math") return known(Binding::Kind::Module, key);
    if (key == "sqrt") return known(Binding::Kind::Intrinsic, "math.sqrt");
    if (key == "missing_name") return {};
    if (functions_of(corpus_, version_).contains(key)) {
        Binding binding = known(Binding::Kind::Function, key);
        binding.id = add(key);
        return binding;
    }
    if (key == "Exception" || (key.size() > 5 && key.ends_with("Error"))) return builtin_exception(key);
    if (frontend::find_intrinsic("builtins." + key)) return known(Binding::Kind::Intrinsic, "builtins." + key);
    return known(Binding::Kind::Unsupported, "builtin_function_or_method");
}

Binding CorpusEnvironment::builtin_exception(std::string_view name) {
    const auto place = std::find(exceptions_.begin(), exceptions_.end(), name);
    Binding binding = known(Binding::Kind::Exception, std::string(name));
    binding.id = static_cast<uint32_t>(place - exceptions_.begin());
    if (place == exceptions_.end()) exceptions_.emplace_back(name);
    return binding;
}

bool CorpusEnvironment::is_exception_subclass(frontend::ObjectId exception, frontend::ObjectId base) {
    return exception == base || exceptions_.at(base) == "Exception" ||
           (exceptions_.at(base) == "ArithmeticError" && exceptions_.at(exception) == "ZeroDivisionError");
}

Binding CorpusEnvironment::free_variable(frontend::FunctionId, uint32_t index) {
    auto told = free_variables_.find(index);
    return told == free_variables_.end() ? Binding{} : told->second;
}

Binding CorpusEnvironment::attribute(frontend::ObjectId, std::string_view name) {
    if (name == "pi" || name == "tau") {
        auto [entry, is_new] = globals_.try_emplace("math." + std::string(name));
        if (is_new) entry->second = uniform(float_kind());
        return entry->second;
    }
    return known(Binding::Kind::Intrinsic, "math." + std::string(name));
}

Binding CorpusEnvironment::imported(std::string_view name) {
    return name == "math" ? known(Binding::Kind::Module, "math") : Binding{};
}

Binding CorpusEnvironment::class_attribute(uint64_t class_id, std::string_view name) {
    const auto told = globals_.find(std::to_string(class_id) + "." + std::string(name));
    return told == globals_.end() ? Binding{} : told->second;
}

Binding CorpusEnvironment::prelude(std::string_view name) {
    Binding binding = known(Binding::Kind::Function, std::string(name));
    binding.id = add(std::string(name));
    return binding;
}

std::string CorpusEnvironment::source_line(const frontend::CodeView&, int32_t line) {
    std::ifstream stream(std::string(PP_TESTS_DIR) + "/bytecode/" + corpus_ + ".py");
    std::string text;
    while (line-- > 0 && std::getline(stream, text)) {
    }
    return text + "\n";
}

ir::Function translate_corpus(CorpusEnvironment& environment, const std::string& name, std::string_view columns,
                              bool changes_elements) {
    frontend::Callee callee;
    callee.function = environment.add(name);
    frontend::Signature signature;
    signature.columns = kinds(columns);
    signature.changes_elements = changes_elements;
    ir::Function function = frontend::translate(environment, callee, signature);
    ir::verify(function);
    return function;
}

}  // namespace pp::test
