/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer exec: runs a command with a bearer in its environment. */
#include "cmd/cmd.h"

#include "base/message.h"
#include "base/source.h"
#include "base/text.h"
#include "bearer/identity.h"
#include "process/child.h"
#include "process/descriptors.h"
#include "process/environment.h"
#include "process/interrupt.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Hides the sources of the PIN from the command, and wipes the PIN, which is no longer needed. */
static void drop_pins(const struct settings *settings, struct bearer_request *request, struct environment *environment)
{
	const struct source *from = &request->key.pin_from;
	const struct source *const sources[] = {
		from, request->key.uri != NULL ? p11_uri_pin_source(request->key.uri) : from,
		request->next_key != NULL ? p11_uri_pin_source(request->next_key) : from,
	};

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (sources[i]->type == SOURCE_VARIABLE)
			environment_unset(environment, sources[i]->name);
		else if (sources[i]->type == SOURCE_DESCRIPTOR)
			descriptors_drop(sources[i]->fd);
	}
	p11_uri_free(&request->key.uri);
	p11_uri_free(&request->next_key);
	if (source_used_descriptor() >= 0) /* by whatever name */
		descriptors_drop(source_used_descriptor());
	settings_forget_pins(settings);
}

static int add_bearer(struct environment *environment, const struct server *server, const struct bearer *bearer,
		      const char *site, struct error *error)
{
	const char *token = secret_data(bearer_access_token(bearer)), *id = bearer_id(bearer);
	const struct {
		const char *name, *value;
	} variables[] = {
		{ server->variables[0].name, token },
		{ server->variables[1].name, site },
		{ "P11BEARER_ACCESS_TOKEN", token },
		{ "P11BEARER_INSTANCE_URL", site },
		{ "P11BEARER_ID", id != NULL && text_fault(id) == NULL ? id : NULL },
	};
	int result = 0;

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]) && result == 0; i++) {
		/* A value inherited from another bearer would not match. */
		if (variables[i].value == NULL)
			environment_unset(environment, variables[i].name);
		else
			result = environment_set(environment, variables[i].name, variables[i].value, error);
	}
	return result;
}

static char **make_argv(const struct settings *settings)
{
	int count = 0;
	char **argv;

	while (settings_operand(settings, count) != NULL)
		count++;
	argv = calloc((size_t)count + 1, sizeof(*argv));
	/* execve takes char *, but does not change the strings. */
	for (int i = 0; argv != NULL && i < count; i++)
		argv[i] = (char *)settings_operand(settings, i);
	return argv;
}

/* Gets the bearer and makes the environment. No module is in use afterwards. */
static int prepare(const struct settings *settings, struct bearer_request *request, struct bearer **bearer,
		   struct url *site, struct environment **environment, struct error *error)
{
	struct descriptors *inherited = NULL;
	int result = descriptors_note(&inherited, error);

	if (result == 0)
		result = bearer_get(request, bearer, error);
	p11_end();
	if (result == 0)
		result = bearer_site(*bearer, request, site, error);
	if (result == 0)
		result = environment_new(environment, environ, error);
	if (result == 0)
		result = add_bearer(*environment, request->server, *bearer, site->text, error);
	if (result == 0) {
		drop_pins(settings, request, *environment);
		result = descriptors_close_others(inherited, error);
	}
	descriptors_free(&inherited);
	return result;
}

/* Revokes the bearer. If that fails, it only warns, because the exit status is the command's. A signal cancels the
 * revocation; a second one ends the program. */
static void end_bearer(const struct bearer *bearer, const struct bearer_request *request, const struct url *site)
{
	struct bearer_use use = { request->server, NULL, request->http, request->identity, request->retries };
	struct error error = { .class = ERROR_NONE };
	int result;

	interrupt_begin("p11bearer: interrupted; signal again to stop immediately\n");
	child_unblock();
	result = bearer_url(&use.url, use.server->revoke_url, "site", site, &error);
	if (result == 0)
		result = bearer_revoke(&use, bearer_access_token(bearer), &error);
	interrupt_end();
	http_url_free(&use.url);
	if (result == 0)
		return;
	message_warn("the bearer was not revoked: %s", error.text);
	if (error.hint[0] != '\0')
		message_note("%s", error.hint);
}

static int run(const struct settings *settings, struct error *error)
{
	bool revoke = settings_flag(settings, SETTING_REVOKE);
	struct environment *environment = NULL;
	struct bearer *bearer = NULL;
	struct bearer_request request;
	struct url site = { .text = NULL };
	char **argv = make_argv(settings);
	int status = 0;
	int result = cmd_bearer_request(settings, CMD_BEARER, &request, error);

	if (result == 0 && argv == NULL)
		result = error_memory(error);
	if (revoke)
		identity_keep(request.identity);
	if (result == 0)
		result = prepare(settings, &request, &bearer, &site, &environment, error);
	if (result == 0)
		message_step("running %s", settings_operand(settings, 0));
	if (result == 0 && revoke) {
		result = child_run(argv, environment_list(environment), &status, error);
	} else if (result == 0) {
		status = child_exec(argv, environment_list(environment), error);
		message_error(error);
	}
	/* Even if the command failed or could not be run. */
	if (revoke && site.text != NULL)
		end_bearer(bearer, &request, &site);
	environment_free(&environment);
	bearer_free(&bearer);
	cmd_bearer_request_clear(&request);
	free(argv);
	return result < 0 ? result : status;
}

static const struct settings_usage usage = {
	.command = "exec",
	.operands = "[--] COMMAND [ARGUMENT]…",
	.operands_min = 1,
	.operands_max = INT_MAX,
	.command_line = true,
	.summary = "Runs a command with a bearer in its environment.",
	.details = "Sets SF_ACCESS_TOKEN, SF_ORG_INSTANCE_URL, P11BEARER_ACCESS_TOKEN,\n"
		   "P11BEARER_INSTANCE_URL and P11BEARER_ID. With --agent, nothing is required.",
	.example = "p11bearer exec --profile production -- sf org display",
	.needed = cmd_needs_bearer,
	.groups = GROUP_TOKEN | GROUP_KEY | GROUP_CLAIMS | GROUP_NEXT | GROUP_HTTP | GROUP_AUDIT | GROUP_AGENT,
	.own = { SETTING_REVOKE },
};
const struct command command_exec = { &usage, run, NULL };
