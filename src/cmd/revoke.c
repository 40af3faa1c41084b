/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer revoke: revokes an access token. */
#include "cmd/cmd.h"

#include "base/message.h"
#include "base/source.h"
#include "bearer/identity.h"

#include <unistd.h>

enum { TOKEN_MAX = 65536 }; /* bytes; an access token may be a JWT */

static const struct settings_needed needed[] = { { .id = SETTING_INSTANCE_URL }, { .id = SETTING_NONE } };

/* The key of the identity is the only one that this command uses. */
static const struct settings_needed needs_key[] = {
	{ .id = SETTING_KEY, .instead = { SETTING_TLS_KEY } },
	{ .id = SETTING_NONE },
};

static int take_identity(const struct settings *settings, struct bearer_use *use, struct recorder **recorder,
			 struct error *error)
{
	const char *tls_key = settings_text(settings, SETTING_KEY) == NULL ? settings_text(settings, SETTING_TLS_KEY) :
			      NULL;
	struct p11_request key;
	int result = cmd_identity(settings, SETTING_INSTANCE_URL, &use->identity, error);

	if (result < 0)
		return result;
	if (use->identity == NULL)
		return settings_is_option(settings, SETTING_KEY) ?
		       error_set(error, ERROR_USAGE, "--key requires --tls-certificate") : 0;
	if (settings_require(settings, needs_key, error) < 0)
		return error_result(error);
	result = cmd_key_request(settings, tls_key, &key, error);
	if (tls_key != NULL)
		key.alg = ALG_AUTO; /* --alg is that of --key */
	if (result == 0)
		result = cmd_recorder(settings, &key, recorder, error);
	if (result == 0)
		identity_allow(use->identity, &key);
	else
		p11_uri_free(&key.uri);
	use->http.identity = identity_http(use->identity);
	return result;
}

static int take_use(const struct settings *settings, struct bearer_use *use, struct recorder **recorder,
		    struct error *error)
{
	const struct url site = settings_url(settings, SETTING_INSTANCE_URL);
	struct server row, *server = NULL;
	int result = cmd_choose(settings, &row, error);

	if (result == 0)
		result = cmd_needs_endpoint(&row, row.revoke_url, "revoke", error);
	if (result == 0)
		result = cmd_server(settings, &server, error);
	*use = (struct bearer_use){ .server = server, .retries = settings_number(settings, SETTING_RETRIES) };
	if (result == 0 && bearer_needs_site(server->revoke_url))
		result = settings_require(settings, needed, error);
	if (result < 0)
		return result;
	if (cmd_http_options(settings, server, site.text, &use->http, error) < 0)
		return error_result(error);
	if (take_identity(settings, use, recorder, error) < 0)
		return error_result(error);
	if (bearer_url(&use->url, use->server->revoke_url, "site", &site, error) < 0) {
		settings_blame(settings, SETTING_INSTANCE_URL, error);
		return error_result(error);
	}
	cmd_warn_urls(settings, use->server, CMD_ASSERTION);
	return 0;
}

static int read_token(const struct settings *settings, struct secret *token, struct error *error)
{
	const char *from = settings_text(settings, SETTING_TOKEN_FROM);
	struct source_kind kind = { .name = "access token", .class = ERROR_CONFIG, .max = TOKEN_MAX };
	struct source source;

	/* No limit for stdin, where a person may type the token. */
	kind.seconds = from != NULL ? settings_number(settings, SETTING_TIMEOUT) : 0;
	if (from != NULL && source_parse(&source, from))
		return source_read(&source, &kind, token, error);
	if (from != NULL) {
		/* The text is not shown: it may be the access token, given by mistake. */
		error_set(error, ERROR_USAGE, "option --token-from: not a source of an access token");
		error_hint(error, "give file:PATH, env:NAME or fd:N, or omit the option to read standard input");
		return -ERROR_USAGE;
	}
	if (isatty(STDIN_FILENO))
		message_note("reading the access token from standard input");
	return source_read_line(STDIN_FILENO, "standard input", &kind, token, error);
}

static int run(const struct settings *settings, struct error *error)
{
	struct secret *token = secret_new(1024);
	struct bearer_use use = { .url = NULL };
	struct recorder *recorder = NULL;
	int result = token != NULL ? take_use(settings, &use, &recorder, error) : error_memory(error);

	if (result == 0)
		result = read_token(settings, token, error);
	if (result == 0)
		result = bearer_revoke(&use, token, error);
	http_url_free(&use.url);
	identity_close(&use.identity);
	recorder_close(&recorder);
	secret_free(&token);
	server_free((struct server **)&use.server);
	return result;
}

static const struct settings_usage usage = {
	.command = "revoke",
	.operands = "",
	.summary = "Revokes an access token, read from standard input.",
	.details = "A key is used only if the server requests a TLS client certificate.",
	.example = "p11bearer revoke -r https://example.my.salesforce.com <access-token",
	.needed = needed,
	.groups = GROUP_TOKEN | GROUP_AUDIT,
	.own = { SETTING_SERVER, SETTING_SET, SETTING_INSTANCE_URL, SETTING_CACERT, SETTING_TLS_CERTIFICATE,
		 SETTING_TLS_KEY, SETTING_PROXY, SETTING_TIMEOUT, SETTING_RETRIES, SETTING_KEY, SETTING_TOKEN_FROM },
};
const struct command command_revoke = { &usage, run, NULL };
