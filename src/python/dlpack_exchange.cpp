/// See dlpack_exchange.h.
#include "python/dlpack_exchange.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "device/cuda_remote_memory.h"
#include "python/array_object.h"

namespace pp::python {

namespace {

namespace dlpack = data::dlpack;

constexpr const char* kName = "dltensor";
constexpr const char* kUsedName = "used_dltensor";
constexpr const char* kVersionedName = "dltensor_versioned";
constexpr const char* kUsedVersionedName = "used_dltensor_versioned";

/// What an exported tensor keeps: no Python object, so that its end needs the GIL for the count of exports only.
template <typename Managed> struct Export {
    Managed managed{};
    std::shared_ptr<data::ArrayBody> body;
    bool is_on_gpu = false;
    int64_t shape[2], strides[2];

    /// Whoever consumed it may be done with it on any thread, and even when the interpreter has ended.
    static void destroy(Managed* managed) {
        auto* exported = static_cast<Export*>(managed->context);
        if (!Py_IsInitialized()) return;
        const PyGILState_STATE state = PyGILState_Ensure();
        exported->is_on_gpu ? exported->body->end_share() : exported->body->end_export();
        delete exported;
        PyGILState_Release(state);
    }
};

template <typename Managed> void destroy_unused(PyObject* capsule, const char* name) {
    if (!PyCapsule_IsValid(capsule, name)) return;
    auto* managed = static_cast<Managed*>(PyCapsule_GetPointer(capsule, name));
    managed->deleter(managed);
}

void destroy_capsule(PyObject* capsule) {
    destroy_unused<dlpack::ManagedTensor>(capsule, kName);
}

void destroy_versioned_capsule(PyObject* capsule) {
    destroy_unused<dlpack::VersionedTensor>(capsule, kVersionedName);
}

/// `ordinal`: of the GPU whose memory is exported; -1: the host's.
template <typename Managed> std::unique_ptr<Export<Managed>> export_tensor(PyObject* array, int ordinal) {
    const ArrayAccess access(array);
    const data::ElementTypeRef type = access.type();
    if (!type->is_known() || !is_table(access)) {
        throw UserError(ErrorKind::Buffer, "elements of type " + type->to_string() +
                                               " are no tensor of one dtype; export one of .columns");
    }
    auto exported = std::make_unique<Export<Managed>>();
    exported->body = reinterpret_cast<ArrayObject*>(array)->body;
    data::LeafView leaf;
    if (ordinal >= 0) {
        leaf = share_on_gpu(array, ordinal);
        exported->is_on_gpu = true;
    } else {
        exported->body->begin_export();
        leaf = access.read()[0];
    }
    const auto bytes = static_cast<int64_t>(data::format_bytes(leaf.format));
    exported->shape[0] = access.count();
    exported->shape[1] = static_cast<int64_t>(type->leaves.size());
    exported->strides[0] = leaf.stride / bytes;
    exported->strides[1] = 1;
    exported->managed.context = exported.get();
    exported->managed.deleter = Export<Managed>::destroy;
    exported->managed.tensor = {leaf.base,
                                {ordinal >= 0 ? dlpack::kCuda : dlpack::kCpu, std::max(ordinal, 0)},
                                type->is_scalar() ? 1 : 2,
                                dlpack::type_of(leaf.format),
                                exported->shape,
                                exported->strides,
                                0};
    return exported;
}

template <typename Managed>
Object capsule_of(std::unique_ptr<Export<Managed>> exported, const char* name, PyCapsule_Destructor destructor) {
    PyObject* capsule = PyCapsule_New(&exported->managed, name, destructor);
    auto* kept = exported.release();
    if (!capsule) Export<Managed>::destroy(&kept->managed);
    return checked(capsule);
}

/// Asks for version 1, and where the library is older than that for what it has. On a GPU the memory is ready for the
/// default stream.
Object call_dlpack(PyObject* object, bool is_on_gpu) {
    const Object method = checked(PyObject_GetAttrString(object, "__dlpack__"));
    const Object nothing = checked(PyTuple_New(0));
    const Object old_options = checked(is_on_gpu ? Py_BuildValue("{si}", "stream", 1) : PyDict_New());
    const Object options = checked(PyDict_Copy(old_options.get()));
    checked(PyDict_SetItemString(options.get(), "max_version", checked(Py_BuildValue("(ii)", 1, 0)).get()));
    Object capsule = Object::steal(PyObject_Call(method.get(), nothing.get(), options.get()));
    if (!capsule && PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        capsule = Object::steal(PyObject_Call(method.get(), nothing.get(), old_options.get()));
    }
    return checked(capsule.release());
}

/// (type, number) of where a tensor is; what has no tensor to give, as text of Arrow's, may raise.
std::optional<dlpack::Device> device_of(PyObject* object) {
    const Object pair = Object::steal(PyObject_CallMethod(object, "__dlpack_device__", nullptr));
    if (!pair) {
        if (!PyErr_ExceptionMatches(PyExc_Exception)) throw PythonError{};
        PyErr_Clear();
        return std::nullopt;
    }
    // CuPy's and torch's are enumerations in older versions.
    const auto item = [&pair](Py_ssize_t index) {
        const Object number = checked(PySequence_GetItem(pair.get(), index));
        const Py_ssize_t value = PyNumber_AsSsize_t(number.get(), PyExc_OverflowError);
        if (value == -1 && PyErr_Occurred()) throw PythonError{};
        return static_cast<int32_t>(value);
    };
    return dlpack::Device{item(0), item(1)};
}

}  // namespace

data::LeafView share_on_gpu(PyObject* array, int ordinal) {
    const ArrayAccess access(array);
    const uint64_t there = access.body().begin_share(device::cuda::remote_memory(ordinal));
    data::LeafView leaf = access.leaves()[0];
    const auto offset =
        reinterpret_cast<uintptr_t>(leaf.base) - reinterpret_cast<uintptr_t>(access.body().share()->memory());
    leaf.base = reinterpret_cast<char*>(there + offset);
    return leaf;
}

Object dlpack_capsule(PyObject* array, bool versioned, int ordinal) {
    if (!versioned) return capsule_of(export_tensor<dlpack::ManagedTensor>(array, ordinal), kName, destroy_capsule);
    auto exported = export_tensor<dlpack::VersionedTensor>(array, ordinal);
    exported->managed.major = 1;
    return capsule_of(std::move(exported), kVersionedName, destroy_versioned_capsule);
}

std::unique_ptr<ForeignTensor> ForeignTensor::open(PyObject* object, Place place) {
    if (!PyObject_HasAttrString(reinterpret_cast<PyObject*>(Py_TYPE(object)), "__dlpack__")) return nullptr;
    const std::optional<dlpack::Device> device = device_of(object);
    if (!device) return nullptr;
    const int32_t type = device->type;
    const bool is_on_gpu = type == dlpack::kCuda || type == dlpack::kCudaManaged;
    if (place == Place::Gpu ? !is_on_gpu : type != dlpack::kCpu && type != dlpack::kCudaHost) return nullptr;
    const Object capsule = call_dlpack(object, is_on_gpu);
    std::unique_ptr<ForeignTensor> foreign(new ForeignTensor);
    if (PyCapsule_IsValid(capsule.get(), kVersionedName)) {
        foreign->versioned_ =
            static_cast<dlpack::VersionedTensor*>(PyCapsule_GetPointer(capsule.get(), kVersionedName));
        foreign->tensor_ = &foreign->versioned_->tensor;
        checked(PyCapsule_SetName(capsule.get(), kUsedVersionedName));
        return foreign;
    }
    foreign->managed_ = static_cast<dlpack::ManagedTensor*>(PyCapsule_GetPointer(capsule.get(), kName));
    if (!foreign->managed_) throw PythonError{};
    foreign->tensor_ = &foreign->managed_->tensor;
    checked(PyCapsule_SetName(capsule.get(), kUsedName));
    return foreign;
}

ForeignTensor::~ForeignTensor() {
    if (managed_ && managed_->deleter) managed_->deleter(managed_);
    if (versioned_ && versioned_->deleter) versioned_->deleter(versioned_);
}

}  // namespace pp::python
