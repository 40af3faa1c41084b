/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The faults in P11SHIM_FAULTS (their syntax: the head of shim.c): read once, then asked by every call. All of them
 * live in fixed arrays, so that a leak checker finds nothing after the shim is unloaded.
 */
#include "shim.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_FAULTS 32
#define MAX_DELAY 3600

/* One C_Function[@CKM_NAME][#N]=… */
static struct call_fault {
	const char *function;
	CK_MECHANISM_TYPE mechanism;
	unsigned long nth; /* 0: every call */
	atomic_ulong seen;
	CK_RV rv;
	struct timespec delay;
	bool any_mechanism;
	bool answers; /* with rv; otherwise it sleeps */
} call_faults[MAX_FAULTS];
static size_t call_fault_count;

static struct {
	CK_ATTRIBUTE_TYPE type;
	CK_BBOOL value;
} attribute_faults[MAX_FAULTS];
static size_t attribute_fault_count;

static CK_FLAGS flags_added, flags_removed;
static CK_TOKEN_INFO names; /* of the names only those that are set */
static bool names_serial, names_label;
static CK_ULONG slot_count; /* 0: what the module says */
static bool flip;
static bool thread;

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

static bool parse_count(const char *text, unsigned long *count)
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

static bool parse_call(char *text)
{
	static const char delay[] = "delay:";
	struct call_fault *fault = &call_faults[call_fault_count];
	const char *action = cut(text, '=');
	const char *nth = cut(text, '#');
	const char *mechanism = cut(text, '@');

	if (call_fault_count == MAX_FAULTS || action == NULL) {
		return false;
	}
	fault->function = shim_function(text);
	if (fault->function == NULL || (nth != NULL && !parse_count(nth, &fault->nth))) {
		return false;
	}
	fault->any_mechanism = mechanism == NULL;
	if (mechanism != NULL && (strcmp(text, "C_SignInit") != 0 ||
			!name_value(mechanisms, true, mechanism, &fault->mechanism))) {
		return false;
	}
	call_fault_count++;
	if (strncmp(action, delay, sizeof delay - 1) == 0) {
		return parse_delay(action + sizeof delay - 1, &fault->delay);
	}
	fault->answers = true;
	return name_value(return_values, true, action, &fault->rv);
}

static bool parse_attribute(char *text)
{
	const char *value = cut(text, ':') + 1;
	CK_ULONG type;

	if (attribute_fault_count == MAX_FAULTS || !name_value(boolean_attributes, false, text, &type) ||
			(strcmp(value, "0") != 0 && strcmp(value, "1") != 0)) {
		return false;
	}
	attribute_faults[attribute_fault_count].type = type;
	attribute_faults[attribute_fault_count].value = *value == '1' ? CK_TRUE : CK_FALSE;
	attribute_fault_count++;
	return true;
}

/* The last word on a flag wins. */
static bool parse_flag(const char *text, bool add)
{
	CK_FLAGS flag;

	if (!name_value(token_flags, false, text, &flag)) {
		return false;
	}
	flags_added = add ? flags_added | flag : flags_added & ~flag;
	flags_removed = add ? flags_removed & ~flag : flags_removed | flag;
	return true;
}

/* A name the way a CK_TOKEN_INFO has it. */
static bool parse_name(const char *text, CK_UTF8CHAR *field, size_t size, bool *set)
{
	size_t length = strlen(text);

	if (length > size) {
		return false;
	}
	for (size_t i = 0; i < size; i++) {
		field[i] = i < length ? (CK_UTF8CHAR)text[i] : ' ';
	}
	return *set = true;
}

static bool parse_fault(char *text)
{
	static const char add[] = "token-flags+=", remove[] = "token-flags-=";
	static const char serial[] = "token-serial=", label[] = "token-label=", slots[] = "slot-count=";

	if (strcmp(text, "signature=flip") == 0) {
		return flip = true;
	}
	if (strcmp(text, "thread") == 0) {
		return thread = true;
	}
	if (strncmp(text, add, sizeof add - 1) == 0) {
		return parse_flag(text + sizeof add - 1, true);
	}
	if (strncmp(text, remove, sizeof remove - 1) == 0) {
		return parse_flag(text + sizeof remove - 1, false);
	}
	if (strncmp(text, serial, sizeof serial - 1) == 0) {
		return parse_name(text + sizeof serial - 1, names.serialNumber, sizeof names.serialNumber, &names_serial);
	}
	if (strncmp(text, label, sizeof label - 1) == 0) {
		return parse_name(text + sizeof label - 1, names.label, sizeof names.label, &names_label);
	}
	if (strncmp(text, slots, sizeof slots - 1) == 0) {
		return parse_count(text + sizeof slots - 1, &slot_count);
	}
	return strstr(text, ":=") != NULL ? parse_attribute(text) : parse_call(text);
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

static void *wait_for_ever(void *unused)
{
	for (;;) {
		pause();
	}
	return unused;
}

void faults_start(void)
{
	pthread_t id;

	if (thread && pthread_create(&id, NULL, wait_for_ever, NULL) == 0) {
		pthread_detach(id);
	}
}

bool faults_answer(struct call *call)
{
	bool answered = false;

	/* To the end even when answered: every fault counts its calls. */
	for (size_t i = 0; i < call_fault_count; i++) {
		struct call_fault *fault = &call_faults[i];
		if (strcmp(fault->function, call->function) != 0 ||
				(!fault->any_mechanism && fault->mechanism != call->mechanism)) {
			continue;
		}
		if (fault->nth != 0 && atomic_fetch_add(&fault->seen, 1) + 1 != fault->nth) {
			continue;
		}
		if (!fault->answers) {
			struct timespec left = fault->delay;
			while (nanosleep(&left, &left) != 0 && errno == EINTR) {
			}
		} else if (!answered) {
			call->rv = fault->rv;
			answered = true;
		}
	}
	return answered;
}

void faults_attributes(CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	for (CK_ULONG i = 0; attributes != NULL && i < count; i++) {
		for (size_t f = 0; f < attribute_fault_count; f++) {
			/* No buffer: the caller only asked for the length. */
			if (attributes[i].type == attribute_faults[f].type && attributes[i].pValue != NULL &&
					attributes[i].ulValueLen == sizeof(CK_BBOOL)) {
				*(CK_BBOOL *)attributes[i].pValue = attribute_faults[f].value;
			}
		}
	}
}

void faults_signature(CK_BYTE *signature, CK_ULONG length)
{
	if (flip && length > 0) {
		signature[length - 1] ^= 1;
	}
}

void faults_slots(CK_ULONG *count)
{
	if (slot_count != 0) {
		*count = slot_count;
	}
}

void faults_token(CK_TOKEN_INFO *info)
{
	info->flags = (info->flags | flags_added) & ~flags_removed;
	if (names_serial) {
		memcpy(info->serialNumber, names.serialNumber, sizeof info->serialNumber);
	}
	if (names_label) {
		memcpy(info->label, names.label, sizeof info->label);
	}
}
