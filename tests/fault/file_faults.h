/*
 * What the preloaded library (file_faults.c) and the test that drives it agree on. The program
 * under test knows nothing of it: it runs as users have it, with LD_PRELOAD.
 *
 * Counted are the file operations on what the program names by a path without a folder in front
 * (its plan file, the state and what lies beside it), and on the descriptors opened that way.
 *
 *     FILE_FAULTS_LOG=FILE        a line for each operation: "write .prod.state.json.*.tmp"; one
 * that was made to fail begins with "!" and its error: "!EIO write ..." FILE_FAULTS=CALL:N:ERROR
 * the Nth CALL fails; N+: and every one after it
 *
 * CALL is one of file_fault_calls, or "change" for all that change something. ERROR is the name of
 * an errno, or SHORT: a write that really takes only half, a read that gives only a few bytes.
 */
#ifndef TESTS_FAULT_FILE_FAULTS_H
#define TESTS_FAULT_FILE_FAULTS_H

#include <stdbool.h>

#define FILE_FAULTS        "FILE_FAULTS"
#define FILE_FAULTS_LOG    "FILE_FAULTS_LOG"
#define FILE_FAULTS_CHANGE "change"

struct file_fault_call {
    const char *name;
    bool changes; /* the disk; an open does where it may create */
};

static const struct file_fault_call file_fault_calls[] = {
    {"open", false},    {"create", true}, {"read", false},  {"pread", false}, {"write", true},
    {"pwrite", true},   {"fsync", true},  {"fchmod", true}, {"rename", true}, {"unlink", true},
    {"truncate", true}, {"lock", false},  {"stat", false},  {"close", false}, {"opendir", false},
};

#endif
