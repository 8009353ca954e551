# What every target is compiled with: pp::options.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux" OR NOT CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    message(FATAL_ERROR "parallel_party supports Linux on x86-64 only, this is "
                        "${CMAKE_SYSTEM_NAME} on ${CMAKE_SYSTEM_PROCESSOR}")
endif()
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(pp_options INTERFACE)
add_library(pp::options ALIAS pp_options)
# Exactness: the compiler may neither contract a*b+c nor assume anything about floats.
target_compile_options(pp_options INTERFACE -march=x86-64-v2 -ffp-contract=off -fno-fast-math
    -Wall -Wextra -Wno-missing-field-initializers -ffunction-sections -fdata-sections)
if(PP_SANITIZE)
    target_compile_options(pp_options INTERFACE -fsanitize=${PP_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(pp_options INTERFACE -fsanitize=${PP_SANITIZE})
endif()
find_package(Threads REQUIRED)
target_link_libraries(pp_options INTERFACE Threads::Threads)
