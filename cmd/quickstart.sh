#!/bin/sh
# A whole switchover and back on an AWS stand-in on this machine: builds the tool, starts its sandbox
# on a free loopback port, carries plans/quickstart.yaml out and takes it back, naming the step of
# the runbook at each command. Needs no AWS account; leaves nothing running and the checkout clean.
#
#   sh cmd/quickstart.sh [PROGRAM]      with a switchover that is built already, nothing is built
set -eu
tool=${1:-}
case $tool in */*) tool=$(CDPATH='' cd -- "$(dirname -- "$tool")" && pwd)/${tool##*/} ;; esac
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
. tests/support/packages.sh

SPEED=180        # simulated seconds in a real one
READY_WITHIN=100 # tenths of a second
plan=plans/quickstart.yaml

work=
sandbox=
finish() {
    status=$?
    trap - EXIT INT TERM HUP
    if [ -n "$sandbox" ]; then
        kill "$sandbox" 2>/dev/null || :
        wait "$sandbox" 2>/dev/null || :
    fi
    [ -z "$work" ] || rm -rf "$work"
    [ "$status" -eq 0 ] || echo "quickstart: ended with exit code $status" >&2
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

say() {
    printf '\n== %s\n' "$*"
}

run() { # a command as one would type it
    printf '\n$ switchover %s\n\n' "$*"
    "$tool" "$@"
}

build() {
    # shellcheck disable=SC2086 # one word a package
    packages_install $BUILD_PACKAGES
    options=
    if [ ! -f build/CMakeCache.txt ] && command -v ninja >/dev/null; then
        options="-G Ninja"
    fi
    # The tests need more than the tool does; the next `cmake --preset release` has them again.
    pkg-config --exists cmocka || options="$options -DBUILD_TESTING=OFF"
    # shellcheck disable=SC2086 # words, or none
    if ! cmake --preset release $options >"$work/build.log" 2>&1 ||
        ! cmake --build --preset release --target switchover \
            --parallel "$(nproc 2>/dev/null || echo 2)" >>"$work/build.log" 2>&1; then
        tail -n 40 "$work/build.log" >&2
        exit 1
    fi
    tool=$root/build/cmd/switchover
}

start_sandbox() {
    "$tool" sandbox --speed "$SPEED" >"$work/environment" 2>"$work/sandbox.log" &
    sandbox=$!
    tenths=0
    until grep -q '^# ready' "$work/environment"; do
        if ! kill -0 "$sandbox" 2>/dev/null || [ "$tenths" -ge "$READY_WITHIN" ]; then
            cat "$work/sandbox.log" >&2
            echo "quickstart: the sandbox did not start" >&2
            exit 1
        fi
        sleep 0.1
        tenths=$((tenths + 1))
    done
    unset AWS_PROFILE AWS_SESSION_TOKEN AWS_ENDPOINT_URL_ECS AWS_ENDPOINT_URL_CLOUDWATCH \
        AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2 AWS_CA_BUNDLE
    export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
    # shellcheck disable=SC1091 # written a moment ago
    . "$work/environment"
    export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
}

# The default action as AWS gives it, every byte of it.
routing() {
    "$tool" status "$plan" --state "$state" --json |
        sed -n '/"default_actions": \[/,/^    \]/p'
}

work=$(mktemp -d)
state=$work/quickstart.state.json

if [ -z "$tool" ]; then
    say "Building (the first time takes a little longer)"
    build
fi
"$tool" version

say "An AWS stand-in, $SPEED times as fast as the clock"
start_sandbox
sed -n 's/^export \(AWS_ENDPOINT_URL\|SWITCHOVER_CLOCK\)=/  \1 /p' "$work/environment"
routing >"$work/before"

say "Is the plan file readable? (offline)"
run validate "$plan"

say "What would happen? (runbook steps 1 to 9: look before you touch)"
run plan "$plan" --state "$state" --out "$work/saved.plan"

say "Carry exactly that out (steps 2, 6, 10 to 12)"
run apply "$work/saved.plan" --state "$state" --auto-approve

say "Who gets the traffic now? (step 12)"
run status "$plan" --state "$state"

say "Take it back (Fallback)"
run revert "$plan" --state "$state" --auto-approve

say "Is everything as it was?"
routing >"$work/after"
if ! [ -s "$work/before" ] || ! cmp "$work/before" "$work/after"; then
    echo "quickstart: the default action is not what it was" >&2
    exit 1
fi
echo "The listener's default action is byte for byte what it was:"
cat "$work/after"
