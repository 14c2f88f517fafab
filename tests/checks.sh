#!/bin/sh
# The static checks, each by name; all run, and what failed is listed at the end. Installs what is
# missing (Debian, as root or with sudo).
#
#   sh tests/checks.sh [NAME...]      for example: sh tests/checks.sh format complexity
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
. tests/support/packages.sh

# shellcheck disable=SC2086 # one word a package
packages_install $BUILD_PACKAGES binutils libcmocka-dev clang-format-14 clang-tidy cppcheck \
    pmccabe shellcheck python3

build=build
generator=
if [ ! -f $build/CMakeCache.txt ] && command -v ninja >/dev/null; then
    generator="-G Ninja"
fi
mkdir -p $build
report=$build/check.report
# shellcheck disable=SC2086 # two words, or none
{
    cmake --preset release $generator &&
        cmake --build --preset release --parallel "$(nproc 2>/dev/null || echo 2)"
} >"$report" 2>&1 || {
    tail -n 40 "$report"
    echo "the checks need a build, and there is none"
    exit 1
}

all="symbols headers includes listed mirrored length complexity bugs text
format analyzer tidy cppcheck shell python"
passed=0
failed=
skipped=

command_of() {
    case $1 in
    symbols | headers) echo "layering.sh $1 $build" ;;
    includes) echo "layering.sh $1" ;;
    listed) echo "house.sh $1 $build" ;;
    mirrored | length | complexity | bugs | text) echo "house.sh $1" ;;
    analyzer | tidy | cppcheck) echo "code.sh $1 $build" ;;
    format | shell | python) echo "code.sh $1" ;;
    *) echo "checks.sh: no check is called $1 (there are: $all)" >&2 && exit 1 ;;
    esac
}

# shellcheck disable=SC2086 # one word a check
[ $# -gt 0 ] || set -- $all
for name in "$@"; do
    command=$(command_of "$name")
    status=0
    # shellcheck disable=SC2086 # a script and its arguments
    sh tests/checks/$command >"$report" 2>&1 || status=$?
    case $status in
    0) passed=$((passed + 1)) && echo "ok       $name" ;;
    77) skipped="$skipped $name" && echo "skipped  $name: $(cat "$report")" ;;
    *)
        failed="$failed $name"
        echo "FAILED   $name"
        sed 's/^/         /' "$report"
        ;;
    esac
done
rm -f "$report"

count() {
    echo $#
}
[ -z "$failed" ] || printf '\nfailed:%s\n' "$failed"
# shellcheck disable=SC2086 # one word a check
echo "$passed passed, $(count $failed) failed, $(count $skipped) skipped"
[ -z "$failed" ]
