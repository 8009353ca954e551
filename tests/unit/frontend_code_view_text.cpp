/// See frontend_code_view_text.h.
#include "frontend_code_view_text.h"

#include <fstream>
#include <stdexcept>

namespace pp::test {

namespace {

using namespace pp::frontend;

class Reader {
public:
    explicit Reader(const std::string& path) : path_(path), stream_(path) {
        const size_t stem = path.rfind('/') + 1;
        filename_ = path.substr(stem, path.rfind('_') - stem) + ".py";
        if (!stream_) throw std::runtime_error("cannot open " + path);
    }

    std::vector<RecordedFunction> functions() {
        std::vector<RecordedFunction> all;
        for (std::string head = word(); head != "end"; head = word()) {
            if (head != "code") fail("code or end", head);
            RecordedFunction function{code_view(), {}};
            expect("dis");
            for (auto count = number<size_t>(); count > 0; --count) {
                auto unit = number<uint32_t>();
                std::string opcode = word();
                auto argument = number<int32_t>();
                function.listing.push_back({unit, std::move(opcode), argument, number<int32_t>()});
            }
            all.push_back(std::move(function));
        }
        return all;
    }

private:
    std::string path_;
    std::string filename_;  // tests/bytecode/corpus_311.txt holds corpus.py
    std::ifstream stream_;
    uint32_t object_count_ = 0;

    [[noreturn]] void fail(const std::string& wanted, const std::string& got) const {
        throw std::runtime_error(path_ + ": expected " + wanted + ", got '" + got + "'");
    }
    std::string word() {
        std::string word;
        if (!(stream_ >> word)) fail("a word", "end of file");
        return word;
    }
    void expect(const std::string& wanted) {
        if (std::string got = word(); got != wanted) fail(wanted, got);
    }
    template <typename Number> Number number() {
        Number value;
        if (!(stream_ >> value)) fail("a number", "something else");
        return value;
    }
    std::string text() {
        std::string coded = word(), plain;
        if (coded == "%") return plain;
        for (size_t i = 0; i < coded.size(); ++i) {
            bool is_coded = coded[i] == '%';
            plain += is_coded ? static_cast<char>(std::stoi(coded.substr(i + 1, 2), nullptr, 16)) : coded[i];
            if (is_coded) i += 2;
        }
        return plain;
    }

    ConstantTuple constants(size_t count) {
        ConstantTuple all;
        for (size_t i = 0; i < count; ++i)
            all.push_back(constant());
        return all;
    }

    Constant constant() {
        std::string kind = word();
        if (kind == "N") return {std::monostate{}};
        if (kind == "T" || kind == "F") return {kind == "T"};
        if (kind == "i") return {number<int64_t>()};
        if (kind == "f") return {std::stod(word())};
        if (kind == "t") return {constants(number<size_t>())};
        if (kind == "c") {
            expect("code");
            return {code_view()};
        }
        if (kind != "o") fail("a constant", kind);
        ObjectConstant object{++object_count_, word(), text(), {}};
        object.items = constants(number<size_t>());
        return {std::move(object)};
    }

    std::shared_ptr<const CodeView> code_view() {
        auto view = std::make_shared<CodeView>();
        view->version = number<int>();
        view->name = text();
        view->qualified_name = text();
        view->filename = filename_;
        view->first_line = number<int32_t>();
        view->flags = number<uint32_t>();
        view->argument_count = number<int32_t>();
        view->positional_only_count = number<int32_t>();
        view->keyword_only_count = number<int32_t>();
        std::string digits = word();
        for (size_t i = 0; i + 1 < digits.size(); i += 2) {
            view->code.push_back(static_cast<uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
        }
        expect("constants");
        view->constants = constants(number<size_t>());
        expect("names");
        for (auto count = number<size_t>(); count > 0; --count)
            view->names.push_back(text());
        expect("slots");
        for (auto count = number<size_t>(); count > 0; --count) {
            view->slots.push_back(text());
            std::string kind = word();
            view->slot_kinds.push_back(kind == "L" ? SlotKind::Local : kind == "C" ? SlotKind::Cell : SlotKind::Free);
        }
        expect("positions");
        for (auto runs = number<size_t>(); runs > 0; --runs) {
            auto count = number<size_t>();
            SourceSpan span{number<int32_t>(), number<int32_t>(), 0, 0};
            span.end_line = number<int32_t>();
            span.end_column = number<int32_t>();
            view->positions.insert(view->positions.end(), count, span);
        }
        return view;
    }
};

}  // namespace

std::vector<RecordedFunction> read_recorded(const std::string& path) {
    return Reader(path).functions();
}

RecordedFunction corpus_function(int version, const std::string& name) {
    std::string path = std::string(PP_TESTS_DIR) + "/bytecode/corpus_" + std::to_string(version) + ".txt";
    for (RecordedFunction& function : read_recorded(path)) {
        if (function.code->name == name) return std::move(function);
    }
    throw std::runtime_error(path + " has no function " + name);
}

}  // namespace pp::test
