/* SPDX-License-Identifier: Apache-2.0 */
/* A failure, for the user: a class (the exit status), one sentence, and, if known, a hint on what to do next. */
#ifndef P11BEARER_BASE_ERROR_H
#define P11BEARER_BASE_ERROR_H

#include <stdbool.h>

/* The program's exit statuses. The manual documents them, and scripts depend on them. */
enum error_class {
	ERROR_NONE = 0,
	ERROR_UNEXPECTED = 1, /* out of memory, a file that cannot be written, a bug */
	ERROR_USAGE = 2,
	ERROR_CONFIG = 3,  /* configuration or an input file is wrong */
	ERROR_NO_KEY = 4,  /* no such key or token, or several; a key is not as required; its place is taken */
	ERROR_PIN = 5,     /* PIN or login refused */
	ERROR_TOKEN = 6,   /* the token failed */
	ERROR_NETWORK = 7, /* name, connection, TLS, timeout, proxy */
	ERROR_ORG = 8,     /* the server refused */
	ERROR_ANSWER = 9,  /* the server's answer is unusable */
};

/* A failure. It lives on the caller's stack and owns no memory. `{0}` means no failure. */
struct error {
	enum error_class class;
	int signal;      /* the signal that ended the work, such as SIGINT at a prompt; 0: none */
	bool is_vague;   /* a server has refused, and its reason leaves the cause open */
	unsigned long code; /* the failed library's own code, such as a CKR; 0: none */
	char text[4096]; /* one sentence: what failed, on which object, why; has room for a list of URIs */
	char hint[1024]; /* what to do next, or empty */
};

/* Sets the class and the formatted sentence, and clears the hint. Returns -class. */
int error_set(struct error *error, enum error_class class, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Returns -class of a failure, never 0. */
static inline int error_result(const struct error *error)
{
	int result = -(int)error->class;

	return result < 0 ? result : -ERROR_UNEXPECTED;
}

/* Sets the formatted hint. */
void error_hint(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends the formatted text to the sentence and truncates it if it does not fit. A '\n' at the start of `format`
 * starts a new line, such as the next item of a list. Any other line end becomes a blank, here and in the functions
 * above. */
void error_append(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sets the error for a failed allocation. Returns -ERROR_UNEXPECTED. */
static inline int error_memory(struct error *error)
{
	error_set(error, ERROR_UNEXPECTED, "out of memory");
	return -ERROR_UNEXPECTED;
}

/* Sets "<what>: <reason>" from OpenSSL's error queue, and empties the queue. Returns -class. */
int error_openssl(struct error *error, enum error_class class, const char *what);

#endif
