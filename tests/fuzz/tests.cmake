# Fuzz targets: one file and one corpus each. With SWITCHOVER_FUZZ they are libFuzzer's
# (tests/fuzz/run.sh); in every other build their corpora run as ordinary tests.
add_library(fuzz_support STATIC fuzz/fuzz.c fuzz/mutate_json.c)
target_include_directories(fuzz_support PUBLIC ${CMAKE_BINARY_DIR}/rooms/tests)
target_link_libraries(fuzz_support PUBLIC switchover_base PkgConfig::CJSON)
if(SWITCHOVER_FUZZ)
  add_custom_target(fuzz)
endif()

# fuzz_target(name SOURCES file... LINK target...)
function(fuzz_target name)
  cmake_parse_arguments(ARG "" "" "LINK;SOURCES" ${ARGN})
  add_executable(fuzz_${name} fuzz/${name}.c)
  share(fuzz_${name} ${ARG_SOURCES})
  target_link_libraries(fuzz_${name} PRIVATE fuzz_support ${ARG_LINK})
  if(SWITCHOVER_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzz fuzz_${name})
  else()
    share(fuzz_${name} fuzz/run_corpus.c)
    add_test(NAME fuzz/${name}
      COMMAND fuzz_${name} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${name})
    # A finding's last line then names the input.
    set_tests_properties(fuzz/${name} PROPERTIES
      ENVIRONMENT "ASAN_OPTIONS=abort_on_error=1;UBSAN_OPTIONS=abort_on_error=1")
  endif()
endfunction()

set(plans fuzz/plans.c planner/fixture.c planner/make.c)
set(answers fuzz/aws.c providers/aws/answers_subject.c)
set(documents fuzz/seal.c)
if(SWITCHOVER_FUZZ) # libFuzzer finds it only where it is linked for certain
  list(APPEND documents fuzz/mutate_json.c)
endif()
fuzz_target(aws_error LINK switchover_aws)
fuzz_target(check LINK switchover_checks)
target_link_options(fuzz_check PRIVATE -Wl,--wrap=aws_run)
fuzz_target(cloudwatch SOURCES ${answers} LINK switchover_aws)
fuzz_target(ecs SOURCES ${answers} LINK switchover_aws)
fuzz_target(elbv2 SOURCES ${answers} LINK switchover_aws)
fuzz_target(host_keys LINK switchover_credentials)
target_link_options(fuzz_host_keys PRIVATE
  -Wl,--wrap=credentials_ask,--wrap=credentials_read_file)
fuzz_target(live
  SOURCES ${plans} providers/aws/answers.c providers/aws/wire.c snapshot_json.c
  LINK switchover_aws PkgConfig::CMOCKA)
target_compile_definitions(fuzz_live PRIVATE TESTS_DIR="${CMAKE_CURRENT_SOURCE_DIR}")
target_link_options(fuzz_live PRIVATE ${wire_link_options})
fuzz_target(lock LINK switchover_local)
fuzz_target(planfile SOURCES ${plans} LINK switchover_planner PkgConfig::CMOCKA)
fuzz_target(profile LINK switchover_credentials)
target_link_options(fuzz_profile PRIVATE
  -Wl,--wrap=process_run,--wrap=credentials_ask,--wrap=durable_read,--wrap=durable_replace
  -Wl,--wrap=aws_run,--wrap=credentials_read_file)
fuzz_target(request LINK switchover_sandbox switchover_aws)
fuzz_target(saved_plan SOURCES ${documents} ${plans} LINK switchover_planner PkgConfig::CMOCKA)
fuzz_target(scenario LINK switchover_sandbox)
fuzz_target(state SOURCES ${documents} ${plans} LINK switchover_planner PkgConfig::CMOCKA)
