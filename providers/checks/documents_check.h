/*
 * The check `documents`: how many documents each index has, in both clusters, as _cat/indices tells
 * (OpenSearch "CAT indices", Elasticsearch "cat indices API"). Red where an index that the pattern
 * matches is missing in one cluster, or the counts are further apart than `tolerate` of the
 * source's; the words list the first of them by name.
 *
 * The counts are Lucene's, of primary shards: nested documents are counted too, and what was
 * written since an index's last refresh is not there yet. Both clusters count alike, so a copy that
 * is whole and at rest agrees; `tolerate` is for what is on its way.
 *
 * Left out: names with a leading dot (the engine's own: .kibana, .opendistro_security), unless a
 * part of the pattern begins with one; but not the backing indices of data streams (.ds-NAME-...),
 * which hold users' documents. Closed in both clusters: left out, too, since nobody counts them.
 *
 * Silent: no whole list of a cluster, whatever its status; an index that neither cluster could
 * count; and no index at all in either, for agreement on nothing proves nothing.
 */
#ifndef PROVIDERS_CHECKS_DOCUMENTS_CHECK_H
#define PROVIDERS_CHECKS_DOCUMENTS_CHECK_H

#include "providers/checks/question.h"

/* As http_check_begin(), for the two clusters' exchanges, the source's first. */
void documents_check_begin(struct question *out, struct check_result *result, struct arena *arena,
                           struct http_exchange *exchanges,
                           const char *const folders[CHECK_FOLDERS]);
void documents_check_judge(struct question *question);

#endif
