# Scenario files (scenario/script.h): each is a test that plays it with the real program.
test_program(scenario/scenario SOURCES scenario/judge.c scenario/rows.c scenario/script.c scenario/stage.c scenario/stage_run.c
  folder.c
  LINK switchover_sandbox PkgConfig::CMOCKA)
file(GLOB cases CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/scenario/cases/*.txt)
foreach(case IN LISTS cases)
  cmake_path(GET case STEM name)
  add_test(NAME scenario/${name}
    COMMAND test_scenario_scenario $<TARGET_FILE:switchover> ${case})
  set_tests_properties(scenario/${name} PROPERTIES LABELS scenario TIMEOUT 600)
endforeach()
