#!/bin/sh
# Runs the fuzz targets with libFuzzer, one after the other, and says for each what it did. What is
# found lies in build-fuzz/found/; what reaches new code in build-fuzz/corpus/NAME, from where the
# next run goes on. Installs what is missing (Debian, as root or with sudo).
#
#   sh tests/fuzz/run.sh [NAME [SECONDS]]      all targets: sh tests/fuzz/run.sh all 3600
#   sh tests/fuzz/run.sh NAME FILE             one input again
#   sh tests/fuzz/run.sh NAME merge            the smallest inputs with the same coverage, into
#                                              tests/fuzz/corpus/NAME
#   sh tests/fuzz/run.sh seeds                 saved plans and states for the corpora, made anew
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$root"
. tests/support/packages.sh

name=${1-all}
what=${2-600}
built=build-fuzz

# shellcheck disable=SC2086 # one word a package
packages_install $BUILD_PACKAGES libcmocka-dev clang libclang-rt-14-dev
generator=
if [ ! -f $built/CMakeCache.txt ] && command -v ninja >/dev/null; then
    generator="-G Ninja"
fi
# shellcheck disable=SC2086 # two words, or none
cmake --preset fuzz $generator >/dev/null
cmake --build --preset fuzz --parallel "$(nproc 2>/dev/null || echo 2)"

if [ "$name" = seeds ]; then
    cmake --build $built --parallel "$(nproc 2>/dev/null || echo 2)" --target switchover
    PYTHONPATH=tests/support python3 -B tests/fuzz/seeds.py $built/cmd/switchover
    exit
fi

names=$name
[ "$name" != all ] || names=$(ls tests/fuzz/corpus)

fuzz() { # NAME ARGUMENT...
    target=$1
    shift
    mkdir -p $built/found "$built/corpus/$target"
    # One input may take five seconds and 200 MB at once: what takes more is a finding.
    "$built/tests/fuzz_$target" -timeout=5 -rss_limit_mb=1024 -malloc_limit_mb=200 \
        -artifact_prefix="$built/found/$target-" "$@"
}

run() { # NAME: the last line says how many inputs, and how much code they reach
    dictionary=tests/fuzz/dictionary/$1
    longest=4096
    for input in "tests/fuzz/corpus/$1"/*; do
        bytes=$(wc -c <"$input")
        [ "$bytes" -le "$longest" ] || longest=$bytes
    done
    echo "$1: $what s"
    fuzz "$1" -max_total_time="$what" -max_len="$longest" -dict="$dictionary" \
        "$built/corpus/$1" "tests/fuzz/corpus/$1" >"$built/$1.log" 2>&1 || {
        tail -n 30 "$built/$1.log"
        return 1
    }
    sed -n 's/.*DONE *//p; s/^Done /Done /p' "$built/$1.log"
}

status=0
for each in $names; do
    case $what in
    *[!0-9]*)
        if [ "$what" = merge ]; then
            fuzz "$each" -merge=1 "tests/fuzz/corpus/$each" "$built/corpus/$each"
        else
            fuzz "$each" "$what"
        fi
        ;;
    *) run "$each" || status=1 ;;
    esac
done
exit $status
