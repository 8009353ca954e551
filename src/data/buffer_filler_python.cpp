/// See buffer_filler_python.h.
#include "data/buffer_filler_python.h"

#include <atomic>
#include <cstring>
#include <vector>

#include "data/box_plan_python.h"
#include "data/parallel_python.h"

namespace pp::data {
namespace {

std::string type_text(Tag tag) {
    switch (tag) {
    case Tag::Float: return "float";
    case Tag::Int: return "int";
    case Tag::Bool: return "bool";
    case Tag::None: return "None";
    case Tag::Tuple: return "tuple";
    case Tag::List: return "list";
    default: return "object";
    }
}

bool is_number(Tag tag) {
    return tag == Tag::Float || tag == Tag::Int || tag == Tag::Bool;
}

/// The numbers of one variant in order, or none where it is no number or row of as many as there should be.
std::vector<const BoxNode*> numbers_of(const std::vector<BoxNode>& nodes, const NumberRows& rows) {
    std::vector<const BoxNode*> numbers;
    const BoxNode& root = nodes.front();
    if (rows.is_flat) {
        numbers.push_back(&root);
    } else if ((root.tag == Tag::Tuple || root.tag == Tag::List) && root.next == root.size + 1) {
        for (uint32_t i = 0; i < root.size; ++i) {
            numbers.push_back(&nodes[i + 1]);
        }
    }
    for (const BoxNode* number : numbers) {
        if (!is_number(number->tag)) {
            return {};
        }
    }
    return static_cast<int64_t>(numbers.size()) == rows.width ? numbers : std::vector<const BoxNode*>{};
}

struct Plan {
    std::vector<std::vector<BoxNode>> nodes;           ///< by variant
    std::vector<std::vector<const BoxNode*>> numbers;  ///< by variant

    Plan(const NumberRows& rows, const RunResults& results) {
        for (const ir::Variant& variant : results.shape.variants) {
            nodes.push_back(box_plan(variant, results.slots, results.shape.objects));
        }
        for (const std::vector<BoxNode>& variant : nodes) {
            numbers.push_back(numbers_of(variant, rows));
        }
    }
};

/// Calls `body` with the number at a position as a double, int64_t or bool.
template <typename Body> auto with_value(const BoxNode& node, int64_t position, Body body) {
    switch (node.tag) {
    case Tag::Float: return body(static_cast<const double*>(node.data)[position]);
    case Tag::Int: return body(static_cast<const int64_t*>(node.data)[position]);
    default: return body(static_cast<int64_t>(static_cast<const uint8_t*>(node.data)[position] != 0));
    }
}

bool number_fits(NumberFormat format, const BoxNode& node, int64_t position) {
    return with_number(format, [&](auto target) {
        return with_value(node, position, [](auto value) { return fits<decltype(target)>(value); });
    });
}

Misfit describe(const NumberRows& rows, const RunResults& results, const Plan& plan, int64_t position) {
    const size_t variant = results.variant_at(position);
    Misfit misfit{results.source(position), false, {}};
    if (plan.numbers[variant].empty()) {
        misfit.what = "the result is of type " + results.shape.variants[variant].kind->to_string() + ", out takes " +
                      (rows.is_flat ? std::string("numbers") : "rows of " + std::to_string(rows.width) + " numbers");
        return misfit;
    }
    for (const BoxNode* number : plan.numbers[variant]) {
        if (!number_fits(rows.format, *number, position)) {
            const bool is_whole = rows.format != NumberFormat::Float64 && rows.format != NumberFormat::Float32;
            misfit.is_range = !(number->tag == Tag::Float && is_whole);
            misfit.what = "a result of type " + type_text(number->tag) +
                          (misfit.is_range ? " is out of the bounds of " : " cannot be stored as ") +
                          to_string(rows.format);
            break;
        }
    }
    return misfit;
}

/// Whether everything of one type fits into the format, whatever its value.
bool always_fits(NumberFormat format, Tag tag) {
    return format == NumberFormat::Float64 || tag == Tag::Bool ||
           (tag == Tag::Int && (format == NumberFormat::Float32 || format == NumberFormat::Int64));
}

bool fits_at(const NumberRows& rows, const RunResults& results, const Plan& plan, int64_t position) {
    const std::vector<const BoxNode*>& numbers = plan.numbers[results.variant_at(position)];
    for (const BoxNode* number : numbers) {
        if (!always_fits(rows.format, number->tag) && !number_fits(rows.format, *number, position)) {
            return false;
        }
    }
    return !numbers.empty();
}

void set_misfit(const Misfit& misfit) {
    PyErr_SetString(misfit.is_range ? PyExc_OverflowError : PyExc_TypeError, misfit.what.c_str());
}

bool store_number(NumberFormat format, PyObject* object, char* target) {
    const auto put = [&](auto value) {
        return with_number(format, [&](auto kind) {
            using Target = decltype(kind);
            if (!fits<Target>(value)) {
                return false;
            }
            const auto stored = static_cast<Target>(value);
            std::memcpy(target, &stored, sizeof(stored));
            return true;
        });
    };
    const bool is_whole = format != NumberFormat::Float64 && format != NumberFormat::Float32;
    Misfit misfit{0, true, std::string("a result is out of the bounds of ") + to_string(format)};
    if (PyFloat_CheckExact(object)) {
        misfit.is_range = !is_whole;
        if (put(PyFloat_AS_DOUBLE(object))) {
            return true;
        }
    } else if (PyLong_CheckExact(object) || PyBool_Check(object)) {
        int overflow = 0;
        const int64_t value = PyLong_AsLongLongAndOverflow(object, &overflow);
        if (!overflow && put(value)) {
            return true;
        }
        if (overflow > 0 && format == NumberFormat::UInt64) {
            const unsigned long long large = PyLong_AsUnsignedLongLong(object);
            std::memcpy(target, &large, sizeof(large));
            return !PyErr_Occurred();
        }
        if (overflow && !is_whole) {
            const double value_as_float = PyLong_AsDouble(object);  // raises OverflowError as float() does
            return !PyErr_Occurred() && put(value_as_float);
        }
    } else {
        misfit.is_range = false;
    }
    if (!misfit.is_range) {
        misfit.what =
            std::string("a result of type '") + Py_TYPE(object)->tp_name + "' cannot be stored as " + to_string(format);
    }
    set_misfit(misfit);
    return false;
}

}  // namespace

size_t NumberRows::row_bytes() const {
    return static_cast<size_t>(width) * with_number(format, [](auto kind) { return sizeof(kind); });
}

Misfit find_misfit(const NumberRows& rows, const RunResults& results) {
    const Plan plan(rows, results);
    std::atomic<int64_t> first{results.count};
    in_chunks(results.count, 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end && i < first.load(std::memory_order_relaxed); ++i) {
            if (results.is_left_out(i) || fits_at(rows, results, plan, i)) {
                continue;
            }
            int64_t known = first.load();
            while (i < known && !first.compare_exchange_weak(known, i)) {
            }
        }
    });
    return first < results.count ? describe(rows, results, plan, first) : Misfit{};
}

void store_numbers(const NumberRows& rows, const RunResults& results) {
    const Plan plan(rows, results);
    with_number(rows.format, [&](auto kind) {
        using Target = decltype(kind);
        in_chunks(results.count, 1, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) {
                if (results.is_left_out(i)) {
                    continue;
                }
                char* target = rows.memory + results.source(i) * rows.width * static_cast<int64_t>(sizeof(Target));
                for (const BoxNode* number : plan.numbers[results.variant_at(i)]) {
                    const auto stored = with_value(*number, i, [](auto value) { return static_cast<Target>(value); });
                    std::memcpy(target, &stored, sizeof(stored));
                    target += sizeof(stored);
                }
            }
        });
    });
}

bool store_object(const NumberRows& rows, PyObject* result, char* target) {
    if (rows.is_flat) {
        return store_number(rows.format, result, target);
    }
    const bool is_list = PyList_CheckExact(result);
    if ((!is_list && !PyTuple_CheckExact(result)) || Py_SIZE(result) != rows.width) {
        PyErr_Format(PyExc_TypeError, "a result of type '%s' where out takes rows of %lld numbers",
                     Py_TYPE(result)->tp_name, static_cast<long long>(rows.width));
        return false;
    }
    const size_t step = rows.row_bytes() / static_cast<size_t>(rows.width);
    for (Py_ssize_t i = 0; i < rows.width; ++i) {
        PyObject* item = is_list ? PyList_GET_ITEM(result, i) : PyTuple_GET_ITEM(result, i);
        if (!store_number(rows.format, item, target + static_cast<size_t>(i) * step)) {
            return false;
        }
    }
    return true;
}

PyObject* tuple_of_numbers(NumberFormat format, const char* memory, int64_t count) {
    PyObject* row = PyTuple_New(count);
    const auto fill = [&](auto kind) {
        using Source = decltype(kind);
        for (int64_t i = 0; i < count; ++i) {
            Source value;
            std::memcpy(&value, memory + i * static_cast<int64_t>(sizeof(value)), sizeof(value));
            PyObject* item = nullptr;
            if constexpr (std::floating_point<Source>) {
                item = PyFloat_FromDouble(static_cast<double>(value));
            } else if constexpr (std::unsigned_integral<Source>) {
                item = PyLong_FromUnsignedLongLong(value);
            } else {
                item = PyLong_FromLongLong(value);
            }
            if (!item) {
                return false;
            }
            PyTuple_SET_ITEM(row, i, item);
        }
        return true;
    };
    if (row && !with_number(format, fill)) {
        Py_CLEAR(row);
    }
    return row;
}

}  // namespace pp::data
