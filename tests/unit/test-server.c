/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of servers, and the sections that define others. */
#include "unit.h"

#include "bearer/fields.h"
#include "server/server.h"

/* --- every row --------------------------------------------------------------------------------------------------- */

/* What a template may name; see server.h. */
struct place {
	const struct server *row;
	const char *fields; /* of this member, beside those of all */
	char unknown[BRACES_NAME_SIZE];
};

static const char *find_field(void *context, const char *name)
{
	struct place *place = context;
	char required[BRACES_NAME_SIZE + 8];

	snprintf(required, sizeof(required), "set.%s", name);
	if (name[0] == '@' ? fields_know(name) :
	    strstr(place->fields, name) != NULL || server_requires(place->row, name) ||
	    server_requires(place->row, required) || server_pair_value(place->row->set, name) != NULL ||
	    (strcmp(name, "audience") == 0 && place->row->audience != NULL))
		return BRACES_KEPT;
	snprintf(place->unknown, sizeof(place->unknown), "%s", name);
	return NULL;
}

static void check_template(const struct server *row, const char *template, const char *fields)
{
	struct place place = { .row = row, .fields = fields };
	struct error error = { .class = ERROR_NONE };
	char *text = NULL;

	if (template == NULL)
		return;
	if (braces_fill_some(template, find_field, &place, &text, &error) < 0) {
		print_error("%s: %s: %s\n", row->name, template, error.text);
		fail();
	}
	free(text);
}

static void check_pairs(const struct server *row, const struct server_pair *pairs, const char *fields)
{
	for (size_t i = 0; i < SERVER_PAIRS && pairs[i].name != NULL; i++) {
		assert_non_null(pairs[i].value);
		check_template(row, pairs[i].value, fields);
	}
}

static void templates(void **state)
{
	(void)state;
	assert_int_equal(server_row_count, 18);
	for (size_t i = 0; i < server_row_count; i++) {
		const struct server *row = server_rows[i];

		check_template(row, row->token_url, "");
		check_template(row, row->client_id, "");
		check_template(row, row->username, "");
		check_template(row, row->audience, "");
		check_template(row, row->userinfo_url, "site");
		check_template(row, row->revoke_url, "site");
		check_template(row, row->hosts, "");
		check_pairs(row, row->claims, "");
		check_pairs(row, row->headers, "");
		check_pairs(row, row->form, "");
		check_pairs(row, row->variables, "site bearer");
	}
}

static void expect(const struct server *row, bool truth, const char *what)
{
	if (truth)
		return;
	print_error("%s: not so: %s\n", row->name, what);
	fail();
}

/* Whether a template or a pair has the text. */
static bool has(const struct server *row, const char *text)
{
	const char *const members[] = { row->token_url, row->client_id, row->username, row->audience };

	for (size_t i = 0; i < COUNT(members); i++) {
		if (members[i] != NULL && strstr(members[i], text) != NULL)
			return true;
	}
	for (size_t i = 0; i < SERVER_PAIRS && row->headers[i].name != NULL; i++) {
		if (strstr(row->headers[i].value, text) != NULL)
			return true;
	}
	return false;
}

/* Nothing has a default and is required; what has none is required. */
static void required(void **state)
{
	(void)state;
	for (size_t i = 0; i < server_row_count; i++) {
		const struct server *row = server_rows[i];
		const char *word = row->required;
		size_t length;

		for (; *word != '\0'; word += length + strspn(word + length, " ")) {
			length = strcspn(word, " ");
			expect(row, server_may_require(word, length), word);
		}
		expect(row, (row->client_id == NULL) == server_requires(row, "client-id"), "iss is set or required");
		expect(row, (row->username == NULL) == server_requires(row, "username"), "sub is set or required");
		expect(row, row->audience != NULL || server_requires(row, "audience"), "aud is set or required");
		expect(row, row->grant == SERVER_NONE || (row->token_url == NULL) == server_requires(row, "token-url"),
		       "the endpoint is set or required");
		expect(row, has(row, "{@x5") == server_requires(row, "certificate"), "a certificate is required");
		expect(row, has(row, "{instance-url}") == server_requires(row, "instance-url"), "a URL is required");
	}
}

static void limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < server_row_count; i++) {
		const struct server *row = server_rows[i];

		expect(row, server_find(row->name) == row, "its name finds it");
		expect(row, row->title != NULL && row->party != NULL, "messages can name it");
		expect(row, server_lifetime(row) > 0, "there is a lifetime");
		expect(row, row->lifetime_max == 0 || row->lifetime <= row->lifetime_max, "it is allowed");
		expect(row, row->alg == ALG_AUTO || (row->algs & 1U << (unsigned)row->alg) != 0, "alg is accepted");
		expect(row, (row->grant == SERVER_JSON) == (row->assertion_member != NULL), "JSON has a member for it");
		expect(row, row->own_advice[0].codes == NULL, "its advice is its own");
	}
	assert_null(server_find("sales"));
}

/* --- advice ------------------------------------------------------------------------------------------------------ */

/* A text that has the phrase: the first of its alternatives for each word. */
static void say(const char *phrase, char *text, size_t size)
{
	size_t used = 0;

	while (*phrase != '\0' && *phrase != '|') {
		size_t word = strcspn(phrase, " |"), one = strcspn(phrase, "/* |");

		if (strncmp(phrase, "...", 3) != 0)
			used += (size_t)snprintf(text + used, size - used, "%.*s ", (int)one, phrase);
		phrase += word + (phrase[word] == ' ');
	}
}

static bool words_reach(const struct server *row, const struct server_advice *advice)
{
	for (const char *phrase = advice->words; phrase != NULL && *phrase != '\0';
	     phrase += strcspn(phrase, "|") + (strchr(phrase, '|') != NULL)) {
		char text[512];

		say(phrase, text, sizeof(text));
		if (server_advice(row, "", text) == advice)
			return true;
	}
	return advice->words == NULL;
}

static void advice_is_reached(void **state)
{
	(void)state;
	for (size_t i = 0; i < server_row_count; i++) {
		const struct server *row = server_rows[i];

		for (size_t j = 0; j < row->advice_count; j++) {
			const struct server_advice *advice = &row->advice[j];
			const char *code = advice->codes != NULL ? advice->codes : "";
			size_t length;

			expect(row, words_reach(row, advice), advice->meaning);
			for (; *code != '\0'; code += length + strspn(code + length, " ")) {
				char one[64];

				length = strcspn(code, " ");
				snprintf(one, sizeof(one), "%.*s", (int)length, code);
				expect(row, server_advice(row, one, "") == advice, one);
			}
			expect(row, advice->codes != NULL || advice->words != NULL, advice->meaning);
		}
	}
}

/* Refusals as servers send them. */
static void refusals(void **state)
{
	static const struct {
		const char *row, *code, *description, *meaning;
		enum server_cause cause;
	} cases[] = {
		{ "google", "invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a "
		  "reasonable timeframe. Check your iat and exp values in the JWT claim.", "iat and exp",
		  SERVER_TOO_NEW },
		{ "google", "invalid_grant", "Invalid JWT Signature.", "was not uploaded", SERVER_SIGNATURE },
		{ "google", "invalid_grant", "Invalid grant: account not found", "no such service account",
		  SERVER_OTHER },
		{ "google", "unauthorized_client", "Client is unauthorized to retrieve access tokens using this "
		  "method, or client not authorized for any of the scopes requested.", "act for this user",
		  SERVER_OTHER },
		{ "google", "internal_failure", "", "internal problem", SERVER_TRANSIENT },
		{ "google", "temporarily_unavailable", "", "internal problem", SERVER_TRANSIENT },
		{ "entra", "invalid_client", "AADSTS700027: The certificate with identifier used to sign the client "
		  "assertion is not registered on application.", "not by a certificate of this app",
		  SERVER_SIGNATURE },
		{ "entra", "invalid_client", "AADSTS700024: Client assertion is not within its valid time range.",
		  "not valid now", SERVER_EXPIRED },
		{ "entra", "unauthorized_client", "AADSTS700016: Application with identifier 'x' was not found in the "
		  "directory 'y'.", "no such app", SERVER_OTHER },
		{ "entra", "invalid_scope", "AADSTS1002012: The provided value for scope x is not valid.",
		  "not one for an app", SERVER_OTHER },
		{ "okta", "invalid_client", "The client_assertion token has an invalid kid.", "no key with this kid",
		  SERVER_ASSERTION },
		{ "okta", "use_dpop_nonce", "Authorization server requires nonce in DPoP proof.", "DPoP",
		  SERVER_OTHER },
		{ "docusign", "consent_required", "", "not yet consented", SERVER_OTHER },
		{ "docusign", "invalid_grant", "issuer_not_found", "does not know the integration key",
		  SERVER_OTHER },
		{ "docusign", "invalid_grant", "no_valid_keys_or_signatures", "not by a key of this app",
		  SERVER_SIGNATURE },
		{ "docusign", "invalid_grant", "user_not_found", "no such user", SERVER_OTHER },
		{ "box", "invalid_grant", "Please check the 'exp' claim.", "within one minute", SERVER_TOO_NEW },
		{ "box", "invalid_grant", "Please check the 'jti' claim.", "seen this jti", SERVER_OTHER },
		{ "box", "unauthorized_client", "This app is not authorized by the enterprise", "not authorized",
		  SERVER_OTHER },
		{ "maskinporten", "invalid_grant", "Invalid assertion. (MP-123)", "not an array", SERVER_OTHER },
		{ "maskinporten", "invalid_grant", "MP-012: jti has been used", "seen this assertion", SERVER_OTHER },
		{ "maskinporten", "invalid_grant", "Invalid assertion", "does not accept the assertion",
		  SERVER_ASSERTION },
		{ "smart", "invalid_client", "Missing or invalid 'aud' claim in client_assertion JWT",
		  "byte by byte", SERVER_OTHER },
		{ "smart", "invalid_client", "Invalid 'iss'/'sub' claims in client_assertion JWT",
		  "does not know the client", SERVER_OTHER },
		{ "smart", "invalid_client", "", "Epic gives no reason", SERVER_ASSERTION },
		{ "github-app", "", "'Expiration time' claim ('exp') is too far in the future", "10 minutes ahead",
		  SERVER_TOO_NEW },
		{ "github-app", "", "'Issued at' claim ('iat') must be an Integer representing the time that the "
		  "assertion was issued", "in the future", SERVER_TOO_NEW },
		{ "github-app", "", "A JSON web token could not be decoded", "not by a key of this app",
		  SERVER_SIGNATURE },
		{ "github-app", "", "Not Found", "no such installation", SERVER_OTHER },
		{ "snowflake", "394304", "", "fingerprint", SERVER_SIGNATURE },
		{ "snowflake", "390144", "JWT token is invalid.", "does not accept the JWT", SERVER_ASSERTION },
		{ "vault", "", "error validating token: invalid audience (aud) claim: audience claim does not match "
		  "any bound audience", "claim aud", SERVER_OTHER },
		{ "vault", "", "role \"deploy\" could not be found", "no such role", SERVER_OTHER },
		{ "generic", "invalid_scope", "", "did not grant it", SERVER_OTHER },
		{ "netsuite", "invalid_grant", "", "does not accept the assertion", SERVER_ASSERTION },
		{ "keycloak", "invalid_client", "Invalid client or Invalid client credentials", "as this client's",
		  SERVER_ASSERTION },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct server_advice *advice =
			server_advice(server_find(cases[i].row), cases[i].code, cases[i].description);

		if (advice == NULL) {
			print_error("%s: no advice for %s, \"%s\"\n", cases[i].row, cases[i].code,
				    cases[i].description);
			fail();
			return;
		}
		assert_contains(advice->meaning, cases[i].meaning);
		assert_int_equal(advice->cause, cases[i].cause);
	}
}

/* --- filled rows ------------------------------------------------------------------------------------------------- */

static const char *snowflake_field(void *context, const char *name)
{
	return strcmp(name, "account") == 0 ? context : strcmp(name, "user") == 0 ? "bot" : BRACES_KEPT;
}

/* Account and user are in upper case; region and cloud are cut off. */
static void accounts(void **state)
{
	static const char *const cases[][2] = {
		{ "xy12345", "XY12345.BOT.SHA256:{@spki}" },
		{ "xy12345.eu-central-1", "XY12345.BOT.SHA256:{@spki}" },
		{ "acme-prod", "ACME-PROD.BOT.SHA256:{@spki}" },
		{ "acme-prod.global", "ACME.BOT.SHA256:{@spki}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = { .class = ERROR_NONE };
		struct server *server;

		assert_works(server_fill(server_find("snowflake"), snowflake_field, (void *)cases[i][0], &server,
					 &error), &error);
		assert_string_equal(server->client_id, cases[i][1]);
		server_free(&server);
	}
}

static const char *no_field(void *context, const char *name)
{
	(void)context;
	return strcmp(name, "realm") == 0 ? NULL : BRACES_KEPT;
}

static void missing_field(void **state)
{
	struct error error = { .class = ERROR_NONE };
	struct server *server;

	(void)state;
	assert_fails(server_fill(server_find("keycloak"), no_field, NULL, &server, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, "{realm} has no value");
	assert_contains(error.hint, "--set");
	assert_null(server);
}

/* --- sections ---------------------------------------------------------------------------------------------------- */

static int define(const char *base, const char *key, const char *value, struct server *server, struct error *error)
{
	const struct server_entry entry = { key, value, "file, key x" };

	*error = (struct error){ .class = ERROR_NONE };
	return server_define("acme", server_find(base), &entry, 1, fields_know, server, error);
}

static void sections(void **state)
{
	const struct server_entry entries[] = {
		{ "based-on", "entra", "" }, { "grant", "json", "" }, { "token-url", "https://{host}/t", "" },
		{ "client-id", "x:{@spki}", "" }, { "username", "none", "" }, { "audience", "{audience-name}", "" },
		{ "iat", "no", "" }, { "nbf", "-5", "" }, { "jti", "no", "" }, { "lifetime", "60", "" },
		{ "alg", "auto", "" }, { "algs", "ES256 ES384", "" }, { "required", "set.host header.kid", "" },
		{ "header.typ", "none", "" }, { "header.kid", "{@kid}", "" }, { "form.client_id", "me", "" },
		{ "form.scope", "a b", "" }, { "claim.scope", "[\"a\"]", "" }, { "set.host", "localhost", "" },
		{ "variable.ACME_TOKEN", "{bearer}", "" }, { "advice.E1", "call us", "" },
		{ "request-header", "Accept: application/json", "" }, { "answer-token", "a.b", "" },
		{ "hosts", "none", "" }, { "audience-is-url", "yes", "" }, { "certificate-max", "9", "" },
		{ "error-code", "c", "" }, { "error-description", "d", "" },
	};
	struct error error = { .class = ERROR_NONE };
	struct server server;

	(void)state;
	assert_works(server_define("acme", server_find("entra"), entries, COUNT(entries), fields_know, &server, &error),
		     &error);
	assert_string_equal(server.name, "acme");
	assert_string_equal(server.title, "acme");
	assert_string_equal(server.party, "acme");
	assert_int_equal(server.grant, SERVER_JSON);
	assert_string_equal(server.token_url, "https://{host}/t");
	assert_string_equal(server.client_id, "x:{@spki}");
	assert_string_equal(server.username, "none");
	assert_string_equal(server.iat, "no");
	assert_string_equal(server.nbf, "-5");
	assert_true(server.no_jti);
	assert_int_equal(server.lifetime, 60);
	assert_int_equal(server.alg, ALG_AUTO);
	assert_int_equal(server.algs, 1U << ALG_ES256 | 1U << ALG_ES384);
	assert_true(server_requires(&server, "header.kid"));
	assert_string_equal(server_pair_value(server.headers, "kid"), "{@kid}");
	assert_string_equal(server_pair_value(server.headers, "x5t#S256"), "{@x5t-s256}");
	assert_null(server_pair_value(server.headers, "typ"));
	assert_string_equal(server_pair_value(server.form, "client_id"), "me");
	assert_string_equal(server_pair_value(server.form, "scope"), "a b");
	assert_string_equal(server_pair_value(server.claims, "scope"), "[\"a\"]");
	assert_string_equal(server_pair_value(server.set, "host"), "localhost");
	assert_string_equal(server_pair_value(server.variables, "ACME_TOKEN"), "{bearer}");
	assert_string_equal(server_advice(&server, "e1", "")->remedy, "call us");
	assert_string_equal(server_advice(&server, "", "failed: E1")->remedy, "call us");
	assert_contains(server_advice(&server, "", "AADSTS700016")->meaning, "no such app");
	assert_string_equal(server.header, "Accept: application/json");
	assert_string_equal(server.answer_token, "a.b");
	assert_null(server.hosts);
	assert_true(server.audience_is_url);
	assert_int_equal(server.certificate_max, 9);
	assert_string_equal(server.error_names[1], "d");
}

static void refused_sections(void **state)
{
	static const char *const cases[][3] = {
		{ "token-ulr", "x", "no such key" },
		{ "claim.", "x", "no such key" },
		{ "name", "x", "no such key" },
		{ "grant", "password", "not one of" },
		{ "token-url", "https://{host", "not a field" },
		{ "token-url", "https://{@host}/", "{@host}" },
		{ "token-url", "https://{a b}/", "{a b}" },
		{ "claim.a", "{@kit}", "{@kit}" },
		{ "claim.a", "{\"a\":1}", "not a field|has no value" },
		{ "lifetime", "0", "number" },
		{ "lifetime", "86401", "number" },
		{ "lifetime", "60s", "number" },
		{ "lifetime-max", "99999999999999999999", "number" },
		{ "certificate-max", "-1", "number" },
		{ "iat", "soon", "seconds" },
		{ "nbf", "86401", "seconds" },
		{ "jti", "maybe", "yes nor no" },
		{ "alg", "HS256", "algorithm" },
		{ "alg", "none", "algorithm" },
		{ "algs", "RS256 HS256", "\"HS256\"" },
		{ "required", "client-id tenant", "\"tenant\"" },
		{ "required", "set.", "\"set.\"" },
		{ "required", "set.a set.a set.a set.a set.a set.a set.a set.a set.a set.a set.a set.a set.a set.a set.a set.a "
		  "set.a set.a set.a set.a set.a", "too many" },
		{ "request-header", "Authorization: x", "itself" },
		{ "request-header", "host: x", "itself" },
		{ "request-header", "Accept", "NAME: VALUE" },
		{ "request-header", "A b: c", "NAME: VALUE" },
		{ "variable.1A", "x", "environment variable" },
		{ "variable.A=B", "x", "environment variable" },
		{ "hosts", "{@nothing}", "{@nothing}" },
	};
	struct server server;
	struct error error;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *text = cases[i][2];

		assert_fails(define("generic", cases[i][0], cases[i][1], &server, &error), ERROR_CONFIG, &error);
		assert_contains(error.text, "file, key x: ");
		if (strchr(text, '|') == NULL)
			assert_contains(error.text, text);
	}
	assert_fails(define("generic", "token-ulr", "x", &server, &error), ERROR_CONFIG, &error);
	assert_contains(error.hint, "did you mean token-url?");
}

static void too_many_pairs(void **state)
{
	static const char *const names[] = { "claim.0", "claim.1", "claim.2", "claim.3", "claim.4", "claim.5",
					     "claim.6", "claim.7", "claim.8", "claim.9", "claim.x" };
	struct server_entry entries[COUNT(names)];
	struct error error = { .class = ERROR_NONE };
	struct server server;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		entries[i] = (struct server_entry){ names[i], "1", "file" };
	assert_works(server_define("a", server_find("generic"), entries, SERVER_PAIRS, fields_know, &server, &error),
		     &error);
	assert_string_equal(server_pair_value(server.claims, "9"), "1");
	assert_fails(server_define("a", server_find("generic"), entries, COUNT(names), fields_know, &server, &error),
		     ERROR_CONFIG, &error);
	assert_contains(error.text, "10 of these at most");
	for (size_t i = 0; i < COUNT(names); i++)
		entries[i] = (struct server_entry){ "advice.x", "1", "file" };
	assert_works(server_define("a", server_find("generic"), entries, COUNT(names), fields_know, &server, &error),
		     &error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(templates),
		cmocka_unit_test(required),
		cmocka_unit_test(limits),
		cmocka_unit_test(advice_is_reached),
		cmocka_unit_test(refusals),
		cmocka_unit_test(accounts),
		cmocka_unit_test(missing_field),
		cmocka_unit_test(sections),
		cmocka_unit_test(refused_sections),
		cmocka_unit_test(too_many_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
