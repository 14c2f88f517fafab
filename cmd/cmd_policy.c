#include <stdio.h>

#include "cmd/args.h"
#include "cmd/commands.h"
#include "cmd/exit_code.h"
#include "cmd/input.h"
#include "cmd/page.h"
#include "providers/aws/config.h"
#include "providers/aws/policy.h"

/* ---- what the document itself cannot say ---- */

static void note_region(const struct aws_policy *policy, const struct planfile *file,
                        const struct error *why_none)
{
    if (!policy->region)
        page_warn("The policy is for every region: %s. Write aws.region in the plan file to narrow "
                  "it.",
                  why_none->message);
    else if (!file->region)
        page_warn("The region %s is the environment's. Write aws.region in the plan file, and the "
                  "policy is the same for everybody.",
                  policy->region);
}

static void note_account(const struct aws_policy *policy)
{
    if (!policy->account)
        page_warn("The policy fits any account. Write aws.account in the plan file to narrow it.");
}

static void note_role(const struct planfile *file)
{
    if (file->role_arn)
        page_warn("Attach it to the role %s. Not part of it is sts:AssumeRole on that role, which "
                  "whoever assumes it needs, and which the role's trust policy must allow.",
                  file->role_arn);
}

static void note_left_out(const struct aws_policy *policy)
{
    if (!policy->applies)
        page_warn("This is enough for plan, status and watch. apply and revert need more: leave "
                  "--for plan out.");
}

/* An assumed role acts in its own account, whoever assumes it. */
static const char *account_of(const struct planfile *file, struct arena *arena)
{
    return file->account || !file->role_arn ? file->account : arn_account(arena, file->role_arn);
}

bool cmd_policy(const struct args *args, int *exit_code, struct error *err)
{
    struct input input;
    struct aws_config config = {0};
    struct error why_none = {0};
    bool ok = input_read(&input, args->operands[0], INPUT_PLAN_FILE, err);
    if (ok) {
        const struct planfile *file = &input.file;
        struct text document = {0};
        struct arena arena = {0};
        struct subject subject;
        planfile_subject(file, &subject);
        struct aws_policy policy = {.subject = &subject,
                                    .region = file->region,
                                    .account = account_of(file, &arena),
                                    .applies = !text_same(args_text(args, OPT_FOR), "plan")};
        if (!policy.region && aws_config_read(&config, file->profile, NULL, &why_none))
            policy.region = config.region;
        aws_policy_write(&document, &policy);
        fputs(text_cstr(&document), stdout);
        note_region(&policy, file, &why_none);
        note_account(&policy);
        note_role(file);
        note_left_out(&policy);
        text_clear(&document);
        arena_clear(&arena);
    }
    aws_config_clear(&config);
    input_clear(&input);
    *exit_code = EXIT_DONE;
    return ok;
}
