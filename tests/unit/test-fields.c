/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a key, its certificate and a request; openssl computed the expected values. */
#include "unit.h"

#include "bearer/content.h"
#include "bearer/fields.h"

/* The DER of three certificates in base64: the second issued the first, and the third the second. */
#define LEAF \
	"MIIBBjCBrQIBAzAKBggqhkjOPQQDAjAOMQwwCgYDVQQDDANzdWIwIBcNMjYxMTI2MjI0NzUyWhgPMjEyNjEwMzEyMjQ3NTJaMA8x" \
	"DTALBgNVBAMMBGxlYWYwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASEy2UTZS0V8PjxOq3/5zfylfffU4Apy/ldQCUtu+n6W9QN" \
	"+btV1YYoLN6Ktj3irsGOjfU75LbDK4K6NeZgaqOKMAoGCCqGSM49BAMCA0gAMEUCIBPfuGRgG4cM0Kh12NYmUSaomFPnuAAQzWPL" \
	"mvJj/qnwAiEAndueXtGi4NPmT5/Q4Xd+8jpgub9o1F4Idq2ydpTvpo8="
#define SUB \
	"MIIBYDCCAQegAwIBAgIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARyb290MCAXDTI2MTEyNjIyNDc1MloYDzIxMjYxMTAxMjI0" \
	"NzUyWjAOMQwwCgYDVQQDDANzdWIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATAiXOMt9KtSZiugOyU6tysSgpsnphpC8vQEI6S" \
	"XZhSQGZvgtld6+NOVtXzZtavDdkb+xMlAbu41yz9YO2fjahlo1MwUTAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBSz+pwuTsZU" \
	"Rn9qtjJfPn2WptxrDzAfBgNVHSMEGDAWgBS2rNi1lRcd9i3BPQLto2sRFJhOezAKBggqhkjOPQQDAgNHADBEAiAZYKP26csM3w/q" \
	"ptmjHmqQTpgtqk/MbCLBUkGToGPmtgIgHH1m1ZBsg1YBE+UydKmFFOB8rCon85UdG+CD22mhTnY="
#define ROOT \
	"MIIBdTCCARugAwIBAgIUGGJ+nxikCDrbhwT98CpcmcPx6FcwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEcm9vdDAgFw0yNjExMjYy" \
	"MjQ3NTFaGA8yMTI2MTEwMjIyNDc1MVowDzENMAsGA1UEAwwEcm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOc9Us2QZicE" \
	"+TyHIfyRJNUlfEDw0Wbp+GGMqMjewpvXyY0cr8x0rvFhljhgjEbfBorKK1XdC7CjbpqttWBcO+OjUzBRMB0GA1UdDgQWBBS2rNi1" \
	"lRcd9i3BPQLto2sRFJhOezAfBgNVHSMEGDAWgBS2rNi1lRcd9i3BPQLto2sRFJhOezAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49" \
	"BAMCA0gAMEUCIQC1xMjqd0Jx8sA0PiH5cHts8M53RhSXsLMd1U0WtSj0OwIgCs9Yr2E1LrAUL5bLPuGlrvbauE/p0gBWI+CuloR+" \
	"wDA="
#define PEM(certificate) "-----BEGIN CERTIFICATE-----\n" certificate "\n-----END CERTIFICATE-----\n"

#define KID "86pv6kS-iiZFuQyQEOamuD58Gu7v1hpAaQfmf0vB7FQ"
#define SPKI "G7/sxidsRwiw1Ls2bc+0UMrmHtU15OCLAfnFO7BHqCg="
#define X5T "eIA-I6wbl7O1Lr3UD2NjTNR3YVE"
#define X5T_S256 "s-8XZ-O1toXjRmwTSKiXkw3YqD3o5aFwWu3Bim_9AMI"

static const struct server row = { .name = "row", .title = "The Row", .token_url = "{instance-url}/token" };

/* --- a key with its certificate, and no token -------------------------------------------------------------------- */

static int key_make(void **state)
{
	static const char text[] = PEM(ROOT) PEM(LEAF) PEM(SUB);
	struct signer *signer = calloc(1, sizeof(*signer));
	struct error error = { 0 };

	*state = signer;
	signer->count = 2;
	signer->keys[0].path = "c.pem";
	assert_works(x509_parse("c.pem", text, strlen(text), &signer->keys[0].certificates, &error), &error);
	signer->keys[0].own = signer->keys[0].certificates.list[1];
	return 0;
}

static int key_free(void **state)
{
	struct signer *signer = *state;

	signer_close(signer);
	free(signer);
	return 0;
}

static struct url url_of(const char *text)
{
	struct url url;

	assert_null(url_parse(&url, text));
	return url;
}

/* Fills in the template of a request for that key, and compares. */
static void expect(void **state, const struct bearer_request *request, const char *template, const char *wanted,
		   int line)
{
	struct error error = { 0 };
	char *text = NULL;

	unit_works(fields_fill(*state, 0, request, template, &text, &error), &error, __FILE__, line);
	_assert_string_equal(text, wanted, __FILE__, line);
	free(text);
}
#define assert_filled(request, template, wanted) expect(state, (request), (template), (wanted), __LINE__)

static void expect_json(void **state, const char *client_id, const char *template, const char *wanted, int line)
{
	const struct bearer_request request = { .server = &row, .client_id = client_id };
	const struct jwt_extra extra = { .name = "x", .json = template, .computed = true };
	struct error error = { 0 };
	char *json = NULL;

	unit_works(fields_fill_extra(*state, 0, &request, JWT_CLAIM, &extra, &json, &error), &error, __FILE__, line);
	_assert_string_equal(json, wanted, __FILE__, line);
	free(json);
}
#define assert_json(client_id, template, wanted) expect_json(state, (client_id), (template), (wanted), __LINE__)

/* --- fields ------------------------------------------------------------------------------------------------------ */

static void key_and_certificate_have_values(void **state)
{
	const struct bearer_request request = { .server = &row };

	/* Twice: the second time, they are remembered. */
	for (int i = 0; i < 2; i++) {
		assert_filled(&request, "{@kid}", KID);
		assert_filled(&request, "A.SHA256:{@spki}", "A.SHA256:" SPKI);
		assert_filled(&request, "{@x5t} {@x5t-s256}", X5T " " X5T_S256);
		assert_filled(&request, "{@x5c}", "[\"" LEAF "\",\"" SUB "\",\"" ROOT "\"]");
	}
}

static void chain_begins_with_the_certificate_and_ends_where_the_file_does(void **state)
{
	const struct bearer_request request = { .server = &row };
	struct signer *signer = *state;
	X509 *root = signer->keys[0].certificates.list[0];

	/* Without the issuer of the issuer's. */
	signer->keys[0].certificates.list[0] = signer->keys[0].certificates.list[2];
	signer->keys[0].certificates.list[2] = root;
	signer->keys[0].certificates.count = 2;
	assert_filled(&request, "{@x5c}", "[\"" LEAF "\",\"" SUB "\"]");
	signer->keys[0].certificates.count = 3;
}

static void all_names_are_known(void **state)
{
	static const char *const names[] = { "@kid", "@spki", "@x5t", "@x5t-s256", "@x5c", "@client-id", "@token-url" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_true(fields_know(names[i]));
	assert_false(fields_know("instance-url"));
	assert_false(fields_know("@x5t#S256"));
	assert_false(fields_know("kid"));
	assert_false(fields_know("@"));
}

static void requests_have_values(void **state)
{
	struct bearer_request request = {
		.server = &row, .client_id = "c-{1}", .instance_url = url_of("HTTPS://Example.COM:443/base//"),
	};

	assert_filled(&request, "{@client-id}", "c-{1}");
	assert_filled(&request, "{instance-url}/", "https://example.com/base/");
	assert_filled(&request, "{@token-url}", "https://example.com/base/token");
	request.token_url = url_of("https://Other.example/oauth/token/");
	assert_filled(&request, "{@token-url}", "https://other.example/oauth/token/");
	request.client_id = "ACME.SHA256:{@spki}";
	request.computed = BEARER_ISS;
	assert_filled(&request, "<{@client-id}>", "<ACME.SHA256:" SPKI ">");
}

static void token_url_may_be_that_of_the_row(void **state)
{
	static const struct server rows[] = {
		{ .title = "1", .token_url = "https://Example.com:443/a" }, { .title = "2", .token_url = "/b" },
		{ .title = "3", .token_url = "https://example.com/c?{{d" },
	};
	struct bearer_request request = { .server = &rows[0], .instance_url = url_of("https://i.example/") };

	assert_filled(&request, "{@token-url}", "https://example.com/a");
	request.server = &rows[1];
	assert_filled(&request, "{@token-url}", "https://i.example/b");
	request.server = &rows[2];
	assert_filled(&request, "{@token-url}", "https://example.com/c?{d");
}

static void missing_values_are_named(void **state)
{
	static const struct server bare = { .title = "Bare" };
	struct bearer_request request = { .server = &row };
	struct error error = { 0 };
	char *text;

	assert_fails(fields_fill(*state, 1, &request, "{@x5t}", &text, &error), ERROR_CONFIG, &error);
	assert_string_equal(error.text, "@x5t cannot be computed without the key's certificate");
	assert_string_equal(error.hint, "give the certificate with --next-certificate");
	assert_fails(fields_fill(*state, 0, &request, "{@token-url}", &text, &error), ERROR_CONFIG, &error);
	assert_string_equal(error.hint, "give it with --instance-url");
	assert_fails(fields_fill(*state, 0, &request, "{@client-id}", &text, &error), ERROR_CONFIG, &error);
	assert_string_equal(error.hint, "give it with --client-id");
	assert_fails(fields_fill(*state, 0, &request, "{@nothing}", &text, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, "@nothing");
	request.client_id = "{@client-id}"; /* of itself */
	request.computed = BEARER_ISS;
	assert_fails(fields_fill(*state, 0, &request, "{@client-id}", &text, &error), ERROR_CONFIG, &error);
	request.server = &bare;
	assert_fails(fields_fill(*state, 0, &request, "{@token-url}", &text, &error), ERROR_CONFIG, &error);
	assert_string_equal(error.text, "Bare has no token endpoint");
	assert_string_equal(error.hint, "give it with --token-url");
}

/* --- claims and header fields ------------------------------------------------------------------------------------ */

static void values_become_json(void **state)
{
	assert_json(NULL, "{@kid}", "\"" KID "\"");
	assert_json("12345", "{@client-id}", "\"12345\"");
	assert_json("a\"b", "{@client-id}", "\"a\\\"b\"");
	assert_json("a\"b", "[\"{@client-id}\",{{\"n\":1}]", "[\"a\\\"b\",{\"n\":1}]");
	assert_json("a", "{{\"id\":\"{@client-id}\"}", "{\"id\":\"a\"}");
	assert_json(NULL, "{@x5c}", "[\"" LEAF "\",\"" SUB "\",\"" ROOT "\"]");
	assert_json(NULL, "42", "42");
	assert_json(NULL, "[ \"a\" ]", "[\"a\"]");
	assert_json(NULL, "word", "\"word\"");
	assert_json(NULL, "a{{b", "\"a{b\"");
}

static void broken_json_is_refused(void **state)
{
	const struct bearer_request request = { .server = &row };
	const struct jwt_extra extra = { .name = "x", .json = "[\"{@kid}\"", .computed = true };
	struct error error = { 0 };
	char *json;

	assert_fails(fields_fill_extra(*state, 0, &request, JWT_CLAIM, &extra, &json, &error), ERROR_CONFIG, &error);
	assert_null(json);
}

/* --- the content of an assertion --------------------------------------------------------------------------------- */

static void content_has_the_last_of_each_name(void **state)
{
	/* The row's field needs a certificate that the second key does not have. */
	struct jwt_extra headers[] = {
		{ .name = "x5t", .json = "{@x5t}", .computed = true }, { .name = "typ", .json = "JWT", .computed = true },
		{ .name = "x5t", .json = "\"own\"" },
	};
	struct bearer_field form[] = {
		{ .name = "client_id", .value = "{@client-id}", .computed = true },
		{ .name = "client_secret", .value = "{s}", .secret = true },
	};
	const struct bearer_request request = {
		.server = &row, .client_id = "c", .username = "{@client-id}", .computed = BEARER_SUB, .audience_text = "",
		.lifetime = 60, .iat = -5, .has_iat = true, .headers = headers, .header_count = COUNT(headers),
		.form = form, .form_count = COUNT(form),
	};
	struct error error = { 0 };
	struct content content;
	struct jwt_params params;

	assert_works(content_make(&content, *state, 1, &request, &error), &error);
	assert_int_equal(content.header_count, 2);
	assert_string_equal(content.headers[0].json, "\"JWT\"");
	assert_string_equal(content.headers[1].json, "\"own\"");
	assert_string_equal(content.form[0].value, "c");
	assert_string_equal(content.form[1].value, "{s}");
	assert_true(content.form[1].secret);
	params = content_params(&content, &request, 1000);
	assert_string_equal(params.sub, "c");
	assert_null(params.aud);
	assert_int_equal(params.exp, 1060);
	assert_int_equal(params.iat, 995);
	assert_true(params.has_iat);
	assert_false(params.has_nbf);
	content_clear(&content);
}

static void audience_is_text_or_a_url(void **state)
{
	struct bearer_request request = { .server = &row, .instance_url = url_of("https://I.example/x/") };
	static const char *const wanted[] = { "https://i.example/x", "https://a.example/", "HTTPS://T", "https://i.example/x/token" };
	struct error error = { 0 };
	struct content content;

	for (size_t i = 0; i < COUNT(wanted); i++) {
		if (i == 1)
			request.audience = url_of("https://A.example:443/");
		if (i == 2)
			request.audience_text = "HTTPS://T";
		if (i == 3)
			request.audience_text = "{@token-url}";
		request.computed = i == 3 ? BEARER_AUD : 0;
		assert_works(content_make(&content, *state, 0, &request, &error), &error);
		assert_string_equal(content.aud, wanted[i]);
		assert_null(content.iss);
		content_clear(&content);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(key_and_certificate_have_values, key_make, key_free),
		cmocka_unit_test_setup_teardown(chain_begins_with_the_certificate_and_ends_where_the_file_does, key_make,
						key_free),
		cmocka_unit_test(all_names_are_known),
		cmocka_unit_test_setup_teardown(requests_have_values, key_make, key_free),
		cmocka_unit_test_setup_teardown(token_url_may_be_that_of_the_row, key_make, key_free),
		cmocka_unit_test_setup_teardown(missing_values_are_named, key_make, key_free),
		cmocka_unit_test_setup_teardown(values_become_json, key_make, key_free),
		cmocka_unit_test_setup_teardown(broken_json_is_refused, key_make, key_free),
		cmocka_unit_test_setup_teardown(content_has_the_last_of_each_name, key_make, key_free),
		cmocka_unit_test_setup_teardown(audience_is_text_or_a_url, key_make, key_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
