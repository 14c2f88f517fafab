#!/bin/sh
# The order of the house:
#
#   house.sh listed BUILD_DIR   every source is built, every header included, every test run
#   house.sh mirrored           every source has its test at the same path; a_b.c may have a.c's
#   house.sh length             no source above 500 lines, no test above 800
#   house.sh complexity         no function of the product above 15 (pmccabe)
#   house.sh bugs               every test that tests/bugs.txt names is there
#   house.sh text               no stray bytes, no unfinished work, no path of one machine, and no
#                               address of a host that is not in hosts.txt
set -eu
cd "$(dirname -- "$0")/../.."
. tests/checks/common.sh

MOST_LINES=500
MOST_TEST_LINES=800
MOST_COMPLEX=15

tracked() { # all texts of ours, committed or about to be; a fuzz target's inputs are bytes
    git ls-files --cached --others --exclude-standard -- . ':!tests/fuzz/corpus' |
        while read -r file; do
        [ ! -f "$file" ] || printf '%s\n' "$file"
    done
}

check_listed() {
    root=$(pwd)
    for file in $(sources c planner providers cmd tests); do
        grep -qF "\"file\": \"$root/$file\"" "$1/compile_commands.json" ||
            finding "$file is in no CMakeLists.txt"
    done
    for file in $(sources h planner providers cmd tests); do
        grep -rqF "#include \"$file\"" --include='*.[ch]' planner providers cmd tests ||
            finding "$file is included by nobody"
    done
    for file in $(sources py tests); do
        module=$(basename "$file" .py)
        cat tests/CMakeLists.txt tests/*/tests.cmake | grep -qF "${file#tests/}" ||
            grep -rqE "^ *(import|from) +$module( |$)" --include='*.py' tests ||
            grep -rqF "$file" --include='*.sh' tests ||
            grep -rqF "\"$module.py\"" --include='*.py' tests ||
            finding "$file is run by nobody"
    done
}

has_test() {
    set -- "$1".c "$1".py "$1".sh "$1"_*
    for test in "$@"; do
        [ ! -e "$test" ] || return 0
    done
    return 1
}

check_mirrored() {
    for file in $(sources c planner providers cmd); do
        base=tests/${file%.c}
        until has_test "$base"; do
            case ${base##*/} in
            *_*) base=${base%_*} ;;
            *)
                printf '%s\t%s has no test at tests/%s\n' "$file" "$file" "$file"
                break
                ;;
            esac
        done
    done | judge_subjects mirrored
}

check_length() {
    for ending in c h py sh; do sources $ending planner providers cmd tests; done |
        while read -r file; do
            lines=$(wc -l <"$file")
            case $file in
            tests/*) most=$MOST_TEST_LINES ;;
            *) most=$MOST_LINES ;;
            esac
            [ "$lines" -le "$most" ] ||
                printf '%s\t%s has %d lines: split it by subject\n' "$file" "$file" "$lines"
        done | judge_subjects length
}

check_complexity() {
    sources c planner providers cmd | xargs pmccabe |
        awk -F '\t' -v most=$MOST_COMPLEX '$1 > most {
            file = $6; name = file; sub(/\(.*/, "", file); sub(/.*: /, "", name)
            printf "%s:%s\t%s: %s has complexity %d\n", file, name, file, name, $1 }' |
        judge_subjects complexity
}

# seek PATTERN WHY [FILES...]: each line that matches the Perl pattern.
seek() {
    pattern=$1
    why=$2
    shift 2
    tracked | grep -E "${1:-.}" | tr '\n' '\0' |
        xargs -0 grep -nIHP -- "$pattern" 2>/dev/null |
        while IFS=: read -r file line rest; do
            printf '%s\t%s:%s: %s: %.80s\n' "$file" "$file" "$line" "$why" "$rest"
        done
}

check_bugs() {
    grep -v '^#' tests/bugs.txt | while read -r file test what; do
        [ -n "$what" ] || echo "tests/bugs.txt: $file $test: what was wrong is not said"
        if [ ! -f "$file" ]; then
            echo "tests/bugs.txt: there is no $file"
        elif [ "$test" != - ] && ! grep -qw -- "$test" "$file"; then
            echo "tests/bugs.txt: there is no $test in $file"
        fi
    done >>"$found"
}

check_text() {
    code='\.(c|h|sh|py|txt|json|md|cmake|yaml|yml)$|^\.'
    {
        seek '[ \t]+$' 'blanks at the end of the line' "$code"
        seek '\r' 'a carriage return' "$code"
        seek '[\x{061C}\x{200E}\x{200F}\x{202A}-\x{202E}\x{2066}-\x{2069}]' 'a bidirectional control' "$code"
        seek '\b(TO''DO|FIX''ME|XX''X|HA''CK)\b' 'unfinished work' "$code"
        seek '(?<![\w.~-])/(home|root|Users|work)/\w' 'a path of one machine'
        tracked | while read -r file; do
            [ -z "$(tail -c 1 "$file" | tr -d '\n')" ] || printf '%s\t%s: the last line has no end\n' "$file" "$file"
        done
    } | judge_subjects text
    # A host that code puts together is none that can be judged.
    tracked | tr '\n' '\0' | xargs -0 grep -noIHE 'https?://([A-Za-z0-9.:@_-]*|\[[0-9a-f:]*\])' |
        awk -v hosts=tests/checks/hosts.txt '
            BEGIN { while ((getline line < hosts) > 0)
                        if (line !~ /^#/ && line != "") allowed[++n] = line }
            {
                host = $0; sub(/.*:\/\//, "", host); sub(/.*@/, "", host)
                sub(/:[A-Za-z0-9]*$/, "", host); sub(/[.:]*$/, "", host)
                if (host !~ /[.:]/ || host ~ /^(127|10)\./) next # nobody can own it
                for (i = 1; i <= n; i++) {
                    tail = substr(host, length(host) - length(allowed[i]) + 1)
                    if (host == allowed[i] || allowed[i] ~ /^\./ && tail == allowed[i]) next
                }
                print $0 ": a host that " hosts " does not know"
            }' >>"$found"
}

name=$1
shift
"check_$name" "$@"
conclude
