/* SPDX-License-Identifier: Apache-2.0 */
/* States of the token that the real module does not have: lost, out of sessions, with a PIN pad, with a key that requires a login
 * for each signature. Thread-safe. */
#include "shim.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIN_SIZE = 256, SLOTS_MAX = 64, SESSIONS_MAX = 1024 };

enum token { HERE, LOST, LOST_FOR_GOOD };
static _Atomic enum token token;
static CK_ULONG sessions_max; /* 0: no limit */
static bool sessions_told;    /* C_GetTokenInfo reports the limit */
static _Atomic CK_SESSION_HANDLE last_session;
static char pad[PIN_SIZE]; /* the PIN entered on the PIN pad; empty if there is none */
static bool always; /* private keys require a login for each signature */
static CK_KEY_TYPE always_type = CK_UNAVAILABLE_INFORMATION; /* only those of this type; or all */
static bool drops;  /* and a C_Sign without it costs the login */
static _Thread_local enum { IDLE, SIGNING, ALLOWED } operation; /* of a session, which no two threads share */

/* Guards what follows; never held over a call of the real module. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static CK_SESSION_HANDLE sessions[SESSIONS_MAX]; /* where there is a limit: those that are open, or were lost */
static CK_ULONG session_count, opening; /* so many more are being opened */
static CK_BYTE pin[PIN_SIZE];
static CK_ULONG pin_length;

static enum parsed parse_limit(const char *text)
{
	return parse_count(text, &sessions_max) && sessions_max <= SESSIONS_MAX ? PARSED : WRONG;
}

enum parsed state_parse(const char *text)
{
	static const char pin_pad[] = "pin-pad=", limit[] = "sessions=", silent[] = "silent-sessions=";

	if (strcmp(text, "always-authenticate") == 0) {
		always = true;
	} else if (strcmp(text, "always-authenticate=RSA") == 0) {
		always = true;
		always_type = CKK_RSA;
	} else if (strcmp(text, "always-authenticate=EC") == 0) {
		always = true;
		always_type = CKK_EC;
	} else if (strcmp(text, "always-authenticate=drop") == 0) {
		always = drops = true;
	} else if (strncmp(text, pin_pad, sizeof pin_pad - 1) == 0) {
		if (snprintf(pad, sizeof pad, "%s", text + sizeof pin_pad - 1) >= (int)sizeof pad) {
			return WRONG;
		}
	} else if (strncmp(text, limit, sizeof limit - 1) == 0) {
		sessions_told = true;
		return parse_limit(text + sizeof limit - 1);
	} else if (strncmp(text, silent, sizeof silent - 1) == 0) {
		return parse_limit(text + sizeof silent - 1);
	} else {
		return swap_parse(text);
	}
	return PARSED;
}

/* --- threads ----------------------------------------------------------------------------------------------------- */

/* Read by calls, written by losses: SoftHSM frees a session even while another thread signs with it. Writers go first,
 * or many threads that sign would keep a loss waiting. */
static pthread_rwlock_t calls = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

void state_begin(void)
{
	pthread_rwlock_rdlock(&calls);
}

void state_end(void)
{
	pthread_rwlock_unlock(&calls);
}

/* --- loss -------------------------------------------------------------------------------------------------------- */

static void close_all(void)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count = SLOTS_MAX;

	if (shim_module()->C_GetSlotList(CK_FALSE, slots, &count) != CKR_OK) {
		return;
	}
	for (CK_ULONG i = 0; i < count; i++) {
		shim_module()->C_CloseAllSessions(slots[i]);
	}
}

void state_lose_sessions(void)
{
	pthread_rwlock_wrlock(&calls);
	close_all();
	pthread_rwlock_unlock(&calls);
}

void state_lose_login(void)
{
	pthread_rwlock_wrlock(&calls);
	shim_module()->C_Logout(last_session);
	pthread_rwlock_unlock(&calls);
}

void state_lose_token(bool for_good)
{
	pthread_rwlock_wrlock(&calls);
	close_all();
	token = for_good ? LOST_FOR_GOOD : LOST;
	pthread_rwlock_unlock(&calls);
}

/* A pulled card that may be back: the module notices when it is restarted. */
bool state_answer(struct call *call)
{
	const char *function = call->function;

	if (strcmp(function, "C_Finalize") == 0) {
		token = token == LOST ? HERE : token;
		pthread_mutex_lock(&lock);
		session_count = 0;
		pthread_mutex_unlock(&lock);
		return false;
	}
	if (token == HERE || strcmp(function, "C_Initialize") == 0 || strcmp(function, "C_GetSlotList") == 0 ||
			strcmp(function, "C_GetInfo") == 0 || strcmp(function, "C_GetSlotInfo") == 0 ||
			strcmp(function, "C_GetFunctionList") == 0) {
		return false;
	}
	call->rv = strcmp(function, "C_OpenSession") == 0 || strcmp(function, "C_GetTokenInfo") == 0 ?
			CKR_TOKEN_NOT_PRESENT : CKR_DEVICE_REMOVED;
	return true;
}

bool state_is_gone(void)
{
	return token != HERE;
}

/* --- sessions ---------------------------------------------------------------------------------------------------- */

static bool reserve(void)
{
	bool room;

	pthread_mutex_lock(&lock);
	room = session_count + opening < sessions_max;
	opening += room;
	pthread_mutex_unlock(&lock);
	return room;
}

/* Forgets the sessions that were lost; only the real module knows which. */
static void sweep(void)
{
	CK_SESSION_HANDLE asked[SESSIONS_MAX];
	CK_SESSION_INFO info;
	CK_ULONG count;

	pthread_mutex_lock(&lock);
	count = session_count;
	memcpy(asked, sessions, count * sizeof *asked);
	pthread_mutex_unlock(&lock);
	for (CK_ULONG i = 0; i < count; i++) {
		if (shim_module()->C_GetSessionInfo(asked[i], &info) != CKR_OK) {
			state_closed(asked[i]);
		}
	}
}

bool state_reserve(void)
{
	if (sessions_max == 0 || reserve()) {
		return true;
	}
	sweep();
	return reserve();
}

void state_opened(CK_SESSION_HANDLE session)
{
	if (session != CK_INVALID_HANDLE) {
		last_session = session;
	}
	if (sessions_max == 0) {
		return;
	}
	pthread_mutex_lock(&lock);
	opening--;
	if (session != CK_INVALID_HANDLE) {
		sessions[session_count++] = session;
	}
	pthread_mutex_unlock(&lock);
}

void state_closed(CK_SESSION_HANDLE session)
{
	pthread_mutex_lock(&lock);
	for (CK_ULONG i = 0; i < session_count; i++) {
		if (sessions[i] == session) {
			sessions[i] = sessions[--session_count];
			break;
		}
	}
	pthread_mutex_unlock(&lock);
}

void state_token(CK_TOKEN_INFO *info)
{
	if (sessions_told) {
		info->ulMaxSessionCount = sessions_max;
	}
}

/* --- logins ------------------------------------------------------------------------------------------------------ */

void state_pin(CK_BYTE **given, CK_ULONG *length)
{
	if (*given == NULL && pad[0] != '\0') {
		*given = (CK_BYTE *)pad;
		*length = strlen(pad);
	}
}

void state_logged_in(const CK_BYTE *given, CK_ULONG length)
{
	pthread_mutex_lock(&lock);
	pin_length = given != NULL && length <= sizeof pin ? length : 0;
	if (pin_length > 0) {
		memcpy(pin, given, pin_length);
	}
	pthread_mutex_unlock(&lock);
}

static bool is_pin(const CK_BYTE *given, CK_ULONG length)
{
	bool is;

	pthread_mutex_lock(&lock);
	is = given != NULL && length == pin_length && memcmp(given, pin, length) == 0;
	pthread_mutex_unlock(&lock);
	return is;
}

bool state_login_context(const CK_BYTE *given, CK_ULONG length, CK_RV *rv)
{
	if (!always) {
		return false;
	}
	if (operation != SIGNING) {
		*rv = CKR_OPERATION_NOT_INITIALIZED;
	} else if (!is_pin(given, length)) {
		*rv = CKR_PIN_INCORRECT;
	} else {
		operation = ALLOWED;
		*rv = CKR_OK;
	}
	return true;
}

bool state_always(CK_KEY_TYPE *only)
{
	*only = always_type;
	return always;
}

void state_sign_init(bool needs_login)
{
	operation = needs_login ? SIGNING : ALLOWED;
}

/* Whether C_Sign may go on. */
bool state_sign(void)
{
	bool allowed = operation != SIGNING;

	operation = IDLE;
	if (!allowed && drops) {
		state_lose_login();
	}
	return allowed;
}
