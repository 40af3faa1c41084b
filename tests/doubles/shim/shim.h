/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the shim share: the record of one call on its way through, the tables of names, the faults and the
 * log. shim.c begins with the meaning of P11SHIM_*.
 */
#ifndef P11BEARER_SHIM_H
#define P11BEARER_SHIM_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stddef.h>

/* Only C_GetFunctionList is exported, so that no name here replaces one of the real module. */
#pragma GCC visibility push(hidden)

struct call {
	const char *function;
	CK_MECHANISM_TYPE mechanism; /* of C_SignInit and C_Sign */
	CK_RV rv;
	size_t used;
	char detail[4096]; /* what the log says after the rv: never data, never a PIN */
};

/* shim.c: the name as the function table spells it, or NULL if there is no such function. */
const char *shim_function(const char *name);
void shim_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* names.c: tables end in a NULL name. */
struct name {
	const char *name;
	CK_ULONG value;
};
extern const struct name boolean_attributes[], other_attributes[], mechanisms[], return_values[], token_flags[],
		users[];
const char *name_of(const struct name *table, CK_ULONG value);
/* Reads a name of the table or, where `hex`, 0x…; false if it is neither. */
bool name_value(const struct name *table, bool hex, const char *text, CK_ULONG *value);

CK_FUNCTION_LIST *shim_module(void); /* the real one */

/* faults.c */
bool faults_load(void);
void faults_start(void); /* once the module is loaded */
bool faults_answer(struct call *call); /* applies a fault before the call; true if call->rv is the answer */
bool parse_count(const char *text, unsigned long *count);

/* Whether a file took a fault in. */
enum parsed { PARSED, WRONG, NOT_MINE };

/* results.c: what is taken, and what is given back */
enum parsed results_parse(char *text);
CK_RV results_initialize(CK_C_INITIALIZE_ARGS *arguments); /* CKR_OK: they can be passed on; pReserved is taken out */
void results_enter(void); /* a thread comes into the module, */
void results_leave(void); /* and goes */
bool results_template(const CK_ATTRIBUTE *attributes, CK_ULONG count); /* false: it has what the token refuses */
bool results_is_hidden(const CK_ATTRIBUTE *attributes, CK_ULONG count); /* a search for objects that are hidden */
CK_RV results_attributes(CK_ATTRIBUTE *attributes, CK_ULONG count, CK_RV rv);
void results_slots(CK_ULONG *count);
void results_token(CK_TOKEN_INFO *info);
void results_login(CK_RV rv);

/* mechanism.c */
enum parsed mechanism_parse(char *text);
CK_RV mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count);
CK_RV mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info);
CK_RV mechanism_sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);
CK_RV mechanism_sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG size, CK_BYTE *signature, CK_ULONG *length);
void mechanism_abandon(CK_SESSION_HANDLE session); /* ends the real operation, as a C_Sign that fails does */
CK_MECHANISM_TYPE mechanism_current(void); /* of the last C_SignInit in this thread that succeeded */
void mechanism_signature(CK_BYTE *bytes, CK_ULONG *length); /* gives it the form the module gives it */

/* turns.c: a call waits for its turn among those of other processes; the lock is negative if there are no turns */
int turns_begin(const struct call *call);
void turns_end(int lock);

/* officer.c: what only the security officer may do; the third answers a login that *rv is the answer to */
enum parsed officer_parse(char *text);
bool officer_answer(struct call *call);
bool officer_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG length, CK_RV *rv);
void officer_session(CK_SESSION_INFO *info); /* a session as it is for its caller */

/* attestation.c */
enum parsed attestation_parse(char *text);
void attestation_session(CK_SLOT_ID slot); /* after a session was opened: the token shows its attestations */

/* yubikey.c: what a YubiKey says of itself and of its keys */
enum parsed yubikey_parse(char *text);
void yubikey_token(CK_TOKEN_INFO *info);
CK_RV yubikey_attributes(CK_ATTRIBUTE *attributes, CK_ULONG count, CK_RV rv);

/* odd.c */
/* Templates that are changed (breaks.c): of C_FindObjectsInit and of C_GetAttributeValue. */
enum parsed breaks_parse(char *text);
void breaks_find(CK_ATTRIBUTE *attributes, CK_ULONG count);
void breaks_get(CK_ATTRIBUTE *attributes, CK_ULONG count);

enum parsed odd_parse(char *text);
void odd_pad(CK_UTF8CHAR *field, size_t size); /* a string the way the module pads it */
CK_RV odd_session(CK_FLAGS flags);             /* CKR_OK, or the answer to one who wants such a session */
void odd_attributes(CK_ATTRIBUTE *attributes, CK_ULONG count);

/* state.c: what the token is in */
enum parsed state_parse(const char *text);
void state_begin(void); /* before a call of the real module: a loss waits until state_end */
void state_end(void);
void state_lose_sessions(void);
void state_lose_login(void);
void state_lose_token(bool for_good);
bool state_answer(struct call *call); /* true if the token is lost, and call->rv says so */
bool state_is_gone(void);
bool state_reserve(void); /* room for one more session; if there is, state_opened is to follow */
void state_opened(CK_SESSION_HANDLE session); /* CK_INVALID_HANDLE: it could not be opened */
void state_closed(CK_SESSION_HANDLE session);
void state_token(CK_TOKEN_INFO *info);
void state_pin(CK_BYTE **given, CK_ULONG *length); /* puts what is entered on the pin pad in place of a NULL */
void state_logged_in(const CK_BYTE *given, CK_ULONG length);
bool state_login_context(const CK_BYTE *given, CK_ULONG length, CK_RV *rv); /* true if *rv is the answer */
bool state_always(CK_KEY_TYPE *only); /* CK_UNAVAILABLE_INFORMATION: keys of any type */
void state_sign_init(bool needs_login);
bool state_sign(void);

/* away.c */
bool away_is_absent(void);

/* swap.c: another token in the slot */
enum parsed swap_parse(const char *text);
void swap_token(void);  /* exchanges it now */
void swap_notice(void); /* the module checks its slots */
void swap_info(CK_TOKEN_INFO *info);

/* log.c */
bool log_open(void);
void log_call(const struct call *call);
void log_threads(void);
void log_swapped(void);
void detail(struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
void detail_name(struct call *call, const char *key, const struct name *table, CK_ULONG value);
void detail_types(struct call *call, const char *key, bool values, const CK_ATTRIBUTE *attributes, CK_ULONG count);

#pragma GCC visibility pop
/* locks.c */

/* Whether the address is in memory that is locked (mlock). */
bool memory_is_locked(const void *address);

#endif
