/* SPDX-License-Identifier: Apache-2.0 */
/* Ends the program because of a module: message and exit status. All of it may run in a signal handler. */
#include "p11/watch.h"

#include "base/message.h"
#include "p11/p11.h"
#include "process/output.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static atomic_int settled = -1; /* the exit status of watch_settle; -1: not set */
static const char *_Atomic unwritten;
static const struct error *_Atomic verdict;
static const char *_Atomic last_words;
static atomic_int last_status;

void watch_settle(int status, const char *line)
{
	unwritten = line;
	settled = status;
}

void watch_verdict(const struct error *error)
{
	verdict = error;
}

void p11_last_words(const char *text, int status)
{
	last_words = NULL; /* the two are not set at once */
	last_status = status;
	last_words = text;
}

static void put_line(const char *const *parts)
{
	for (; *parts != NULL; parts++)
		message_put(*parts);
	message_put("\n");
}

void watch_tell(const char *const *parts)
{
	const struct error *known = verdict;
	const char *words = last_words;
	int status = settled >= 0 ? settled : known != NULL ? (int)known->class :
		     words != NULL ? last_status : ERROR_TOKEN;

	if (known != NULL)
		put_line((const char *const[]){ "p11bearer: ", known->text, NULL });
	if (known != NULL && known->hint[0] != '\0')
		put_line((const char *const[]){ "p11bearer: ", known->hint, NULL });
	message_put(settled >= 0 || known != NULL ? "p11bearer: warning: " : "p11bearer: ");
	put_line(parts);
	if (settled >= 0 && unwritten != NULL)
		(void)!write(output_descriptor(), unwritten, strlen(unwritten));
	if (settled < 0 && words != NULL)
		(void)!write(output_descriptor(), words, strlen(words));
	_exit(status);
}
