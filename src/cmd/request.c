/* SPDX-License-Identifier: Apache-2.0 */
/* Fills the plain structs of the other components from the settings. */
#include "cmd/cmd.h"

#include "base/json.h"
#include "base/message.h"
#include "base/secret.h"
#include "bearer/identity.h"
#include "process/output.h"
#include "process/prompt.h"
#include "process/write.h"

#include <stdlib.h>
#include <string.h>

const struct settings_needed cmd_needs_key[] = { { .id = SETTING_KEY }, { .id = SETTING_NONE } };
const struct settings_needed cmd_needs_assertion[] = {
	{ .id = SETTING_KEY },
	{ .id = SETTING_CLIENT_ID },
	{ .id = SETTING_USERNAME },
	{ .id = SETTING_INSTANCE_URL, .instead = { SETTING_AUDIENCE } },
	{ .id = SETTING_NONE },
};
const struct settings_needed cmd_needs_bearer[] = {
	{ .id = SETTING_KEY },
	{ .id = SETTING_CLIENT_ID },
	{ .id = SETTING_USERNAME },
	{ .id = SETTING_INSTANCE_URL, .instead = { SETTING_AUDIENCE, SETTING_TOKEN_URL } },
	{ .id = SETTING_NONE },
};

int cmd_key_request(const struct settings *settings, const char *uri, struct p11_request *request,
		    struct error *error)
{
	const char *pin_from = settings_text(settings, SETTING_PIN_FROM);
	const char *so_pin_from = settings_text(settings, SETTING_SO_PIN_FROM);

	*request = (struct p11_request){
		.module = settings_text(settings, SETTING_MODULE),
		.alg = (enum alg)settings_number(settings, SETTING_ALG),
		.allow_final_try = settings_flag(settings, SETTING_ALLOW_FINAL_TRY),
		.timeout = settings_number(settings, SETTING_MODULE_TIMEOUT),
		.module_wait = settings_number(settings, SETTING_MODULE_WAIT),
		.require_hardware = settings_flag(settings, SETTING_REQUIRE_HARDWARE),
		.require_nonextractable = settings_flag(settings, SETTING_REQUIRE_NONEXTRACTABLE),
	};
	if (uri == NULL && settings_require(settings, cmd_needs_key, error) < 0)
		return error_result(error);
	if (p11_uri_parse(&request->uri, uri != NULL ? uri : settings_text(settings, SETTING_KEY), error) < 0) {
		if (uri == NULL)
			settings_blame(settings, SETTING_KEY, error);
		else if (error->class == ERROR_CONFIG)
			error->class = ERROR_USAGE;
		return error_result(error);
	}
	if (pin_from != NULL && prompt_parse(&request->pin_from, "PIN", pin_from, error) < 0) {
		settings_blame(settings, SETTING_PIN_FROM, error);
		return error_result(error);
	}
	if (so_pin_from != NULL &&
	    prompt_parse(&request->so_pin_from, "security officer's PIN", so_pin_from, error) < 0) {
		settings_blame(settings, SETTING_SO_PIN_FROM, error);
		return error_result(error);
	}
	return cmd_attester(settings, request, error);
}

struct p11_placing cmd_placing(const struct settings *settings)
{
	static const char *const touches[] = { [P11_TOUCH_NEVER] = "never", [P11_TOUCH_ALWAYS] = "always",
					       [P11_TOUCH_CACHED] = "cached" };
	static const char *const pins[] = { [P11_PIN_NEVER] = "never", [P11_PIN_ONCE] = "once",
					    [P11_PIN_ALWAYS] = "always" };
	const char *touch = settings_text(settings, SETTING_TOUCH), *pin = settings_text(settings, SETTING_PIN_POLICY);
	struct p11_placing placing = { .replace = settings_flag(settings, SETTING_REPLACE) };

	for (unsigned i = 1; i <= 3; i++) {
		if (touch != NULL && strcmp(touch, touches[i]) == 0)
			placing.touch = (enum p11_touch_policy)i;
		if (pin != NULL && strcmp(pin, pins[i]) == 0)
			placing.pin = (enum p11_pin_policy)i;
	}
	return placing;
}

int cmd_recorder(const struct settings *settings, struct p11_request *request, struct recorder **recorder,
		 struct error *error)
{
	const struct audit_options options = {
		.target = settings_text(settings, SETTING_AUDIT),
		.required = settings_flag(settings, SETTING_AUDIT_REQUIRED),
	};
	int result = recorder_open(recorder, &options, settings_command(settings),
				   settings_text(settings, SETTING_PROFILE), error);

	request->observer = recorder_observer(*recorder);
	if (result < 0 || *recorder != NULL || !options.required)
		return result;
	error_set(error, ERROR_CONFIG, "an audit is required, but it is off");
	error_hint(error, "choose a target with --audit, or in a configuration file");
	settings_blame(settings, SETTING_AUDIT_REQUIRED, error);
	return error_result(error);
}

int cmd_take_next_key(const struct settings *settings, struct bearer_request *request, struct error *error)
{
	const char *uri = settings_text(settings, SETTING_NEXT_KEY);

	request->next_certificate = settings_text(settings, SETTING_NEXT_CERTIFICATE);
	if (uri != NULL && p11_uri_parse(&request->next_key, uri, error) < 0) {
		settings_blame(settings, SETTING_NEXT_KEY, error);
		return error_result(error);
	}
	if (uri != NULL || request->next_certificate == NULL)
		return 0;
	error_set(error, ERROR_CONFIG, "a next certificate requires its key");
	error_hint(error, "give the key with --next-key");
	settings_blame(settings, SETTING_NEXT_CERTIFICATE, error);
	return error_result(error);
}

int cmd_http_options(const struct settings *settings, const struct server *server, const char *url,
		     struct http_options *options, struct error *error)
{
	*options = (struct http_options){
		.cacert = settings_text(settings, SETTING_CACERT),
		.proxy = settings_text(settings, SETTING_PROXY),
		.proxy_origin = settings_origin(settings, SETTING_PROXY),
		.timeout = settings_number(settings, SETTING_TIMEOUT),
	};
	bearer_party(server, options);
	if (http_check_proxy(options->proxy, url, error) == 0)
		return 0;
	if (options->proxy != NULL)
		settings_blame(settings, SETTING_PROXY, error);
	return error_result(error);
}

int cmd_identity(const struct settings *settings, enum setting_id url, struct bearer_identity **identity,
		 struct error *error)
{
	const char *path = settings_text(settings, SETTING_TLS_CERTIFICATE);
	const char *key = settings_text(settings, SETTING_TLS_KEY);
	const struct url first = settings_url(settings, url);
	struct uri *uri = NULL;
	int result = 0;

	*identity = NULL;
	if (path == NULL && key == NULL)
		return 0;
	if (path == NULL) {
		result = error_set(error, ERROR_CONFIG, "a TLS key requires its certificate");
		error_hint(error, "give the certificate with --tls-certificate");
	} else if (key != NULL) {
		result = p11_uri_parse(&uri, key, error);
	}
	if (result < 0) {
		settings_blame(settings, SETTING_TLS_KEY, error);
		return error_result(error);
	}
	if (identity_open(identity, path, uri, error) < 0)
		return error_result(error);
	if (first.text != NULL && !first.https)
		message_warn("%s: the URL is http, so --tls-certificate has no effect", settings_origin(settings, url));
	return 0;
}

/* What the server's row sets for the key. */
static int take_key(const struct settings *settings, struct bearer_request *request, struct error *error)
{
	if (cmd_key_request(settings, NULL, &request->key, error) < 0)
		return error_result(error);
	if (settings_origin(settings, SETTING_ALG) == NULL)
		request->key.rsa_alg = request->server->alg;
	return 0;
}

/* The row, filled in. The agent makes bearers with its own settings, so nothing is required then. */
static int take_server(const struct settings *settings, enum cmd_purpose purpose, struct bearer_request *request,
		       struct error *error)
{
	struct server *server = NULL;
	int result = 0;

	*request = (struct bearer_request){ .server = NULL };
	if (!settings_use_agent(settings))
		result = cmd_require(settings, purpose, error);
	if (result == 0)
		result = cmd_server(settings, &server, error);
	request->server = server;
	if (server != NULL)
		request->grant = cmd_grant(settings, server);
	return result;
}

int cmd_bearer_request(const struct settings *settings, enum cmd_purpose purpose, struct bearer_request *request,
		       struct error *error)
{
	const enum setting_id url = cmd_first_url(settings);
	int result = take_server(settings, purpose, request, error);

	if (result < 0)
		return result;
	if (settings_use_agent(settings))
		return cmd_agent_request(settings, request, error);
	if (purpose == CMD_BEARER) {
		request->retries = settings_number(settings, SETTING_RETRIES);
		request->rate_wait = settings_number(settings, SETTING_RATE_WAIT);
		if (cmd_http_options(settings, request->server, settings_text(settings, url), &request->http,
				     error) < 0 ||
		    cmd_identity(settings, url, &request->identity, error) < 0)
			return error_result(error);
		request->http.identity = identity_http(request->identity);
	}
	if (take_key(settings, request, error) < 0 ||
	    (purpose == CMD_BEARER && cmd_take_next_key(settings, request, error) < 0) ||
	    cmd_take_urls(settings, purpose, request, error) < 0 ||
	    cmd_take_claims(settings, request, error) < 0 ||
	    (purpose == CMD_BEARER && cmd_take_form(settings, request, error) < 0))
		return error_result(error);
	cmd_warn_urls(settings, request->server, purpose);
	return cmd_recorder(settings, &request->key, &request->recorder, error);
}

void cmd_bearer_request_clear(struct bearer_request *request)
{
	for (size_t i = 0; i < request->claim_count; i++)
		free((char *)request->claims[i].json);
	for (size_t i = 0; i < request->header_count; i++)
		free((char *)request->headers[i].json);
	for (size_t i = 0; i < request->form_count; i++)
		secret_free(&request->form[i].kept);
	free(request->claims);
	free(request->headers);
	free(request->form);
	p11_uri_free(&request->next_key);
	http_url_free(&request->endpoint);
	server_free((struct server **)&request->server);
	identity_close(&request->identity);
	p11_uri_free(&request->key.uri);
	recorder_close(&request->recorder);
}

int cmd_output(const struct settings *settings, const char *data, size_t length, struct error *error)
{
	const char *path = settings_text(settings, SETTING_OUT);

	if (path != NULL)
		return write_file(path, data, length, 0644, error);
	return output_write(data, length, error);
}

int cmd_output_json(const struct settings *settings, const char *text, struct error *error)
{
	struct secret *json = secret_new(strlen(text) + 2);
	int result;

	if (json == NULL || json_escape(json, text) < 0 || secret_append(json, "\n", 1) < 0)
		result = error_memory(error);
	else
		result = cmd_output(settings, secret_data(json), secret_length(json), error);
	secret_free(&json);
	return result;
}
