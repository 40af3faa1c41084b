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
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Hides the source of a secret from the command. */
static void drop_source(const struct source *source, struct environment *environment)
{
	if (source->type == SOURCE_VARIABLE)
		environment_unset(environment, source->name);
	else if (source->type == SOURCE_DESCRIPTOR)
		descriptors_drop(source->fd);
}

/* Likewise for the values of the token request. */
static void drop_form(const struct settings *settings, const struct server *server, struct environment *environment)
{
	struct source source;

	for (size_t i = 0; i < settings_pairs(settings, SETTING_FORM); i++) {
		if (cmd_form_source(settings_pair(settings, SETTING_FORM, i).value, &source))
			drop_source(&source, environment);
	}
	for (size_t i = 0; i < SERVER_PAIRS && server->form[i].name != NULL; i++) {
		if (cmd_form_source(server->form[i].value, &source))
			drop_source(&source, environment);
	}
}

/* Hides the sources of the PIN, and wipes the PIN, which is no longer needed. */
static void drop_pins(const struct settings *settings, struct bearer_request *request, struct environment *environment)
{
	const struct source *from = &request->key.pin_from;
	const struct source *const sources[] = {
		from, request->key.uri != NULL ? p11_uri_pin_source(request->key.uri) : from,
		request->next_key != NULL ? p11_uri_pin_source(request->next_key) : from,
	};

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		drop_source(sources[i], environment);
	p11_uri_free(&request->key.uri);
	p11_uri_free(&request->next_key);
	if (source_used_descriptor() >= 0) /* by whatever name */
		descriptors_drop(source_used_descriptor());
	settings_forget_pins(settings);
}

/* What fills in the values of the row's variables. */
struct values {
	const char *token, *site; /* site: NULL if it is not known */
};

static const char *look_up(void *context, const char *name)
{
	const struct values *values = context;

	if (strcmp(name, "bearer") == 0)
		return values->token;
	return strcmp(name, "site") == 0 || strcmp(name, "instance-url") == 0 ? values->site : NULL;
}

/* Sets a variable of the server's own tools. One that needs the site is unset if that is not known: a value inherited
 * from another bearer would not match. */
static int add_variable(struct environment *environment, const struct server_pair *variable, struct values *values,
			struct error *error)
{
	char *text;
	int result;

	if (strcmp(variable->value, "{bearer}") == 0) /* no copies */
		return environment_set(environment, variable->name, values->token, error);
	environment_unset(environment, variable->name);
	if (values->site == NULL && bearer_needs_site(variable->value))
		return 0;
	result = braces_fill(variable->value, look_up, values, &text, error);
	if (result == 0) {
		result = environment_set(environment, variable->name, text, error);
		OPENSSL_cleanse(text, strlen(text));
		free(text);
	}
	return result;
}

static int add_bearer(struct environment *environment, const struct server *server, const struct bearer *bearer,
		      const char *site, struct error *error)
{
	const char *id = bearer_id(bearer);
	struct values values = { secret_data(bearer_access_token(bearer)), site };
	const struct {
		const char *name, *value;
	} own[] = {
		{ "P11BEARER_ACCESS_TOKEN", values.token },
		{ "P11BEARER_INSTANCE_URL", site },
		{ "P11BEARER_ID", id != NULL && text_fault(id) == NULL ? id : NULL },
	};
	int result = 0;

	for (size_t i = 0; i < SERVER_PAIRS && server->variables[i].name != NULL && result == 0; i++)
		result = add_variable(environment, &server->variables[i], &values, error);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]) && result == 0; i++) {
		environment_unset(environment, own[i].name);
		if (own[i].value != NULL)
			result = environment_set(environment, own[i].name, own[i].value, error);
	}
	return result;
}

/* Finds the site. Only a row whose variables or endpoints need it requires it. */
static int find_site(struct bearer *bearer, const struct bearer_request *request, struct url *site, struct error *error)
{
	const struct server *server = request->server;
	bool needed = server->revoke_url != NULL && bearer_needs_site(server->revoke_url);

	for (size_t i = 0; i < SERVER_PAIRS && server->variables[i].name != NULL; i++)
		needed |= bearer_needs_site(server->variables[i].value);
	if (!needed && request->instance_url.text == NULL)
		return 0;
	return bearer_site(bearer, request, site, error);
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
		result = find_site(*bearer, request, site, error);
	if (result == 0)
		result = environment_new(environment, environ, error);
	if (result == 0)
		result = add_bearer(*environment, request->server, *bearer, site->text, error);
	if (result == 0) {
		drop_pins(settings, request, *environment);
		drop_form(settings, request->server, *environment);
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

/* Says that the bearer could not be revoked before it is there. */
static int check(const struct settings *settings, struct error *error)
{
	struct server row;

	if (!settings_flag(settings, SETTING_REVOKE))
		return 0;
	if (cmd_choose(settings, &row, error) < 0)
		return error_result(error);
	return cmd_needs_endpoint(&row, row.revoke_url, "exec --revoke", error);
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
	if (revoke && bearer != NULL && (site.text != NULL || !bearer_needs_site(request.server->revoke_url)))
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
	.details = "Sets P11BEARER_ACCESS_TOKEN, P11BEARER_INSTANCE_URL, P11BEARER_ID and the\n"
		   "server's own variables, such as SF_ACCESS_TOKEN and SF_ORG_INSTANCE_URL. With\n"
		   "--agent, nothing is required.",
	.example = "p11bearer exec --profile production -- sf org display",
	.needed = cmd_needs_bearer,
	.check = check,
	.groups = GROUP_TOKEN | GROUP_KEY | GROUP_CLAIMS | GROUP_NEXT | GROUP_HTTP | GROUP_AUDIT | GROUP_AGENT,
	.own = { SETTING_REVOKE },
};
const struct command command_exec = { &usage, run, NULL };
