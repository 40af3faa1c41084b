/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what the agent reads of others: the first byte picks a client's bytes on a connection, or a worker's answer. This
 * file stands in for the rest of the agent. A client that may not have a bearer never gets it, and what the agent sends is
 * HTTP with a body that is JSON. */
#include "fuzz.h"

#include "agent/core.h"
#include "agent/http-assertion.h"
#include "base/json.h"

#include <cjson/cJSON.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ALLOWED = 1, LATER = 2, FAILS = 4, OWNER = 8, WORKER = 16, ASSERTION = 32 };

static const char answer[] = "\"access_token\":\"00Dsecret\",\"expires_in\":600,\"jti\":\"j\"}";
static const char assertion_answer[] = "\"assertion\":\"e30.eyJqdGkiOiJqIn0.eA\"}";
static struct agent_profile profile = { .name = (char *)"p", .username = (char *)"u", .shape = (char *)"", .claims = (char *)"" };
static struct agent_config config = { .profiles = &profile, .count = 1 };
static struct agent agent = { .config = &config };
static unsigned mode, connections;
static struct ask *waiting_ask;
static struct job *waiting_job;

/* --- the rest of the agent --------------------------------------------------------------------------------------- */

const struct agent_profile *agent_profile(const struct agent *of, const char *name)
{
	return strcmp(name, of->config->profiles->name) == 0 || strcmp(name, "default") == 0 ? of->config->profiles : NULL;
}

bool agent_allows(const struct agent *of, const struct agent_profile *which, enum worker_kind kind, const char *username,
		  struct peer *peer, struct failure *failure)
{
	(void)of, (void)kind, (void)username, (void)peer;
	if ((mode & ALLOWED) != 0 && which != NULL)
		return true;
	failure_set(failure, FAILURE_DENIED, ERROR_CONFIG, 0, "denied");
	return false;
}

int agent_record(const struct agent *of, const struct agent_profile *which, enum worker_kind kind, const char *username,
		 struct peer *peer, const char *jti, const struct failure *refusal, struct failure *failure)
{
	(void)of, (void)which, (void)kind, (void)username, (void)peer, (void)jti, (void)refusal, (void)failure;
	return 0;
}

int agent_record_action(const struct agent *of, enum audit_event event, const struct agent_profile *which, const char *username,
			struct peer *peer, const struct error *problem, struct error *error)
{
	(void)of, (void)event, (void)which, (void)username, (void)peer, (void)problem, (void)error;
	return 0;
}

int agent_reload(struct agent *of, struct error *error)
{
	(void)of;
	return (mode & FAILS) != 0 ? error_set(error, ERROR_CONFIG, "no") : 0;
}

void agent_lock(struct agent *of, const struct agent_profile *which)
{
	(void)of, (void)which;
}

void agent_requester(struct peer *peer, char text[128])
{
	(void)peer;
	text[0] = '\0';
}

static void answer_ask(struct ask *ask)
{
	struct agent_bearer *bearer = NULL;
	struct failure failure;

	waiting_ask = NULL;
	failure_set(&failure, FAILURE_WORKER, ERROR_ORG, 7, "the org refused: \x1b[1m\xff \"");
	if ((mode & FAILS) == 0)
		agent_bearer_new(&bearer, answer, sizeof(answer) - 1, "p", 60, 1, 1000, &failure.error);
	expect((bearer == NULL) == ((mode & FAILS) != 0), "the answer is a bearer");
	ask->done(ask, bearer, bearer != NULL ? NULL : &failure);
	agent_bearer_leave(&bearer);
}

void cache_ask(struct cache *cache, struct ask *ask)
{
	(void)cache;
	waiting_ask = ask;
	if ((mode & LATER) == 0)
		answer_ask(ask);
}

void cache_cancel(struct cache *cache, struct ask *ask)
{
	(void)cache;
	expect(waiting_ask == ask, "what is cancelled waits");
	waiting_ask = NULL;
}

size_t cache_forget(struct cache *cache, const struct agent_profile *which, const char *username, const struct failure *failure)
{
	(void)cache, (void)which, (void)username, (void)failure;
	return 1;
}

void cache_status(const struct cache *cache, const struct agent_profile *which, struct cache_status *status)
{
	(void)cache, (void)which;
	*status = (struct cache_status){ .bearers = 1, .requester = "uid 1 (\"a\\b\")" };
}

static void answer_job(struct job *job)
{
	struct failure failure;

	waiting_job = NULL;
	failure_set(&failure, FAILURE_TIME, ERROR_NETWORK, 0, "late");
	if ((mode & FAILS) != 0)
		job->done(job, NULL, 0, &failure);
	else
		job->done(job, assertion_answer, sizeof(assertion_answer) - 1, NULL);
}

void agent_workers_send(struct workers *workers, const struct agent_profile *which, enum worker_kind kind, const char *members,
			double milliseconds, struct job *job)
{
	char line[16384];
	cJSON *object;

	(void)workers, (void)which, (void)kind, (void)milliseconds;
	snprintf(line, sizeof(line), "{%s}", members);
	object = cJSON_Parse(line);
	expect(cJSON_IsObject(object) && json_is_strict(line), "a worker gets JSON");
	cJSON_Delete(object);
	waiting_job = job;
	if ((mode & LATER) == 0)
		answer_job(job);
}

void agent_workers_cancel(struct workers *workers, struct job *job)
{
	(void)workers;
	expect(waiting_job == job, "what is cancelled waits");
	waiting_job = NULL;
}

enum worker_state agent_workers_state(const struct workers *workers, const struct agent_profile *which)
{
	(void)workers, (void)which;
	return WORKER_READY;
}

const char *worker_state_name(enum worker_state state)
{
	(void)state;
	return "ready";
}

const char *agent_workers_reason(const struct workers *workers, const struct agent_profile *which)
{
	(void)workers, (void)which;
	return "";
}

unsigned long agent_workers_starts(const struct workers *workers)
{
	(void)workers;
	return 1;
}

void listener_left(struct listener *listener, uid_t uid)
{
	(void)listener, (void)uid;
	connections--;
}

unsigned long listener_refused(const struct listener *listener)
{
	(void)listener;
	return 0;
}

/* --- a connection ------------------------------------------------------------------------------------------------ */

static void start(void)
{
	struct error error;

	if (agent.http != NULL)
		return;
	expect(loop_open(&agent.loop, &error) == 0 && agent_http_open(&agent.http, &agent, &error) == 0, "there is a server");
}

/* Takes what the agent has sent. */
static size_t drain(int fd, char *text, size_t size, size_t have)
{
	ssize_t length;

	while (have < size - 1 && (length = recv(fd, text + have, size - 1 - have, MSG_DONTWAIT)) > 0)
		have += (size_t)length;
	text[have] = '\0';
	return have;
}

/* The first of the answers. */
static void judge_answer(const char *text, size_t length)
{
	const char *body = strstr(text, "\r\n\r\n"), *header = strcasestr(text, "\r\nContent-Length: ");
	size_t size = header != NULL ? strtoul(header + 18, NULL, 10) : 0;
	char *json;

	if (length == 0)
		return;
	expect(strncmp(text, "HTTP/1.", 7) == 0 && body != NULL, "what is sent is HTTP");
	if (header == NULL || header > body || size > length - (size_t)(body + 4 - text))
		return;
	if (strcasestr(text, "application/json") != NULL && strcasestr(text, "application/json") < body && size > 0) {
		json = strndup(body + 4, size);
		expect(*json == '{' && json_is_strict(json), "its body is JSON");
		free(json);
	}
}

static void request(const uint8_t *data, size_t size)
{
	static char text[65536];
	struct peer peer = { .uid = (mode & OWNER) != 0 ? geteuid() : geteuid() + 1, .unit_known = true };
	int fds[2];
	size_t have = 0;

	if (memmem(data, size, "00Dsecret", 9) != NULL)
		return; /* the answer may repeat what the client knows */
	start();
	expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0, "there are sockets");
	connections++;
	agent_http_connection(agent.http, fds[0], &peer);
	for (size_t sent = 0; sent < size;) {
		ssize_t length = send(fds[1], data + sent, size - sent, MSG_NOSIGNAL);

		agent_http_after(agent.http);
		have = drain(fds[1], text, sizeof(text), have);
		if (length <= 0)
			break;
		sent += (size_t)length;
	}
	for (int i = 0; i < 8; i++) {
		if (waiting_ask != NULL && i > 2)
			answer_ask(waiting_ask);
		if (waiting_job != NULL && i > 2)
			answer_job(waiting_job);
		if (i == 2 && size % 4 == 0)
			break; /* the client leaves while something waits */
		agent_http_after(agent.http);
		have = drain(fds[1], text, sizeof(text), have);
	}
	judge_answer(text, have);
	expect((mode & ALLOWED) != 0 || memmem(text, have, "00Dsecret", 9) == NULL, "who may not have it does not get it");
	close(fds[1]);
	for (int i = 0; i < 8 && connections > 0; i++) {
		/* What the loop's watch does when a client whose request waits has left. */
		if (waiting_ask != NULL)
			answer_ask(waiting_ask);
		if (waiting_job != NULL)
			answer_job(waiting_job);
		agent_http_after(agent.http);
	}
	expect(connections == 0, "the connection ends");
}

/* --- a worker's answer ------------------------------------------------------------------------------------------- */

static void expect_json(const struct secret *json)
{
	cJSON *parsed = cJSON_Parse(secret_data(json));

	expect(cJSON_IsObject(parsed) && json_is_strict(secret_data(json)), "what is handed out is JSON");
	expect(cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(parsed, "p11bearer")), "it has our member");
	expect(cJSON_GetObjectItemCaseSensitive(parsed, "jti") == NULL, "and not the worker's");
	cJSON_Delete(parsed);
}

static void read_answer(const char *text, size_t length)
{
	struct agent_bearer *bearer;
	struct secret *json = NULL;
	struct failure failure = { .code = "" };
	char jti[JTI_SIZE];

	if (agent_bearer_new(&bearer, text, length, "p", 60, 5, 1000, &failure.error) == 0) {
		expect_json(bearer->json);
		for (const char *c = secret_data(bearer->token); *c != '\0'; c++)
			expect(*c > ' ' && *c <= '~', "a token has visible characters only");
		expect(bearer->expires >= 0 && bearer->expires_at >= 0, "it expires later");
	} else {
		expect(failure.error.class == ERROR_ANSWER && bearer == NULL, "a refusal is one of the answer");
	}
	agent_bearer_leave(&bearer);
	if (http_assertion_json(&json, text, length, "p", jti, &failure) == 0)
		expect_json(json);
	else
		expect(json == NULL, "an unusable answer gives nothing");
	secret_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	mode = data[0];
	if ((mode & WORKER) == 0) {
		request(data + 1, size - 1);
		return 0;
	}
	text = strndup((const char *)data + 1, size - 1); /* a line has no NUL */
	read_answer(text, strlen(text));
	free(text);
	return 0;
}
