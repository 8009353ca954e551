/// See dlpack_exchange.h.
#include "python/dlpack_exchange.h"

#include "base/error.h"
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
    int64_t shape[2], strides[2];

    /// Whoever consumed it may be done with it on any thread, and even when the interpreter has ended.
    static void destroy(Managed* managed) {
        auto* exported = static_cast<Export*>(managed->context);
        if (!Py_IsInitialized()) return;
        const PyGILState_STATE state = PyGILState_Ensure();
        exported->body->end_export();
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

template <typename Managed> std::unique_ptr<Export<Managed>> export_tensor(PyObject* array) {
    const ArrayAccess access(array);
    const data::ElementTypeRef type = access.type();
    if (!type->is_known() || !is_table(access)) {
        throw UserError(ErrorKind::Buffer, "elements of type " + type->to_string() +
                                               " are no tensor of one dtype; export one of .columns");
    }
    auto exported = std::make_unique<Export<Managed>>();
    exported->body = reinterpret_cast<ArrayObject*>(array)->body;
    exported->body->begin_export();
    const data::LeafView leaf = access.read()[0];
    const auto bytes = static_cast<int64_t>(data::format_bytes(leaf.format));
    exported->shape[0] = access.count();
    exported->shape[1] = static_cast<int64_t>(type->leaves.size());
    exported->strides[0] = leaf.stride / bytes;
    exported->strides[1] = 1;
    exported->managed.context = exported.get();
    exported->managed.deleter = Export<Managed>::destroy;
    exported->managed.tensor = {leaf.base,
                                {dlpack::kCpu, 0},
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

/// Asks for version 1, and where the library is older than that for what it has.
Object call_dlpack(PyObject* object) {
    const Object method = checked(PyObject_GetAttrString(object, "__dlpack__"));
    const Object nothing = checked(PyTuple_New(0));
    const Object options = checked(Py_BuildValue("{s(ii)}", "max_version", 1, 0));
    Object capsule = Object::steal(PyObject_Call(method.get(), nothing.get(), options.get()));
    if (!capsule && PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        capsule = Object::steal(PyObject_Call(method.get(), nothing.get(), nullptr));
    }
    return checked(capsule.release());
}

}  // namespace

Object dlpack_capsule(PyObject* array, bool versioned) {
    if (!versioned) return capsule_of(export_tensor<dlpack::ManagedTensor>(array), kName, destroy_capsule);
    auto exported = export_tensor<dlpack::VersionedTensor>(array);
    exported->managed.major = 1;
    return capsule_of(std::move(exported), kVersionedName, destroy_versioned_capsule);
}

std::unique_ptr<ForeignTensor> ForeignTensor::open(PyObject* object) {
    if (!PyObject_HasAttrString(reinterpret_cast<PyObject*>(Py_TYPE(object)), "__dlpack__")) return nullptr;
    const Object device = checked(PyObject_CallMethod(object, "__dlpack_device__", nullptr));
    int type = 0, number = 0;
    if (!PyArg_ParseTuple(device.get(), "ii", &type, &number)) {
        PyErr_Clear();  // CuPy's and torch's are enumerations in older versions
        const Object first = checked(PySequence_GetItem(device.get(), 0));
        type = static_cast<int>(PyNumber_AsSsize_t(first.get(), PyExc_OverflowError));
        if (PyErr_Occurred()) throw PythonError{};
    }
    if (type != dlpack::kCpu && type != dlpack::kCudaHost) return nullptr;
    const Object capsule = call_dlpack(object);
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
