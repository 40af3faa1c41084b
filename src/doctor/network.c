/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of the way to the server: each looks at one stage of the same request. */
#include "doctor/internal.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>

static const struct http_url *endpoint(const struct doctor *doctor)
{
	return doctor->given->request->endpoint;
}

/* The host of the URL, and its port. */
static const char *host(const struct doctor *doctor)
{
	return strstr(http_url_origin(endpoint(doctor)), "://") + strlen("://");
}

void doctor_network_ask(struct doctor *doctor)
{
	const bool authenticates = doctor->given->request->grant == SERVER_CLIENT_CREDENTIALS;
	const struct http_field field = {
		.name = "grant_type",
		.value = authenticates ? "client_credentials" : "urn:ietf:params:oauth:grant-type:jwt-bearer",
	};
	struct doctor_network *network = &doctor->network;
	const struct http_request request = {
		.method = "POST", .url = endpoint(doctor), .fields = &field, .field_count = 1, .probe = &network->probe,
	};
	struct http *http;

	if (http_open(&http, &doctor->given->request->http, &network->error) == 0)
		(void)http_send(http, &request, &network->response, &network->error);
	http_close(&http);
}

void doctor_network_close(struct doctor *doctor)
{
	http_probe_clear(&doctor->network.probe);
	http_response_clear(&doctor->network.response);
}

/* Whether the request failed at this stage; if so, fails. `step` is more to the point than the error's hint, unless it
 * is NULL. */
static bool failed_at(const struct doctor *doctor, enum http_stage stage, const char *step,
		      struct doctor_finding *finding)
{
	struct error error = doctor->network.error;

	if (doctor->network.probe.stage != stage)
		return false;
	if (step != NULL)
		error_hint(&error, "%s", step);
	doctor_fail(finding, &error);
	return true;
}

void doctor_network_trust(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct http_options *options = &doctor->given->request->http;
	const char *file = http_ca_file(options);
	struct error error;

	if (http_check_options(options, &error) < 0) {
		doctor_fail(finding, &error);
		return;
	}
	if (file != NULL)
		doctor_fact_text(finding, "ca_file", file);
	doctor_ok(finding, "trusts the CA certificates in %s%s", file != NULL ? file : "the system's store",
		  options->cacert != NULL ? " (--cacert)" : "");
}

void doctor_network_proxy(struct doctor *doctor, struct doctor_finding *finding)
{
	struct http_proxy_use *proxy = &doctor->network.proxy;
	struct error error;

	if (http_proxy_used(&doctor->given->request->http, endpoint(doctor), proxy, &error) < 0) {
		doctor_fail(finding, &error);
		return;
	}
	if (proxy->url[0] != '\0') {
		doctor_fact_text(finding, "proxy", proxy->url);
		doctor_fact_text(finding, "origin", proxy->origin);
	}
	doctor_network_ask(doctor);
	if (failed_at(doctor, HTTP_STAGE_PROXY, NULL, finding) ||
	    failed_at(doctor, HTTP_STAGE_OPTIONS, NULL, finding))
		return;
	if (proxy->url[0] != '\0')
		doctor_ok(finding, "uses the proxy %s (%s)", proxy->url, proxy->origin);
	else if (proxy->exempt)
		doctor_ok(finding, "no_proxy exempts the host from the proxy that %s sets", proxy->origin);
	else
		doctor_ok(finding, "no proxy");
}

void doctor_network_name(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct doctor_network *network = &doctor->network;

	if (failed_at(doctor, HTTP_STAGE_NAME, "check the host in --instance-url and --token-url, and DNS "
		      "(resolv.conf(5))", finding))
		return;
	if (network->proxy.url[0] != '\0') {
		doctor_ok(finding, "the proxy looks up the host");
		return;
	}
	doctor_fact_text(finding, "addresses", network->probe.addresses);
	doctor_ok(finding, "the host is at %s", network->probe.addresses);
}

void doctor_network_connection(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct doctor_network *network = &doctor->network;

	if (failed_at(doctor, HTTP_STAGE_CONNECTION, "check host and port in --instance-url and --token-url, the "
		      "network and its firewalls, and whether a proxy is required (--proxy)", finding))
		return;
	if (network->probe.connected > 0)
		doctor_fact_number(finding, "milliseconds", network->probe.connected);
	if (network->proxy.url[0] != '\0')
		doctor_ok(finding, "the proxy connects to %s", host(doctor));
	else
		doctor_ok(finding, "connects to %s", host(doctor));
}
