/* SPDX-License-Identifier: Apache-2.0 */
/* A server's row as JSON. */
#include "cmd/servers.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

static void add_text(cJSON *object, const char *name, const char *text)
{
	if (text != NULL)
		cJSON_AddStringToObject(object, name, text);
	else
		cJSON_AddNullToObject(object, name);
}

static void add_number(cJSON *object, const char *name, long number)
{
	if (number > 0)
		cJSON_AddNumberToObject(object, name, (double)number);
	else
		cJSON_AddNullToObject(object, name);
}

/* An array of the words, which blanks separate. */
static void add_words(cJSON *object, const char *name, const char *words)
{
	cJSON *array = cJSON_AddArrayToObject(object, name);
	char word[256];
	const char *rest = words != NULL ? words : "";
	size_t length;

	for (; *rest != '\0'; rest += length + strspn(rest + length, " ")) {
		length = strcspn(rest, " ");
		snprintf(word, sizeof(word), "%.*s", (int)length, rest);
		cJSON_AddItemToArray(array, cJSON_CreateString(word));
	}
}

static void add_pairs(cJSON *object, const char *name, const struct server *row, const struct server_pair *pairs)
{
	cJSON *members = cJSON_AddObjectToObject(object, name);

	for (size_t i = 0; i < SERVER_PAIRS && pairs[i].name != NULL; i++)
		cJSON_AddStringToObject(members, pairs[i].name, servers_shown(row, &pairs[i]));
}

static void add_algs(cJSON *object, unsigned algs)
{
	cJSON *array = cJSON_AddArrayToObject(object, "algs");

	for (int alg = ALG_AUTO + 1; alg < ALG_COUNT; alg++) {
		if ((algs & 1U << (unsigned)alg) != 0)
			cJSON_AddItemToArray(array, cJSON_CreateString(alg_info((enum alg)alg)->name));
	}
}

static void add_advice(cJSON *array, const struct server_advice *advice, size_t count)
{
	for (size_t i = 0; i < count && advice[i].meaning != NULL; i++) {
		cJSON *object = cJSON_CreateObject();

		add_words(object, "codes", advice[i].codes);
		cJSON_AddStringToObject(object, "meaning", advice[i].meaning);
		cJSON_AddStringToObject(object, "remedy", advice[i].remedy);
		cJSON_AddItemToArray(array, object);
	}
}

static void add_exchange(cJSON *object, const struct server *row)
{
	cJSON *answer;

	add_text(object, "request_header", row->header);
	add_text(object, "assertion_member", row->assertion_member);
	answer = cJSON_AddObjectToObject(object, "answer");
	add_text(answer, "token", row->answer_token != NULL ? row->answer_token : "access_token");
	add_text(answer, "lifetime", row->answer_lifetime != NULL ? row->answer_lifetime : "expires_in");
	add_words(object, "hosts", row->hosts);
	add_text(object, "login", row->login);
	add_pairs(object, "variables", row, row->variables);
	add_text(object, "userinfo_url", row->userinfo_url);
	add_text(object, "revoke_url", row->revoke_url);
}

cJSON *servers_json(const struct server *row)
{
	cJSON *object = cJSON_CreateObject(), *advice;

	add_text(object, "name", row->name);
	add_text(object, "title", row->title);
	add_words(object, "required", row->required);
	add_pairs(object, "set", row, row->set);
	add_text(object, "grant", server_grant_names[row->grant]);
	add_text(object, "token_url", row->token_url);
	add_text(object, "client_id", row->client_id);
	add_text(object, "username", row->username);
	add_text(object, "audience", row->audience);
	add_text(object, "iat", row->iat);
	add_text(object, "nbf", row->nbf);
	cJSON_AddBoolToObject(object, "jti", !row->no_jti);
	add_number(object, "lifetime", server_lifetime(row));
	add_number(object, "lifetime_max", row->lifetime_max);
	add_text(object, "alg", row->alg != ALG_AUTO ? alg_info(row->alg)->name : "auto");
	add_algs(object, row->algs);
	add_pairs(object, "header", row, row->headers);
	add_pairs(object, "claims", row, row->claims);
	add_pairs(object, "form", row, row->form);
	add_exchange(object, row);
	advice = cJSON_AddArrayToObject(object, "advice");
	add_advice(advice, row->own_advice, SERVER_PAIRS);
	add_advice(advice, row->advice, row->advice_count);
	return object;
}
