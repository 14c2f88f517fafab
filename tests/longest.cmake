# What takes long begins first, so that no processor is idle while the last test ends: seconds, about,
# under the sanitizers. In a build that has run its tests before, ctest knows the others' itself.
function(takes seconds)
  foreach(name IN LISTS ARGN)
    if(TEST ${name})
      set_tests_properties(${name} PROPERTIES COST ${seconds})
    elseif(NOT SWITCHOVER_SANITIZE) # that build lacks those of the program as users have it
      message(FATAL_ERROR "tests/longest.cmake: there is no test ${name}")
    endif()
  endforeach()
endfunction()

takes(100 fault/kill9 fault/power)
takes(60 fault/file_errors fault/operators)
takes(45 cmd/run_live fault/seeds)
takes(35 cmd/cmd_watch e2e/all_steps_on_moto e2e/policy_on_moto providers/sandbox/wire_botocore)
takes(25 cmd/run_gates cmd/run_keys e2e/cutover_on_moto e2e/role_renewed
  providers/aws/credentials/chain_botocore providers/sandbox/server_hostile
  scenario/hostile-answers)
takes(20 e2e/credentials_renewed e2e/secrets_stay_in fault/answers fault/connections fault/drift
  fault/kills providers/aws/credentials/host_botocore providers/aws/credentials/sso_botocore
  providers/aws/retry_botocore)
takes(15 e2e/plan_throttled e2e/role_on_moto fault/freed_secrets fault/tls_cut
  providers/aws/credentials/sts_botocore providers/aws/observe_moto
  providers/sandbox/wire_aws_cli scenario/lock-holder-frozen)
takes(10 cmd/quickstart fault/lost_answers layering/headers providers/aws/client_network
  providers/aws/endpoint_botocore providers/sandbox/server_faults
  providers/sandbox/wire_signatures scenario/gates-pass support/recorder)
