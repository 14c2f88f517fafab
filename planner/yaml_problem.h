/* What libyaml says when it gives up, in words for whoever wrote the file. */
#ifndef PLANNER_YAML_PROBLEM_H
#define PLANNER_YAML_PROBLEM_H

#include <yaml.h>

#include "planner/base/diagnostics.h"
#include "planner/yaml_source.h"

void yaml_problem_report(const yaml_parser_t *parser, const struct yaml_source *source,
                         struct diagnostics *list);

#endif
