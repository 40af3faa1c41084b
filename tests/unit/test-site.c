/* SPDX-License-Identifier: Apache-2.0 */
/* The port of the URL that a bearer is sent to. */
#include "unit.h"

#include "oauth/http.h"

struct row {
	const char *base;   /* --instance-url; NULL: none */
	const char *server; /* the token endpoint */
	const char *text;   /* the instance_url */
	const char *wanted;
};

static const struct row rows[] = {
	/* The same host without a port. */
	{ "https://a.example:8443", "https://b.example/t", "https://a.example", "https://a.example:8443" },
	{ "https://A.Example:8443/", "https://b.example/t", "https://a.example", "https://a.example:8443" },
	{ "https://a.example:8443", "https://b.example/t", "HTTPS://A.EXAMPLE/", "https://a.example:8443" },
	{ "https://a.example.:8443", "https://b.example/t", "https://a.example", "https://a.example:8443" },
	{ "https://a.example:8443", "https://b.example/t", "https://a.example.", "https://a.example.:8443" },
	{ "https://a.example:8443", "https://b.example/t", "https://a.example:", "https://a.example:8443" },
	{ "https://a.example:08443", "https://b.example/t", "https://a.example", "https://a.example:8443" },
	{ "https://[2001:db8::1]:8443", "https://b.example/t", "https://[2001:DB8:0::1]", "https://[2001:db8::1]:8443" },
	{ "https://192.0.2.1:8443", "https://b.example/t", "https://192.0.2.1/", "https://192.0.2.1:8443" },
	{ "http://127.0.0.1:8080", "http://127.0.0.1:8080/t", "http://127.0.0.1", "http://127.0.0.1:8080" },
	{ "https://a.example:8443/p", "https://b.example/t", "https://a.example/p", "https://a.example:8443/p" },
	{ "https://a.example:8443/p", "https://b.example/t", "https://a.example/q", "https://a.example:8443" },
	/* The same port anyway. */
	{ "https://a.example:443", "https://b.example/t", "https://a.example", "https://a.example" },
	{ "https://a.example", "https://b.example:8443/t", "https://a.example", "https://a.example" },
	/* An explicit port wins. */
	{ "https://a.example:8443", "https://b.example/t", "https://a.example:443", "https://a.example:443" },
	{ "https://a.example:8443", "https://b.example/t", "https://a.example:9443", "https://a.example:9443" },
	/* Another host, or another scheme. */
	{ "https://a.example:8443", "https://b.example/t", "https://b.example", "https://b.example" },
	{ "https://a.example:8443", "https://b.example:9443/t", "https://b.example", "https://b.example" },
	{ "https://a.example:8443", "https://b.example/t", "https://a.example.org", "https://a.example.org" },
	{ "https://a.example.org:8443", "https://b.example/t", "https://a.example", "https://a.example" },
	{ "https://a.example:8443", "https://b.example/t", "https://x.a.example", "https://x.a.example" },
	{ "http://127.0.0.1:8080", "http://127.0.0.1:8080/t", "https://127.0.0.1", "https://127.0.0.1" },
	/* A base that requests cannot be sent to. */
	{ "http://a.example:8080", "https://b.example/t", "https://a.example", "https://a.example" },
	/* Without a base, the server's. */
	{ NULL, "https://a.example:8443/t", "https://a.example", "https://a.example:8443" },
	{ NULL, "https://a.example:8443/t", "https://A.example.", "https://a.example.:8443" },
	{ NULL, "https://a.example:8443/t", "https://a.example:443", "https://a.example:443" },
	{ NULL, "https://a.example:8443/t", "https://b.example", "https://b.example" },
	{ NULL, "https://a.example/t", "https://a.example", "https://a.example" },
};

static void the_port_is_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct http_url *server;
		struct url base = { .text = NULL };
		struct error error;
		char *site;

		if (row->base != NULL)
			assert_null(url_parse(&base, row->base));
		assert_works(http_url_parse(&server, row->server, &error), &error);
		assert_works(http_site(row->text, server, &base, "the org", &site, &error), &error);
		if (strcmp(site, row->wanted) != 0)
			fail_msg("%s from %s: got %s, wanted %s", row->text, row->base != NULL ? row->base : row->server,
				 site, row->wanted);
		free(site);
		http_url_free(&server);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_port_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
