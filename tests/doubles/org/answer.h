/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP answer before it is sent, independent of the HTTP library. */
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
	char *body;    /* owned; NULL for an empty body */
	size_t length; /* of the body, which may hold a NUL */
	const char *content_type;
	const char *header_name; /* one more header, or NULL */
	char *header_value;      /* owned */
	enum delivery delivery;
	double delay;      /* seconds to wait before it is sent */
	double date_shift; /* error of the Date header, in seconds */
	const char *headers[HEADERS_MAX]; /* NAME:VALUE replaces the usual header of that name; without a value, removes it */
};

enum { HTTP_DATE_SIZE = 40 };

/* Formats the time as an HTTP date. */
void http_date(time_t when, char text[HTTP_DATE_SIZE]);

/* Makes `json` (consumed) the body, replacing any earlier one. */
void answer_json(struct answer *answer, unsigned int status, cJSON *json);

/* Adds the members of `extra`, which may be NULL, to the object. They replace those with the same names. */
void answer_extra(cJSON *json, const cJSON *extra);

/* Makes the text, which is JSON, the body. */
void answer_text(struct answer *answer, unsigned int status, const char *json);

/* Makes the refusal the body, in its own format. */
void answer_refusal(struct answer *answer, const struct refusal *refusal);

/* Makes the answer to a bearer whose session has ended or never existed. */
void answer_session_ended(struct answer *answer);

/* Applies the fault to the answer; `now` is the org's time for a Retry-After date. */
void answer_spoil(struct answer *answer, const struct fault *fault, time_t now);

/* Frees what the answer owns. */
void answer_clear(struct answer *answer);

#endif
