/* SPDX-License-Identifier: Apache-2.0 */
/* Parses lines. */
#include "batch/internal.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

enum { REF_BYTES_MAX = 1024 }; /* as written in the line */

enum kind { TEXT, URL, NUMBER, FLAG, CLAIMS, HEADER, REF };

static const struct member {
	const char *name;
	enum kind kind;
	size_t offset; /* of a TEXT or URL in struct bearer_request */
} members[] = {
	{ "username", TEXT, offsetof(struct bearer_request, username) },
	{ "client-id", TEXT, offsetof(struct bearer_request, client_id) },
	{ "instance-url", URL, offsetof(struct bearer_request, instance_url) },
	{ "audience", URL, offsetof(struct bearer_request, audience) },
	{ "lifetime", NUMBER, 0 },
	{ "jti", FLAG, 0 },
	{ "claims", CLAIMS, 0 },
	{ "header", HEADER, 0 },
	{ "ref", REF, 0 },
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
		size_t i = 0;

		if (jwt_allows(part, child->string, error) < 0)
			return error_result(error);
		while (i < used && strcmp(list[i].name, child->string) != 0)
			i++;
		list[i] = (struct jwt_extra){ .name = child->string, .json = value };
		used += i == used ? 1 : 0;
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

/* `text` is the value as written. cJSON would round a number. */
static int take_ref(struct line *line, const cJSON *value, const char *text, struct error *error)
{
	bool is_integer = cJSON_IsNumber(value) && strpbrk(text, ".eE") == NULL;

	if (!cJSON_IsString(value) && !is_integer)
		return fail(error, "ref", "a string or an integer");
	if (strlen(text) > REF_BYTES_MAX)
		return error_set(error, ERROR_CONFIG, "\"ref\" is longer than %d bytes", REF_BYTES_MAX);
	line->ref = text;
	return 0;
}

static int take_member(struct line *line, const cJSON *value, char *text, const struct batch_options *options,
		       struct error *error)
{
	const struct member *member = find_member(value->string);
	struct bearer_request *request = &line->request;
	void *place;

	if (member == NULL) {
		error_set(error, ERROR_CONFIG, "the line has an unknown member \"%.100s\"", value->string);
		error_hint(error, "use username, client-id, instance-url, audience, lifetime, jti, claims, header "
				  "and ref");
		return -ERROR_CONFIG;
	}
	place = (char *)request + member->offset;
	switch (member->kind) {
	case TEXT:
	case URL:
		if (!cJSON_IsString(value))
			return fail(error, member->name, "a string");
		if (member->kind == TEXT)
			memcpy(place, &value->valuestring, sizeof(value->valuestring));
		return options->parse(member->name, value->valuestring, NULL, member->kind == URL ? place : NULL,
				      error);
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

/* Fails if neither the line nor the run sets a required value. */
static int check_missing(const struct bearer_request *request, bool bearer, struct error *error)
{
	bool no_url = request->instance_url.text == NULL &&
		      (request->audience.text == NULL || (bearer && request->token_url.text == NULL));
	const char *missing[] = {
		request->username == NULL ? "username" : NULL,
		request->client_id == NULL ? "client-id" : NULL,
		no_url ? "instance-url" : NULL,
	};
	size_t count = 0;

	for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
		if (missing[i] == NULL)
			continue;
		if (count++ == 0)
			error_set(error, ERROR_CONFIG, "the line has no %s", missing[i]);
		else
			error_append(error, ", no %s", missing[i]);
	}
	if (count == 0)
		return 0;
	error_hint(error, "add %s to the line, or set %s for all lines with an option or in a configuration file",
		   count == 1 ? "it" : "them", count == 1 ? "it" : "them");
	return -ERROR_CONFIG;
}

static int check_request(const struct bearer_request *request, bool bearer, struct error *error)
{
	if (check_missing(request, bearer, error) < 0)
		return error_result(error);
	/* The claim may come from the run and the jti from the line, or the other way round. */
	for (size_t i = 0; i < request->claim_count && request->jti; i++) {
		if (jwt_allows(JWT_CLAIM_NOT_JTI, request->claims[i].name, error) < 0)
			return error_result(error);
	}
	return 0;
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
	if (check_request(&line->request, options->bearers, error) < 0)
		return error_result(error);
	/* Other lines use the run's endpoint. */
	if (!options->bearers || run->token_url.text != NULL ||
	    line->request.instance_url.text == run->instance_url.text)
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
