/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens: finding them, telling them apart, and checking that the token in the slot is still the same one. */
#ifndef P11BEARER_P11_TOKEN_H
#define P11BEARER_P11_TOKEN_H

#include "p11/module.h"
#include "p11/uri.h"

#include <stdatomic.h>

struct token {
	struct module *module;
	CK_SLOT_ID slot;
	CK_TOKEN_INFO info; /* from when it was found; strings are padded with blanks, whatever the module does */
	atomic_bool gone;   /* another token took its place: nothing signs with it or logs in to it any more */
	bool alone;         /* no other token was found, so nothing was called between the search and the first login */
	bool needs_slot, needs_module; /* in its URI, because another token has the same names (apart.c) */
	atomic_bool only_writable;     /* it refused a read-only session */
};

/* More slots than any machine has, so that one call is enough. */
enum { SLOTS_MAX = 1024 };

/* Lists the slots that hold a token. One call, or up to three for modules that return none or need the exact room. */
CK_RV slots_list(const struct module *module, CK_SLOT_ID slots[SLOTS_MAX], CK_ULONG *count);

/* Pads the strings with blanks: some modules pad with NUL, and p11-kit matches blanks only. */
void token_pad(CK_TOKEN_INFO *info);

/* Copies a field of PKCS#11 without its padding, and cleans it for messages. `text` has room for one more byte. */
void token_field(char *text, const CK_UTF8CHAR *field, size_t size);

/* Whether two tokens have the same serial number, label and manufacturer; token_is_identical compares the model too. */
bool token_is_same(const CK_TOKEN_INFO *one, const CK_TOKEN_INFO *other);
bool token_is_identical(const CK_TOKEN_INFO *one, const CK_TOKEN_INFO *other);

struct tokens {
	struct token *list;
	size_t count;
};

/* Notes that a slot-id in the URI is no lasting name. */
void token_note_slot_id(const struct uri *uri);

/* Finds all tokens that match the URI's token, slot and library attributes; uninitialized ones only with `all`. A full
 * URI ends the search at the first module that has the token. Fails with ERROR_UNEXPECTED only. */
int tokens_find(struct tokens *tokens, struct modules *modules, const struct uri *uri, bool all, struct error *error);
void tokens_free(struct tokens *tokens);

/* Whether the URI's token attributes and slot-id are the token's. Makes no call. */
bool token_matches(const struct token *token, const struct uri *uri);

/* Notes which of the tokens need their slot or module in a URI. Makes no call. */
void tokens_tell_apart(struct tokens *tokens);

/* The same with the tokens that a slot attribute of the URI excludes. Call it before URIs are shown. Makes a call for
 * each slot if the URI has such an attribute, else none. */
void tokens_look_beyond(struct tokens *tokens, const struct uri *uri);

/* The URI of this token, or of a key on it, with slot-id or module-name only if nothing else tells it from another one.
 * NULL if memory is out. The caller frees it. */
char *token_uri(const struct token *token);
char *token_key_uri(const struct token *token, CK_ATTRIBUTE *label, CK_ATTRIBUTE *id);

/* Compares the token in the slot with the one that was found, by label, manufacturer, model and serial number, and
 * reads its flags. Fails with ERROR_TOKEN: with the module's code if the call fails; without a code if it is another
 * token, and token->gone is set. Several threads may call it at once. Two calls. */
int token_check(struct token *token, CK_FLAGS *flags, struct error *error);

/* Fails with ERROR_TOKEN if token->gone is set. Makes no call. */
int token_is_there(struct token *token, struct error *error);

/* Finds the token's slot after a restart of its module: one that matches the URI and holds a token with the same label,
 * manufacturer, model and serial number; of several the token's old slot. Fails with ERROR_TOKEN: with a code if the
 * token is absent and may come back; without one, and token->gone is set, if its slot holds another token or several
 * could be it. */
int token_find_again(struct token *token, const struct uri *uri, struct error *error);

/* The label without padding. Each thread has one such text, which the next call overwrites. */
const char *token_label(const struct token *token);

/* Fails with ERROR_NO_KEY if the request requires a token that signs in hardware and this one does not do so with the
 * algorithm; for ALG_AUTO, neither with RS256 nor with ES256 (require.c). */
int require_hardware(const struct token *token, const struct p11_request *request, enum alg alg, struct error *error);

/* Replaces the hint of a slot-id that no token has by the slot-ids in use, if there are any (apart.c). */
void slots_hint(const struct modules *modules, struct error *error);

/* Replaces the hint of a token that was not found by the token whose names come closest, if any does (near-hint.c).
 * Makes a call for each token. */
void token_hint_near(const struct modules *modules, const struct uri *uri, struct error *error);

#endif
