/* SPDX-License-Identifier: Apache-2.0 */
/* What the http-*.c files share. */
#ifndef P11BEARER_AGENT_HTTP_INTERNAL_H
#define P11BEARER_AGENT_HTTP_INTERNAL_H

#include "agent/core.h"
#include "agent/http-query.h"
#include "base/secret.h"

#include <microhttpd.h>
#include <sys/queue.h>

struct cJSON;

/* A request. Each connection has room for one at a time: HTTP/1.1 answers in order. */
struct request {
	enum request_state {
		REQUEST_NEW,     /* nothing was done yet */
		REQUEST_BEARER,  /* `ask` waits */
		REQUEST_ASSERTION, /* `job` waits */
		REQUEST_DONE,    /* `bearer` or `response` is the answer; neither: close the connection */
	} state;
	struct MHD_Connection *connection;
	size_t body;             /* bytes received, which are ignored */
	struct query query;      /* points into MHD's memory, which lasts as long as the request */
	struct ask ask;
	struct job job;
	struct watch *hang_up;   /* while suspended */
	bool suspended;
	struct agent_bearer *bearer;
	struct MHD_Response *response;
	unsigned status;
};

struct client {
	LIST_ENTRY(client) entry; /* of `added` or `started` */
	struct http *http;
	struct peer peer;
	struct request request;
};

LIST_HEAD(clients, client);

struct http {
	struct agent *agent;
	struct MHD_Daemon *daemon;
	struct watch *watch;
	struct clients added;   /* MHD has not called back yet */
	struct clients started;
};

/* Answers the request, or begins what answers it later. */
void http_route(struct client *client, const char *path, const char *method);

/* Returns false and answers if the request's header announces a body that is too large. */
bool http_check_body(struct client *client);

/* --- routes: each answers the request, now or later --------------------------------------------------------------- */

void http_token(struct client *client);
void http_assertion(struct client *client);
void http_status(struct client *client);
void http_metrics(struct client *client);
void http_reload(struct client *client);
void http_lock(struct client *client);
void http_forget(struct client *client);

/* Stops waiting for a bearer or an assertion. */
void http_cancel(struct client *client);

/* --- answers: one for each request -------------------------------------------------------------------------------- */

/* Answers with the response, and takes the caller's reference over; NULL: closes the connection. */
void http_answer(struct client *client, unsigned status, struct MHD_Response *response);

/* Answers with the bearer, and keeps it until MHD has its response. Makes the response for the first client. */
void http_answer_bearer(struct client *client, struct agent_bearer *bearer);

/* Makes a response of *body, which it takes over: *body becomes NULL. Returns NULL if out of memory. */
struct MHD_Response *http_response(struct secret **body, const char *type);

/* Answers with JSON, or with the failure. http_answer_json takes *body over; NULL: out of memory. */
void http_answer_json(struct client *client, unsigned status, struct secret **body);
void http_answer_failure(struct client *client, const struct failure *failure);

/* As http_answer_failure, with a status and code of HTTP's own, such as 404. `allow`: value of that header, or NULL. */
void http_answer_refusal(struct client *client, unsigned status, const char *code, const char *allow,
			 const struct failure *failure);

/* The text of a JSON value. NULL if out of memory. */
struct secret *http_json(const struct cJSON *value);

/* Which OAuth error code a failure has. */
const char *http_failure_code(const struct failure *failure);

/* The JSON of a failure. NULL if out of memory. */
struct secret *http_failure_json(const struct failure *failure, const char *code);

#endif
