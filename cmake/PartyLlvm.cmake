# pp::llvm: the static LLVM of the package mlc-llvm-static, x86 and NVPTX only.
pp_python_output(LLVM_DIR -m mlc_llvm_static.config --cmake-dir)
pp_python_output(PP_LLVM_PREFIX -m mlc_llvm_static.config --prefix)
list(PREPEND CMAKE_PREFIX_PATH ${PP_LLVM_PREFIX})
set(ZLIB_USE_STATIC_LIBS ON)
find_package(LLVM CONFIG REQUIRED)
message(STATUS "LLVM ${LLVM_VERSION}")

llvm_map_components_to_libnames(PP_LLVM_LIBRARIES core orcjit passes linker irreader bitreader ipo
    x86codegen x86desc x86info nvptxcodegen nvptxdesc nvptxinfo)
add_library(pp_llvm INTERFACE)
add_library(pp::llvm ALIAS pp_llvm)
target_include_directories(pp_llvm SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
target_link_libraries(pp_llvm INTERFACE ${PP_LLVM_LIBRARIES})
# LLVM is built without run-time type information.
target_compile_options(pp_llvm INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>)
