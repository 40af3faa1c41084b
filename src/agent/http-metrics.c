/* SPDX-License-Identifier: Apache-2.0 */
/* GET /metrics, in the format of OpenMetrics 1.0. Labels name profiles, never users. */
#include "agent/http-internal.h"

#include "agent/http-certificate.h"

#include <stdlib.h>

#define OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* --- the agent --------------------------------------------------------------------------------------------------- */

static int print_counter(struct secret *text, const char *name, const char *help, unsigned long value)
{
	return secret_printf(text, "# TYPE p11bearer_%s counter\n# HELP p11bearer_%s %s\np11bearer_%s_total %lu\n",
			     name, name, help, name, value);
}

static int print_agent(struct secret *text, const struct agent *agent)
{
	int result;

	result = secret_printf(text, "# TYPE p11bearer info\n# HELP p11bearer The agent's version.\n"
				     "p11bearer_info{version=\"" P11BEARER_VERSION "\"} 1\n"
				     "# TYPE p11bearer_start_time_seconds gauge\n"
				     "# UNIT p11bearer_start_time_seconds seconds\n"
				     "# HELP p11bearer_start_time_seconds When the agent started.\n"
				     "p11bearer_start_time_seconds %lld\n",
			       agent->started);
	result |= print_counter(text, "handouts", "Bearers handed out.", agent->handed);
	result |= print_counter(text, "assertions", "Assertions handed out.", agent->assertions);
	result |= print_counter(text, "refusals", "Requests that access rules refused.", agent->refused);
	result |= print_counter(text, "request_failures", "Requests that failed for other reasons.", agent->failed);
	result |= print_counter(text, "connections_refused", "Connections over the limit of their user.",
				listener_refused(agent->listener));
	result |= print_counter(text, "worker_starts", "Worker processes started.",
				agent_workers_starts(agent->workers));
	return result;
}

/* --- profiles ---------------------------------------------------------------------------------------------------- */

struct row {
	const struct agent *agent;
	const struct agent_profile *profile;
	struct cache_status status;
};

static double exchanges(const struct row *row)
{
	return (double)row->status.exchanges;
}

static double failures(const struct row *row)
{
	return (double)row->status.failures;
}

static double hits(const struct row *row)
{
	return (double)row->status.hits;
}

static double bearers(const struct row *row)
{
	return (double)row->status.bearers;
}

static double expires(const struct row *row)
{
	return (double)row->status.expires_at;
}

static double renewed(const struct row *row)
{
	return (double)row->status.renewed_at;
}

static double certificate(const struct row *row)
{
	return (double)certificate_expiry(row->profile->certificate);
}

static double next_certificate(const struct row *row)
{
	return (double)certificate_expiry(row->profile->next_certificate);
}

static double is_ready(const struct row *row)
{
	return agent_workers_state(row->agent->workers, row->profile) == WORKER_READY ? 1 : 0;
}

static const struct family {
	const char *name, *help;
	enum { COUNTER, GAUGE, TIME } type; /* a TIME of 0 is unknown, and left out */
	double (*value)(const struct row *row);
} families[] = {
	{ "exchanges", "Assertions exchanged for bearers, or tried to.", COUNTER, exchanges },
	{ "exchange_failures", "Exchanges that failed.", COUNTER, failures },
	{ "cache_hits", "Requests that a bearer in memory answered.", COUNTER, hits },
	{ "bearers", "Bearers in memory.", GAUGE, bearers },
	{ "worker_ready", "Whether the worker for bearers is ready.", GAUGE, is_ready },
	{ "bearer_expires_timestamp_seconds", "When the first bearer expires.", TIME, expires },
	{ "bearer_renewed_timestamp_seconds", "When the last exchange succeeded.", TIME, renewed },
	{ "certificate_not_after_timestamp_seconds", "When the certificate expires.", TIME, certificate },
	{ "next_certificate_not_after_timestamp_seconds", "When the next key's certificate expires.", TIME,
	  next_certificate },
};
enum { FAMILIES = sizeof(families) / sizeof(families[0]) };

/* Appends a label's value, with its escapes. */
static int print_label(struct secret *text, const char *value)
{
	int result = 0;

	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			result |= secret_append(text, "\\", 1);
		result |= *value == '\n' ? secret_append(text, "\\n", 2) : secret_append(text, value, 1);
	}
	return result;
}

static int print_sample(struct secret *text, const struct family *family, const struct row *row)
{
	double value = family->value(row);
	int result;

	if (family->type == TIME && value == 0)
		return 0;
	result = secret_printf(text, "p11bearer_%s%s{profile=\"", family->name,
			       family->type == COUNTER ? "_total" : "");
	result |= print_label(text, row->profile->name);
	result |= secret_printf(text, "\"} %.0f\n", value);
	return result;
}

/* The samples of a family must follow one another. */
static int print_family(struct secret *text, const struct family *family, const struct row *rows, size_t count)
{
	int result;

	result = secret_printf(text, "# TYPE p11bearer_%s %s\n", family->name,
			       family->type == COUNTER ? "counter" : "gauge");
	if (family->type == TIME)
		result |= secret_printf(text, "# UNIT p11bearer_%s seconds\n", family->name);
	result |= secret_printf(text, "# HELP p11bearer_%s %s\n", family->name, family->help);
	for (size_t i = 0; i < count; i++)
		result |= print_sample(text, family, &rows[i]);
	return result;
}

static int print_profiles(struct secret *text, const struct agent *agent)
{
	size_t count = agent->config->count;
	struct row *rows = calloc(count + 1, sizeof(*rows));
	int result = rows != NULL ? 0 : -1;

	for (size_t i = 0; i < count && rows != NULL; i++) {
		rows[i].agent = agent;
		rows[i].profile = &agent->config->profiles[i];
		cache_status(agent->cache, rows[i].profile, &rows[i].status);
	}
	for (size_t i = 0; i < FAMILIES && rows != NULL; i++)
		result |= print_family(text, &families[i], rows, count);
	free(rows);
	return result;
}

/* NULL if out of memory. */
static struct secret *print_metrics(const struct agent *agent)
{
	struct secret *text = secret_new(0);

	if (text == NULL || print_agent(text, agent) < 0 || print_profiles(text, agent) < 0 ||
	    secret_printf(text, "# EOF\n") < 0)
		secret_free(&text);
	return text;
}

void http_metrics(struct client *client)
{
	const struct agent *agent = client->http->agent;
	struct secret *body;
	struct failure failure;

	if (!peer_is_owner(&client->peer) && !rules_allow(agent->metrics, &client->peer)) {
		failure_set(&failure, FAILURE_DENIED, ERROR_CONFIG, 0, "uid %lu may not read the metrics",
			    (unsigned long)client->peer.uid);
		error_hint(&failure.error, "list this user or unit in \"allow-metrics\"");
		http_answer_failure(client, &failure);
		return;
	}
	body = print_metrics(agent);
	http_answer(client, MHD_HTTP_OK, http_response(&body, OPENMETRICS));
}
