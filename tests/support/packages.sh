# shellcheck shell=sh
# Debian packages for the test scripts: `. tests/support/packages.sh`, then packages_install NAME...
# installs those that are missing, where there is apt-get and we may use it. Elsewhere it says what
# is needed and the script goes on with what is there. Never fails.

# What a build needs.
# shellcheck disable=SC2034 # for those who read this file
BUILD_PACKAGES="gcc libc6-dev make ninja-build cmake pkg-config git ca-certificates
libcurl4-openssl-dev libyaml-dev libcjson-dev libssl-dev libgit2-dev libexpat1-dev
libmicrohttpd-dev libinih-dev"

packages_missing() {
    for package in "$@"; do
        dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null |
            grep -q '^install ok installed$' || printf '%s ' "$package"
    done
}

packages_install() {
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        echo "no apt-get here; needed, by their Debian names: $*"
        return 0
    fi
    missing=$(packages_missing "$@")
    [ -n "$missing" ] || return 0
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            echo "missing, and not ours to install (no root): $missing"
            return 0
        fi
        as_root=sudo
    fi
    echo "installing: $missing"
    # Package lists on a new machine are empty or old, so a first failure is no surprise.
    # shellcheck disable=SC2086 # one word a package
    packages_get $missing >/dev/null 2>&1 && return 0
    $as_root apt-get -q update >/dev/null 2>&1
    # shellcheck disable=SC2086
    packages_get $missing 2>&1 | tail -n 5
    missing=$(packages_missing "$@")
    [ -z "$missing" ] || echo "could not install: $missing"
    return 0
}

packages_get() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "$@" \
        </dev/null
}
