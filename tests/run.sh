#!/bin/sh
# Builds with AddressSanitizer and UndefinedBehaviorSanitizer, runs every test, and closes with
# ctest's summary. Installs what is missing (Debian, as root or with sudo).
#
#   sh tests/run.sh [ctest's arguments]        for example: sh tests/run.sh -R planner/
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
. tests/support/packages.sh

# shellcheck disable=SC2086 # one word a package
packages_install $BUILD_PACKAGES libcmocka-dev python3
# Judges in Python, only for a Python that has none: one may be ahead of Debian's on the PATH.
if command -v python3 >/dev/null && ! python3 -B -c 'import boto3' 2>/dev/null; then
    packages_install python3-botocore python3-boto3
fi
command -v aws >/dev/null || packages_install awscli

generator=
if [ ! -f build-sanitize/CMakeCache.txt ] && command -v ninja >/dev/null; then
    generator="-G Ninja"
fi
jobs=$(nproc 2>/dev/null || echo 2)
# shellcheck disable=SC2086 # two words, or none
cmake --preset sanitize $generator
cmake --build --preset sanitize --parallel "$jobs"

echo
echo "judges that this project did not write:"
python3 -B tests/support/judges_here.py || echo "  python3: not installed; the tests that need it are skipped"
echo

# ctest's lines as they come, but its summary only after the reasons for what was skipped.
said=build-sanitize/ctest
{
    status=0
    ctest --preset sanitize --output-on-failure --no-label-summary --parallel "$jobs" "$@" ||
        status=$?
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
    sh tests/support/skipped.sh build-sanitize
    cat "$said.summary"
}
exit "$(cat "$said.status")"
