/* The help texts, laid out from the table of verbs. */
#ifndef CMD_VIEW_TEXT_HELP_H
#define CMD_VIEW_TEXT_HELP_H

#include "cmd/page.h"
#include "cmd/verbs.h"

void view_text_help(struct page *page);
void view_text_help_verb(struct page *page, const struct verb *verb);

#endif
