/* SPDX-License-Identifier: Apache-2.0 */
/* What went wrong, for a person: a class (the exit status), one sentence, and where known what to do next. */
#ifndef P11BEARER_BASE_ERROR_H
#define P11BEARER_BASE_ERROR_H

/* The classes are the program's exit statuses; the manual documents them, scripts depend on them. */
enum error_class {
	ERROR_NONE = 0,
	ERROR_UNEXPECTED = 1, /* out of memory, a file that cannot be written, a bug */
	ERROR_USAGE = 2,
	ERROR_CONFIG = 3,  /* configuration or an input file is wrong */
	ERROR_NO_KEY = 4,  /* no such key or token, or more than one */
	ERROR_PIN = 5,     /* PIN or login refused */
	ERROR_TOKEN = 6,   /* the token failed */
	ERROR_NETWORK = 7, /* name, connection, TLS, timeout, proxy */
	ERROR_ORG = 8,     /* the org refused */
	ERROR_ANSWER = 9,  /* the org's answer cannot be used */
};

/* A failure; lives on the caller's stack and owns no memory. `{0}` is "nothing failed". */
struct error {
	enum error_class class;
	int signal;      /* that ended the work, such as SIGINT at a prompt; 0: none */
	unsigned long code; /* of the library that failed, such as a CKR; 0: none */
	char text[4096]; /* one sentence: what failed, on which object, why; long enough for a list of URIs */
	char hint[1024]; /* what to do next, or empty */
};

/* Fills `error` with the class and the formatted sentence and clears its hint. Returns -class. */
int error_set(struct error *error, enum error_class class, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The failure that `error` tells, in the form functions return it: -class, never 0. */
static inline int error_result(const struct error *error)
{
	int result = -(int)error->class;

	return result < 0 ? result : -ERROR_UNEXPECTED;
}

/* Adds the formatted second sentence: what to do next. */
void error_hint(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends the formatted text to the sentence, cutting what does not fit. A '\n' that begins `format` begins a line of
 * the message, such as one of a list; any other line end, here and in the functions above, becomes a blank. */
void error_append(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The error for a failed allocation. Returns -ERROR_UNEXPECTED. */
int error_memory(struct error *error);

/* Fills `error` from OpenSSL's error queue, which is emptied: "<what>: <reason>". Returns -class. */
int error_openssl(struct error *error, enum error_class class, const char *what);

#endif
