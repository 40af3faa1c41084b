/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The faults in P11SHIM_FAULTS (their syntax: the head of shim.c): read once; those that are about a call are asked by
 * every call. All of them live in fixed arrays, so that a leak checker finds nothing after the shim is unloaded.
 */
#include "fault.h"

#include <stdlib.h>
#include <string.h>

#define MAX_FAULTS 32
#define MAX_DELAY 3600

static const struct {
	const char *name;
	enum action action;
} actions[] = {
	{"hang", HANG}, {"crash", CRASH}, {"abort", ABORT}, {"exit", EXIT}, {"print", PRINT},
	{"lose-sessions", LOSE_SESSIONS}, {"lose-login", LOSE_LOGIN}, {"lose-token", LOSE_TOKEN},
	{"lose-token-for-good", LOSE_TOKEN_FOR_GOOD}, {"stray-crash", STRAY_CRASH}, {"stray-exit", STRAY_EXIT},
	{"stray-print", STRAY_PRINT}, {"print-at-exit", PRINT_AT_EXIT}, {"close-descriptors", CLOSE_DESCRIPTORS},
	{"wait", WAIT},
};

static struct call_fault call_faults[MAX_FAULTS];
static size_t call_fault_count;
static bool thread;

/* --- reading ----------------------------------------------------------------------------------------------------- */

static bool parse_delay(const char *text, struct timespec *delay)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end != '\0' || !(seconds >= 0 && seconds <= MAX_DELAY)) {
		return false;
	}
	delay->tv_sec = (time_t)seconds;
	delay->tv_nsec = (long)((seconds - (double)delay->tv_sec) * 1e9);
	return true;
}

bool parse_count(const char *text, unsigned long *count)
{
	char *end;

	*count = strtoul(text, &end, 10);
	return text[0] >= '1' && text[0] <= '9' && *end == '\0';
}

/* Cuts `text` at the first `mark` and gives what follows it, or NULL if it is not there. */
static char *cut(char *text, char mark)
{
	char *found = strchr(text, mark);

	if (found != NULL) {
		*found++ = '\0';
	}
	return found;
}

/* `name`, or name:CKR_… */
static bool parse_swap(const char *text, const char *name, struct call_fault *fault)
{
	size_t length = strlen(name);

	fault->answers = strncmp(text, name, length) == 0 && text[length] == ':';
	return fault->answers ? name_value(return_values, true, text + length + 1, &fault->rv) : strcmp(text, name) == 0;
}

static bool parse_action(const char *text, struct call_fault *fault)
{
	static const char delay[] = "delay:", meddle[] = "meddle:";
	const char *duration = away_parse(text, fault);

	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
		if (strcmp(actions[i].name, text) == 0) {
			fault->action = actions[i].action;
			return true;
		}
	}
	if (strncmp(text, delay, sizeof delay - 1) == 0) {
		fault->action = DELAY;
		return parse_delay(text + sizeof delay - 1, &fault->delay);
	}
	if (strncmp(text, meddle, sizeof meddle - 1) == 0) {
		fault->action = MEDDLE;
		fault->meddling = meddling_find(text + sizeof meddle - 1);
		return fault->meddling != NULL;
	}
	if (duration != NULL) {
		return fault->until_event || parse_delay(duration, &fault->delay);
	}
	if (parse_swap(text, "swap-login", fault)) {
		fault->action = SWAP_LOGIN;
		return true;
	}
	if (parse_swap(text, "swap", fault)) {
		fault->action = SWAP;
		return true;
	}
	fault->action = ANSWER;
	return name_value(return_values, true, text, &fault->rv);
}

static bool parse_call(char *text)
{
	struct call_fault *fault = &call_faults[call_fault_count];
	const char *action = cut(text, '=');
	const char *nth = cut(text, '#');
	const char *mechanism = cut(text, '@');

	if (call_fault_count == MAX_FAULTS || action == NULL) {
		return false;
	}
	fault->function = shim_function(text);
	if ((fault->function == NULL && strcmp(text, "any") != 0) || (nth != NULL && !parse_count(nth, &fault->nth))) {
		return false;
	}
	fault->any_mechanism = mechanism == NULL;
	if (mechanism != NULL && ((strcmp(text, "C_SignInit") != 0 && strcmp(text, "C_Sign") != 0) ||
			!name_value(mechanisms, true, mechanism, &fault->mechanism))) {
		return false;
	}
	call_fault_count++;
	return parse_action(action, fault);
}

static bool parse_fault(char *text)
{
	static enum parsed (*const parsers[])(char *) = {attestation_parse, breaks_parse, mechanism_parse, odd_parse, officer_parse,
		yubikey_parse, results_parse};

	if (strcmp(text, "thread") == 0) {
		return thread = true;
	}

	for (size_t i = 0; i < sizeof parsers / sizeof *parsers; i++) {
		enum parsed parsed = parsers[i](text);

		if (parsed != NOT_MINE) {
			return parsed == PARSED;
		}
	}
	return parse_call(text);
}

bool faults_load(void)
{
	const char *rest = getenv("P11SHIM_FAULTS");

	while (rest != NULL && *rest != '\0') {
		size_t length = strcspn(rest, ";");
		char text[128] = "";

		if (length < sizeof text) {
			memcpy(text, rest, length);
		}
		/* An empty one, as after a last ';', is no typo that could hide a fault. */
		if (length > 0 && (length >= sizeof text || !parse_fault(text))) {
			shim_complain("P11SHIM_FAULTS: cannot read '%.*s', or it is one too many", (int)length, rest);
			return false;
		}
		rest += length + (rest[length] == ';');
	}
	return true;
}

/* --- calls ------------------------------------------------------------------------------------------------------- */

void faults_start(void)
{
	if (thread) {
		fault_start_waiting();
	}
}

bool faults_answer(struct call *call)
{
	bool answered = false;

	/* To the end even when answered: every fault counts its calls. */
	for (size_t i = 0; i < call_fault_count; i++) {
		struct call_fault *fault = &call_faults[i];
		if ((fault->function != NULL && strcmp(fault->function, call->function) != 0) ||
				(!fault->any_mechanism && fault->mechanism != call->mechanism)) {
			continue;
		}
		if (fault->nth != 0 && atomic_fetch_add(&fault->seen, 1) + 1 != fault->nth) {
			continue;
		}
		if (!answered) {
			answered = fault_act(fault, call);
		}
	}
	return answered || officer_answer(call) || state_answer(call) || away_answer(call);
}
