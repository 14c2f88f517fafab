#!/bin/sh
# The walls of the house (they are ctest tests, too):
#
#   layering.sh symbols BUILD_DIR    what the rooms' libraries may not call
#   layering.sh headers BUILD_DIR    every header compiles alone, with its room's include path only
#   layering.sh includes             includes name the room from the top and run one way:
#                                    cmd -> providers -> planner -> planner/base
set -eu
cd "$(dirname -- "$0")/../.."
. tests/checks/common.sh

# The planner judges what the ports read: no network, no other library's doors, no files, clocks,
# processes or environment.
NOT_IN_PLANNER='(curl|git|MHD|XML|ini)_.*
socket|connect|bind|listen|accept4?|(send|recv)(to|from|msg)?|getaddrinfo|gethostby.*|p?poll|select
open(at)?|creat|f(open|dopen)|read|write|pread|pwrite|unlink|rename|link|mkdir|stat|fstat|fsync
time|gettimeofday|clock_gettime|clock_nanosleep|nanosleep|u?sleep|timerfd_.*
(secure_)?getenv|system|popen|fork|f?exec(l|v)[a-z]*|posix_spawn.*|sig(nal|action)|pthread_create|rand|random'

# A library neither prints nor ends the program.
NOT_IN_LIBRARIES='v?printf|puts|putchar|perror|stdin|stdout|stderr|v?dprintf
_?exit|_Exit|quick_exit|abort|raise|v?syslog|v?errx?|v?warnx?|getchar|isatty'

# Out of memory ends in one place; the printed sentence is all that is left to do.
excused() {
    case $1 in
    memory.c.o) case $2 in stderr | abort) return 0 ;; esac ;;
    esac
    return 1
}

# Undefined symbols of a library, "object symbol" a line; fortified names as they are written.
undefined_symbols() {
    nm --print-file-name --undefined-only "$1" |
        awk '{ object = $1; sub(/:$/, "", object); sub(/.*:/, "", object)
               name = $NF; sub(/@.*/, "", name)
               if (name ~ /^__.*_chk$/) { sub(/^__/, "", name); sub(/_chk$/, "", name) }
               print object, name }'
}

one_pattern() {
    printf '%s' "$1" | tr '\n' '|'
}

forbid() { # LIBRARY PATTERNS WHY
    pattern=$(one_pattern "$2")
    undefined_symbols "$1" >"$found.symbols"
    grep -E "^[^ ]+ ($pattern)$" "$found.symbols" >"$found.hits" || true
    while read -r object symbol; do
        excused "$object" "$symbol" ||
            finding "$(basename "$1"), $object: names $symbol, but $3"
    done <"$found.hits"
    rm -f "$found.symbols" "$found.hits"
}

check_symbols() {
    list=$1/rooms/libraries.txt
    [ -s "$list" ] || finding "$list names no library"
    grep -qE '^(base|planner) ' "$list" || finding "$list has no library of the planner"
    while read -r room library; do
        case $room in
        base | planner)
            forbid "$library" "$NOT_IN_PLANNER" "the planner only judges what the ports read" ;;
        esac
        case $room in
        base | planner | providers)
            forbid "$library" "$NOT_IN_LIBRARIES" "a library neither prints nor exits" ;;
        esac
    done <"$list"
}

check_headers() {
    flags=$(libraries_flags)
    sources h planner providers cmd tests >"$found.headers"
    while read -r header; do
        # Twice: an include guard is part of it.
        # shellcheck disable=SC2086 # a flag a word
        said=$(printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
            ${CC:-cc} -std=c17 -D_GNU_SOURCE -DSWITCHOVER_VERSION='""' -Wall -Wextra -Werror \
                -Wstrict-prototypes -fsyntax-only -I "$1/rooms/$(room_of "$header")" $flags \
                -x c - 2>&1) || finding "$header does not compile alone: $said"
    done <"$found.headers"
    [ -s "$found.headers" ] || finding "no headers found"
    rm -f "$found.headers"
}

check_includes() {
    for ending in c h; do sources $ending planner providers cmd tests; done >"$found.files"
    while read -r file; do
        case $(room_of "$file") in
        base) right='planner/base/' ;;
        planner) right='planner/' ;;
        providers) right='(planner|providers)/' ;;
        cmd) right='(planner|providers|cmd)/' ;;
        *) right='(planner|providers|cmd|tests)/' ;;
        esac
        awk -v file="$file" -v right="^$right" '
            /^[ \t]*#[ \t]*include[ \t]*"/ {
                split($0, part, "\"")
                if (part[2] !~ right || part[2] ~ /(^|\/)\.\.?(\/|$)/)
                    print file ":" FNR ": may not include \"" part[2] "\""
            }
            /^[ \t]*#[ \t]*include[ \t]*<(planner|providers|cmd|tests|\.\.?)\// {
                print file ":" FNR ": " $0 ": ours stand in quotes"
            }' "$file" >>"$found"
    done <"$found.files"
    rm -f "$found.files"
}

name=$1
shift
"check_$name" "$@"
conclude
