# What can go wrong, by exhaustion where that is feasible, else by seeded sampling: each test prints
# its count. With TESTS_LONG in the environment they go on far beyond that (tests/run.sh --long).
unit_test(fault/clock LINK test_sim)
unit_test(fault/drift SOURCES fault/changes.c LINK test_sim)
unit_test(fault/hours LINK test_sim)
unit_test(fault/kills SOURCES fault/kill_tree.c LINK test_sim)
unit_test(fault/lost_answers LINK test_sim switchover_cmd)
unit_test(fault/recorded SOURCES fault/changes.c LINK test_sim)
unit_test(fault/seeds SOURCES fault/story_faults.c fault/story_judge.c
  LINK test_sim switchover_cmd)
if(NOT SWITCHOVER_SANITIZE) # there they tell the most
  set_tests_properties(fault/kills fault/seeds PROPERTIES LABELS plain)
endif()

# Driven with strace and with a preloaded library, which do not go together with the sanitizers: the
# program as users have it.
if(NOT SWITCHOVER_SANITIZE)
  set(short fault/leftover.c fault/short_cutover.c scenario/stage.c scenario/stage_run.c folder.c)
  test_program(fault/kill9 SOURCES fault/strace.c ${short} LINK switchover_sandbox PkgConfig::CMOCKA)
  add_test(NAME fault/kill9 COMMAND test_fault_kill9 $<TARGET_FILE:switchover>)
  add_library(test_fault_file_faults MODULE fault/file_faults.c)
  target_include_directories(test_fault_file_faults PRIVATE ${CMAKE_BINARY_DIR}/rooms/tests)
  target_compile_options(test_fault_file_faults PRIVATE -U_FORTIFY_SOURCE)
  add_library(test_fault_freed_secrets MODULE fault/freed_secrets.c)
  target_compile_options(test_fault_freed_secrets PRIVATE -U_FORTIFY_SOURCE)
  test_program(fault/file_errors SOURCES ${short} LINK switchover_sandbox PkgConfig::CMOCKA)
  add_test(NAME fault/file_errors COMMAND test_fault_file_errors $<TARGET_FILE:switchover>
    $<TARGET_FILE:test_fault_file_faults>)
  set_tests_properties(fault/kill9 fault/file_errors PROPERTIES
    SKIP_RETURN_CODE 77 LABELS plain)
  computes(fault/kill9 fault/file_errors)
endif()

# The network's faults: the whole program, with a shorter patience, against the sandbox through a
# proxy that breaks what it is told to.
test_program(fault/impatient SOURCES ${CMAKE_SOURCE_DIR}/cmd/main.c LINK switchover_cmd)
target_link_options(test_fault_impatient PRIVATE
  -Wl,--wrap=http_client_new,--wrap=retry_wait_ms,--wrap=local_clock_monotonic_now)
add_library(test_wire_stage STATIC fault/answer_shape.c fault/faulty_proxy.c fault/key_source.c
  fault/operation_name.c fault/wire_judge.c fault/wire_stage.c fault/wire_story.c fault/wire_verb.c
  fault/workers.c folder.c loopback.c)
target_include_directories(test_wire_stage PRIVATE ${CMAKE_BINARY_DIR}/rooms/tests)
target_link_libraries(test_wire_stage PUBLIC switchover_sandbox PkgConfig::CMOCKA Threads::Threads)
foreach(name answers connections)
  test_program(fault/${name} LINK test_wire_stage)
  add_test(NAME fault/${name}
    COMMAND test_fault_${name} $<TARGET_FILE:test_fault_impatient>)
  computes(fault/${name}) # several workers of its own
endforeach()
unit_test(fault/keys_cut SOURCES fault/key_source.c fault/operation_name.c folder.c
  LINK switchover_checks switchover_credentials)
target_link_options(test_fault_keys_cut PRIVATE
  -Wl,--wrap=http_run,--wrap=http_start,--wrap=http_next)
unit_test(fault/tls_cut SOURCES bench/certificate.c
  LINK switchover_aws PkgConfig::SSL Threads::Threads)
unit_test(fault/answers_cut SOURCES providers/aws/answers.c providers/aws/answers_subject.c LINK switchover_aws)

# The state's folder as a power loss may leave it: every one that is reachable.
plain_test(fault/power fault/power.py TARGETS switchover)
if(TEST fault/power)
  computes(fault/power)
endif()

# What is left of secrets in memory that was given back.
plain_test(fault/freed_secrets fault/freed_secrets.py TARGETS switchover
  test_fault_freed_secrets)

# The real commands, wired to a simulated AWS and clock.
unit_test(fault/operators SOURCES fault/meetings.c fault/operator.c fault/schedule.c folder.c
  LINK test_sim switchover_cmd Threads::Threads)
target_link_options(test_fault_operators PRIVATE
  -Wl,--wrap=wire_open,--wrap=aws_client_region,--wrap=git_provenance,--wrap=local_store_open
  -Wl,--wrap=local_store_close,--wrap=plan_make,--wrap=inverse_make,--wrap=view_text_plan)
if(NOT SWITCHOVER_SANITIZE) # one more pre-emption
  set_tests_properties(fault/operators PROPERTIES LABELS plain)
endif()
