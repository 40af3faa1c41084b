/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer keys: lists tokens and their private keys. */
#include "cmd/cmd.h"

#include "base/message.h"
#include "p11/list.h"
#include "process/output.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* --- JSON -------------------------------------------------------------------------------------------------------- */

/* A flag that the token does not report is null. */
static void add_flag(cJSON *object, const char *name, int value)
{
	if (value < 0)
		cJSON_AddNullToObject(object, name);
	else
		cJSON_AddBoolToObject(object, name, value);
}

static cJSON *key_json(const struct p11_key_info *key)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "uri", key->uri);
	cJSON_AddStringToObject(object, "label", key->label);
	cJSON_AddStringToObject(object, "type", key->type);
	if (key->bits > 0)
		cJSON_AddNumberToObject(object, "bits", key->bits);
	else
		cJSON_AddNullToObject(object, "bits");
	if (key->curve[0] != '\0')
		cJSON_AddStringToObject(object, "curve", key->curve);
	add_flag(object, "local", key->local);
	add_flag(object, "sensitive", key->sensitive);
	add_flag(object, "never_extractable", key->never_extractable);
	add_flag(object, "always_authenticate", key->always_authenticate);
	add_flag(object, "sign", key->sign);
	return object;
}

static cJSON *token_json(const struct p11_token_info *token)
{
	cJSON *object = cJSON_CreateObject();
	cJSON *keys;

	cJSON_AddStringToObject(object, "uri", token->uri);
	cJSON_AddStringToObject(object, "label", token->label);
	cJSON_AddStringToObject(object, "manufacturer", token->manufacturer);
	cJSON_AddStringToObject(object, "model", token->model);
	cJSON_AddStringToObject(object, "serial", token->serial);
	cJSON_AddStringToObject(object, "module", token->module);
	cJSON_AddBoolToObject(object, "initialized", token->initialized);
	cJSON_AddBoolToObject(object, "login_required", token->login_required);
	cJSON_AddBoolToObject(object, "logged_in", token->logged_in);
	keys = cJSON_AddArrayToObject(object, "keys");
	for (size_t i = 0; i < token->key_count; i++)
		cJSON_AddItemToArray(keys, key_json(&token->keys[i]));
	return object;
}

static int print_json(const struct p11_listing *listing, bool all, struct error *error)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *tokens = cJSON_AddArrayToObject(root, "tokens");
	char *text;
	int result;

	for (size_t i = 0; i < listing->token_count; i++)
		cJSON_AddItemToArray(tokens, token_json(&listing->tokens[i]));
	if (all) {
		cJSON *modules = cJSON_AddArrayToObject(root, "modules");

		for (size_t i = 0; i < listing->module_count; i++)
			cJSON_AddItemToArray(modules, cJSON_CreateString(listing->modules[i]));
	}
	text = cJSON_Print(root);
	result = output_json(text, error);
	cJSON_free(text);
	cJSON_Delete(root);
	return result;
}

/* --- table ------------------------------------------------------------------------------------------------------- */

/* Prints the words for the flags that are set, and for those whose absence matters. */
static void print_flags(FILE *stream, const struct p11_key_info *key)
{
	const struct {
		int value;
		const char *yes, *no;
	} flags[] = {
		{ key->local, "generated on the token", "imported" },
		{ key->sensitive, "sensitive", "NOT SENSITIVE" },
		{ key->never_extractable, "never extractable", "NOT NEVER EXTRACTABLE" },
		{ key->always_authenticate, "PIN for each signature", NULL },
		{ key->sign, "signs", "does not sign" },
	};
	const char *separator = "";

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		const char *word = flags[i].value == 1 ? flags[i].yes : flags[i].value == 0 ? flags[i].no : NULL;

		if (word == NULL)
			continue;
		fprintf(stream, "%s%s", separator, word);
		separator = ", ";
	}
}

static void print_token(FILE *stream, const struct p11_token_info *token)
{
	fprintf(stream, "token %s  (%s, %s, module %s)\n", token->initialized ? token->label : "(not initialised)",
		token->manufacturer, token->model, token->module);
	if (token->initialized)
		fprintf(stream, "  %s\n", token->uri);
	for (size_t i = 0; i < token->key_count; i++) {
		const struct p11_key_info *key = &token->keys[i];

		fprintf(stream, "  key %s", key->type);
		if (key->curve[0] != '\0')
			fprintf(stream, " %s", key->curve);
		else if (key->bits > 0)
			fprintf(stream, " %u", key->bits);
		fprintf(stream, "  %s  (", key->label);
		print_flags(stream, key);
		fprintf(stream, ")\n    %s\n", key->uri);
	}
	if (token->login_required && !token->logged_in && token->initialized)
		fputs("  give --pin-from to list the keys that it hides until login\n", stream);
}

static int print_table(const struct p11_listing *listing, bool all, struct error *error)
{
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	int result;

	if (stream == NULL)
		return error_memory(error);
	for (size_t i = 0; i < listing->token_count; i++)
		print_token(stream, &listing->tokens[i]);
	for (size_t i = 0; all && i < listing->module_count; i++)
		fprintf(stream, "module %s\n", listing->modules[i]);
	if (fclose(stream) != 0)
		result = error_memory(error);
	else
		result = output_write(text, length, error);
	free(text);
	return result;
}

static int run(const struct settings *settings, struct error *error)
{
	const char *uri = settings_operand(settings, 0);
	bool all = settings_flag(settings, SETTING_ALL);
	struct p11_listing listing;
	struct p11_request request;
	int result = cmd_key_request(settings, uri != NULL ? uri : "pkcs11:", &request, error);

	if (result < 0) {
		p11_uri_free(&request.uri);
		return result;
	}
	/* A PIN in the configuration is for the configured key, not for any token. */
	if (!settings_is_option(settings, SETTING_PIN_FROM))
		request.pin_from.type = SOURCE_NONE;
	result = p11_list(&request, all ? P11_LIST_ALL : 0, &listing, error);
	if (result == 0 && listing.token_count == 0 && uri != NULL) {
		result = error_set(error, ERROR_NO_KEY, "no token with keys matches the URI");
		error_hint(error, "%s", listing.hint);
		p11_uri_hint_id(uri, error);
	}
	if (result == 0 && settings_flag(settings, SETTING_JSON))
		result = print_json(&listing, all, error);
	else if (result == 0)
		result = print_table(&listing, all, error);
	if (result == 0 && listing.token_count == 0)
		message_note("no token with keys was found; %s", listing.hint);
	p11_listing_free(&listing);
	p11_uri_free(&request.uri);
	return result;
}

static const struct settings_usage usage = {
	.command = "keys",
	.operands = "[URI]",
	.operands_max = 1,
	.summary = "Lists tokens and their private keys, each with its URI.",
	.details = "Each URI matches no other token or key. Logs in only with --pin-from, and only\n"
		   "to one token.",
	.example = "p11bearer keys 'pkcs11:token=prod' --pin-from prompt",
	.groups = GROUP_TOKEN,
	.own = { SETTING_JSON, SETTING_ALL },
};
const struct command command_keys = { &usage, run, NULL };
