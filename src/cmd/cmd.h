/* SPDX-License-Identifier: Apache-2.0 */
/* The commands: settings in, one or two library calls, output. */
#ifndef P11BEARER_CMD_H
#define P11BEARER_CMD_H

#include "base/error.h"
#include "bearer/bearer.h"
#include "bearer/record.h"
#include "settings/settings.h"

struct command {
	const struct settings_usage *usage;
	/* Returns 0 or a negative class with `error` filled. A value above 0 is the exit status of a program that the
	 * command ran. NULL: `program` implements the command. */
	int (*run)(const struct settings *settings, struct error *error);
	const char *program; /* in libexec, or NULL */
};

extern const struct command command_keys, command_keygen, command_cert, command_csr, command_jwt, command_token;
extern const struct command command_whoami, command_revoke, command_exec, command_destroy, command_import, command_jwk;
extern const struct command command_doctor, command_attest, command_servers;
extern const struct command command_agent_status, command_agent_unlock, command_agent_lock, command_agent_forget;
extern const struct command command_agent_reload;

/* Of p11bearer-app. Only the usages are in p11bearer too. */
extern const struct command command_app_set_cert, command_app_check, command_app_init, command_deploy, command_rotate;
extern const struct settings_usage usage_app_set_cert, usage_app_check, usage_app_init, usage_deploy;
extern const struct settings_usage usage_rotate;

/* Of p11bearer-agent, likewise. */
extern const struct command command_agent;
extern const struct settings_usage usage_agent;

/* Finds the command that argv begins with; of "agent" and "agent status" the longer. *words is the number of words in
 * its name. NULL: argv names none of `commands`, which end with NULL. */
const struct command *cmd_find(const struct command *const *commands, char *const *argv, int *words);

/* Runs the command, or prints its help. argv[0] is skipped. Returns what command->run returns. */
int cmd_run(const struct command *command, int argc, char **argv, struct error *error);

/* The path of one of the programs that implement commands: in this program's folder if it is there, else where it is
 * installed. Valid until the next call. */
const char *cmd_program(const char *name);

/* Protects the process. main calls it before anything else that allocates. */
void cmd_begin(void);

/* Reports the error if `result` is negative, and ends the process with the exit status. */
void cmd_end(int result, struct error *error) __attribute__((noreturn));

/* The settings that a signature, an assertion and a bearer require; for settings_require. */
extern const struct settings_needed cmd_needs_key[], cmd_needs_assertion[], cmd_needs_bearer[];

/* Fills `request` from the settings. `uri` is the operand, or NULL for --key, which is then required. Fails with
 * ERROR_USAGE or ERROR_CONFIG. The caller frees request->uri with p11_uri_free, also after a failure. */
int cmd_key_request(const struct settings *settings, const char *uri, struct p11_request *request,
		    struct error *error);

struct x509_roots; /* see x509/attestation.h */

/* The vendor's certificates in the file that the setting names; NULL: it names none. A process reads each file once,
 * and keeps them. Fails as x509_roots_read does. */
int cmd_roots(const struct settings *settings, enum setting_id id, const struct x509_roots **roots,
	      struct error *error);

/* Sets request->attester if the settings require attested keys. Part of cmd_key_request. Fails with ERROR_CONFIG if
 * they name no certificates that prove it, and as x509_roots_read does. */
int cmd_attester(const struct settings *settings, struct p11_request *request, struct error *error);

/* How to put a new key on a token, from --touch, --pin-policy and --replace. */
struct p11_placing cmd_placing(const struct settings *settings);

/* Opens the recorder that the settings ask for, and has the key of `request` observed; *recorder is NULL if the audit
 * is off. Call it last before the key is opened. Fails as recorder_open does, or with ERROR_USAGE or ERROR_CONFIG. The
 * caller closes *recorder, also after a failure. */
int cmd_recorder(const struct settings *settings, struct p11_request *request, struct recorder **recorder,
		 struct error *error);

/* Fills `options` from the settings, for requests to the server. Checks the proxy for requests to `url` as
 * http_check_proxy does. */
int cmd_http_options(const struct settings *settings, const struct server *server, const char *url,
		     struct http_options *options, struct error *error);

/* Opens the identity that the settings name; *identity is NULL if they name none. `url` is the setting with the URL of
 * the first request. Fails with ERROR_USAGE or ERROR_CONFIG. */
int cmd_identity(const struct settings *settings, enum setting_id url, struct bearer_identity **identity,
		 struct error *error);

/* Copies the row with this name: a shipped one, or one that a section [server NAME] defines. Its texts live as long as
 * `settings`; nothing need be freed. Checks all sections. Fails with ERROR_USAGE if there is none, with ERROR_CONFIG if
 * a section is wrong; the error then names its place. */
int cmd_row(const struct settings *settings, const char *name, struct server *row, struct error *error);

/* The row of the server that the settings choose. Its texts live as long as `settings`. Fails with ERROR_USAGE or
 * ERROR_CONFIG if there is none. */
int cmd_choose(const struct settings *settings, struct server *row, struct error *error);

/* The same with its fields filled in, except for those that are known later. Fails likewise, also if a field has no
 * value. The caller frees *server with server_free. */
int cmd_server(const struct settings *settings, struct server **server, struct error *error);

/* What a request is for. */
enum cmd_purpose { CMD_ASSERTION, CMD_BEARER };

/* Fails with ERROR_USAGE if the key, or a setting that the server's row requires, is missing. With --batch, its lines
 * set most of them. Fails also as cmd_choose does. */
int cmd_require(const struct settings *settings, enum cmd_purpose purpose, struct error *error);

/* The same for a part of it: the assertion without the key; where a request goes, and its form. */
int cmd_require_assertion(const struct settings *settings, struct error *error);
int cmd_require_endpoint(const struct settings *settings, struct error *error);

/* Fills `request` from the settings, or else from the server's row. Fails as cmd_require does, and with ERROR_USAGE or
 * ERROR_CONFIG if a value is wrong. The caller clears the request, also after a failure. */
int cmd_bearer_request(const struct settings *settings, enum cmd_purpose purpose, struct bearer_request *request,
		       struct error *error);
void cmd_bearer_request_clear(struct bearer_request *request);

/* Of the user's value "@NAME", makes the template of the computed value: see bearer/fields.h. "@@TEXT" is the text
 * "@TEXT". Fails with ERROR_CONFIG if there is no such computed value. *value remains owned by the caller, or is
 * static. */
int cmd_computed(const char **value, bool *computed, struct error *error);

/* The grant that the settings choose, or else the row's. */
enum server_grant cmd_grant(const struct settings *settings, const struct server *row);

struct source; /* see base/source.h */

/* The source that the value of a form's field names, as in "@file:PATH". Returns false if it names none. *source refers
 * to `value`. */
bool cmd_form_source(const char *value, struct source *source);

/* The parts of cmd_bearer_request: the key that replaces the request's; the grant, and what is in the assertion; the
 * fields of the token request; the URLs. Fail with ERROR_USAGE or ERROR_CONFIG. request->server must be set. */
int cmd_take_next_key(const struct settings *settings, struct bearer_request *request, struct error *error);
int cmd_take_claims(const struct settings *settings, struct bearer_request *request, struct error *error);
int cmd_take_form(const struct settings *settings, struct bearer_request *request, struct error *error);
int cmd_take_urls(const struct settings *settings, enum cmd_purpose purpose, struct bearer_request *request,
		  struct error *error);

/* The URL to which the assertion is sent. It is not set if the lines of a batch set it. */
enum setting_id cmd_first_url(const struct settings *settings);

/* Names the agent, and the profile and user to ask it for, as the settings do. Fails with ERROR_USAGE, ERROR_CONFIG, or
 * with ERROR_NETWORK if there is none at the usual places. */
int cmd_agent(const struct settings *settings, struct oauth_agent *agent, struct error *error);

/* Fills a request whose bearer comes from the agent. Fails also with ERROR_USAGE if an option is about the key, the
 * assertion or the exchange. */
int cmd_agent_request(const struct settings *settings, struct bearer_request *request, struct error *error);

/* Fails with ERROR_USAGE if the server has no endpoint for the command: `url` is NULL. */
int cmd_needs_endpoint(const struct server *server, const char *url, const char *command, struct error *error);

/* Fails with ERROR_USAGE if the server is not an org, and as cmd_choose does. */
int cmd_needs_org(const struct settings *settings, struct error *error);

/* Warns if the URL of a Salesforce page is given instead of the org's. Checks the token endpoint for CMD_BEARER
 * only, and nothing for another server. */
void cmd_warn_urls(const struct settings *settings, const struct server *server, enum cmd_purpose purpose);

/* Adds a hint to the error of a refused URL (may be NULL) if it is the URL of a page. */
void cmd_advise_url(const struct url *url, struct error *error);

/* Adds the hint to run doctor to the error of a command, if doctor can narrow its cause down. */
void cmd_advise_doctor(const struct settings *settings, const struct settings_usage *usage, struct error *error);

/* Parses a value in a line of a batch as settings_parse does, and warns as cmd_warn_urls does. Not thread-safe. */
int cmd_parse_line(const char *name, const char *text, long *number, struct url *url, struct error *error);

/* Sets *batch to whether --batch is set. Fails with ERROR_USAGE if `without` is combined with --batch, or an option of
 * batches is given without it. */
int cmd_is_batch(const struct settings *settings, enum setting_id without, bool *batch, struct error *error);

/* Runs a batch of assertions or bearers; see batch/batch.h. */
int cmd_batch(const struct settings *settings, enum cmd_purpose purpose, struct error *error);

/* Writes data to --out, mode 0644, or stdout. */
int cmd_output(const struct settings *settings, const char *data, size_t length, struct error *error);

/* The same for JSON, as json_escape (base/json.h) makes it fit for a terminal, and a newline. */
int cmd_output_json(const struct settings *settings, const char *text, struct error *error);

#endif
