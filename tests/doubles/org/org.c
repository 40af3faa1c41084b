/* SPDX-License-Identifier: Apache-2.0 */
/* From a request to its handler, and the line about it in the log. */
#include "org.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct route {
	const char *method; /* NULL for any */
	const char *path;   /* one that ends in a slash includes all below */
	handler *handle;
} routes[] = {
	{ "POST", "/services/oauth2/token", token_handler },
	{ "GET", "/services/oauth2/userinfo", userinfo_handler },
	{ "POST", "/services/oauth2/revoke", revoke_handler },
	{ NULL, "/services/data/", deploy_handler },
};

time_t org_now(const struct org *org)
{
	return time(NULL) + org->options->clock;
}

static void answer_error(struct answer *answer, unsigned int status, const char *description)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "error", "invalid_request");
	cJSON_AddStringToObject(json, "error_description", description);
	answer_json(answer, status, json);
}

static void ask_proxy_password(struct answer *answer)
{
	answer_error(answer, 407, "this proxy wants a user and password");
	answer->header_name = "Proxy-Authenticate";
	answer->header_value = strdup("Basic realm=\"loopback-org\"");
}

static bool is_route(const struct route *route, const char *path)
{
	size_t length = strlen(route->path);

	return strcmp(route->path, path) == 0 || (route->path[length - 1] == '/' && strncmp(route->path, path, length) == 0);
}

static void dispatch(struct org *org, const struct request *request, struct answer *answer, cJSON *line)
{
	bool known_path = false;

	if (request->too_large) {
		answer_error(answer, 413, "the request is too large");
		return;
	}
	if (org->options->proxy_password && strcmp(request->method, "CONNECT") == 0) {
		ask_proxy_password(answer);
		return;
	}
	if (org->options->vendor != NULL) {
		if (vendor_serves(org->options->vendor, request->host, request->path, org->options->vendor->userinfo))
			vendor_userinfo(org, request, answer, line);
		else if (vendor_serves(org->options->vendor, request->host, request->path, org->options->vendor->path))
			token_handler(org, request, answer, line);
		else
			answer_error(answer, 404, "this server has no such host or path");
		return;
	}
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (!is_route(&routes[i], request->path))
			continue;
		known_path = true;
		if (routes[i].method == NULL || strcmp(request->method, routes[i].method) == 0) {
			routes[i].handle(org, request, answer, line);
			return;
		}
	}
	if (known_path)
		answer_error(answer, 405, "this method is not allowed here");
	else
		answer_error(answer, 404, "the stand-in org has no such resource");
}

/* One write per line, so that lines of several writers to the same file do not mix. */
static void write_line(int log, const cJSON *line)
{
	char *text = cJSON_PrintUnformatted(line);
	size_t length = text != NULL ? strlen(text) : 0;

	/* The newline replaces the NUL: from here on these are bytes, not a string. */
	if (text != NULL) {
		text[length] = '\n';
		if (write(log, text, length + 1) < 0)
			perror("loopback-org: the log cannot be written");
	}
	cJSON_free(text);
}

static void add_text(cJSON *line, const char *name, const char *text)
{
	if (text != NULL)
		cJSON_AddStringToObject(line, name, text);
	else
		cJSON_AddNullToObject(line, name);
}

static cJSON *new_line(const struct org *org, const struct request *request)
{
	cJSON *line = cJSON_CreateObject();
	time_t now = org_now(org);
	char text[32] = "";
	struct tm utc;

	if (gmtime_r(&now, &utc) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	cJSON_AddStringToObject(line, "time", text);
	cJSON_AddNumberToObject(line, "n", (double)org->requests);
	cJSON_AddStringToObject(line, "method", request->method);
	cJSON_AddStringToObject(line, "path", request->path);
	add_text(line, "content_type", request->content_type);
	add_text(line, "user_agent", request->user_agent);
	if (request->client != NULL)
		cJSON_AddItemReferenceToObject(line, "client", request->client);
	return line;
}

void org_answer(struct org *org, const struct request *request, struct answer *answer)
{
	cJSON *line;

	org->requests++;
	line = org->log >= 0 ? new_line(org, request) : cJSON_CreateObject(); /* handlers keep what they read there */
	dispatch(org, request, answer, line);
	if (answer->delivery == DELIVER_NOTHING)
		cJSON_AddNullToObject(line, "status");
	else
		cJSON_AddNumberToObject(line, "status", answer->status);
	if (org->log >= 0)
		write_line(org->log, line);
	cJSON_Delete(line);
}

void org_log(struct org *org, cJSON *line)
{
	if (org->log >= 0)
		write_line(org->log, line);
	cJSON_Delete(line);
}

int org_open(struct org *org, const struct options *options)
{
	*org = (struct org){ .options = options, .log = -1, .logins = options->logins };
	draws_start(&org->token_draws, options->seed);
	draws_start(&org->use_draws, options->seed);
	draws_start(&org->deploy_draws, options->seed);
	draws_start(&org->status_draws, options->seed);
	if (options->app != NULL && (app_load(&org->app, options->app) != 0 ||
		changes_add(&org->changes, app_certificate(&org->app), true) != 0))
		return -1;
	if (options->log == NULL)
		return 0;
	org->log = open(options->log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (org->log < 0)
		fprintf(stderr, "loopback-org: the log %s cannot be opened: %s.\n", options->log, strerror(errno));
	return org->log >= 0 ? 0 : -1;
}

void org_close(struct org *org)
{
	if (org->log >= 0)
		close(org->log);
	org->log = -1;
	jtis_free(&org->jtis);
	signature_forget(&org->certificate);
	app_clear(&org->app);
	changes_clear(&org->changes);
	deployments_free(&org->deployments);
}
