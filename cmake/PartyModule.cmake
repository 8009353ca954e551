# The extension parallel_party._core: only PyInit__core is visible, libstdc++ and LLVM are inside.
file(GLOB module_sources CONFIGURE_DEPENDS src/python/*.cpp)
Python_add_library(_core MODULE WITH_SOABI ${module_sources})
target_link_libraries(_core PRIVATE pp_engine pp_data pp_device pp_codegen pp_passes pp_frontend pp_ir pp_base pp::options)
target_link_options(_core PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/module.map -Wl,--exclude-libs,ALL
    -Wl,--build-id=sha1 -Wl,--gc-sections -Wl,-Bsymbolic -static-libstdc++ -static-libgcc
    -Wl,-T,${PROJECT_SOURCE_DIR}/cmake/call_path.ld $<$<AND:$<CONFIG:Release>,$<NOT:$<BOOL:${PP_SYMBOLS}>>>:-Wl,-s>)
set_target_properties(_core PROPERTIES
    LINK_DEPENDS "${PROJECT_SOURCE_DIR}/cmake/module.map;${PROJECT_SOURCE_DIR}/cmake/call_path.ld")
install(TARGETS _core LIBRARY DESTINATION parallel_party)
