/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void failure_set(struct failure *failure, enum failure_kind kind, enum error_class class, long retry_after,
		 const char *format, ...)
{
	char text[sizeof(failure->error.text)];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	memset(failure, 0, sizeof(*failure));
	error_set(&failure->error, class, "%s", text);
	failure->kind = kind;
	failure->retry_after = retry_after;
}
