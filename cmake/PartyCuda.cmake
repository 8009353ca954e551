# NVIDIA's device libraries and our own GPU kernels, embedded as data. Nothing of CUDA is linked.
set(PP_GPU_KERNELS "" CACHE FILEPATH "A fat binary of src/device/gpu_kernels.cu built before, instead of building it")
pp_python_output(PP_CUDA_ROOT -c "print(list(__import__('nvidia.cu13').cu13.__path__)[0])")
set(PP_LIBDEVICE ${PP_CUDA_ROOT}/nvvm/libdevice/libdevice.10.bc)
set(PP_NVCC ${PP_CUDA_ROOT}/bin/nvcc)

# Puts the bytes of `file` into `target` as `const unsigned char symbol[]`, with `symbol_end` behind them.
function(pp_embed target symbol file)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.S)
    file(CONFIGURE OUTPUT ${source} CONTENT [[
.section .rodata
.hidden @symbol@
.global @symbol@
.balign 16
@symbol@:
.incbin "@file@"
.hidden @symbol@_end
.global @symbol@_end
@symbol@_end:
.byte 0
.section .note.GNU-stack,"",%progbits
]] @ONLY)
    set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${file})
    target_sources(${target} PRIVATE ${source})
endfunction()

# What generated kernels call.
function(pp_embed_gpu_library target)
    pp_embed(${target} pp_libdevice_bitcode ${PP_LIBDEVICE})
    pp_embed(${target} pp_gpu_memory_ir ${PROJECT_SOURCE_DIR}/src/codegen/gpu_memory.ll)
endfunction()

# src/device/gpu_kernels.cu -> one fat binary: machine code for compute capability 7.5 to 9.0, PTX for what comes later.
function(pp_embed_gpu_kernels target)
    set(source ${PROJECT_SOURCE_DIR}/src/device/gpu_kernels.cu)
    if(NOT EXISTS ${source})
        return()
    endif()
    if(PP_GPU_KERNELS)
        pp_embed(${target} pp_gpu_kernels ${PP_GPU_KERNELS})
        return()
    endif()
    set(binary ${CMAKE_CURRENT_BINARY_DIR}/gpu_kernels.fatbin)
    add_custom_command(OUTPUT ${binary} DEPENDS ${source}
        COMMAND ${PP_NVCC} -fatbin -O3 -std=c++17 -ccbin ${CMAKE_CXX_COMPILER} -I${PROJECT_SOURCE_DIR}/src
            -gencode arch=compute_75,code=sm_75 -gencode arch=compute_80,code=sm_80
            -gencode arch=compute_90,code=sm_90 -gencode arch=compute_90,code=compute_90
            -o ${binary} ${source}
        COMMENT "Compiling the GPU kernels" VERBATIM)
    pp_embed(${target} pp_gpu_kernels ${binary})
endfunction()
