/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's HTTP, over socket pairs, with a cache and workers that the test plays. */
#include "unit.h"

#include "agent/core.h"
#include "agent/http-assertion.h"
#include "agent/http-certificate.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { PATIENCE_MS = 10000, MANY = 1000 };

#define HEADER "P11bearer: 1\r\n"
#define GET(target) "GET " target " HTTP/1.1\r\nHost: agent\r\n" HEADER "\r\n"
#define POST(target) "POST " target " HTTP/1.1\r\nHost: agent\r\n" HEADER "Content-Length: 0\r\n\r\n"
#define ANSWER "\"access_token\":\"00Dsecret\",\"token_type\":\"Bearer\",\"jti\":\"j-1\"}"

/* --- what the test plays ----------------------------------------------------------------------------------------- */

static struct {
	struct ask *asked;            /* the last one that waits */
	struct job *job;
	char line[512], requester[128], fresh[32];
	long min_life;
	struct agent_bearer *bearer;  /* what cache_ask has at once; NULL: nothing */
	unsigned asks, cancels, records, left, locks, forgets;
	bool fail_record, fail_reload, no_answer;
	const struct failure *refusal;
	char forgotten[64], jti[JTI_SIZE];
} fake;

void __wrap_cache_ask(struct cache *cache, struct ask *ask);
void __wrap_cache_ask(struct cache *cache, struct ask *ask)
{
	(void)cache;
	fake.asks++;
	fake.asked = ask;
	snprintf(fake.requester, sizeof(fake.requester), "%s", ask->requester);
	snprintf(fake.fresh, sizeof(fake.fresh), "%s", ask->fresh != NULL ? ask->fresh : "");
	fake.min_life = ask->min_life;
	if (fake.refusal != NULL)
		ask->done(ask, NULL, fake.refusal);
	else if (fake.bearer != NULL)
		ask->done(ask, fake.bearer, NULL);
}

void __wrap_cache_cancel(struct cache *cache, struct ask *ask);
void __wrap_cache_cancel(struct cache *cache, struct ask *ask)
{
	(void)cache;
	(void)ask;
	fake.cancels++;
}

size_t __wrap_cache_forget(struct cache *cache, const struct agent_profile *profile, const char *username,
			   const struct failure *failure);
size_t __wrap_cache_forget(struct cache *cache, const struct agent_profile *profile, const char *username,
			   const struct failure *failure)
{
	(void)cache;
	assert_null(failure);
	fake.forgets++;
	snprintf(fake.forgotten, sizeof(fake.forgotten), "%s/%s", profile != NULL ? profile->name : "*",
		 username != NULL ? username : "*");
	return 3;
}

void __wrap_cache_status(const struct cache *cache, const struct agent_profile *profile, struct cache_status *status);
void __wrap_cache_status(const struct cache *cache, const struct agent_profile *profile, struct cache_status *status)
{
	(void)cache;
	*status = (struct cache_status){ .bearers = 2, .exchanges = 7, .failures = 1, .hits = 50 };
	if (strcmp(profile->name, "web") == 0)
		status->expires_at = 1900000000;
	snprintf(status->requester, sizeof(status->requester), "uid 5");
}

void __wrap_agent_workers_send(struct workers *workers, const struct agent_profile *profile, enum worker_kind kind,
			       const char *members, double milliseconds, struct job *job);
void __wrap_agent_workers_send(struct workers *workers, const struct agent_profile *profile, enum worker_kind kind,
			       const char *members, double milliseconds, struct job *job)
{
	(void)workers;
	(void)profile;
	assert_int_equal(kind, WORKER_ASSERTIONS);
	assert_true(milliseconds >= 10000);
	fake.job = job;
	snprintf(fake.line, sizeof(fake.line), "%s", members);
}

void __wrap_agent_workers_cancel(struct workers *workers, struct job *job);
void __wrap_agent_workers_cancel(struct workers *workers, struct job *job)
{
	(void)workers;
	(void)job;
	fake.cancels++;
}

enum worker_state __wrap_agent_workers_state(const struct workers *workers, const struct agent_profile *profile);
enum worker_state __wrap_agent_workers_state(const struct workers *workers, const struct agent_profile *profile)
{
	(void)workers;
	return strcmp(profile->name, "web") == 0 ? WORKER_READY : WORKER_LOCKED;
}

const char *__wrap_worker_state_name(enum worker_state state);
const char *__wrap_worker_state_name(enum worker_state state)
{
	return state == WORKER_READY ? "ready" : "locked";
}

const char *__wrap_agent_workers_reason(const struct workers *workers, const struct agent_profile *profile);
const char *__wrap_agent_workers_reason(const struct workers *workers, const struct agent_profile *profile)
{
	(void)workers;
	(void)profile;
	return "a reason";
}

unsigned long __wrap_agent_workers_starts(const struct workers *workers);
unsigned long __wrap_agent_workers_starts(const struct workers *workers)
{
	(void)workers;
	return 4;
}

void __wrap_listener_left(struct listener *listener, uid_t uid);
void __wrap_listener_left(struct listener *listener, uid_t uid)
{
	(void)listener;
	(void)uid;
	fake.left++;
}

unsigned long __wrap_listener_refused(const struct listener *listener);
unsigned long __wrap_listener_refused(const struct listener *listener)
{
	(void)listener;
	return 6;
}

int __wrap_agent_record(const struct agent *agent, const struct agent_profile *profile, enum worker_kind kind,
			const char *username, struct peer *peer, const char *jti, const struct failure *refusal,
			struct failure *failure);
int __wrap_agent_record(const struct agent *agent, const struct agent_profile *profile, enum worker_kind kind,
			const char *username, struct peer *peer, const char *jti, const struct failure *refusal,
			struct failure *failure)
{
	(void)agent;
	(void)profile;
	(void)kind;
	(void)username;
	(void)peer;
	(void)refusal;
	fake.records++;
	snprintf(fake.jti, sizeof(fake.jti), "%s", jti != NULL ? jti : "none");
	if (!fake.fail_record)
		return 0;
	failure_set(failure, FAILURE_WORKER, ERROR_UNEXPECTED, 0, "cannot write the audit record: disk full");
	return -1;
}

int __wrap_agent_record_action(const struct agent *agent, enum audit_event event, const struct agent_profile *profile,
			       const char *username, struct peer *peer, const struct error *problem,
			       struct error *error);
int __wrap_agent_record_action(const struct agent *agent, enum audit_event event, const struct agent_profile *profile,
			       const char *username, struct peer *peer, const struct error *problem,
			       struct error *error)
{
	(void)agent;
	(void)event;
	(void)profile;
	(void)username;
	(void)peer;
	(void)problem;
	fake.records++;
	return fake.fail_record ? error_set(error, ERROR_UNEXPECTED, "cannot write the audit record: disk full") : 0;
}

int __wrap_agent_reload(struct agent *agent, struct error *error);
int __wrap_agent_reload(struct agent *agent, struct error *error)
{
	(void)agent;
	return fake.fail_reload ? error_set(error, ERROR_CONFIG, "line 3 is wrong") : 0;
}

void __wrap_agent_lock(struct agent *agent, const struct agent_profile *profile);
void __wrap_agent_lock(struct agent *agent, const struct agent_profile *profile)
{
	(void)agent;
	(void)profile;
	fake.locks++;
}

/* --- an agent ---------------------------------------------------------------------------------------------------- */

static struct agent_profile profiles[] = {
	{ .name = (char *)"default", .username = (char *)"joe@example.com", .shape = (char *)"\"lifetime\":180",
	  .claims = (char *)"", .jti = true, .usernames = (char *)"*@example.org  ann" },
	{ .name = (char *)"web", .shape = (char *)"", .claims = (char *)"\"a\":1", .key = (char *)"pkcs11:object=w",
	  .allow = (char *)"uid:4000000001", .username = (char *)"web" },
	{ .name = (char *)"odd \"\\name", .shape = (char *)"", .claims = (char *)"" },
};
static struct agent_config config = { .profiles = profiles, .count = COUNT(profiles) };
static struct access rules[COUNT(profiles)];
static struct agent agent = { .config = &config, .access = rules };
static uid_t uid;

static int begin(void **state)
{
	struct error error = { 0 };

	(void)state;
	memset(&fake, 0, sizeof(fake));
	memset(rules, 0, sizeof(rules));
	agent.handed = agent.refused = agent.assertions = agent.failed = 0;
	uid = geteuid();
	assert_works(loop_open(&agent.loop, &error), &error);
	assert_works(agent_http_open(&agent.http, &agent, &error), &error);
	assert_works(rules_parse(&rules[1].bearer, profiles[1].allow, &error), &error);
	assert_works(rules_parse(&rules[0].assertion, "uid:4000000002", &error), &error);
	assert_works(rules_parse(&agent.metrics, "uid:4000000003", &error), &error);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	agent_http_close(&agent.http);
	loop_close(&agent.loop);
	rules_free(&rules[1].bearer);
	rules_free(&rules[0].assertion);
	rules_free(&agent.metrics);
	agent_bearer_leave(&fake.bearer);
	return 0;
}

static struct agent_bearer *new_bearer(void)
{
	struct agent_bearer *bearer;
	struct error error = { 0 };

	assert_works(agent_bearer_new(&bearer, ANSWER, strlen(ANSWER), "default", 0, 0, 0, &error), &error);
	return bearer;
}

/* A client's end of a connection. */
static int dial(void)
{
	struct peer peer = { .pid = getpid(), .uid = uid, .unit_known = true };
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	peer.fd = pair[1];
	agent_http_connection(agent.http, pair[1], &peer);
	return pair[0];
}

static double after(void *context)
{
	(void)context;
	return agent_http_after(agent.http);
}

static void end_loop(void *context, uint32_t events)
{
	(void)context;
	(void)events;
	loop_end(agent.loop);
}

static void time_over(void *context)
{
	(void)context;
	fake.no_answer = true;
	loop_end(agent.loop);
}

/* Runs the agent until the descriptor is ready. */
static void run_until(int fd, double milliseconds)
{
	struct timer timer = { .call = time_over };
	struct error error = { 0 };
	struct watch *watch = fd >= 0 ? loop_watch(agent.loop, fd, EPOLLIN, end_loop, NULL) : NULL;

	fake.no_answer = false;
	assert_int_equal(timer_set(agent.loop, &timer, loop_now(agent.loop) + milliseconds), 0);
	assert_works(loop_run(agent.loop, after, NULL, &error), &error);
	timer_clear(agent.loop, &timer);
	loop_watch_end(&watch);
}

static void send_text(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* Whether the text holds `count` whole answers. */
static bool is_whole(const char *text, unsigned count)
{
	for (; count > 0; count--) {
		const char *body = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");

		if (body == NULL || length == NULL)
			return false;
		text = body + 4;
		if (strlen(text) < strtoul(length + 16, NULL, 10))
			return false;
		text += strtoul(length + 16, NULL, 10);
	}
	return true;
}

/* Reads `count` answers, or what comes until the agent closes. Of static memory. */
static const char *receive(int fd, unsigned count)
{
	static char text[65536];
	size_t used = 0;

	text[0] = '\0';
	while (!is_whole(text, count)) {
		ssize_t got;

		run_until(fd, PATIENCE_MS);
		assert_false(fake.no_answer);
		got = read(fd, text + used, sizeof(text) - 1 - used);
		if (got <= 0)
			break;
		used += (size_t)got;
		text[used] = '\0';
	}
	return text;
}

/* The answer to a request on a connection of its own. */
static const char *answer_to(const char *request)
{
	int fd = dial();
	const char *text;

	send_text(fd, request);
	text = receive(fd, 1);
	close(fd);
	return text;
}

/* Runs the agent until the count reaches `wanted`. */
static void run_until_count(const unsigned *count, unsigned wanted)
{
	for (double start = loop_now(agent.loop); *count < wanted;) {
		assert_true(loop_now(agent.loop) - start < (double)PATIENCE_MS);
		run_until(-1, 1);
	}
	assert_int_equal(*count, wanted);
}

/* --- bearers ----------------------------------------------------------------------------------------------------- */

static void test_hands_out(void **state)
{
	const char *text;

	(void)state;
	fake.bearer = new_bearer();
	text = answer_to(GET("/v1/token"));
	assert_contains(text, "HTTP/1.1 200 ");
	assert_contains(text, "Content-Type: application/json\r\n");
	assert_contains(text, "Cache-Control: no-store\r\n");
	assert_contains(text, "\"access_token\":\"00Dsecret\"");
	assert_contains(text, "\"p11bearer\":{\"profile\":\"default\"");
	assert_int_equal(agent.handed, 1);
	assert_string_equal(fake.jti, "j-1");
	assert_contains(fake.requester, "uid ");
}

static void test_keeps_connection(void **state)
{
	int fd = dial();

	(void)state;
	fake.bearer = new_bearer();
	for (unsigned i = 0; i < 3; i++) {
		send_text(fd, GET("/v1/token?profile=default&username=x%40example.org&min-life=60&fresh=0123"));
		assert_contains(receive(fd, 1), "\"access_token\":\"00Dsecret\"");
	}
	assert_int_equal(fake.min_life, 60);
	assert_string_equal(fake.fresh, "0123");
	send_text(fd, GET("/v1/token") GET("/v1/token"));
	assert_contains(receive(fd, 2), "\"access_token\"");
	close(fd);
	run_until_count(&fake.left, 1);
}

/* Of requests that a client has sent in a row, the next is answered although the first had to wait. */
static void test_pipeline_waits(void **state)
{
	struct agent_bearer *bearer = new_bearer();
	int fd = dial();

	(void)state;
	send_text(fd, GET("/v1/token") GET("/v1/token"));
	for (unsigned i = 1; i <= 2; i++) {
		run_until_count(&fake.asks, i);
		fake.asked->done(fake.asked, bearer, NULL);
		assert_contains(receive(fd, 1), "\"access_token\":\"00Dsecret\"");
	}
	agent_bearer_leave(&bearer);
	close(fd);
}

/* The bearer may be wiped before its answer is sent. */
static void test_bearer_outlives(void **state)
{
	struct agent_bearer *bearer = new_bearer();
	int fd = dial();

	(void)state;
	send_text(fd, GET("/v1/token"));
	run_until_count(&fake.asks, 1);
	fake.asked->done(fake.asked, bearer, NULL);
	agent_bearer_leave(&bearer);
	assert_contains(receive(fd, 1), "\"access_token\":\"00Dsecret\"");
	close(fd);
}

static void test_refuses_without_record(void **state)
{
	const char *text;

	(void)state;
	fake.bearer = new_bearer();
	fake.fail_record = true;
	text = answer_to(GET("/v1/token"));
	assert_contains(text, "HTTP/1.1 500 ");
	assert_contains(text, "\"error\":\"server_error\"");
	assert_contains(text, "\"p11bearer\":{\"status\":1}");
	assert_lacks(text, "00Dsecret");
}

static void test_cancels(void **state)
{
	int fd = dial();

	(void)state;
	send_text(fd, GET("/v1/token"));
	run_until_count(&fake.asks, 1);
	close(fd);
	run_until_count(&fake.cancels, 1);
	run_until_count(&fake.left, 1);
}

/* A client that only ends its half of the connection still waits. */
static void test_half_closed(void **state)
{
	struct agent_bearer *bearer = new_bearer();
	int fd = dial();

	(void)state;
	send_text(fd, GET("/v1/token"));
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	run_until_count(&fake.asks, 1);
	fake.asked->done(fake.asked, bearer, NULL);
	agent_bearer_leave(&bearer);
	assert_contains(receive(fd, 1), "\"access_token\":\"00Dsecret\"");
	close(fd);
	assert_int_equal(fake.cancels, 0);
}

/* Closing the agent answers those that wait. */
static void test_ends(void **state)
{
	int fd = dial();
	char text[1024] = "";

	(void)state;
	send_text(fd, GET("/v1/token"));
	run_until_count(&fake.asks, 1);
	agent_http_close(&agent.http);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	assert_contains(text, "HTTP/1.1 503 ");
	close(fd);
	assert_int_equal(fake.cancels, 1);
	assert_int_equal(fake.left, 1);
}

static void test_many(void **state)
{
	static int fds[MANY];
	struct rlimit limit;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < 2 * MANY + 64)
		skip(); /* each connection has two descriptors here */
	fake.bearer = new_bearer();
	for (size_t i = 0; i < MANY; i++)
		fds[i] = dial();
	send_text(fds[MANY - 1], GET("/v1/token"));
	assert_contains(receive(fds[MANY - 1], 1), "\"access_token\"");
	for (size_t i = 0; i < MANY; i++)
		close(fds[i]);
	run_until_count(&fake.left, MANY);
}

/* --- access ------------------------------------------------------------------------------------------------------ */

static void test_access(void **state)
{
	char unknown[2048];

	(void)state;
	fake.bearer = new_bearer();
	snprintf(unknown, sizeof(unknown), "%s", strstr(answer_to(GET("/v1/token?profile=nobody")), "\r\n\r\n"));
	assert_contains(unknown, "\"error\":\"access_denied\"");
	assert_string_equal(strstr(answer_to(GET("/v1/token?profile=web")), "\r\n\r\n"), unknown);
	assert_contains(answer_to(GET("/v1/token?profile=web&username=x")), "HTTP/1.1 403 ");
	assert_contains(answer_to(GET("/v1/token?username=eve")), "HTTP/1.1 403 ");
	assert_contains(answer_to(POST("/v1/assertion")), "HTTP/1.1 403 ");
	assert_int_equal(agent.refused, 5);
	assert_int_equal(fake.records, 5);
	assert_int_equal(fake.asks, 0);
	assert_contains(answer_to(GET("/v1/token?username=ann")), "HTTP/1.1 200 ");
	assert_contains(answer_to(GET("/v1/token?profile=odd%20%22%5Cname")), "HTTP/1.1 400 ");
	uid = 4000000001;
	assert_contains(answer_to(GET("/v1/token?profile=web")), "HTTP/1.1 200 ");
	assert_contains(answer_to(GET("/v1/token")), "HTTP/1.1 403 ");
	assert_contains(answer_to(POST("/v1/reload")), "HTTP/1.1 403 ");
	assert_contains(answer_to(POST("/v1/lock")), "HTTP/1.1 403 ");
	assert_contains(answer_to(POST("/v1/forget")), "HTTP/1.1 403 ");
	assert_contains(answer_to(GET("/metrics")), "HTTP/1.1 403 ");
	assert_int_equal(fake.locks + fake.forgets, 0);
	uid = 4000000003;
	assert_contains(answer_to(GET("/metrics")), "HTTP/1.1 200 ");
	assert_contains(answer_to(GET("/v1/token")), "HTTP/1.1 403 ");
}

/* --- assertions -------------------------------------------------------------------------------------------------- */

static void test_assertion(void **state)
{
	/* {"jti":"j-2"} */
	static const char answer[] = "\"assertion\":\"eyJhIjoxfQ.eyJqdGkiOiJqLTIifQ.c2ln\"}";
	struct failure replaced;
	const char *text;
	int fd;

	(void)state;
	uid = 4000000002;
	fd = dial();
	send_text(fd, POST("/v1/assertion?username=x@example.org"));
	for (double start = loop_now(agent.loop); fake.job == NULL && loop_now(agent.loop) - start < (double)PATIENCE_MS;)
		run_until(-1, 1);
	assert_non_null(fake.job);
	assert_string_equal(fake.line, "\"username\":\"x@example.org\",\"lifetime\":180,\"jti\":true");
	failure_set(&replaced, FAILURE_REPLACED, ERROR_CONFIG, 1, "a reload");
	fake.line[0] = '\0';
	fake.job->done(fake.job, NULL, 0, &replaced); /* it is sent again */
	assert_string_equal(fake.line, "\"username\":\"x@example.org\",\"lifetime\":180,\"jti\":true");
	fake.job->done(fake.job, answer, strlen(answer), NULL);
	text = receive(fd, 1);
	assert_contains(text, "HTTP/1.1 200 ");
	assert_contains(text, "\r\n\r\n{\"assertion\":\"eyJhIjoxfQ.eyJqdGkiOiJqLTIifQ.c2ln\","
			      "\"p11bearer\":{\"profile\":\"default\"}}");
	assert_string_equal(fake.jti, "j-2");
	assert_int_equal(agent.assertions, 1);
	close(fd);
}

static void test_assertion_answers(void **state)
{
	static const char *const wrong[] = {
		"", "}", "\"assertion\":1}", "\"assertion\":\"a.b\"}", "\"assertion\":\"a.b.c.d\"}",
		"\"assertion\":\"a.b.c\\\"\"}", "\"assertion\":\"a..c\"}", "\"assertion\":\"a.b.c\"} x",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct secret *json;
		struct failure failure;
		char jti[JTI_SIZE];

		assert_int_equal(http_assertion_json(&json, wrong[i], strlen(wrong[i]), NULL, jti, &failure), -1);
		assert_null(json);
		assert_int_equal(failure.error.class, ERROR_ANSWER);
	}
}

/* --- failures ---------------------------------------------------------------------------------------------------- */

static void test_statuses(void **state)
{
	static const struct {
		enum failure_kind kind;
		enum error_class class;
		const char *sent, *status, *code;
	} rows[] = {
		{ FAILURE_WORKER, ERROR_UNEXPECTED, "", "500", "server_error" },
		{ FAILURE_WORKER, ERROR_USAGE, "", "400", "invalid_request" },
		{ FAILURE_WORKER, ERROR_CONFIG, "", "503", "temporarily_unavailable" },
		{ FAILURE_WORKER, ERROR_NO_KEY, "", "503", "temporarily_unavailable" },
		{ FAILURE_WORKER, ERROR_PIN, "", "503", "temporarily_unavailable" },
		{ FAILURE_WORKER, ERROR_TOKEN, "", "503", "temporarily_unavailable" },
		{ FAILURE_WORKER, ERROR_NETWORK, "", "504", "temporarily_unavailable" },
		{ FAILURE_WORKER, ERROR_ORG, "invalid_\x1bgrant", "502", "invalid_?grant" },
		{ FAILURE_WORKER, ERROR_ANSWER, "", "502", "server_error" },
		{ FAILURE_LOCKED, ERROR_PIN, "", "503", "locked" },
		{ FAILURE_BUDGET, ERROR_ORG, "", "429", "temporarily_unavailable" },
		{ FAILURE_TIME, ERROR_TOKEN, "", "504", "temporarily_unavailable" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct failure failure;
		char wanted[256];
		const char *text;

		failure_set(&failure, rows[i].kind, rows[i].class, 7, "no \x1b[31m \xff luck");
		snprintf(failure.code, sizeof(failure.code), "%s", rows[i].sent);
		error_hint(&failure.error, "try \"again\"");
		fake.refusal = &failure;
		text = answer_to(GET("/v1/token"));
		snprintf(wanted, sizeof(wanted), "HTTP/1.1 %s ", rows[i].status);
		assert_contains(text, wanted);
		assert_contains(text, "Retry-After: 7\r\n");
		snprintf(wanted, sizeof(wanted),
			 "{\"error\":\"%s\",\"error_description\":\"no ?[31m ? luck\",\"p11bearer\":"
			 "{\"status\":%d,\"hint\":\"try \\\"again\\\"\"}}",
			 rows[i].code, (int)rows[i].class);
		assert_contains(text, wanted);
	}
	assert_int_equal(agent.failed, COUNT(rows));
}

static void test_wrong_requests(void **state)
{
	static const struct {
		const char *request, *status, *text;
	} rows[] = {
		{ "GET /v1/token HTTP/1.1\r\nHost: a\r\n\r\n", "400", "lacks the header" },
		{ "GET /v1/token HTTP/1.1\r\nHost: a\r\nP11bearer: 2\r\n\r\n", "400", "lacks the header" },
		{ GET("/"), "404", "no such path" },
		{ GET("/v1/token/"), "404", "no such path" },
		{ GET("/v1/lock"), "405", "Allow: POST\r\n" },
		{ POST("/v1/token"), "405", "Allow: GET\r\n" },
		{ "HEAD /v1/token HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" HEADER "\r\n", "405", "Allow: GET\r\n" },
		{ "BREW /v1/token HTTP/1.1\r\nHost: a\r\n" HEADER "\r\n", "405", "use GET" },
		{ GET("/v1/token?profile"), "400", "\\\"profile\\\" has no value" },
		{ GET("/v1/token?profile="), "400", "\\\"profile\\\" is empty" },
		{ GET("/v1/token?profile=a&profile=a"), "400", "\\\"profile\\\" is given twice" },
		{ GET("/v1/token?username=a%00b"), "400", "holds a control character" },
		{ GET("/v1/token?username=a%0ab"), "400", "holds a control character" },
		{ GET("/v1/token?username=%ff"), "400", "is not UTF-8" },
		{ GET("/v1/token?min-life=-1"), "400", "not a number of seconds" },
		{ GET("/v1/token?min-life=1234567890"), "400", "not a number of seconds" },
		{ GET("/v1/token?key=x"), "400", "unknown parameter \\\"key\\\"" },
		{ GET("/v1/token?%1b=x"), "400", "unknown parameter \\\"?\\\"" },
		{ POST("/v1/assertion?min-life=1"), "400", "takes only: profile, username" },
		{ GET("/v1/status?profile=a"), "400", "takes no parameters" },
		{ POST("/v1/lock?profile=nobody"), "400", "no profile \\\"nobody\\\"" },
		{ "POST /v1/lock HTTP/1.1\r\nHost: a\r\n" HEADER "Content-Length: 4097\r\n\r\n", "413", "too large" },
		{ "POST /v1/lock HTTP/1.1\r\nHost: a\r\n" HEADER "Content-Length: 99999999999\r\n\r\n", "413", "too large" },
		{ "POST /v1/lock HTTP/1.1\r\nHost: a\r\n" HEADER "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "413",
		  "unknown size" },
	};

	(void)state;
	fake.bearer = new_bearer();
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *text = answer_to(rows[i].request);
		char wanted[32];

		snprintf(wanted, sizeof(wanted), "HTTP/1.1 %s ", rows[i].status);
		assert_contains(text, wanted);
		if (strncmp(rows[i].request, "HEAD", 4) != 0)
			assert_contains(text, "\"p11bearer\":{\"status\":2");
		assert_contains(text, rows[i].text);
	}
	assert_int_equal(fake.asks + fake.locks, 0);
}

/* What is not HTTP at all is libmicrohttpd's to refuse. */
static void test_hostile(void **state)
{
	static char large[40000];
	int fd;

	(void)state;
	fake.bearer = new_bearer();
	assert_lacks(answer_to("\x16\x03\x01\r\n\r\n"), " 200 ");
	assert_lacks(answer_to("GET /v1/token HTTP/1.1\r\n" HEADER "\r\n"), " 200 "); /* without Host */
	assert_contains(answer_to("GET /v1/token HTTP/1.0\r\n" HEADER "\r\n"), " 200 ");
	memset(large, 'x', sizeof(large) - 1);
	memcpy(large, "GET /v1/token HTTP/1.1\r\nHost: a\r\nX: ", 37);
	fd = dial();
	assert_true(write(fd, large, sizeof(large) - 1) > 0);
	assert_lacks(receive(fd, 1), " 200 ");
	close(fd);
	/* a body that is small enough is read and ignored */
	assert_contains(answer_to("POST /v1/lock HTTP/1.1\r\nHost: a\r\n" HEADER "Content-Length: 3\r\n\r\nabc"),
			" 200 ");
	assert_int_equal(fake.locks, 1);
}

/* --- for owners -------------------------------------------------------------------------------------------------- */

static void test_owner(void **state)
{
	(void)state;
	assert_contains(answer_to(POST("/v1/lock")), "{\"locked\":3}");
	assert_contains(answer_to(POST("/v1/lock?profile=web")), "{\"locked\":1}");
	assert_int_equal(fake.locks, 2);
	assert_contains(answer_to(POST("/v1/forget")), "{\"wiped\":3}");
	assert_string_equal(fake.forgotten, "*/*");
	assert_contains(answer_to(POST("/v1/forget?profile=web&username=u")), "{\"wiped\":3}");
	assert_string_equal(fake.forgotten, "web/u");
	assert_contains(answer_to(POST("/v1/reload")), "{\"profiles\":3}");
	fake.fail_reload = true;
	assert_contains(answer_to(POST("/v1/reload")), "line 3 is wrong");
	assert_int_equal(fake.records, 6);
	fake.fail_record = true;
	assert_contains(answer_to(POST("/v1/forget")), "HTTP/1.1 500 ");
}

static void test_status(void **state)
{
	const char *text;

	(void)state;
	text = answer_to(GET("/v1/status"));
	assert_contains(text, "{\"version\":\"" P11BEARER_VERSION "\",\"uptime\":");
	assert_contains(text, "{\"name\":\"web\",\"key\":\"pkcs11:object=w\",\"certificate_days\":null,\"certificate_not_after\":null,"
			      "\"next_key\":null,\"next_certificate_days\":null,\"prompt\":false,\"may_have_bearers\":false,\"state\":\"ready\",\"bearers\":2,\"expires_at\":1900000000,\"renewed_at\":null,"
			      "\"requester\":\"uid 5\",\"reason\":\"a reason\"}");
	assert_contains(text, "\"name\":\"default\"");
	uid = 4000000001;
	text = answer_to(GET("/v1/status"));
	assert_contains(text, "\"name\":\"web\"");
	assert_contains(text, "\"may_have_bearers\":true");
	assert_lacks(text, "\"name\":\"default\"");
	uid = 4000000002; /* assertions of "default" */
	text = answer_to(GET("/v1/status"));
	assert_contains(text, "\"name\":\"default\"");
	assert_contains(text, "\"may_have_bearers\":false");
	assert_lacks(text, "\"name\":\"web\"");
	uid = 4000000009;
	assert_contains(answer_to(GET("/v1/status")), "\"profiles\":[]");
}

static void test_metrics(void **state)
{
	const char *text;

	(void)state;
	agent.handed = 12;
	text = answer_to(GET("/metrics"));
	assert_contains(text, "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n");
	assert_contains(text, "# TYPE p11bearer_handouts counter\n");
	assert_contains(text, "\np11bearer_handouts_total 12\n");
	assert_contains(text, "\np11bearer_worker_starts_total 4\n");
	assert_contains(text, "\np11bearer_connections_refused_total 6\n");
	assert_contains(text, "\np11bearer_exchanges_total{profile=\"web\"} 7\n");
	assert_contains(text, "\np11bearer_cache_hits_total{profile=\"odd \\\"\\\\name\"} 50\n");
	assert_contains(text, "\np11bearer_bearer_expires_timestamp_seconds{profile=\"web\"} 1900000000\n");
	assert_contains(text, "\np11bearer_worker_ready{profile=\"default\"} 0\n");
	assert_lacks(text, "joe@example.com");
	assert_string_equal(text + strlen(text) - 7, "\n# EOF\n");
}

static void test_days(void **state)
{
	(void)state;
	assert_int_equal(certificate_days(86400 * 3 + 5, 0), 3);
	assert_int_equal(certificate_days(5, 0), 0);
	assert_int_equal(certificate_days(0, 1), -1);
	assert_int_equal(certificate_days(0, 86400), -1);
	assert_int_equal(certificate_expiry(NULL), 0);
	assert_int_equal(certificate_expiry("/nonexistent"), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hands_out),   TEST(test_keeps_connection), TEST(test_bearer_outlives),
		TEST(test_pipeline_waits),
		TEST(test_cancels),     TEST(test_half_closed),      TEST(test_refuses_without_record),
		TEST(test_ends),        TEST(test_many),             TEST(test_access),
		TEST(test_assertion),   TEST(test_statuses),         TEST(test_wrong_requests),
		TEST(test_hostile),     TEST(test_owner),            TEST(test_status),
		TEST(test_metrics),     cmocka_unit_test(test_days), cmocka_unit_test(test_assertion_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
