#!/bin/sh
# Builds with AddressSanitizer and UndefinedBehaviorSanitizer and runs every test; then the tests
# that drive the program as users have it (label "plain"), in a build without sanitizers. Each run
# closes with ctest's summary. Installs what is missing (Debian, as root or with sudo).
#
#   sh tests/run.sh [--long] [ctest's arguments]     for example: sh tests/run.sh -R planner/
#
# --long: tests that count cases or draw seeds go on far beyond what every change is held to.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
. tests/support/packages.sh

patience=900 # seconds a test
if [ "${1-}" = --long ]; then
    export TESTS_LONG=1
    patience=86400
    shift
fi

# shellcheck disable=SC2086 # one word a package
packages_install $BUILD_PACKAGES libcmocka-dev python3 strace
# Judges in Python, only for a Python that has none: one may be ahead of Debian's on the PATH.
if command -v python3 >/dev/null && ! python3 -B -c 'import boto3' 2>/dev/null; then
    packages_install python3-botocore python3-boto3
fi
command -v aws >/dev/null || packages_install awscli

build() {
    generator=
    if [ ! -f "$1/CMakeCache.txt" ] && command -v ninja >/dev/null; then
        generator="-G Ninja"
    fi
    # shellcheck disable=SC2086 # two words, or none
    cmake --preset "$2" $generator
    cmake --build --preset "$2" --parallel "$jobs"
}

# ctest's lines as they come, but its summary only after the reasons for what was skipped.
run() {
    folder=$1
    preset=$2
    shift 2
    said=$folder/ctest
    {
        status=0
        ctest --preset "$preset" --output-on-failure --no-label-summary --parallel "$slots" \
            --timeout "$patience" "$@" || status=$?
        echo "$status" >"$said.status"
    } | {
        exec 3>&1
        : >"$said.summary"
        while IFS= read -r line; do
            case $line in
            [0-9]*'% tests passed, '*) exec 3>"$said.summary" ;;
            ' '*' Start '*) continue ;;
            esac
            printf '%s\n' "$line" >&3
        done
        sh tests/support/skipped.sh "$folder"
        cat "$said.summary"
    }
    return "$(cat "$said.status")"
}

jobs=$(nproc 2>/dev/null || echo 2)
slots=$((3 * jobs)) # of the tests: one that computes takes three
build build-sanitize sanitize
build build release

echo
echo "judges that this project did not write:"
python3 -B tests/support/judges_here.py || echo "  python3: not installed; the tests that need it are skipped"
echo

failed=0
run build-sanitize sanitize "$@" || failed=$?
run build release --label-regex plain "$@" || failed=$?
exit "$failed"
