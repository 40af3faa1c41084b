/* SPDX-License-Identifier: Apache-2.0 */
/* Parses lines. */
#include "batch/internal.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

enum { REF_BYTES_MAX = 1024 }; /* as written in the line */

enum kind { USERNAME, CLIENT_ID, INSTANCE_URL, AUDIENCE, NUMBER, FLAG, CLAIMS, HEADER, REF };

static const struct member {
	const char *name;
	enum kind kind;
} members[] = {
	{ "username", USERNAME }, { "client-id", CLIENT_ID }, { "instance-url", INSTANCE_URL },
	{ "audience", AUDIENCE }, { "lifetime", NUMBER }, { "jti", FLAG },
	{ "claims", CLAIMS }, { "header", HEADER }, { "ref", REF },
};
enum { MEMBERS = sizeof(members) / sizeof(members[0]) };

static const struct member *find_member(const char *name)
{
	for (size_t i = 0; i < MEMBERS; i++) {
		if (strcmp(members[i].name, name) == 0)
			return &members[i];
	}
	return NULL;
}

static int fail(struct error *error, const char *name, const char *wanted)
{
	return error_set(error, ERROR_CONFIG, "\"%s\" is not %s", name, wanted);
}

/* Lists the run's extras, then the object's, which replace those with the same name. Values stay text, so that numbers
 * keep all digits. */
static int take_extras(enum jwt_part part, const cJSON *object, char *text, struct jwt_extra *list,
		       const struct jwt_extra *run, size_t *count, struct error *error)
{
	const cJSON *child = object->child;
	char *rest = text + 1, *value;
	size_t used = *count;

	if (used > 0)
		memcpy(list, run, used * sizeof(*list));
	for (; json_member(&rest, &value) && child != NULL; child = child->next) {
		size_t i = used;

		if (jwt_allows(part, child->string, error) < 0)
			return error_result(error);
		while (i > 0 && strcmp(list[i - 1].name, child->string) != 0)
			i--;
		i = i > 0 ? i - 1 : used++; /* of several with the name, the last one counts */
		list[i] = (struct jwt_extra){ .name = child->string, .json = value };
	}
	*count = used;
	return 0;
}

static int take_object(struct line *line, const struct member *member, const cJSON *value, char *text,
		       struct error *error)
{
	struct bearer_request *request = &line->request;
	bool is_claims = member->kind == CLAIMS;
	struct jwt_extra **same = is_claims ? &request->claims : &request->headers;
	struct jwt_extra **others = is_claims ? &request->headers : &request->claims;
	size_t *count = is_claims ? &request->claim_count : &request->header_count;
	size_t other_count = is_claims ? request->header_count : request->claim_count;
	struct jwt_extra *list;
	int result;

	if (!cJSON_IsObject(value))
		return fail(error, member->name, "a JSON object");
	list = calloc(*count + other_count + (size_t)cJSON_GetArraySize(value) + 1, sizeof(*list));
	if (list == NULL)
		return error_memory(error);
	result = take_extras(is_claims ? JWT_CLAIM : JWT_HEADER, value, text, list, *same, count, error);
	if (other_count > 0)
		memcpy(list + *count, *others, other_count * sizeof(*list));
	*same = list;
	*others = list + *count;
	free(line->extras);
	line->extras = list;
	return result;
}

bool line_is_ref(const cJSON *value, const char *text)
{
	return cJSON_IsString(value) || (cJSON_IsNumber(value) && strpbrk(text, ".eE") == NULL);
}

/* `text` is the value as written. cJSON would round a number. */
static int take_ref(struct line *line, const cJSON *value, const char *text, struct error *error)
{
	if (!line_is_ref(value, text))
		return fail(error, "ref", "a string or an integer");
	if (strlen(text) > REF_BYTES_MAX)
		return error_set(error, ERROR_CONFIG, "\"ref\" is longer than %d bytes", REF_BYTES_MAX);
	line->ref = text;
	return 0;
}

/* Takes one of the strings, which are never templates. */
static int take_string(struct bearer_request *request, enum kind kind, const char *text,
		       const struct batch_options *options, struct error *error)
{
	const struct server *server = request->server;
	const bool none = strcmp(text, "none") == 0;

	if (kind == INSTANCE_URL)
		return options->parse("instance-url", text, NULL, &request->instance_url, error);
	if (kind == USERNAME) {
		request->username = none && !server_requires(server, "username") ? NULL : text;
		request->computed &= ~(unsigned)BEARER_SUB;
		return options->parse("username", text, NULL, NULL, error);
	}
	if (kind == CLIENT_ID) {
		request->client_id = text;
		request->computed &= ~(unsigned)BEARER_ISS;
		return options->parse("client-id", text, NULL, NULL, error);
	}
	request->computed &= ~(unsigned)BEARER_AUD;
	request->audience_text = server->audience_is_url ? NULL : none ? "" : text;
	return options->parse("audience", text, NULL, server->audience_is_url ? &request->audience : NULL, error);
}

static int take_member(struct line *line, const cJSON *value, char *text, const struct batch_options *options,
		       struct error *error)
{
	const struct member *member = find_member(value->string);
	struct bearer_request *request = &line->request;

	if (member == NULL) {
		error_set(error, ERROR_CONFIG, "the line has an unknown member \"%.100s\"", value->string);
		error_hint(error, "use username, client-id, instance-url, audience, lifetime, jti, claims, header "
				  "and ref");
		return -ERROR_CONFIG;
	}
	switch (member->kind) {
	case USERNAME:
	case CLIENT_ID:
	case INSTANCE_URL:
	case AUDIENCE:
		if (!cJSON_IsString(value))
			return fail(error, member->name, "a string");
		return take_string(request, member->kind, value->valuestring, options, error);
	case NUMBER:
		if (!cJSON_IsNumber(value))
			return fail(error, member->name, "a number");
		return options->parse(member->name, text, &request->lifetime, NULL, error);
	case FLAG:
		if (!cJSON_IsBool(value))
			return fail(error, member->name, "true or false");
		request->jti = cJSON_IsTrue(value);
		return 0;
	case REF:
		return take_ref(line, value, text, error);
	case CLAIMS:
	case HEADER:
		break;
	}
	return take_object(line, member, value, text, error);
}

/* Takes all members. After an error, only the ref is still taken, because the answer repeats it. */
static int take_members(struct line *line, const struct batch_options *options, struct error *error)
{
	char name[JSON_NAME_SIZE], *rest = line->text + 1, *text;
	struct error ignored;
	size_t refs = 0;
	int result = 0;

	if (json_repeats(line->json, name))
		result = error_set(error, ERROR_CONFIG, "the line names \"%s\" twice", name);
	for (const cJSON *child = line->json->child; child != NULL && json_member(&rest, &text); child = child->next) {
		bool is_ref = strcmp(child->string, "ref") == 0;

		if (result == 0)
			result = take_member(line, child, text, options, error);
		else if (is_ref)
			(void)take_ref(line, child, text, &ignored);
		refs += is_ref ? 1 : 0;
	}
	if (refs > 1)
		line->ref = NULL;
	return result;
}

static int not_json(const char *text, size_t length, struct error *error)
{
	bool wide = length >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);

	error_set(error, ERROR_CONFIG, "the line is not JSON by RFC 8259");
	if (wide)
		error_hint(error, "convert the input from UTF-16: iconv -f UTF-16 -t UTF-8");
	return -ERROR_CONFIG;
}

static int parse(struct line *line, const char *text, size_t length, struct error *error)
{
	line->text = strndup(text, length);
	if (line->text == NULL)
		return error_memory(error);
	if (strlen(line->text) == length)
		line->json = cJSON_ParseWithOpts(line->text, NULL, 1);
	if (line->json == NULL || !json_is_strict(line->text))
		return not_json(text, length, error);
	if (!cJSON_IsObject(line->json))
		return error_set(error, ERROR_CONFIG, "the line is not a JSON object");
	json_compact(line->text);
	return 0;
}

int line_read(struct line *line, const char *text, size_t length, const struct bearer_request *run,
	      const struct batch_options *options, struct error *error)
{
	const bool sends = options->bearers && run->grant != SERVER_NONE;
	int result;

	*line = (struct line){ .request = *run };
	if (run->rate_wait > 0) {
		line->length = length;
		line->raw = malloc(length + 1);
		if (line->raw == NULL)
			return error_memory(error);
		memcpy(line->raw, text, length);
	}
	if (parse(line, text, length, error) < 0)
		return error_result(error);
	if (take_members(line, options, error) < 0)
		return error_result(error);
	if (line_check(&line->request, sends, error) < 0)
		return error_result(error);
	/* Other lines use the run's endpoint. */
	if (!sends || run->token_url.text != NULL || line->request.instance_url.text == run->instance_url.text)
		return 0;
	result = bearer_endpoint(&line->request, error);
	line->endpoint = line->request.endpoint;
	return result;
}

void line_clear(struct line *line)
{
	free(line->text);
	free(line->raw);
	free(line->extras);
	http_url_free(&line->endpoint);
	cJSON_Delete(line->json);
	memset(line, 0, sizeof(*line));
}
