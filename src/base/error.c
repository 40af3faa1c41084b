/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include "base/text.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A line end in a file name, a URL or a label must not start a new line. */
static void format_line(char *text, size_t size, const char *format, va_list arguments)
	__attribute__((format(printf, 3, 0)));
static void format_line(char *text, size_t size, const char *format, va_list arguments)
{
	vsnprintf(text, size, format, arguments);
	text_line(text);
}

int error_set(struct error *error, enum error_class class, const char *format, ...)
{
	va_list arguments;

	error->class = class;
	error->signal = 0;
	error->is_vague = false;
	error->code = 0;
	error->hint[0] = '\0';
	va_start(arguments, format);
	format_line(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return -(int)class;
}

void error_hint(struct error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	format_line(error->hint, sizeof(error->hint), format, arguments);
	va_end(arguments);
}

void error_append(struct error *error, const char *format, ...)
{
	size_t used = strlen(error->text);
	va_list arguments;

	if (*format == '\n' && used + 1 < sizeof(error->text)) {
		error->text[used++] = '\n';
		error->text[used] = '\0';
		format++;
	}
	va_start(arguments, format);
	format_line(error->text + used, sizeof(error->text) - used, format, arguments);
	va_end(arguments);
}

int error_openssl(struct error *error, enum error_class class, const char *what)
{
	unsigned long code = ERR_peek_error();
	const char *reason = ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);

	ERR_clear_error();
	return error_set(error, class, "%s: %s", what, reason != NULL ? reason : "no reason given");
}
