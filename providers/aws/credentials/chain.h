/*
 * Where credentials come from: one file a source behind one table (chain.c), asked in AWS's order;
 * the first that has any wins (AWS SDKs and Tools reference guide, "Credential provider chain").
 * What the plan file's role needs is assumed on top.
 */
#ifndef PROVIDERS_AWS_CREDENTIALS_CHAIN_H
#define PROVIDERS_AWS_CREDENTIALS_CHAIN_H

#include "providers/aws/credentials.h"

/* A credentials_finder. Must be cleared also after `false`. */
must_use bool credentials_find(struct credentials *out, const struct aws_config *config,
                               const struct credentials_means *means, struct error *err);

#endif
