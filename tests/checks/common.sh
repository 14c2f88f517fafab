# shellcheck shell=sh
# What the checks share. They run at the top of the repository; a check prints what it finds, one
# finding a line, and fails when it found anything.
#
# tests/checks/waivers.txt lets single findings pass: "check subject reason". A waiver that waives
# nothing any more is a finding itself.

LC_ALL=C.UTF-8
export LC_ALL
found=$(mktemp)
trap 'rm -f "$found"' EXIT
trap 'exit 130' INT TERM
waivers=tests/checks/waivers.txt

finding() {
    printf '%s\n' "$*" >>"$found"
}

# waived CHECK SUBJECT: whether the subject's findings pass.
waived() {
    awk -v check="$1" -v subject="$2" \
        '$1 == check && $2 == subject && NF > 2 { ok = 1 } END { exit !ok }' "$waivers"
}

# stale_waivers CHECK FILE: the waivers whose subject is not among the lines of the file.
stale_waivers() {
    check=$1
    awk -v check="$check" '$1 == check { print $2 }' "$waivers" | while read -r subject; do
        grep -qxF -- "$subject" "$2" || echo "$waivers: \"$check $subject\" waives nothing"
    done
}

# judge_subjects CHECK: from "subject<TAB>finding" lines, those that are not waived become findings,
# and so do waivers without one.
judge_subjects() {
    subjects=$(mktemp)
    tab=$(printf '\t')
    while IFS=$tab read -r subject what; do
        printf '%s\n' "$subject" >>"$subjects"
        waived "$1" "$subject" || finding "$what"
    done
    stale_waivers "$1" "$subjects" >>"$found"
    rm -f "$subjects"
}

# The end of a check.
conclude() {
    [ ! -s "$found" ] && return 0
    cat "$found"
    return 1
}

# The room a file stands in: which include path it is compiled with.
room_of() {
    case $1 in
    planner/base/*) echo base ;;
    planner/*) echo planner ;;
    providers/*) echo providers ;;
    cmd/*) echo cmd ;;
    *) echo tests ;;
    esac
}

sources() { # every file of ours under the rooms given whose name ends so: sources c planner cmd
    ending=$1
    shift
    for room in "$@"; do
        [ ! -d "$room" ] || find "$room" -type f -name "*.$ending"
    done | sort
}

libraries_flags() {
    pkg-config --cflags libcjson libcrypto yaml-0.1 libcurl expat libgit2 inih libmicrohttpd \
        cmocka 2>/dev/null || true
}
