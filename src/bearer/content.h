/* SPDX-License-Identifier: Apache-2.0 */
/* What a request says in its assertion and its form, with the fields of templates filled in. */
#ifndef P11BEARER_BEARER_CONTENT_H
#define P11BEARER_BEARER_CONTENT_H

#include "bearer/signer.h"

/* Texts belong to the request, or to `texts`. */
struct content {
	const char *iss, *sub, *aud; /* NULL: left out */
	struct jwt_extra *claims, *headers;
	size_t claim_count, header_count;
	struct http_field *form;
	size_t form_count;
	char **texts;
	size_t text_count;
};

/* Fills in everything for the signer's key number `which`; of several claims or header fields with one name, the last
 * one counts. The caller clears the content even on failure, and before the request ends. Fails as fields_fill does. */
int content_make(struct content *content, struct signer *signer, size_t which, const struct bearer_request *request,
		 struct error *error);
void content_clear(struct content *content);

/* Returns the exp of an assertion that would have `exp`, after one that has `last`, or 0. Without a jti, both would be
 * the same if they begin in one second, so this one expires earlier. */
int64_t content_exp(const struct bearer_request *request, int64_t exp, int64_t last);

/* The parameters of the JWT that begins its life at `now`, without alg and jti; they point into the content. */
struct jwt_params content_params(const struct content *content, const struct bearer_request *request, int64_t now);

#endif
