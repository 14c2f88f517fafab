# What can go wrong, by exhaustion where that is feasible, else by seeded sampling: each test prints
# its count. With TESTS_LONG in the environment they go on far beyond that (tests/run.sh --long).
unit_test(fault/clock LINK test_sim)
