foreach(name args diagnose escape exit_code help interrupt page prompt)
  unit_test(cmd/${name} LINK switchover_cmd)
endforeach()
