/* How an answer leaves the server. */
#ifndef PROVIDERS_SANDBOX_SERVER_ANSWER_H
#define PROVIDERS_SANDBOX_SERVER_ANSWER_H

#include <microhttpd.h>

#include "providers/sandbox/wire.h"

/* Takes the answer's body over. MHD_NO ends the connection. */
enum MHD_Result server_send(struct MHD_Connection *connection, struct wire_answer *answer);
/* To what is not even a request to AWS; then the connection is closed. `body` is static. */
enum MHD_Result server_send_plain(struct MHD_Connection *connection, unsigned status,
                                  const char *body);

#endif
