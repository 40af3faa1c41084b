/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP answer before it is sent: what a handler decides, independent of the HTTP library. */
#ifndef ORG_ANSWER_H
#define ORG_ANSWER_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <time.h>

#include "faults.h"
#include "refusals.h"

enum delivery {
	DELIVER_WHOLE,
	DELIVER_HALF,    /* promise the whole body, close after half of it */
	DELIVER_CHUNKED, /* no Content-Length */
	DELIVER_NOTHING  /* close without an answer */
};

struct answer {
	unsigned int status;
	char *body;    /* owned; NULL: an empty body */
	size_t length; /* of the body, which may hold a NUL */
	const char *content_type;
	const char *header_name; /* one more header, or NULL */
	char *header_value;      /* owned */
	enum delivery delivery;
	double delay;      /* seconds to wait before it is sent */
	double date_shift; /* how wrong the Date header is */
	const char *headers[HEADERS_MAX]; /* NAME:VALUE, in place of the usual ones of that name; no value: none at all */
};

enum { HTTP_DATE_SIZE = 40 };

/* Writes the moment the way HTTP dates look. */
void http_date(time_t when, char text[HTTP_DATE_SIZE]);

/* Makes `json` (consumed) the body of the answer; an answer made before is replaced. */
void answer_json(struct answer *answer, unsigned int status, cJSON *json);

/* Makes the refusal, in the form that it is said in, the body. */
void answer_refusal(struct answer *answer, const struct refusal *refusal);

/* Makes the answer that a bearer gets whose session has ended, or never was. */
void answer_session_ended(struct answer *answer);

/* Changes or replaces the answer as the fault wants it; `now` is the org's time for a Retry-After date. */
void answer_spoil(struct answer *answer, const struct fault *fault, time_t now);

/* Frees what the answer owns. */
void answer_clear(struct answer *answer);

#endif
