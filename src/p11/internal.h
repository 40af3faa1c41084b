/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the p11 room. */
#ifndef P11BEARER_P11_INTERNAL_H
#define P11BEARER_P11_INTERNAL_H

#include "p11/outage.h"
#include "p11/p11.h"
#include "p11/uri.h"

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <stdatomic.h>

/* --- calls (call.c) ---------------------------------------------------------------------------------------------- */

struct module {
	CK_FUNCTION_LIST *functions;
	char *name; /* p11-kit's name of the module, or its path */
	char *reserved; /* the argument that p11-kit's configuration has for it, or NULL */
	bool initialized, shared; /* the latter: it was initialised before */
	bool locks;               /* it was told, and has not refused, that several threads may call it */
};

/* Every C_* call goes through here: it is watched, holds signals back where it has to, and is shown with --verbose. The value
 * is the CK_RV. */
#define CALL(module, function, ...)                    \
	(watch_enter((module)->name, #function),       \
	 call_done((module)->name, #function, (module)->functions->function(__VA_ARGS__)))
/* The same for a call that waits for a person at a pin pad: a signal ends it. */
#define CALL_FOR_PERSON(module, function, ...)                             \
	(watch_enter((module)->name, #function), watch_for_person(),       \
	 call_done((module)->name, #function, (module)->functions->function(__VA_ARGS__)))
CK_RV call_done(const char *module, const char *function, CK_RV rv);

/* Whether signals are held back during the call: one that may change what is on a token, or end its sessions. */
bool call_holds(const char *function);

/* For C_GetSlotList; not a module's. */
#define CODE_MANY_SLOTS (CKR_VENDOR_DEFINED | 0x534c4f54UL)

/* The CKR's name with p11-kit's sentence, such as "CKR_PIN_LOCKED (The PIN is locked)". The thread's, overwritten by
 * its fourth next call. */
const char *ckr_text(CK_RV rv);

/* Fills `error` with "<what failed>: <CKR>", and a hint if that is about the device; `format` says what failed, on which object.
 * Returns -class. */
int ckr_error(struct error *error, enum error_class class, CK_RV rv, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* --- the watch over modules (watch.c) ---------------------------------------------------------------------------- */

/* From begin to end, a call that takes longer than `timeout` seconds ends the program with ERROR_TOKEN; the message
 * names module and call. A C_Sign that takes a while makes it ask for a touch. From the first begin on, a module or
 * one of its threads that crashes or exits does the same. */
void watch_begin(long timeout);
void watch_end(void);

/* A call of this thread begins and ends. Strings must stay until then. A call that must not be cut short holds signals back
 * (hold.h) until it ends; watch_for_person lets them go before. What a module has changed in the process by then is
 * put back (kept.h): after C_Sign only what a batch depends on, after C_SignInit nothing. */
void watch_enter(const char *module, const char *function);
void watch_for_person(void);
void watch_leave(void);

/* The run's data are written, but for `line` unless that is NULL, and its exit status is this one: a module that fails to come
 * back now, crashes or exits is a warning, and the program writes `line` and ends with that status. -1: undoes it. */
void watch_settle(int status, const char *line);

/* The run's result so far (NULL: none), which is not copied: if a module ends the program now, this error is reported first and
 * its class is the exit status. */
void watch_verdict(const struct error *error);

/* Tells what a module did, in parts up to a NULL, and ends the program. */
void watch_tell(const char *const *parts) __attribute__((noreturn));

/* When this thread's last call began, by clock_ms. */
double watch_since(void);

/* --- modules and tokens (module.c, token.c) ---------------------------------------------------------------------- */

struct modules {
	struct module *list;
	size_t count;
	CK_FUNCTION_LIST **local, **wrapped; /* as p11-kit gave them; NULL when one module was loaded by path */
	char failures[1024];       /* modules that could not be used, for the message when nothing was found */
	char advice[512];          /* "; NAME: what to do", of the first of them for which that is known; else empty */
};

/* Loads and initialises request->module, else the URI's module-path, else all configured ones. A module of many that
 * fails is noted in `failures` and passed over. p11-kit's proxy stands for all configured ones. Fails with
 * ERROR_CONFIG for a path that is none and when p11-kit refuses its configuration, ERROR_TOKEN when the only module
 * does not start. */
int modules_open(struct modules *modules, const struct p11_request *request, const struct uri *uri,
		 struct error *error);

/* Loads all local modules that p11-kit has configured, and notes in `failures` what p11-kit says of those that it cannot load.
 * What they write on stderr themselves is shown, cleaned (load.c). NULL if p11-kit refuses. */
CK_FUNCTION_LIST **modules_load(struct modules *modules);

/* Whether a loaded module has this name: RFC 7512's module-name is the file's name without "lib" and ".so", in any case;
 * p11-kit's own name for the module is taken too. */
bool module_has_name(CK_FUNCTION_LIST *functions, const char *wanted);

/* Adds a text to `failures`. */
void modules_note_text(struct modules *modules, const char *text);

/* Adds a module to `failures`: what failed, and with which CKR. */
void modules_note(struct modules *modules, const struct module *module, const char *function, CK_RV rv);

/* Keeps in `advice` what is known to help such a failure (module-hint.c). */
void modules_advise(struct modules *modules, const struct module *module, const char *function, CK_RV rv);

/* Adds the hint for a token that was not found: the modules that could not be used, and what to do about them. */
void modules_hint(const struct modules *modules, struct error *error);

/* Adds the hint for a slot-id that no token has: those that some have (apart.c). Else an earlier hint remains. */
void slots_hint(const struct modules *modules, struct error *error);

/* Adds the hint for a call of one module that failed, where there is one; C_Initialize always has one. `name` is the
 * module's name or path. */
void module_hint(const char *name, const char *function, CK_RV rv, struct error *error);

/* Adds the hint for a device that does not answer, if the code says so. */
void device_hint(CK_RV rv, struct error *error);

/* Finalises a module that nothing else in the process uses, where it is initialised, and starts it again, which ends all its
 * sessions. Fails with ERROR_TOKEN and the module's code. */
int module_restart(struct module *module, struct error *error);

/* Puts the modules aside, to be finalised by p11_end: what becomes of them then must not cost what was got from
 * them. */
void modules_close(struct modules *modules);

struct token {
	struct module *module;
	CK_SLOT_ID slot;
	CK_TOKEN_INFO info; /* as it was when it was found; strings padded with blanks, whatever the module does */
	atomic_bool gone;   /* another one took its place: nothing signs with it or logs in to it any more */
	bool alone;         /* no other was found, which would be looked at before a login to this one */
	bool needs_slot, needs_module; /* in its URI, because another token says the same of itself (apart.c) */
	atomic_bool only_writable; /* it has refused a read-only session */
};

/* More slots than any machine has, so that one call does. */
enum { SLOTS_MAX = 1024 };

/* The slots with a token in them. Two calls at most. */
CK_RV slots_list(const struct module *module, CK_SLOT_ID slots[SLOTS_MAX], CK_ULONG *count);

/* Pads the strings with blanks: some modules pad them with NUL, and p11-kit matches blanks only. */
void token_pad(CK_TOKEN_INFO *info);

/* Whether two tokens have the same serial number, label and manufacturer; and also the same model. */
bool token_is_same(const CK_TOKEN_INFO *one, const CK_TOKEN_INFO *other);
bool token_is_identical(const CK_TOKEN_INFO *one, const CK_TOKEN_INFO *other);


struct tokens {
	struct token *list;
	size_t count;
	size_t looked_at; /* slots whose token was asked who it is */
};

/* All tokens that match the URI's token, slot and library attributes; uninitialised ones only with `all`. A full
 * URI ends the search with the first module that has the token. Fails with ERROR_UNEXPECTED only. */
int tokens_find(struct tokens *tokens, struct modules *modules, const struct uri *uri, bool all, struct error *error);
void tokens_free(struct tokens *tokens);

/* Notes which of the tokens need their slot or module in a URI. No call. */
void tokens_tell_apart(struct tokens *tokens);

/* The same with the tokens that a slot attribute of the URI has left out. To be called before URIs are shown. Calls for
 * each slot, if the URI has such an attribute. */
void tokens_look_beyond(struct tokens *tokens, const struct uri *uri);

/* The URI that picks this token, or a key on it: with slot-id or module-name only if nothing else tells it from another.
 * NULL when memory is out. To be freed. */
char *token_uri(const struct token *token);
char *token_key_uri(const struct token *token, CK_ATTRIBUTE *label, CK_ATTRIBUTE *id);

/* Compares the token in the slot with the one that was found, by label, manufacturer, model and serial, and reads its
 * flags. Fails with ERROR_TOKEN: when it cannot be asked, with the module's code; if it is another one, without a
 * code, and the token is gone. Several threads may do it at once. Two calls. */
int token_check(struct token *token, CK_FLAGS *flags, struct error *error);

/* Fails with ERROR_TOKEN if the token is known to be gone. No call. */
int token_is_there(struct token *token, struct error *error);

/* Finds the token's slot again after its module was started again: one that matches the URI and is identical in label,
 * manufacturer, model and serial; of several the one in the same slot. Fails with ERROR_TOKEN: with a code when the token is
 * not there and may come back; without one, and the token is gone, if another one is in its slot or it cannot be told from
 * others. */
int token_find_again(struct token *token, const struct uri *uri, struct error *error);

/* The label without its padding. The thread's, overwritten by its next call. */
const char *token_label(const struct token *token);

/* --- sessions (session.c, pin.c, wait.c) ------------------------------------------------------------------------- */

struct session {
	struct token *token;
	CK_SESSION_HANDLE handle;
	bool open, writable;
	bool wants_login;   /* although the token says that it wants none */
	unsigned logins;    /* that the token took */
	struct secret *pin; /* the PIN that was accepted, until the session is closed; NULL: pin pad or no login */
	enum error_class refused; /* a login has failed so: no further one is tried; ERROR_NONE: none has */
};

int session_open(struct session *session, struct token *token, bool writable, struct error *error);

/* Opens one in session->handle for session->token: a token that refuses a read-only one is asked for a writable one, once
 * (open.c). */
CK_RV session_open_handle(struct session *session);

/* Fails, with the class of what has happened, if the token is gone or a login to it has failed: nothing goes to it any
 * more. No call. */
int session_is_usable(const struct session *session, struct error *error);

/* The rule for every login: the token in the slot is compared with the one that was found (token_check), and its flags
 * are read, immediately before C_Login. Only session_login goes without, where it comes straight after the search for
 * the token: no other token was found, and nobody had to be waited for who gives the PIN. No login if the PIN is locked, or has one try left and the
 * request does not allow it; none after one that failed. */

/* Logs in as the user, once, when the token asks for it. Fails with ERROR_PIN, ERROR_TOKEN. */
int session_login(struct session *session, const struct p11_request *request, const struct uri *uri,
		  struct error *error);

/* Whether a token that says it wants no login may be logged in to nevertheless: it has a PIN, and one was given for
 * it. */
bool session_may_login(const struct session *session, const struct p11_request *request, const struct uri *uri);

/* The same login for such a token: some say so, and hide their keys or do not sign until they have one. */
int session_login_anyway(struct session *session, const struct p11_request *request, const struct uri *uri,
			 struct error *error);

/* Gets the PIN for that where there is none yet; checks the token's flags before. Fails with ERROR_PIN. */
int session_pin(struct session *session, const struct p11_request *request, const struct uri *uri, struct error *error);

/* Logs in for the operation that C_SignInit has begun (CKU_CONTEXT_SPECIFIC), with the PIN of session_login if there
 * was one, else gets it. Fails with ERROR_PIN, ERROR_TOKEN. */
int session_login_context(struct session *session, const struct p11_request *request, const struct uri *uri,
			  struct error *error);

/* Opens another session with the same token before it closes the old one (the last session takes the login with it).
 * Where the login is lost nevertheless, the PIN that was accepted is sent once more. Fails with ERROR_TOKEN,
 * ERROR_PIN. */
int session_renew(struct session *session, const struct p11_request *request, struct error *error);

/* Wipes the PIN; the session itself ends with the module. */
void session_close(struct session *session);

/* Whether pin_get may have to wait for a person: it asks on the terminal, or reads what is not a regular file. */
bool pin_may_wait(const struct p11_request *request, const struct uri *uri);

/* Gets the PIN from the request, else from the URI; *pin NULL: none was given and the token has a pin pad. Fails with
 * ERROR_PIN, or ERROR_CONFIG for a source that is not what it should be. */
int pin_get(struct secret **pin, const struct p11_request *request, const struct uri *uri, const struct token *token,
	    struct error *error);

/* --- templates (template.c) -------------------------------------------------------------------------------------- */

/* C_FindObjectsInit, and C_GetAttributeValue into the attributes' own room; *rv is the answer. The module sees copies. Both
 * fail with ERROR_TOKEN and CODE_BROKEN if it changes a type or pValue, or writes beyond the room; a length beyond it is
 * ignored with a warning. At most eight attributes. */
int template_find(const struct session *session, const CK_ATTRIBUTE *template, size_t count, CK_RV *rv, struct error *error);
int template_get(const struct session *session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attributes, size_t count, CK_RV *rv,
		 struct error *error);

/* Whether the error of an object is not one of this object alone: something is lost, or the module is broken. */
bool template_ends_search(const struct error *error);
#define CODE_BROKEN (CKR_VENDOR_DEFINED | 0x42524f4bUL) /* error->code; not a module's */

/* --- objects (object.c) ------------------------------------------------------------------------------------------ */

/* Finds objects of a class with the URI's label and id (those it has), and key type RSA where `rsa`: at most `room`
 * handles, *count of them. Fails with ERROR_TOKEN. */
int objects_find(const struct session *session, const struct uri *uri, CK_OBJECT_CLASS class, bool rsa,
		 CK_OBJECT_HANDLE *found, size_t room, size_t *count, struct error *error);

/* The same with a template of the caller's. */
int objects_match(const struct session *session, CK_ATTRIBUTE *template, size_t attributes, CK_OBJECT_HANDLE *found,
		  size_t room, size_t *count, struct error *error);

/* Reads one attribute into attribute->pValue, which is allocated (free it) or NULL when the object does not have it. */
int object_read(const struct session *session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
		CK_ATTRIBUTE *attribute, struct error *error);

/* Reads several boolean attributes in one call; *values[i] is 1, 0 or -1 (not told). Fails with ERROR_TOKEN; all are -1
 * then. */
int object_flags(const struct session *session, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE_TYPE *types, int *values,
		 size_t count, struct error *error);

/* What a signature needs to know of its key, in one call: whether it wants a login for each, and its public half,
 * *public NULL where the object does not have it. Fails with ERROR_TOKEN. */
int object_signing(const struct session *session, CK_OBJECT_HANDLE private, bool *always_authenticate,
		   EVP_PKEY **public, struct error *error);

/* The public key of these numbers; *public NULL where one of them is 0 (public.c). */
int public_from_numbers(const CK_ATTRIBUTE *modulus, const CK_ATTRIBUTE *exponent, EVP_PKEY **public, struct error *error);

/* Reads type and size of a key into `info` (key-type.c). Fails with ERROR_TOKEN. */
int key_read_type(const struct session *session, CK_OBJECT_HANDLE object, struct p11_key_info *info, struct error *error);

/* The public key of the pair, as p11_key_public says (public.c). */
int object_public(const struct session *session, CK_OBJECT_HANDLE private, EVP_PKEY **public, struct error *error);

/* --- names of new keys (taken.c) --------------------------------------------------------------------------------- */

/* Fails with ERROR_NO_KEY if an object on the token has the label or id. An empty one is no name. */
int taken_refuse(const struct session *session, CK_ATTRIBUTE *attribute, struct error *error);

struct new_pair {
	CK_ATTRIBUTE names[2]; /* the label and id that were asked for */
	CK_OBJECT_HANDLE public;
};

/* The same for other keys, once the pair is there. It is then destroyed, unless it cannot be told whether they are other keys,
 * since two keys that have label and id in common cannot be told apart. The last to be done with the key: the module may be
 * restarted. Fails with ERROR_NO_KEY, ERROR_TOKEN. */
int taken_meanwhile(struct p11_key *key, const struct new_pair *pair, struct error *error);

/* Destroys a pair that was just made, and adds that to the error as its hint, or how to remove it. Returns the error. */
int pair_destroy(const struct session *session, CK_OBJECT_HANDLE public, CK_OBJECT_HANDLE private, const char *uri,
		 const char *then, struct error *error);

/* --- the key (key.c, sign.c) ------------------------------------------------------------------------------------- */

struct p11_key {
	struct p11_request request;
	struct modules modules;
	struct tokens tokens;
	struct uri uri;
	struct session session;
	CK_OBJECT_HANDLE handle;
	CK_MECHANISM_TYPE mechanism; /* the one that C_SignInit took last, or the first to try */
	bool always_authenticate;    /* as far as it is known */
	EVP_PKEY *public;            /* NULL: not read yet, or not to be had */
	bool prepared;               /* the two above are read, or need not be */
	bool must_prepare;           /* they are read, even if the caller checks signatures */
	atomic_bool size_told;       /* p11_key_warn_of_size has had a look */
	size_t matches;              /* keys that the last search found */
	bool has_signed;
	bool refused_to_sign;        /* C_Sign wanted a login, and the key has not signed before */
	bool recovering;             /* the second try of a signature is made */
	bool restarted;              /* the module was restarted */
	struct outage outage;        /* of the first key's token */
	char *full_uri;
	/* Of several sessions of one key: the one that was opened with it and has all of the above, or NULL for that
	 * one itself; and those that have a session, a handle and what a signature needs. */
	struct p11_key *first, *others[P11_SESSIONS_MAX];
	size_t other_count;
	bool without_session;        /* its own could not be opened again; only its own thread looks */
	unsigned generation;         /* the gate's, when the key went in last */
	struct gate *gate;           /* owned by the first */
};

/* Parses the URI, loads the modules and finds the one token that is meant, for a key on it or for a new one. Owned by
 * `key`. Fails with ERROR_NO_KEY, ERROR_CONFIG, ERROR_TOKEN. */
int key_token(struct p11_key *key, const struct p11_request *request, bool for_new_key, struct token **token,
	      struct error *error);

/* A hint for a token that takes no key or certificate: smartcards want a login that is not a user's for it. */
#define OWN_TOOL "some tokens take keys and certificates only from their maker's tool"

/* What the request requires (require.c), or ERROR_NO_KEY with the flag or attribute that is not so. */
int require_hardware(const struct token *token, const struct p11_request *request, struct error *error);
int require_nonextractable(const struct session *session, CK_OBJECT_HANDLE private, const struct p11_request *request,
			   struct error *error);

/* Puts the leading zeros back that a module has dropped (pad.c). Keys of whole 64 bytes, which is all but exotic ones, need no
 * call for it; of one whose modulus the token does not show, nothing is known to be missing. Fails with ERROR_TOKEN if the
 * length cannot be. */
int pad_signature(struct p11_key *key, unsigned char *signature, size_t *length, struct error *error);

/* What a person should know of a key's signatures, once (warn.c): that they cannot be checked, and why; and that the key is
 * short, by its public half or else by the length of a signature. */
void warn_unchecked(const struct p11_key *key, const struct error *why);
void warn_of_size(struct p11_key *key, size_t signature_length);

/* Whether the error tells that session, login, object or token were lost, and another try makes sense once they are had
 * again (recover.c). */
bool key_is_lost(const struct error *error);

/* Gets at the key again after `lost`: by another session, and where that does not help by restarting the module. Tries it
 * again for up to request.module_wait seconds, with a message that the token is away.
 * Fails with ERROR_TOKEN, ERROR_PIN, ERROR_NO_KEY; with ERROR_UNEXPECTED when the key is abandoned. */
int key_recover(struct p11_key *key, const struct error *lost, struct error *error);

/* The token has answered for a signature, well or not: an outage is over, with a message if there was one that the token is
 * away. Several threads may call it at once. */
void key_answers(struct p11_key *first);

/* --- several sessions of one key, each in a thread (share.c) ----------------------------------------------------- */

/* Nobody is inside when a loss is mended. No lock is held meanwhile: those who want to go in wait until the gate is
 * opened. */
struct gate *gate_new(void);
void gate_free(struct gate **gate);
void gate_enter(struct p11_key *key);
void gate_leave(struct p11_key *key);

/* Gets at the key again, as key_recover does; when another thread has done so since this one went in last, or the key is
 * gone, there is nothing left to do, and *mended is false. If it fails, the key is gone. */
int gate_recover(struct p11_key *key, const struct error *lost, bool *mended, struct error *error);

/* Waits so many milliseconds while the gate is closed. False: the key is abandoned, and the wait is over. */
bool gate_wait(struct p11_key *first, double milliseconds);

/* Keeps the reason for p11_key_is_gone if the token is gone, or a login has failed, and no reason is known yet. */
void gate_note_gone(struct p11_key *key, const struct error *error);

/* The key that has all that several of them share. */
struct p11_key *first_of(struct p11_key *key);

/* Takes one of the others out of the list of the first. Nobody is inside. */
void another_leave(struct p11_key *key);

/* Opens the session of one of the others anew after a loss. Inside of the gate. Fails with ERROR_TOKEN. */
int session_of_another(struct p11_key *key, struct error *error);

/* Closes the sessions of the others; `dead`: they went down with the module, and their handles may be somebody else's
 * now. Returns how many there were. */
size_t sessions_of_others_close(struct p11_key *first, bool dead);

/* Finds the key in the session that is open and logged in. Fails with ERROR_NO_KEY, ERROR_TOKEN. */
int key_find(struct p11_key *key, struct error *error);

/* Adds the hint for a key that was not found on the token of the session (key-hint.c). */
void key_hint(struct p11_key *key, struct error *error);

/* The full URI of a key; NULL if it cannot be read. To be freed. */
char *object_uri(const struct session *session, CK_OBJECT_HANDLE object);

/* Adds the hint for a token, or a label of a key, that was not found, if one comes close to it. Else an earlier hint remains
 * (near-hint.c). Calls for each token, or key. */
void token_hint_near(const struct modules *modules, const struct uri *uri, struct error *error);
void key_hint_near(const struct session *session, const CK_ATTRIBUTE *label, struct error *error);

/* Appends the full URIs of the objects to the error's sentence, a line each, at most ten. */
void key_name_all(const struct session *session, const CK_OBJECT_HANDLE *objects, size_t count, struct error *error);

#endif
