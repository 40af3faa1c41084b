/* SPDX-License-Identifier: Apache-2.0 */
/* Starts the parts of the agent, and ends them. */
#include "agent/reload.h"

#include "agent/limit.h"
#include "agent/systemd.h"
#include "base/message.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define CHECK_EVERY 5000.0   /* ms, for listener_check */
#define STATUS_AT_MOST 100.0 /* ms between two states sent to systemd */
#define LAST_ANSWERS 200.0   /* ms for answers to clients before the agent ends by itself */

/* The agent, and what only this file needs. */
struct running {
	struct agent agent;
	int signals;             /* descriptor, or -1 */
	struct watch *signalled;
	struct timer check, watchdog, end;
	double watchdog_every;   /* ms; 0: nobody watches */
	bool idle;               /* it ends, because PINs were refused */
	char told[1024];         /* the last STATUS */
	double told_at;
};

/* --- messages to systemd ----------------------------------------------------------------------------------------- */

static void append(char *text, size_t size, size_t count, const char *what)
{
	size_t used = strlen(text);

	if (count > 0)
		snprintf(text + used, size - used, ", %zu %s", count, what);
}

static void describe(const struct agent *agent, char *text, size_t size)
{
	size_t counts[WORKER_REFUSED + 1] = { 0 }, used;

	for (size_t i = 0; i < agent->config->count; i++)
		counts[agent_workers_state(agent->workers, &agent->config->profiles[i])]++;
	snprintf(text, size, "%zu of %zu profiles ready", counts[WORKER_READY], agent->config->count);
	for (enum worker_state state = WORKER_LOCKED; state <= WORKER_REFUSED; state++) {
		if (state != WORKER_READY)
			append(text, size, counts[state], worker_state_name(state));
	}
	used = strlen(text);
	if (agent->reload_problem[0] != '\0')
		snprintf(text + used, size - used, "; the last reload failed: %s", agent->reload_problem);
}

static void tell_status(struct running *running, const char *also)
{
	char text[sizeof(running->told)];

	describe(&running->agent, text, sizeof(text));
	running->told_at = loop_now(running->agent.loop);
	if (strcmp(text, running->told) == 0)
		return;
	memcpy(running->told, text, sizeof(text));
	systemd_notify("%sSTATUS=%s", also, text);
}

/* After each round of the loop. Returns when it must be called again. */
static double after(void *context)
{
	struct running *running = context;
	double wait = agent_http_after(running->agent.http);
	double left = running->told_at + STATUS_AT_MOST - loop_now(running->agent.loop);

	if (left <= 0)
		tell_status(running, "");
	else if (wait < 0 || wait > left)
		wait = left; /* this round may have changed the status */
	return wait;
}

static void on_watchdog(void *context)
{
	struct running *running = context;
	struct loop *loop = running->agent.loop;

	systemd_notify("WATCHDOG=1");
	(void)timer_set(loop, &running->watchdog, loop_now(loop) + running->watchdog_every);
}

/* --- events ------------------------------------------------------------------------------------------------------ */

static void on_check(void *context)
{
	struct running *running = context;
	struct loop *loop = running->agent.loop;

	listener_check(running->agent.listener);
	(void)timer_set(loop, &running->check, loop_now(loop) + CHECK_EVERY);
}

static void on_end(void *context)
{
	struct running *running = context;

	loop_end(running->agent.loop);
}

static void on_idle(void *context)
{
	struct running *running = context;
	struct loop *loop = running->agent.loop;

	running->idle = true;
	if (timer_set(loop, &running->end, loop_now(loop) + LAST_ANSWERS) < 0)
		loop_end(loop);
}

static void on_renewed(void *context, const struct agent_profile *profile, struct agent_bearer *bearer)
{
	struct running *running = context;

	sink_write(&running->agent, profile, bearer);
}

static void on_http(void *context, int fd, const struct peer *peer)
{
	struct agent *agent = context;

	agent_http_connection(agent->http, fd, peer);
}

static void on_credential(void *context, int fd, const struct peer *peer)
{
	credential_connection(context, fd, peer);
}

static void on_unlock(void *context, int fd, const struct peer *peer)
{
	unlock_connection(context, fd, peer);
}

static void reload(struct agent *agent)
{
	struct error error = { .class = ERROR_NONE }, ignored;
	int result = agent_reload(agent, &error);

	if (result < 0) {
		message_warn("the configuration stays as it was, because the new one cannot be used:");
		message_error(&error);
	} else {
		message_note("the configuration was read again");
	}
	/* The configuration is already in use: a record that cannot be written changes nothing. */
	(void)agent_record_action(agent, AUDIT_RELOAD, NULL, NULL, NULL, result < 0 ? &error : NULL, &ignored);
}

static void on_signal(void *context, uint32_t events)
{
	struct running *running = context;
	struct signalfd_siginfo info;

	(void)events;
	while (read(running->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(&running->agent);
		else
			loop_end(running->agent.loop);
	}
}

/* --- start and end ----------------------------------------------------------------------------------------------- */

/* Signals come through a descriptor. Those ignored when the program started stay ignored. */
static int open_signals(struct running *running, struct error *error)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	running->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (running->signals < 0)
		return error_set(error, ERROR_UNEXPECTED, "cannot receive signals: %s", strerror(errno));
	running->signalled = loop_watch(running->agent.loop, running->signals, EPOLLIN, on_signal, running);
	return running->signalled != NULL ? 0 : error_memory(error);
}

static int start_timers(struct running *running, struct error *error)
{
	struct loop *loop = running->agent.loop;

	running->check = (struct timer){ .call = on_check, .context = running };
	running->watchdog = (struct timer){ .call = on_watchdog, .context = running };
	running->end = (struct timer){ .call = on_end, .context = running };
	running->watchdog_every = systemd_watchdog();
	if (timer_set(loop, &running->check, loop_now(loop) + CHECK_EVERY) < 0 ||
	    (running->watchdog_every > 0 && timer_set(loop, &running->watchdog, loop_now(loop)) < 0))
		return error_memory(error);
	return 0;
}

/* The listener comes before the workers, so that an agent that cannot listen does not log in to the token. */
static int start(struct running *running, struct error *error)
{
	struct agent *agent = &running->agent;
	const struct listener_use use = { on_http, on_credential, on_unlock, agent };

	if (agent_load(agent, error) < 0 || loop_open(&agent->loop, error) < 0 || open_signals(running, error) < 0 ||
	    start_timers(running, error) < 0 ||
	    agent_workers_open(&agent->workers, agent->loop, agent->setup, on_idle, running, error) < 0 ||
	    cache_open(&agent->cache, agent->loop, agent->workers, on_renewed, running, error) < 0 ||
	    agent_http_open(&agent->http, agent, error) < 0 ||
	    listener_open(&agent->listener, agent->loop, agent->config, &use, error) < 0)
		return error_result(error);
	return agent_apply(agent, error);
}

/* What waits for a bearer ends before the cache, and the cache before the workers. */
static void end(struct running *running)
{
	struct agent *agent = &running->agent;

	credential_end_all();
	unlock_end_all();
	agent_http_close(&agent->http);
	listener_close(&agent->listener);
	cache_close(&agent->cache);
	sink_end_all();
	agent_workers_close(&agent->workers);
	loop_watch_end(&running->signalled);
	if (running->signals >= 0)
		close(running->signals);
	loop_close(&agent->loop);
	agent_unload(agent);
}

/* The error for an agent without any profile left to serve. */
static int refused(const struct agent *agent, struct error *error)
{
	for (size_t i = 0; i < agent->config->count; i++) {
		const struct agent_profile *profile = &agent->config->profiles[i];

		if (agent_workers_state(agent->workers, profile) != WORKER_REFUSED)
			continue;
		error_set(error, ERROR_PIN, "nothing is left to serve; profile %s: %s", profile->name,
			  agent_workers_reason(agent->workers, profile));
		error_hint(error, "correct the PIN before you start the agent again: each start may use up a try");
		return -ERROR_PIN;
	}
	return error_set(error, ERROR_PIN, "nothing is left to serve: PINs were refused");
}

int agent_run(const struct agent_setup *setup, struct error *error)
{
	struct running running = { .agent = { .setup = setup, .started = time(NULL) }, .signals = -1 };
	cJSON_Hooks hooks = { wipe_malloc, wipe_free };
	int result;

	cJSON_InitHooks(&hooks); /* bearers pass through cJSON */
	limit_raise();
	result = start(&running, error);
	if (result == 0) {
		tell_status(&running, "READY=1\n");
		result = loop_run(running.agent.loop, after, &running, error);
	}
	if (result == 0 && running.idle)
		result = refused(&running.agent, error);
	systemd_notify("STOPPING=1");
	end(&running);
	return result;
}
