/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7512 URIs. */
#ifndef P11BEARER_P11_URI_H
#define P11BEARER_P11_URI_H

#include "base/error.h"
#include "base/secret.h"

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>
#include <stdbool.h>

struct uri {
	P11KitUri *parsed;  /* its pin-value is empty */
	char *text;         /* without the value of pin-value */
	struct secret *pin; /* pin-value, decoded and not checked; NULL if the URI has none */
	bool has_id, has_object, has_library, has_slot; /* which attributes stand in it */
	bool is_full;     /* it has all that a token says of itself: token, manufacturer, model, serial */
	bool hex_like_id; /* id=01 and the like, which is most likely meant as id=%01 */
};

/* Parses and checks. Fails with ERROR_CONFIG. Free with uri_free. `text` may be NULL. */
int uri_parse(struct uri *uri, const char *text, struct error *error);
void uri_free(struct uri *uri);

/* The URI as text without its PIN, for messages. Owned by `uri`. */
const char *uri_shown(const struct uri *uri);

/* Checks the form of the text and fills the flags of *uri (uri-form.c). Fails with ERROR_CONFIG. */
int uri_check_form(struct uri *uri, const char *text, struct error *error);

/* Sets uri->text and uri->pin from a text of good form (uri-pin.c). Fails if memory is out. */
int uri_take_pin(struct uri *uri, const char *text, struct error *error);

/* A hint for "not found" where the id looks like a slip; else clears nothing and does nothing. */
void uri_hint_id(const struct uri *uri, struct error *error);

/* The full URI of a token, or of an object on it when `class`, label or id are given. NULL when memory is out. To be
 * freed. */
char *uri_format_token(const CK_TOKEN_INFO *info);
char *uri_format_key(const CK_TOKEN_INFO *info, CK_ATTRIBUTE *label, CK_ATTRIBUTE *id);

#endif
