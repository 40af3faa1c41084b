/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the command line. Errors are one sentence on stderr and exit status 2. */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signature.h"

static const char help[] =
	"usage: loopback-org [options]\n"
	"\n"
	"A stand-in for a Salesforce org, for demonstrations and tests on this machine only. It is not an org, but it\n"
	"checks every JWT bearer assertion for real. Prints its URL, then runs until SIGTERM or until its parent ends.\n"
	"\n"
	"  --server NAME       be the server of another vendor: its host names, endpoint, rules and words (see --list-servers).\n"
	"                      --client-id, --username and --audience are what it expects, --scope is not used\n"
	"  --jwks FILE         with --server: the registered public keys, in place of a certificate; read for each request\n"
	"  --client-secret TEXT  with --server: the client's secret, if that vendor wants one\n"
	"  --list-servers      print these names, their hosts, separated by blanks, and the endpoint, separated by tabs\n"
	"  --certificate FILE  certificate (PEM) registered on the app, read again for each request; without it\n"
	"                      every assertion is refused\n"
	"  --app FOLDER        the app in source format; the certificate is the one in its settings file, and the files of\n"
	"                      a deployment take the place of those of the same name\n"
	"  --deploy-polls N    a deployment ends after so many requests for its status, default 2\n"
	"  --component-failure [check:|real:]PART=PROBLEM  a component whose file name has this part fails to deploy: always,\n"
	"                      only with checkOnly, or only without it; repeatable\n"
	"  --apply-after SECONDS[,SECONDS...]  one node for each number (a fraction is fine; `never`), which applies the\n"
	"                      certificate of a deployment so long after its end; the nodes judge token requests in turn, and\n"
	"                      share everything else; default: 0\n"
	"  --node-per-connection  the nodes take turns with each connection, not with each token request\n"
	"  --client-id ID      consumer key of the app (claim iss)\n"
	"  --username NAME     a user who is approved (claim sub), or a pattern (fnmatch(3)) such as '*@example.com';\n"
	"                      repeatable\n"
	"  --audience URL      an accepted audience (claim aud); repeatable; default: the own URL\n"
	"  --alg NAME          an accepted algorithm (header alg), such as ES256; repeatable; default: RS256, as Salesforce\n"
	"  --bind ADDRESS      127.0.0.1 (default) or ::1\n"
	"  --port N            default 0: any free port\n"
	"  --tls DIR           serve HTTPS with a throw-away CA, whose certificate is written to DIR/ca.pem\n"
	"  --tls12             speak no later version than TLS 1.2\n"
	"  --client-ca FILE    with --tls: require of clients a certificate that these CAs (PEM) have issued; the log says for\n"
	"                      each request which one, and has a line for each client that was refused\n"
	"  --client-optional   ask for the certificate, but serve clients without one too\n"
	"  --log FILE          append one line of JSON for each request; its times are by the org's clock\n"
	"  --scope TEXT        scope in the answer, default: api\n"
	"  --extra NAME=JSON   one more field in the answer; repeatable\n"
	"  --refuse SLUG       refuse every token request, good or not, in these words (see --list-refusals)\n"
	"  --login-rate N[/SECONDS]:PATTERN  refuse the first N logins of the users that fit (fnmatch(3), any case) as too\n"
	"                      many, with that Retry-After; repeatable: the first that has some left is taken\n"
	"  --list-refusals     print slug, HTTP status, error and description, separated by tabs; after --server slug, HTTP\n"
	"                      status and answer of that vendor's\n"
	"  --fault SPEC        [N[-M]:]KIND[=ARG]: spoil the N-th (to M-th; `N-`: from N on; none: every) answer to a\n"
	"                      token request; P%:KIND[=ARG]: each with a chance of P percent (a fraction is fine), drawn\n"
	"                      for every such SPEC by itself; repeatable and comma separated. KIND: 401 (session ended),\n"
	"                      500, 503, 429[=SECONDS], 429-date=SECONDS, server-error, slow=SECONDS, drop, half, not-json,\n"
	"                      empty, no-token, array, big, big-chunked, redirect[=URL], raw=[STATUS:]FILE (the\n"
	"                      content of FILE, read again for each request, as it is), date=SECONDS, refuse=SLUG,\n"
	"                      header=NAME:VALUE (in place of the usual one; without a value it is left out).\n"
	"                      slow, date and header go with any other; of the others the first that fits is taken\n"
	"  --use-fault SPEC    the same for the requests that use a bearer (userinfo, revoke, deployRequest)\n"
	"  --deploy-fault SPEC  the same for those of them that begin a deployment that is no check; one whose answer is spoiled\n"
	"                      ends at once, as if its status had been asked for often enough\n"
	"  --status-fault SPEC  the same for those that ask for the status of such a deployment\n"
	"  --seed N            the same N, default 1, makes the faults by chance hit the same requests again\n"
	"  --bearer-life SECONDS  how long a bearer is good, default 7200\n"
	"  --proxy-password    taken for a proxy, ask for a user and password: answer CONNECT with 407, not with 404\n"
	"  --clock SECONDS     the org's own clock is this much ahead (or, negative, behind)\n"
	"  --max-requests N    end after N requests\n"
	"  --help              show this text\n";

enum option_id {
	OPTION_SERVER = 1,
	OPTION_JWKS,
	OPTION_CLIENT_SECRET,
	OPTION_LIST_SERVERS,
	OPTION_CERTIFICATE,
	OPTION_APP,
	OPTION_DEPLOY_POLLS,
	OPTION_COMPONENT_FAILURE,
	OPTION_APPLY_AFTER,
	OPTION_NODE_PER_CONNECTION,
	OPTION_CLIENT_ID,
	OPTION_USERNAME,
	OPTION_AUDIENCE,
	OPTION_ALG,
	OPTION_BIND,
	OPTION_PORT,
	OPTION_TLS,
	OPTION_TLS12,
	OPTION_CLIENT_CA,
	OPTION_CLIENT_OPTIONAL,
	OPTION_LOG,
	OPTION_SCOPE,
	OPTION_EXTRA,
	OPTION_REFUSE,
	OPTION_LOGIN_RATE,
	OPTION_LIST_REFUSALS,
	OPTION_FAULT,
	OPTION_PROXY_PASSWORD,
	OPTION_USE_FAULT,
	OPTION_DEPLOY_FAULT,
	OPTION_STATUS_FAULT,
	OPTION_SEED,
	OPTION_BEARER_LIFE,
	OPTION_CLOCK,
	OPTION_MAX_REQUESTS,
	OPTION_HELP
};

static const struct option long_options[] = {
	{ "server", required_argument, NULL, OPTION_SERVER },
	{ "jwks", required_argument, NULL, OPTION_JWKS },
	{ "client-secret", required_argument, NULL, OPTION_CLIENT_SECRET },
	{ "list-servers", no_argument, NULL, OPTION_LIST_SERVERS },
	{ "certificate", required_argument, NULL, OPTION_CERTIFICATE },
	{ "app", required_argument, NULL, OPTION_APP },
	{ "deploy-polls", required_argument, NULL, OPTION_DEPLOY_POLLS },
	{ "component-failure", required_argument, NULL, OPTION_COMPONENT_FAILURE },
	{ "apply-after", required_argument, NULL, OPTION_APPLY_AFTER },
	{ "node-per-connection", no_argument, NULL, OPTION_NODE_PER_CONNECTION },
	{ "client-id", required_argument, NULL, OPTION_CLIENT_ID },
	{ "username", required_argument, NULL, OPTION_USERNAME },
	{ "audience", required_argument, NULL, OPTION_AUDIENCE },
	{ "alg", required_argument, NULL, OPTION_ALG },
	{ "bind", required_argument, NULL, OPTION_BIND },
	{ "port", required_argument, NULL, OPTION_PORT },
	{ "tls", required_argument, NULL, OPTION_TLS },
	{ "tls12", no_argument, NULL, OPTION_TLS12 },
	{ "client-ca", required_argument, NULL, OPTION_CLIENT_CA },
	{ "client-optional", no_argument, NULL, OPTION_CLIENT_OPTIONAL },
	{ "log", required_argument, NULL, OPTION_LOG },
	{ "scope", required_argument, NULL, OPTION_SCOPE },
	{ "extra", required_argument, NULL, OPTION_EXTRA },
	{ "refuse", required_argument, NULL, OPTION_REFUSE },
	{ "login-rate", required_argument, NULL, OPTION_LOGIN_RATE },
	{ "list-refusals", no_argument, NULL, OPTION_LIST_REFUSALS },
	{ "fault", required_argument, NULL, OPTION_FAULT },
	{ "proxy-password", no_argument, NULL, OPTION_PROXY_PASSWORD },
	{ "use-fault", required_argument, NULL, OPTION_USE_FAULT },
	{ "deploy-fault", required_argument, NULL, OPTION_DEPLOY_FAULT },
	{ "status-fault", required_argument, NULL, OPTION_STATUS_FAULT },
	{ "seed", required_argument, NULL, OPTION_SEED },
	{ "bearer-life", required_argument, NULL, OPTION_BEARER_LIFE },
	{ "clock", required_argument, NULL, OPTION_CLOCK },
	{ "max-requests", required_argument, NULL, OPTION_MAX_REQUESTS },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

static int read_name(const char *text, struct names *names)
{
	if (names->count == NAMES_MAX)
		return -1;
	names->list[names->count++] = text;
	return 0;
}

static int read_bind(const char *text, const char **bind)
{
	*bind = text;
	return strcmp(text, "127.0.0.1") == 0 || strcmp(text, "::1") == 0 ? 0 : -1;
}

static int read_long(const char *text, long *number)
{
	char *end;

	errno = 0;
	*number = strtol(text, &end, 10);
	return end != text && *end == '\0' && errno == 0 ? 0 : -1;
}

static int read_port(const char *text, uint16_t *port)
{
	long number;

	if (read_long(text, &number) != 0 || number < 0 || number > UINT16_MAX)
		return -1;
	*port = (uint16_t)number;
	return 0;
}

/* The bound keeps sums with the time within time_t and the calendar. */
static int read_clock(const char *text, long *clock)
{
	return read_long(text, clock) == 0 && *clock > -1000000000 && *clock < 1000000000 ? 0 : -1;
}

static int read_count(const char *text, long least, long most, unsigned long *count)
{
	long number;

	if (read_long(text, &number) != 0 || number < least || number > most)
		return -1;
	*count = (unsigned long)number;
	return 0;
}

static int read_extra(char *text, cJSON **extra)
{
	char *equals = strchr(text, '=');
	cJSON *value;

	if (equals == NULL || equals == text)
		return -1;
	value = cJSON_ParseWithOpts(equals + 1, NULL, 1);
	if (value == NULL)
		return -1;
	if (*extra == NULL)
		*extra = cJSON_CreateObject();
	*equals = '\0';
	/* The last one replaces earlier ones: no test needs a name twice. */
	cJSON_DeleteItemFromObjectCaseSensitive(*extra, text);
	cJSON_AddItemToObject(*extra, text, value);
	*equals = '=';
	return 0;
}

static int read_refuse(const char *slug, const struct refusal **refusal)
{
	*refusal = refusal_find(slug);
	return *refusal != NULL ? 0 : -1;
}

/* Parses a list of faults. *wrong is the first invalid one. */
static int read_fault(char *specs, struct faults *faults, const char **wrong)
{
	const char *spec = faults_add(faults, specs);

	if (spec != NULL)
		*wrong = spec;
	return spec == NULL ? 0 : -1;
}

/* Parses an option. Returns 0, or -1 if its value is invalid, with the part to show in *wrong. */
static int read_option(enum option_id id, char *value, struct options *options, const char **wrong)
{
	*wrong = value;
	switch (id) {
	case OPTION_SERVER:
		options->vendor = vendor_find(value);
		return options->vendor != NULL ? 0 : -1;
	case OPTION_JWKS:
		options->jwks = value;
		return 0;
	case OPTION_CLIENT_SECRET:
		options->client_secret = value;
		return 0;
	case OPTION_CERTIFICATE:
		options->certificate = value;
		return 0;
	case OPTION_APP:
		options->app = value;
		return 0;
	case OPTION_DEPLOY_POLLS:
		return read_long(value, &options->deploy_polls) == 0 && options->deploy_polls >= 0 ? 0 : -1;
	case OPTION_COMPONENT_FAILURE:
		return strchr(value, '=') != NULL ? read_name(value, &options->component_failures) : -1;
	case OPTION_APPLY_AFTER:
		return nodes_read(&options->nodes, value);
	case OPTION_NODE_PER_CONNECTION:
		options->node_per_connection = true;
		return 0;
	case OPTION_CLIENT_ID:
		options->client_id = value;
		return 0;
	case OPTION_USERNAME:
		return read_name(value, &options->usernames);
	case OPTION_AUDIENCE:
		return read_name(value, &options->audiences);
	case OPTION_ALG:
		return signature_knows(value) ? read_name(value, &options->algorithms) : -1;
	case OPTION_BIND:
		return read_bind(value, &options->bind);
	case OPTION_PORT:
		return read_port(value, &options->port);
	case OPTION_TLS:
		options->tls = value;
		return 0;
	case OPTION_TLS12:
		options->tls12 = true;
		return 0;
	case OPTION_CLIENT_CA:
		options->client_ca = value;
		return 0;
	case OPTION_CLIENT_OPTIONAL:
		options->client_optional = true;
		return 0;
	case OPTION_LOG:
		options->log = value;
		return 0;
	case OPTION_SCOPE:
		options->scope = value;
		return 0;
	case OPTION_EXTRA:
		return read_extra(value, &options->extra);
	case OPTION_REFUSE:
		return read_refuse(value, &options->refuse);
	case OPTION_LOGIN_RATE:
		return logins_add(&options->logins, value);
	case OPTION_FAULT:
		return read_fault(value, &options->faults, wrong);
	case OPTION_PROXY_PASSWORD:
		options->proxy_password = true;
		return 0;
	case OPTION_USE_FAULT:
		return read_fault(value, &options->use_faults, wrong);
	case OPTION_DEPLOY_FAULT:
		return read_fault(value, &options->deploy_faults, wrong);
	case OPTION_STATUS_FAULT:
		return read_fault(value, &options->status_faults, wrong);
	case OPTION_SEED:
		return read_count(value, 0, UINT32_MAX, &options->seed);
	case OPTION_BEARER_LIFE:
		return read_clock(value, &options->bearer_life);
	case OPTION_CLOCK:
		return read_clock(value, &options->clock);
	case OPTION_MAX_REQUESTS:
		return read_count(value, 1, LONG_MAX, &options->max_requests);
	case OPTION_LIST_SERVERS:
	case OPTION_LIST_REFUSALS:
	case OPTION_HELP:
		break;
	}
	return -1;
}

/* Flushed here, so that a full disk or a closed pipe is an error. */
static int print_status(void)
{
	return fflush(stdout) == 0 ? 0 : 1;
}

int options_parse(int argc, char **argv, struct options *options)
{
	int id;
	int index = 0;
	const char *wrong;

	*options = (struct options){ .bind = "127.0.0.1", .scope = "api", .seed = 1, .bearer_life = 7200,
		.deploy_polls = 2, .nodes = { .count = 1 } };
	while ((id = getopt_long(argc, argv, "", long_options, &index)) != -1) {
		if (id == OPTION_HELP) {
			fputs(help, stdout);
			return print_status();
		}
		if (id == OPTION_LIST_REFUSALS) {
			if (options->vendor != NULL)
				vendor_print_refusals(options->vendor, stdout);
			else
				refusals_print(stdout);
			return print_status();
		}
		if (id == OPTION_LIST_SERVERS) {
			vendors_print(stdout);
			return print_status();
		}
		if (id == '?') /* getopt_long has printed the error */
			return 2;
		if (read_option((enum option_id)id, optarg, options, &wrong) != 0) {
			fprintf(stderr, "loopback-org: the value \"%s\" of --%s is not understood.\n", wrong,
				long_options[index].name);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "loopback-org: \"%s\" is not an option.\n", argv[optind]);
		return 2;
	}
	if (options->client_ca != NULL ? options->tls == NULL : options->client_optional) {
		fprintf(stderr, "loopback-org: --client-optional needs --client-ca, and that needs --tls.\n");
		return 2;
	}
	return -1;
}

void options_clear(struct options *options)
{
	cJSON_Delete(options->extra);
	options->extra = NULL;
}
