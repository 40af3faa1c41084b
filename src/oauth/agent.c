/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/agent.h"

#include "base/clock.h"
#include "base/json.h"
#include "oauth/judge.h"
#include "process/interrupt.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BEARER_SECONDS = 600, /* a login may wait for a token, a server, and other logins */
	OTHER_MS = 30000,     /* for requests that wait for nothing */
	FIRST_PAUSE_MS = 50,  /* before another try, and doubled then */
	LAST_PAUSE_MS = 400,
};

static const char own_member[] = "p11bearer";

/* --- the connection ---------------------------------------------------------------------------------------------- */

static int unreachable(const char *path, int number, struct error *error)
{
	error_set(error, ERROR_NETWORK, "cannot reach the agent at %s: %s", path, strerror(number));
	error->code = (unsigned long)number;
	switch (number) {
	case EACCES:
	case EPERM:
		error_hint(error, "ask its administrator for access to the socket (socket-mode and socket-group in "
			   "p11bearer.conf(5))");
		break;
	case ENOENT:
	case ENOTDIR:
	case ECONNREFUSED:
		error_hint(error, "start the agent (see p11bearer-agent(8)), or name its socket with --agent");
		break;
	default:
		break;
	}
	return -ERROR_NETWORK;
}

int oauth_agent_connect(const char *path, const struct sockaddr_un *name, socklen_t length, struct error *error)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), number;
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd >= 0 && (name == NULL || bind(fd, (const struct sockaddr *)name, length) == 0) &&
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	number = errno;
	if (fd >= 0)
		close(fd);
	return unreachable(path, number, error);
}

/* --- the request ------------------------------------------------------------------------------------------------- */

/* Appends NAME=VALUE to the query of a URL. */
static int add_parameter(struct secret *url, const char *name, const char *value)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	int result;

	if (value == NULL || *value == '\0')
		return 0;
	result = secret_printf(url, "%c%s=", strchr(secret_data(url), '?') != NULL ? '&' : '?', name);
	for (; *value != '\0' && result == 0; value++)
		result = strchr(plain, *value) != NULL ? secret_append(url, value, 1) :
							 secret_printf(url, "%%%02X", (unsigned char)*value);
	return result;
}

static int make_url(const struct oauth_agent *agent, const char *path, const char *fresh, struct http_url **url,
		    struct error *error)
{
	struct secret *text = secret_new(256);
	int result;

	/* The host does not matter. */
	if (text == NULL || secret_printf(text, "http://localhost%s", path) < 0 ||
	    add_parameter(text, "profile", agent->profile) < 0 ||
	    add_parameter(text, "username", agent->username) < 0 || add_parameter(text, "fresh", fresh) < 0)
		result = error_memory(error);
	else
		result = http_url_parse(url, secret_data(text), error);
	secret_free(&text);
	return result;
}

/* Sends the request again if the connection is lost: the agent may be starting again. libcurl also loses it at once if
 * the agent's queue of connections is full. */
static int send_patiently(struct http *http, const char *path, const struct http_request *request,
			  struct http_response *response, struct error *error)
{
	int result = http_send(http, request, response, error);

	for (unsigned long pause = FIRST_PAUSE_MS; pause <= LAST_PAUSE_MS && response->transient &&
	     response->number == 0 && interrupt_wait(pause) == 0; pause *= 2) {
		http_response_clear(response);
		result = http_send(http, request, response, error);
	}
	if (response->number != 0)
		return unreachable(path, response->number, error);
	if (result == -ERROR_NETWORK && error->signal == 0)
		error_hint(error, "see the agent's log for the reason");
	return result;
}

/* Sends the request and judges the answer. `fresh` may be NULL. The caller clears the response. */
static int send_request(const struct oauth_agent *agent, const char *method, const char *path, const char *fresh,
			double end, struct http_response *response, struct error *error)
{
	char name[sizeof(agent->socket) + 32];
	const struct http_options options = {
		.socket = agent->socket, .socket_name = name, .timeout = BEARER_SECONDS,
	};
	struct http_request request = { .method = method, .header = "P11bearer: 1" };
	struct http_url *url = NULL;
	struct http *http;
	int result = http_open(&http, &options, error);

	snprintf(name, sizeof(name), "the agent at %s", agent->socket);
	if (result == 0)
		result = make_url(agent, path, fresh, &url, error);
	request.url = url;
	if (result == 0) {
		http_end_at(http, end);
		result = send_patiently(http, agent->socket, &request, response, error);
	}
	if (result == 0)
		result = oauth_agent_judge(secret_data(response->body), secret_length(response->body),
					   response->status, error);
	http_url_free(&url);
	http_close(&http);
	return result;
}

/* --- the answer -------------------------------------------------------------------------------------------------- */

static int take_error(const cJSON *json, const char *code, struct error *error)
{
	const cJSON *own = cJSON_GetObjectItemCaseSensitive(json, own_member);
	const cJSON *status = cJSON_GetObjectItemCaseSensitive(own, "status");
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "error_description"));
	const char *hint = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(own, "hint"));

	if (!cJSON_IsNumber(status) || status->valueint < ERROR_UNEXPECTED || status->valueint > ERROR_ANSWER ||
	    status->valuedouble != status->valueint)
		return error_set(error, ERROR_ANSWER, "the agent's answer has an error, but no exit status: %.200s",
				 text != NULL ? text : code);
	error_set(error, (enum error_class)status->valueint, "the agent: %s",
		  text != NULL && *text != '\0' ? text : code);
	if (hint != NULL && *hint != '\0')
		error_hint(error, "%s", hint);
	return error_result(error);
}

int oauth_agent_judge(const char *text, size_t length, long status, struct error *error)
{
	cJSON *json = strlen(text) == length ? cJSON_ParseWithOpts(text, NULL, 1) : NULL;
	const char *code = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "error"));
	char ending[64] = "";
	int result;

	if (status != 0)
		snprintf(ending, sizeof(ending), " (HTTP status %ld)", status);
	if (!cJSON_IsObject(json))
		result = error_set(error, ERROR_ANSWER, "the agent's answer is not a JSON object%s", ending);
	else if (json_strict(text, json, ERROR_ANSWER, "the agent's answer", error) < 0)
		result = error_result(error);
	else if (code != NULL)
		result = take_error(json, code, error);
	else if (status != 0 && status != 200)
		result = error_set(error, ERROR_ANSWER, "the agent's answer does not say what is wrong%s", ending);
	else
		result = 0;
	cJSON_Delete(json);
	return result;
}

int oauth_agent_ask(const struct oauth_agent *agent, const char *method, const char *path, struct secret **json,
		    struct error *error)
{
	struct http_response response = { .body = NULL };
	int result = send_request(agent, method, path, NULL, clock_ms() + (double)OTHER_MS, &response, error);

	*json = NULL;
	if (result == 0) {
		*json = response.body;
		response.body = NULL;
	}
	http_response_clear(&response);
	return result;
}

static int take_generation(const cJSON *json, char *generation, struct error *error)
{
	const cJSON *own = cJSON_GetObjectItemCaseSensitive(json, own_member);
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(own, "generation"));

	if (name == NULL || *name == '\0' || strlen(name) >= OAUTH_GENERATION_SIZE)
		return error_set(error, ERROR_ANSWER, "the agent's answer does not name the generation of the bearer");
	snprintf(generation, OAUTH_GENERATION_SIZE, "%s", name);
	return 0;
}

/* Copies the server's answer, without the agent's member. `text` is strict. */
static int copy_answer(const cJSON *object, char *text, struct secret *copy)
{
	static const char *const own[] = { own_member, NULL };

	return secret_append(copy, "{", 1) < 0 || grant_copy_members(object, text, own, copy) < 0 ||
	       secret_append(copy, "}", 1) < 0 ? -1 : 0;
}

/* `body` is a strict JSON object. */
static int take_bearer(const struct secret *body, char *generation, struct oauth_answer *answer, struct error *error)
{
	const struct oauth_shape shape = { .party = "the org" };
	struct secret *text = secret_new(secret_length(body)), *copy = secret_new(secret_length(body));
	char *room = text != NULL ? secret_extend(text, secret_length(body)) : NULL;
	cJSON *json = cJSON_Parse(secret_data(body)), *bearer = NULL;
	int result = 0;

	if (room != NULL)
		memcpy(room, secret_data(body), secret_length(body));
	if (json == NULL || room == NULL || copy == NULL || copy_answer(json, room, copy) < 0)
		result = error_memory(error);
	if (result == 0)
		result = take_generation(json, generation, error);
	if (result == 0) {
		bearer = cJSON_Parse(secret_data(copy));
		result = bearer != NULL ? grant_take(bearer, secret_data(copy), &shape, answer,
						      error) : error_memory(error);
	}
	cJSON_Delete(bearer);
	cJSON_Delete(json);
	secret_free(&copy);
	secret_free(&text);
	return result;
}

int oauth_agent_bearer(const struct oauth_agent *agent, double end, char generation[OAUTH_GENERATION_SIZE],
		       struct oauth_answer *answer, struct error *error)
{
	struct http_response response = { .body = NULL };
	int result = send_request(agent, "GET", "/v1/token", generation, end, &response, error);

	if (result == 0)
		result = take_bearer(response.body, generation, answer, error);
	http_response_clear(&response);
	return result;
}
