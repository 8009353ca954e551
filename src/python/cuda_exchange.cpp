/// See cuda_exchange.h.
#include "python/cuda_exchange.h"

#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "device/cuda_device.h"
#include "device/cuda_remote_memory.h"
#include "python/array_class.h"
#include "python/array_object.h"
#include "python/values.h"

namespace pp::python {

namespace {

namespace cuda = device::cuda;
namespace dlpack = data::dlpack;

constexpr uint64_t kDefaultStream = 1;  // of __cuda_array_interface__ and DLPack

/// Item `name` of a dict, or null where it is not there or None.
Object item_of(PyObject* dict, const char* name) {
    const Object key = to_python(name);
    PyObject* value = PyDict_GetItemWithError(dict, key.get());
    if (!value && PyErr_Occurred()) throw PythonError{};
    return value == Py_None ? Object() : Object::borrow(value);
}

std::vector<int64_t> numbers_of(PyObject* tuple) {
    std::vector<int64_t> numbers;
    const Object items = checked(PySequence_Tuple(tuple));
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(items.get()); ++i) {
        numbers.push_back(PyLong_AsLongLong(PyTuple_GET_ITEM(items.get(), i)));
        if (PyErr_Occurred()) throw PythonError{};
    }
    return numbers;
}

/// "<f8", "|b1"; nothing where it is no number as the library stores it.
std::optional<data::NumberFormat> format_of(PyObject* text) {
    const char* code = text ? PyUnicode_AsUTF8(text) : nullptr;
    if (!code) {
        PyErr_Clear();
        return std::nullopt;
    }
    const std::string_view name(code);
    for (const data::NumberFormat format : data::kNumberFormats) {
        const dlpack::DataType type = dlpack::type_of(format);
        const char letter = type.code == 6 ? 'b' : type.code == 2 ? 'f' : type.code == 1 ? 'u' : 'i';
        if (name.size() == 3 && name[0] != '>' && name[1] == letter && name[2] - '0' == type.bits / 8) return format;
    }
    return std::nullopt;
}

/// Runs no Python code.
bool has_interface(PyObject* object) {
    return PyObject_HasAttrString(reinterpret_cast<PyObject*>(Py_TYPE(object)), "__cuda_array_interface__");
}

std::vector<data::LeafView> leaves_of(const data::ArrayBlock& block) {
    std::vector<data::LeafView> leaves;
    for (size_t i = 0; i < block.type()->leaves.size(); ++i)
        leaves.push_back(block.leaf(i));
    return leaves;
}

uint64_t address_of(const data::LeafView& leaf) {
    return reinterpret_cast<uintptr_t>(leaf.base);
}

}  // namespace

std::shared_ptr<const CudaTable> CudaTable::open(PyObject* object) {
    // CuPy's arrays have a buffer, which they refuse to give. NumPy's are not asked where they are.
    if (PyObject_CheckBuffer(object) && !has_interface(object)) return nullptr;
    std::shared_ptr<CudaTable> taken(new CudaTable);
    taken->foreign_ = ForeignTensor::open(object, ForeignTensor::Place::Gpu);
    if (taken->foreign_) {
        taken->tensor_ = taken->foreign_->tensor();
        if (taken->tensor_.device.type == dlpack::kCudaManaged)
            taken->tensor_.device.id = cuda::ordinal_of(reinterpret_cast<uintptr_t>(taken->tensor_.data));
        cuda::Device::get(taken->ordinal()).adopt_stream(kDefaultStream)->wait_behind();
    } else if (!taken->take_interface(object)) {
        return nullptr;
    }
    taken->table_ = NumberTable::over(taken->tensor_);
    return taken->table_ ? std::move(taken) : nullptr;
}

bool CudaTable::take_interface(PyObject* object) {
    if (!has_interface(object)) return false;
    const Object found = Object::steal(PyObject_GetAttrString(object, "__cuda_array_interface__"));
    if (!found) {
        // As with torch's tensors on the host.
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) throw PythonError{};
        PyErr_Clear();
        return false;
    }
    if (!PyDict_Check(found.get()) || item_of(found.get(), "mask")) return false;
    const Object shape = item_of(found.get(), "shape"), data = item_of(found.get(), "data");
    const auto format = format_of(item_of(found.get(), "typestr").get());
    if (!shape || !data || !format) return false;
    shape_ = numbers_of(shape.get());
    const Object pointer = checked(PySequence_GetItem(data.get(), 0));
    const uint64_t address = PyLong_AsUnsignedLongLong(pointer.get());
    if (PyErr_Occurred()) throw PythonError{};
    if (const Object strides = item_of(found.get(), "strides")) strides_ = numbers_of(strides.get());
    const auto bytes = static_cast<int64_t>(data::format_bytes(*format));
    for (int64_t& stride : strides_) {
        if (stride % bytes != 0) return false;
        stride /= bytes;
    }
    if (address == 0) return false;  // of no elements
    tensor_ = {reinterpret_cast<void*>(address),
               {dlpack::kCuda, cuda::ordinal_of(address)},
               static_cast<int32_t>(shape_.size()),
               dlpack::type_of(*format),
               shape_.data(),
               strides_.empty() ? nullptr : strides_.data(),
               0};
    owner_ = Object::borrow(object);
    if (const Object stream = item_of(found.get(), "stream")) {
        const uint64_t handle = PyLong_AsUnsignedLongLong(stream.get());
        if (PyErr_Occurred()) throw PythonError{};
        cuda::Device::get(ordinal()).adopt_stream(handle)->wait_behind();
    }
    return true;
}

bool CudaTable::is_dense() const {
    const std::vector<data::LeafView>& leaves = table_->leaves();
    const auto bytes = static_cast<int64_t>(data::format_bytes(leaves[0].format));
    for (size_t i = 0; i < leaves.size(); ++i) {
        const bool follows = leaves[i].base == leaves[0].base + static_cast<int64_t>(i) * bytes;
        if (!follows || leaves[i].stride != static_cast<int64_t>(leaves.size()) * bytes) return false;
    }
    return true;
}

std::shared_ptr<data::ArrayBlock> CudaTable::copy() const {
    device::RemoteMemory& place = cuda::remote_memory(ordinal());
    auto block = std::make_shared<data::ArrayBlock>(type(), count());
    if (count() == 0) return block;
    auto& there = const_cast<device::RemoteBlock&>(block->residency().overwrite(place, 0, count()));
    const std::vector<data::LeafView> from = table_->leaves(), to = leaves_of(*block);
    const uint64_t here = reinterpret_cast<uintptr_t>(block->memory());
    if (is_dense()) {
        place.copy(there.address(), address_of(from[0]), static_cast<size_t>(count() * to[0].stride));
    } else {
        for (size_t i = 0; i < from.size(); ++i) {
            const uint64_t target = there.address() + (address_of(to[i]) - here);
            place.copy_strided({target, to[i].stride}, {address_of(from[i]), from[i].stride},
                               data::format_bytes(from[i].format), count());
        }
    }
    // Whose memory it is may use it for something else as soon as it is let go.
    cuda::Device::get(ordinal()).synchronize();
    return block;
}

std::shared_ptr<data::ArrayBlock> CudaTable::lend(const std::shared_ptr<const CudaTable>& table) {
    if (table->count() == 0 || !table->is_dense()) return table->copy();
    auto block = std::make_shared<data::ArrayBlock>(table->type(), table->count());
    const data::LeafView& first = table->table_->leaves()[0];
    const auto bytes = static_cast<size_t>(table->count() * first.stride);
    block->residency().adopt(cuda::remote_memory(table->ordinal()),
                             cuda::adopt_block(table->ordinal(), address_of(first), bytes, table));
    return block;
}

Object cuda_memory_layout(PyObject* array, int ordinal) {
    if (!is_table(ArrayAccess(array))) {
        throw UserError(ErrorKind::Buffer, "elements of type " + ArrayAccess(array).type()->to_string() +
                                               " are no array of one dtype; export one of .columns");
    }
    const data::LeafView leaf = share_on_gpu(array, ordinal);
    cuda::Device::get(ordinal).synchronize();
    const bool is_row = !ArrayAccess(array).type()->is_scalar();
    return to_python(std::make_tuple(address_of(leaf), leaf.stride, data::format_bytes(leaf.format), is_row));
}

}  // namespace pp::python
