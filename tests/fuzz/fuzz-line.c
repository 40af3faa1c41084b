/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the lines of a batch. A line that is taken is strict JSON, an object, with no name twice; what the
 * assertion's header and claims are made of is what cJSON finds in it; a refusal is one of the line, in words. An answer
 * to a line makes its ref done, an error does not; the line itself, taken for an answer, makes done what cJSON finds. */
#include "fuzz.h"

#include "base/json.h"
#include "batch/done.h"
#include "batch/internal.h"
#include "server/server.h"
#include "settings/settings.h"

/* A server whose audience is a text, and that needs no user. */
static const struct server text_row = {
	.name = "text", .title = "The Row", .party = "the row", .token_url = "https://server.example/token",
	.required = "client-id claim.run",
};

static const struct jwt_extra run_claim = { .name = "run", .json = "1" };

static int parse(const char *name, const char *text, long *number, struct url *url, struct error *error)
{
	enum setting_id id = settings_find(name);

	return url != NULL ? settings_parse_url(id, text, url, error) : settings_parse(id, text, number, NULL, error);
}

/* The extras as the object they make. */
static cJSON *object_of(const struct jwt_extra *extras, size_t count)
{
	cJSON *object = cJSON_CreateObject();

	for (size_t i = 0; i < count; i++)
		cJSON_AddItemToObject(object, extras[i].name, cJSON_Parse(extras[i].json));
	return object;
}

/* As text: to cJSON_Compare no number that is too large for a double is the same as itself. */
static void compare(const cJSON *line, const char *name, const struct jwt_extra *extras, size_t count, const struct jwt_extra *run)
{
	const cJSON *given = cJSON_GetObjectItemCaseSensitive(line, name), *child;
	cJSON *wanted = object_of(run, run != NULL ? 1 : 0), *got = object_of(extras, count);
	char *wanted_text, *got_text;

	cJSON_ArrayForEach(child, given) {
		if (cJSON_GetObjectItemCaseSensitive(wanted, child->string) != NULL)
			cJSON_ReplaceItemInObjectCaseSensitive(wanted, child->string, cJSON_Duplicate(child, 1));
		else
			cJSON_AddItemToObject(wanted, child->string, cJSON_Duplicate(child, 1));
	}
	wanted_text = cJSON_PrintUnformatted(wanted);
	got_text = cJSON_PrintUnformatted(got);
	expect(strcmp(wanted_text, got_text) == 0, "the extras are those of the line");
	cJSON_free(wanted_text);
	cJSON_free(got_text);
	cJSON_Delete(wanted);
	cJSON_Delete(got);
}

static void compare_text(const cJSON *line, const char *name, const char *got, const char *run)
{
	const char *given = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, name));

	if (given == NULL)
		given = run;
	expect((given == NULL) == (got == NULL) && (given == NULL || strcmp(given, got) == 0), "a text is that of the line");
}

/* The same for a text that "none" leaves out. */
static void compare_or_none(const cJSON *line, const char *name, const char *got)
{
	const char *given = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, name));

	if (given != NULL && strcmp(given, "none") == 0)
		expect(got == NULL || got[0] == '\0', "it is left out");
	else
		compare_text(line, name, got, NULL);
}

static void compare_all(const char *text, const struct bearer_request *request, const struct bearer_request *run)
{
	cJSON *line = cJSON_Parse(text);
	const cJSON *lifetime = cJSON_GetObjectItemCaseSensitive(line, "lifetime");
	struct error why;

	expect(cJSON_IsObject(line) && json_strict(text, line, ERROR_CONFIG, "", &why) == 0, "it is a strict object");
	if (run->server == &text_row) {
		compare_or_none(line, "username", request->username);
		compare_or_none(line, "audience", request->audience_text);
	} else {
		compare_text(line, "username", request->username, run->username);
		compare_text(line, "audience", request->audience.text, run->audience.text);
	}
	compare_text(line, "client-id", request->client_id, run->client_id);
	compare_text(line, "instance-url", request->instance_url.text, run->instance_url.text);
	expect(request->lifetime == (lifetime != NULL ? (long)lifetime->valuedouble : run->lifetime), "so is the lifetime");
	compare(line, "claims", request->claims, request->claim_count, &run_claim);
	compare(line, "header", request->headers, request->header_count, NULL);
	cJSON_Delete(line);
}

/* A ref is repeated if the line is JSON and has one that is a string or an integer; a line that is taken has no other. */
static void compare_ref(const char *text, const struct line *line, bool taken)
{
	cJSON *root = cJSON_ParseWithOpts(text, NULL, 1), *got = line->ref != NULL ? cJSON_Parse(line->ref) : NULL;
	const cJSON *given = cJSON_GetObjectItemCaseSensitive(root, "ref");

	expect(line->ref == NULL || cJSON_IsString(got) || cJSON_IsNumber(got), "a ref is a string or a number");
	expect(line->ref == NULL || strstr(text, line->ref) != NULL, "it is as it was written");
	expect(line->ref == NULL || json_is_strict(text), "it is of a line that is JSON");
	expect(!taken || (given != NULL) == (line->ref != NULL), "a line that is taken keeps its ref");
	expect(cJSON_IsString(got) ? strcmp(got->valuestring, cJSON_GetStringValue(given)) == 0 : true, "it is the line's");
	cJSON_Delete(root);
	cJSON_Delete(got);
}

/* The ref of the line in what a run writes. */
static void answer(const struct line *line)
{
	static struct item item;
	struct done done = { .member = "assertion" };
	char *text;

	if (item.output == NULL) {
		item.output = secret_new(1024);
		item.assertion.text = secret_new(16);
		secret_printf(item.assertion.text, "e30.e30.AA");
	}
	item.line = *line;
	error_set(&item.error, ERROR_CONFIG, "refused");
	expect(output_error(&item) == 0, "an error can be written");
	text = strdup(secret_data(item.output));
	expect(done_take(&done, text) == 0 && done.count == 0 && !done_has(&done, line->ref), "an error leaves the line undone");
	free(text);
	expect(output_assertion(&item, true) == 0, "an assertion can be written");
	text = strdup(secret_data(item.output));
	expect(done_take(&done, text) == 0 && done.count == 1 && done_has(&done, line->ref), "an answer makes the ref done");
	free(text);
	done_close(&done);
}

/* The line as one of an earlier output. */
static void earlier(const char *text)
{
	struct done done = { .member = "access_token" };
	cJSON *root = cJSON_ParseWithOpts(text, NULL, 1), *ref;
	const char *bearer = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, done.member));
	char *copy = strdup(text), *string;

	expect(done_take(&done, copy) == 0, "a line is taken");
	expect(done.count == 0 || (bearer != NULL && bearer[0] != '\0' && json_is_strict(text)), "only an answer makes a ref done");
	ref = cJSON_GetObjectItemCaseSensitive(root, "ref");
	string = cJSON_IsString(ref) ? cJSON_PrintUnformatted(ref) : NULL;
	expect(done.count == 0 || string == NULL || done_has(&done, string), "it is the line's ref");
	cJSON_free(string);
	free(copy);
	cJSON_Delete(root);
	done_close(&done);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct jwt_extra claims[1];
	struct bearer_request run = {
		.server = size / 2 % 2 == 0 ? &server_salesforce : &text_row,
		.client_id = "id",
		.lifetime = 180,
		.jti = true,
		.claims = claims,
		.claim_count = 1,
	};
	const struct batch_options options = { .bearers = size % 2 == 0, .parse = parse };
	struct jwt_params params = { .iss = "i", .sub = "s", .aud = "a", .exp = 1 };
	struct error error = { .class = 0 };
	char *json = NULL, *text = strndup((const char *)data, size);
	cJSON *root;
	struct line line;
	bool taken;

	claims[0] = run_claim;
	(void)url_parse(&run.instance_url, "https://example.com");
	taken = line_read(&line, (const char *)data, size, &run, &options, &error) == 0;
	compare_ref(text, &line, taken);
	if (line.ref != NULL)
		answer(&line);
	earlier(text);
	if (taken) {
		compare_all(text, &line.request, &run);
		params.claims = line.request.claims;
		params.claim_count = line.request.claim_count;
		params.jti = line.request.jti ? "j" : NULL;
		expect(jwt_claims(&params, &json, &error) == 0, "claims can be made of it");
		root = cJSON_Parse(json);
		expect(json_strict(json, root, ERROR_CONFIG, "", &error) == 0, "the claims are JSON");
		cJSON_Delete(root);
	} else {
		expect(error.class == ERROR_CONFIG && error.text[0] != '\0', "a refusal is one of the line");
	}
	free(json);
	line_clear(&line);
	free(text);
	return 0;
}
