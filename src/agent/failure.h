/* SPDX-License-Identifier: Apache-2.0 */
/* Why a client gets nothing. */
#ifndef P11BEARER_AGENT_FAILURE_H
#define P11BEARER_AGENT_FAILURE_H

#include "base/error.h"

enum { FAILURE_CODE_SIZE = 64 };

struct failure {
	struct error error;  /* class: the exit status that p11bearer would have */
	char code[FAILURE_CODE_SIZE]; /* the server's error code, such as invalid_grant; else "" */
	long retry_after;    /* seconds after which another try makes sense; 0: unknown */
	enum failure_kind {
		FAILURE_WORKER,   /* a worker's answer, or its end */
		FAILURE_REPLACED, /* a reload has ended the worker: the profile may have another one */
		FAILURE_LOCKED,   /* the profile waits for "agent unlock" */
		FAILURE_BUDGET,   /* too many logins of this user */
		FAILURE_TIME,     /* no answer in time */
		FAILURE_REQUEST,  /* the request is wrong */
		FAILURE_DENIED,   /* the peer may not */
	} kind;
};

/* Fills `failure`, with an error of this class and without a hint. */
void failure_set(struct failure *failure, enum failure_kind kind, enum error_class class, long retry_after,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
