# The interpreter that the extension is built for, and a way to ask it questions.
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)

# Sets `variable` to what the interpreter prints when called with the further arguments.
function(pp_python_output variable)
    execute_process(COMMAND ${Python_EXECUTABLE} ${ARGN} OUTPUT_VARIABLE output RESULT_VARIABLE failed
                    OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(failed)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "'${Python_EXECUTABLE} ${command}' failed: install the build requirements of pyproject.toml")
    endif()
    set(${variable} ${output} PARENT_SCOPE)
endfunction()
