/* SPDX-License-Identifier: Apache-2.0 */
/* Parsed RFC 7512 URIs. */
#ifndef P11BEARER_P11_URI_H
#define P11BEARER_P11_URI_H

#include "base/error.h"
#include "base/secret.h"
#include "base/source.h"

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>
#include <stdbool.h>

struct uri {
	P11KitUri *parsed;  /* its pin-value is empty */
	char *text;         /* without the value of pin-value and without padding */
	struct secret *pin; /* pin-value, decoded and not checked; NULL if the URI has none */
	struct source pin_source; /* SOURCE_NONE: the URI has none */
	char *pin_source_text;    /* what pin_source points into */
	/* which attributes it has; has_slot: slot-… but slot-id */
	bool has_serial, has_id, has_object, has_library, has_slot, has_slot_id;
	bool is_full; /* it has all that a token says of itself: token, manufacturer, model, serial */
};

/* Parses and checks. Fails with ERROR_CONFIG. Free with uri_free. */
int uri_parse(struct uri *uri, const char *text, struct error *error);
void uri_free(struct uri *uri);

/* The URI as text without its PIN, for messages. Owned by `uri`. */
const char *uri_shown(const struct uri *uri);

/* Checks the form of the text and fills the flags of *uri (uri-form.c). Fails with ERROR_CONFIG. */
int uri_check_form(struct uri *uri, const char *text, struct error *error);

/* Adds a hint for a name that is not an attribute of RFC 7512, if it comes close to one: the attribute, and where it
 * belongs (uri-names.c). The name is not shown, because it may be part of a PIN. */
void uri_hint_name(const char *name, size_t length, bool query, struct error *error);

/* Whether the text is an attribute of the query ('?'), or of the path; -1 if it is neither. */
int uri_is_query_attribute(const char *name, size_t length);

/* Sets uri->text and uri->pin from a text whose form was checked (uri-pin.c). Fails if memory is out. */
int uri_take_pin(struct uri *uri, const char *text, struct error *error);

/* Sets uri->pin_source from the parsed pin-source (uri-pin.c). Fails with ERROR_CONFIG if --pin-from would refuse it,
 * or the path is relative. */
int uri_take_pin_source(struct uri *uri, struct error *error);

/* The length of a value without the padding that p11tool copies from a token: blanks, the first NUL, and what follows
 * it (uri-tidy.c). */
size_t uri_unpadded(const char *value, size_t length);

/* Removes that padding from the attributes that name a token, slot or library, and writes the scheme in lower case.
 * Changes `text`, whose form must have been checked. */
void uri_tidy(char *text);

/* Where a token is, for URIs of tokens with the same names. */
struct uri_place {
	CK_SLOT_ID slot;    /* CK_UNAVAILABLE_INFORMATION: omitted */
	const char *module; /* p11-kit's name of its module; NULL: omitted */
};

/* The full URI of a token, or of a private key on it; `place` may be NULL. NULL if memory is out. The caller frees
 * it. */
char *uri_format_token(const CK_TOKEN_INFO *info, const struct uri_place *place);
char *uri_format_key(const CK_TOKEN_INFO *info, const struct uri_place *place, CK_ATTRIBUTE *label, CK_ATTRIBUTE *id);

#endif
