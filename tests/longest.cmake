# What takes long begins first, so that no processor is idle while the last test ends: seconds, about,
# under the sanitizers. In a build that has run its tests before, ctest knows the others' itself.
function(takes seconds)
  foreach(name IN LISTS ARGN)
    if(TEST ${name})
      set_tests_properties(${name} PROPERTIES COST ${seconds})
    endif()
  endforeach()
endfunction()

takes(100 fault/operators fault/power)
takes(60 fault/file_errors fault/kill9 fault/kills)
takes(40 cmd/run_live fault/seeds)
takes(30 cmd/cmd_watch e2e/all_steps_on_moto e2e/policy_on_moto
  scenario/hostile-answers)
takes(20 cmd/run_gates cmd/run_keys e2e/role_renewed fault/answers fault/drift fault/lost_answers
  providers/sandbox/server_hostile)
takes(15 e2e/credentials_renewed e2e/cutover_on_moto e2e/plan_throttled e2e/secrets_stay_in
  fault/answers_cut fault/connections providers/aws/credentials_chain
  providers/aws/credentials_host_botocore providers/aws/retry_botocore
  providers/sandbox/wire_botocore scenario/lock-holder-frozen)
takes(10 cmd/quickstart fault/freed_secrets planner/gate_simulation planner/planfile_hostile
  providers/aws/credentials_sso providers/aws/observe_moto providers/sandbox/wire_aws_cli
  scenario/drain-unproven scenario/drift-on-the-way scenario/gates-inconclusive
  scenario/no-access)
