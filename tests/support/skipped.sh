#!/bin/sh
# Prints which tests of ctest's last run were skipped, each with the reason that it gave.
#   skipped.sh BUILD_DIR
set -eu
log=$1/Testing/Temporary/LastTest.log
[ -f "$log" ] || log=$log.tmp # while ctest still writes
[ -f "$log" ] || exit 0
awk '
    /^[0-9]+\/[0-9]+ Test: / { test = $3; reason = "" }
    /^skipped: /             { reason = substr($0, 10) }
    /^Test Skipped/ || /^Test time/ && reason != "" {
        if (!head++) print "\nskipped, not passed:"
        print "  " test ": " reason
        reason = ""
    }' "$log"
