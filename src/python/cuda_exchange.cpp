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

uint64_t address_of(const data::LeafView& leaf) {
    return reinterpret_cast<uintptr_t>(leaf.base);
}

/// Whether rows lie one behind the other, and so do their numbers.
bool are_dense(std::span<const data::LeafView> leaves) {
    const auto bytes = static_cast<int64_t>(data::format_bytes(leaves[0].format));
    for (size_t i = 0; i < leaves.size(); ++i) {
        const bool follows = leaves[i].base == leaves[0].base + static_cast<int64_t>(i) * bytes;
        if (!follows || leaves[i].stride != static_cast<int64_t>(leaves.size()) * bytes) return false;
    }
    return true;
}

/// A block's leaves where a device has them, from `there` on.
std::vector<data::LeafView> leaves_on_device(const data::ArrayBlock& block, const device::RemoteBlock& there) {
    std::vector<data::LeafView> leaves = block.leaves();
    for (data::LeafView& leaf : leaves)
        leaf.base = reinterpret_cast<char*>(there.address() + static_cast<uint64_t>(leaf.base - block.memory()));
    return leaves;
}

/// Between addresses of one device, queued.
void copy_there(device::RemoteMemory& place, std::span<const data::LeafView> from, std::span<const data::LeafView> to,
                int64_t count) {
    if (are_dense(from) && are_dense(to)) {
        place.copy(address_of(to[0]), address_of(from[0]), static_cast<size_t>(count * to[0].stride));
        return;
    }
    for (size_t i = 0; i < from.size(); ++i) {
        place.copy_strided({address_of(to[i]), to[i].stride}, {address_of(from[i]), from[i].stride},
                           data::format_bytes(from[i].format), count);
    }
}

}  // namespace

CudaTable::Found CudaTable::find(PyObject* object) {
    // CuPy's arrays have a buffer, which they refuse to give. NumPy's are not asked where they are.
    if (PyObject_CheckBuffer(object) && !has_interface(object)) return {};
    std::shared_ptr<CudaTable> taken(new CudaTable);
    taken->foreign_ = ForeignTensor::open(object, ForeignTensor::Place::Gpu);
    if (taken->foreign_) {
        taken->tensor_ = taken->foreign_->tensor();
        taken->is_read_only_ = taken->foreign_->is_read_only();
    } else if (!taken->take_interface(object)) {
        return {};
    }
    if (taken->tensor_.data) taken->table_ = NumberTable::over(taken->tensor_);
    const bool is_numbers = taken->table_ != nullptr;
    return {std::move(taken), is_numbers};
}

std::shared_ptr<const CudaTable> CudaTable::open(PyObject* object) {
    Found found = find(object);
    if (!found.is_numbers) return nullptr;
    found.table->make_ready();
    return std::move(found.table);
}

void CudaTable::make_ready() {
    if (!foreign_ || tensor_.device.type == dlpack::kCudaManaged)
        tensor_.device.id = cuda::ordinal_of(reinterpret_cast<uintptr_t>(tensor_.data));
    const auto stream = foreign_ ? kDefaultStream : stream_;
    if (stream) cuda::Device::get(ordinal()).adopt_stream(*stream)->wait_behind();
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
    if (!PyDict_Check(found.get())) return false;
    owner_ = Object::borrow(object);
    const Object shape = item_of(found.get(), "shape"), data = item_of(found.get(), "data");
    const auto format = format_of(item_of(found.get(), "typestr").get());
    if (item_of(found.get(), "mask") || !shape || !data || !format) return true;
    shape_ = numbers_of(shape.get());
    const Object pointer = checked(PySequence_GetItem(data.get(), 0)),
                 fixed = checked(PySequence_GetItem(data.get(), 1));
    const uint64_t address = PyLong_AsUnsignedLongLong(pointer.get());
    const int is_fixed = PyObject_IsTrue(fixed.get());
    if (PyErr_Occurred()) throw PythonError{};
    is_read_only_ = is_fixed != 0;
    if (const Object strides = item_of(found.get(), "strides")) strides_ = numbers_of(strides.get());
    const auto bytes = static_cast<int64_t>(data::format_bytes(*format));
    for (int64_t& stride : strides_) {
        if (stride % bytes != 0) return true;
        stride /= bytes;
    }
    if (const Object stream = item_of(found.get(), "stream")) {
        stream_ = PyLong_AsUnsignedLongLong(stream.get());
        if (PyErr_Occurred()) throw PythonError{};
    }
    tensor_ = {reinterpret_cast<void*>(address),
               {dlpack::kCuda, 0},
               static_cast<int32_t>(shape_.size()),
               dlpack::type_of(*format),
               shape_.data(),
               strides_.empty() ? nullptr : strides_.data(),
               0};
    return true;
}

std::shared_ptr<data::ArrayBlock> CudaTable::copy() const {
    device::RemoteMemory& place = cuda::remote_memory(ordinal());
    auto block = std::make_shared<data::ArrayBlock>(type(), count());
    if (count() == 0) return block;
    const device::RemoteBlock& there = block->residency().overwrite(place, 0, count());
    copy_there(place, table_->leaves(), leaves_on_device(*block, there), count());
    // Whose memory it is may use it for something else as soon as it is let go.
    cuda::Device::get(ordinal()).synchronize();
    return block;
}

std::shared_ptr<data::ArrayBlock> CudaTable::lend(const std::shared_ptr<const CudaTable>& table) {
    if (table->count() == 0 || !are_dense(table->leaves())) return table->copy();
    auto block = std::make_shared<data::ArrayBlock>(table->type(), table->count());
    const data::LeafView& first = table->leaves()[0];
    const auto bytes = static_cast<size_t>(table->count() * first.stride);
    block->residency().adopt(cuda::remote_memory(table->ordinal()),
                             cuda::adopt_block(table->ordinal(), address_of(first), bytes, table));
    return block;
}

void CudaTable::fill(const std::shared_ptr<const CudaTable>& table, data::ArrayBlock& block,
                     std::span<const data::LeafView> to, int64_t count) {
    device::RemoteMemory& place = cuda::remote_memory(table->ordinal());
    data::Residency& residency = block.residency();
    residency.settle();
    const std::vector<data::LeafView> here = block.leaves();
    if (!residency.is_valid_on(place, 0, count) && are_dense(here) && are_dense(to)) {
        block.before_read(0, count);
        const auto bytes = static_cast<size_t>(count * to[0].stride);
        const auto target = cuda::adopt_block(table->ordinal(), address_of(to[0]), bytes, table);
        place.upload(*target, 0, here[0].base, bytes);
    } else {
        copy_there(place, leaves_on_device(block, residency.use(place, 0, count)), to, count);
    }
    // Whatever the owner queues from now on, on whatever stream, finds it there.
    cuda::Device::get(table->ordinal()).synchronize();
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
