/* SPDX-License-Identifier: Apache-2.0 */
/* What the checks of doctor look at, from the settings. Unlike with other commands, a part that cannot be used does not
 * keep doctor from using the others. */
#include "cmd/doctor.h"

#include "base/message.h"
#include "base/text.h"

/* Whether the part is there: `result` and part->error are what cmd_require… has returned. It may be missing if the
 * agent has it. */
static bool has_part(const struct settings *settings, int result, struct doctor_part *part)
{
	if (result == 0)
		return true;
	part->missing = true;
	part->absent = settings_use_agent(settings);
	/* The class is not ERROR_USAGE: other commands blame their command line, doctor the configuration. */
	part->error.class = part->absent ? ERROR_NONE : ERROR_CONFIG;
	return false;
}

static void take_warning(void *context, const char *text)
{
	struct doctor_part *part = context;

	text_append(part->warning, sizeof(part->warning), "%s%s", part->warning[0] != '\0' ? "; " : "", text);
}

static void take_server(const struct settings *settings, struct doctor_part *part, struct bearer_request *request)
{
	request->retries = settings_number(settings, SETTING_RETRIES);
	request->rate_wait = settings_number(settings, SETTING_RATE_WAIT);
	if (cmd_take_urls(settings, CMD_BEARER, request, &part->error) < 0 ||
	    cmd_http_options(settings, request->server, settings_text(settings, cmd_first_url(settings)),
			     &request->http, &part->error) < 0)
		return;
	part->absent = request->grant == SERVER_NONE;
	request->http.party = request->server->is_org ? NULL : request->server->party;
	message_take_warnings(take_warning, part);
	cmd_warn_urls(settings, request->server, CMD_BEARER);
	message_take_warnings(NULL, NULL);
}

/* Without a login there is nothing to record. */
static void take_audit(const struct settings *settings, const struct doctor_given *given, struct doctor_part *part,
		       struct bearer_request *request)
{
	if (given->login)
		(void)cmd_recorder(settings, &request->key, &request->recorder, &part->error);
	part->absent = request->recorder == NULL && part->error.class == ERROR_NONE;
}

/* An agent that no setting names is looked for at the usual places, unless a setting says that none is used. */
static void take_agent(const struct settings *settings, struct doctor_agent *given)
{
	given->configured = settings_use_agent(settings);
	if (!given->configured && settings_origin(settings, SETTING_AGENT) != NULL)
		return;
	if (cmd_agent(settings, &given->agent, &given->error) == 0 || given->configured)
		return;
	given->agent.socket[0] = '\0';
	given->error.class = ERROR_NONE;
}

static const char *keep(void *context, const char *name)
{
	(void)context;
	(void)name;
	return BRACES_KEPT;
}

/* The row of the server. If a value is missing, that is kept for the check of the server, and the row is as it is. */
static int take_row(const struct settings *settings, struct server **server, struct error *missing, struct error *error)
{
	struct server row;

	*server = NULL;
	if (cmd_choose(settings, &row, error) < 0)
		return error_result(error);
	if (cmd_server(settings, server, missing) == 0)
		return 0;
	return server_fill(&row, keep, NULL, server, error);
}

/* The parts of the request that the server's row decides on. */
static void take_parts(const struct settings *settings, const struct error *missing, struct doctor_given *given,
		       struct bearer_request *request)
{
	struct error ignored;
	bool complete = has_part(settings, cmd_require_assertion(settings, &given->assertion.error), &given->assertion);

	request->key.rsa_alg = request->server->alg;
	if (missing->class != ERROR_NONE) { /* the row cannot be used */
		given->server.error = *missing;
		return;
	}
	(void)cmd_take_claims(settings, request, complete ? &given->assertion.error : &ignored);
	if (!has_part(settings, cmd_require_endpoint(settings, &given->server.error), &given->server))
		return;
	take_server(settings, &given->server, request);
	if (given->server.error.class == ERROR_NONE)
		(void)cmd_take_form(settings, request, &given->server.error);
}

int doctor_fill(const struct settings *settings, struct doctor_given *given, struct bearer_request *request,
		struct error *error)
{
	struct error missing = { .class = ERROR_NONE };
	struct server *server;

	if (take_row(settings, &server, &missing, error) < 0)
		return error_result(error);
	*request = (struct bearer_request){
		.server = server,
		.grant = cmd_grant(settings, server),
		.warn_days = settings_number(settings, SETTING_WARN_DAYS),
	};
	*given = (struct doctor_given){
		.request = request,
		.tls_certificate = settings_text(settings, SETTING_TLS_CERTIFICATE),
		.tls_key = settings_text(settings, SETTING_TLS_KEY),
		.app = {
			.path = settings_text(settings, SETTING_APP_PATH),
			.name = settings_text(settings, SETTING_APP),
			.program = cmd_program("p11bearer-app"),
		},
		.login = settings_flag(settings, SETTING_LOGIN) || settings_flag(settings, SETTING_EXCHANGE),
		.exchange = settings_flag(settings, SETTING_EXCHANGE),
	};
	if (has_part(settings, settings_require(settings, cmd_needs_key, &given->key.error), &given->key))
		(void)cmd_key_request(settings, NULL, &request->key, &given->key.error);
	(void)cmd_take_next_key(settings, request, &given->next_key.error);
	given->next_key.absent = request->next_key == NULL && given->next_key.error.class == ERROR_NONE;
	take_audit(settings, given, &given->audit, request);
	take_parts(settings, &missing, given, request);
	take_agent(settings, &given->agent);
	return doctor_fill_configuration(settings, &given->configuration, error);
}

void doctor_clear(struct doctor_given *given, struct bearer_request *request)
{
	doctor_clear_configuration(&given->configuration);
	cmd_bearer_request_clear(request);
}
