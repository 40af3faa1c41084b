/* SPDX-License-Identifier: Apache-2.0 */
/* Which request goes where. */
#include "agent/http-internal.h"

#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 4 * 1024 }; /* no request needs one, but clients may send an empty form */

static const struct route {
	const char *path, *method;
	void (*run)(struct client *client);
	unsigned parameters;
} routes[] = {
	{ "/v1/token", "GET", http_token, QUERY_PROFILE | QUERY_USERNAME | QUERY_MIN_LIFE | QUERY_FRESH },
	{ "/v1/assertion", "POST", http_assertion, QUERY_PROFILE | QUERY_USERNAME },
	{ "/v1/status", "GET", http_status, 0 },
	{ "/metrics", "GET", http_metrics, 0 },
	{ "/v1/reload", "POST", http_reload, 0 },
	{ "/v1/lock", "POST", http_lock, QUERY_PROFILE },
	{ "/v1/forget", "POST", http_forget, QUERY_PROFILE | QUERY_USERNAME },
};
enum { ROUTES = sizeof(routes) / sizeof(routes[0]) };

static void refuse(struct client *client, unsigned status, const char *allow, const char *text, const char *hint)
{
	struct failure failure;
	const char *code = status == MHD_HTTP_NOT_FOUND ? "not_found" : "invalid_request";

	failure_set(&failure, FAILURE_REQUEST, ERROR_USAGE, 0, "%s", text);
	error_hint(&failure.error, "%s", hint);
	http_answer_refusal(client, status, code, allow, &failure);
}

struct taking {
	struct query *query;
	struct failure *failure;
	bool failed;
};

static enum MHD_Result take(void *context, enum MHD_ValueKind kind, const char *name, size_t name_length,
			    const char *value, size_t length)
{
	struct taking *taking = context;

	(void)kind;
	taking->failed = query_take(taking->query, name, name_length, value, length, taking->failure) < 0;
	return taking->failed ? MHD_NO : MHD_YES;
}

static void run_route(struct client *client, const struct route *route)
{
	struct failure failure;
	struct taking taking = { &client->request.query, &failure, false };

	client->request.query.allowed = route->parameters;
	MHD_get_connection_values_n(client->request.connection, MHD_GET_ARGUMENT_KIND, take, &taking);
	if (taking.failed)
		http_answer_failure(client, &failure);
	else
		route->run(client);
}

/* A browser, or a server made to fetch an address, does not send this header. */
static bool has_header(struct MHD_Connection *connection)
{
	const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "P11bearer");

	return value != NULL && strcmp(value, "1") == 0;
}

void http_route(struct client *client, const char *path, const char *method)
{
	const struct route *route = routes;

	while (route < routes + ROUTES && strcmp(route->path, path) != 0)
		route++;
	if (!has_header(client->request.connection))
		refuse(client, MHD_HTTP_BAD_REQUEST, NULL, "the request lacks the header \"P11bearer: 1\"",
		       "add it, as in: curl -H 'P11bearer: 1' --unix-socket ...");
	else if (route == routes + ROUTES)
		refuse(client, MHD_HTTP_NOT_FOUND, NULL, "the agent has no such path",
		       "see p11bearer-agent(8) for its paths");
	else if (strcmp(route->method, method) != 0)
		refuse(client, MHD_HTTP_METHOD_NOT_ALLOWED, route->method, "this path takes another method",
		       strcmp(route->method, "GET") == 0 ? "use GET" : "use POST");
	else
		run_route(client, route);
}

/* Whether the header announces a body that is too large, or of unknown size. */
static bool has_large_body(struct MHD_Connection *connection)
{
	const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL ||
	       (length != NULL && (strlen(length) > 4 || strtol(length, NULL, 10) > BODY_MAX));
}

bool http_check_body(struct client *client)
{
	if (!has_large_body(client->request.connection))
		return true;
	refuse(client, MHD_HTTP_CONTENT_TOO_LARGE, NULL, "the request has a body that is too large, or of unknown size",
	       "send none: the agent reads only the path and the query");
	return false;
}
