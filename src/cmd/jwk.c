/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer jwk: prints public keys as JWK or JWKS, for registration with a server. */
#include "cmd/cmd.h"

#include "x509/jwk.h"

#include <cjson/cJSON.h>
#include <openssl/evp.h>

enum { OPERANDS_MAX = 16 };

#define JOIN "a PIN is for one key: print the JWK of each key, and join them with \"jq -s '{keys: .}'\""

/* Adds the JWK of one key to the array. `uri` as in cmd_key_request. `alone`: it is the only key, so that a PIN can be
 * meant for it alone. */
static int add_key(const struct settings *settings, const char *uri, bool alone, cJSON *keys, struct error *error)
{
	struct p11_request request;
	EVP_PKEY *public = NULL;
	cJSON *jwk = NULL;
	enum alg alg;
	int result = cmd_key_request(settings, uri, &request, error);

	if (result == 0)
		result = p11_public_read(&request, alone, &public, &alg, error);
	if (result < 0 && !alone && error->hint[0] == '\0')
		error_hint(error, JOIN);
	if (result == 0)
		result = jwk_make(public, alg, settings_text(settings, SETTING_KID), &jwk, error);
	if (result == 0 && !cJSON_AddItemToArray(keys, jwk)) {
		cJSON_Delete(jwk);
		result = error_memory(error);
	}
	EVP_PKEY_free(public);
	p11_uri_free(&request.uri);
	return result;
}

/* A server finds a key by its kid. */
static int refuse_twice(const cJSON *keys, struct error *error)
{
	for (const cJSON *one = keys->child; one != NULL; one = one->next) {
		for (const cJSON *other = one->next; other != NULL; other = other->next) {
			if (cJSON_Compare(one, other, true))
				return error_set(error, ERROR_USAGE, "two of the URIs name the same key, with kid %s",
						 cJSON_GetStringValue(cJSON_GetObjectItem(one, "kid")));
		}
	}
	return 0;
}

static int print(const struct settings *settings, const cJSON *root, struct error *error)
{
	char *text = cJSON_Print(root);
	int result = text != NULL ? cmd_output_json(settings, text, error) : error_memory(error);

	cJSON_free(text);
	return result;
}

static int refuse_several(const char *option, struct error *error)
{
	error_set(error, ERROR_USAGE, "%s needs a login, and jwk does not log in for several keys", option);
	error_hint(error, JOIN);
	return -ERROR_USAGE;
}

static int run(const struct settings *settings, struct error *error)
{
	bool set = settings_flag(settings, SETTING_AS_SET), alone = settings_operand(settings, 0) == NULL;
	cJSON *root, *keys;
	int result;

	if (!set && !alone) {
		error_set(error, ERROR_USAGE, "a JWK has one key, that of --key");
		error_hint(error, "with --set, URIs name more keys");
		return -ERROR_USAGE;
	}
	if (!alone && settings_flag(settings, SETTING_REQUIRE_NONEXTRACTABLE))
		return refuse_several("--require-nonextractable", error);
	if (!alone && settings_flag(settings, SETTING_REQUIRE_ATTESTED))
		return refuse_several("--require-attested", error);
	if (!alone && settings_text(settings, SETTING_KID) != NULL)
		return error_set(error, ERROR_USAGE, "--kid is for one key, not for several");
	root = cJSON_CreateObject();
	keys = cJSON_AddArrayToObject(root, "keys");
	if (keys == NULL) {
		cJSON_Delete(root);
		return error_memory(error);
	}
	result = add_key(settings, NULL, alone, keys, error);
	for (int i = 0; result == 0 && settings_operand(settings, i) != NULL; i++)
		result = add_key(settings, settings_operand(settings, i), false, keys, error);
	if (result == 0)
		result = refuse_twice(keys, error);
	if (result == 0)
		result = print(settings, set ? root : keys->child, error);
	cJSON_Delete(root);
	return result;
}

static const struct settings_usage usage = {
	.command = "jwk",
	.operands = "[URI]…",
	.operands_max = OPERANDS_MAX,
	.summary = "Prints the public key as JWK or JWKS, to register it.",
	.details = "Logs in only if the token does not show the public key without. With --set, URIs\n"
		   "name more keys, such as the one that replaces --key.",
	.example = "p11bearer jwk -k 'pkcs11:token=prod;object=jwt-key' --set --out jwks.json",
	.needed = cmd_needs_key,
	.groups = GROUP_TOKEN | GROUP_KEY,
	.own = { SETTING_KID, SETTING_OUT, SETTING_AS_SET },
};
const struct command command_jwk = { &usage, run, NULL };
