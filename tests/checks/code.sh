#!/bin/sh
# The tools' judgement of the code:
#
#   code.sh format              clang-format, with the repository's .clang-format
#   code.sh analyzer BUILD_DIR  gcc -fanalyzer
#   code.sh tidy BUILD_DIR      clang-tidy, with the repository's .clang-tidy
#   code.sh cppcheck BUILD_DIR
#   code.sh shell               shellcheck
#   code.sh python              every script compiles
# Exit 77: the tool is not here.
set -eu
cd "$(dirname -- "$0")/../.."
. tests/checks/common.sh

jobs=$(nproc 2>/dev/null || echo 2)

tool() {
    command -v "$1" >/dev/null || { echo "$1 is not installed" && exit 77; }
}

check_format() {
    clang_format=$(command -v clang-format-14 || echo clang-format)
    tool "$clang_format"
    # Its layout changes with its version, and the repository's is that of Debian 12.
    case $("$clang_format" --version) in
    *' 14.'*) ;;
    *) echo "clang-format 14 is not installed" && exit 77 ;;
    esac
    for ending in c h; do sources $ending planner providers cmd tests; done |
        xargs "$clang_format" --dry-run -Werror >>"$found" 2>&1 || true
}

# each COMMAND...: COMMAND FILE for all our product sources, several at once.
each_source() {
    sources c planner providers cmd | xargs -n 1 -P "$jobs" "$@"
}

check_analyzer() {
    tool gcc
    # -O1 inlines what a page of code hides; the warnings are judged below, not by -Werror.
    # shellcheck disable=SC2016 # $1, $2: the inner shell's
    each_source sh -c '. tests/checks/common.sh
        gcc -std=c17 -D_GNU_SOURCE -DSWITCHOVER_VERSION=\"\" -O1 -fanalyzer \
            -fdiagnostics-plain-output -I "$1/rooms/$(room_of "$2")" $(libraries_flags) \
            -c "$2" -o /dev/null 2>&1 | grep " warning: \| error: " || true' analyze "$1" |
        sort -u | while IFS= read -r line; do
        file=${line%%:*}
        kind=$(printf '%s\n' "$line" | sed -n 's/.*\[-W\([a-z-]*\)\]$/\1/p')
        waived analyzer "$file:$kind" || finding "$line"
    done
}

check_tidy() {
    tool clang-tidy
    each_source clang-tidy --quiet -p "$1" 2>/dev/null | grep -E ' (warning|error): ' |
        sed "s|^$(pwd)/||; s|^[^ ]*/rooms/[a-z]*/||" | sort -u >>"$found" || true
}

check_cppcheck() {
    tool cppcheck
    cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
        --template='{file}:{line}: {severity}: {message} [{id}]' -j "$jobs" \
        -D_GNU_SOURCE -DSWITCHOVER_VERSION='""' -I "$1/rooms/tests" \
        planner providers cmd tests >>"$found" 2>&1 || true
}

check_shell() {
    tool shellcheck
    {
        git ls-files --cached --others --exclude-standard -- '*.sh'
        [ ! -f .ci/run ] || echo .ci/run
    } | xargs shellcheck --external-sources --format=gcc >>"$found" || true
}

check_python() {
    tool python3
    sources py tests | xargs python3 -B -c '
import sys
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        try:
            compile(file.read(), path, "exec")
        except SyntaxError as error:
            print(f"{path}:{error.lineno}: {error.msg}")' >>"$found"
}

name=$1
shift
"check_$name" "$@"
conclude
