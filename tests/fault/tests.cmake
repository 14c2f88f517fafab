# What can go wrong, by exhaustion where that is feasible, else by seeded sampling: each test prints
# its count. With TESTS_LONG in the environment they go on far beyond that (tests/run.sh --long).
unit_test(fault/clock LINK test_sim)
unit_test(fault/hours LINK test_sim)

# Driven with strace, which does not go together with the sanitizers: the program as users have it.
if(NOT SWITCHOVER_SANITIZE)
  set(stage scenario/stage.c scenario/stage_run.c folder.c)
  test_program(fault/kill9 SOURCES fault/leftover.c fault/strace.c ${stage}
    LINK switchover_sandbox PkgConfig::CMOCKA)
  add_test(NAME fault/kill9 COMMAND test_fault_kill9 $<TARGET_FILE:switchover>)
  set_tests_properties(fault/kill9 PROPERTIES SKIP_RETURN_CODE 77 LABELS plain TIMEOUT 900)
endif()
