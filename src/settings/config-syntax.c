/* SPDX-License-Identifier: Apache-2.0 */
/* Parses configuration files with OpenSSL, and explains its errors. Writes values and names of sections. */
#include "settings/config.h"

#include "settings/edit-lines.h"

#include <ctype.h>
#include <openssl/bio.h>
#include <openssl/conferr.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

/* OpenSSL would follow an .include to a file whose owner and mode nobody checked. Like OpenSSL, this skips blanks
 * (isspace()) and a byte-order mark. */
static int refuse_include(const char *path, const char *text, size_t length, struct error *error)
{
	if (memchr(text, '\0', length) != NULL) {
		error_set(error, ERROR_CONFIG, "%s is not a text file: it contains a NUL", path);
		if (strncmp(text, "\xff\xfe", 2) == 0 || strncmp(text, "\xfe\xff", 2) == 0)
			error_hint(error,
				   "convert the file from UTF-16 to UTF-8, for example with iconv -f UTF-16 -t UTF-8");
		return -ERROR_CONFIG;
	}
	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	for (int line = 1; *text != '\0'; line++) {
		while (*text != '\n' && isspace((unsigned char)*text))
			text++;
		if (strncmp(text, ".include", 8) == 0)
			return error_set(error, ERROR_CONFIG, "%s, line %d: .include is not supported", path, line);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return 0;
}

static const struct fault {
	int reason; /* OpenSSL's */
	const char *text, *hint;
} faults[] = {
	{ CONF_R_MISSING_CLOSE_SQUARE_BRACKET, "this is not [NAME]",
	  "begin a section with its name, in ASCII letters and digits, in square brackets" },
	{ CONF_R_MISSING_EQUAL_SIGN, "this is not KEY = VALUE",
	  "write one word, = and the value; begin a comment with #" },
	{ CONF_R_NO_CLOSE_BRACE, "the closing brace of a variable is missing",
	  "for a $ that is part of the value, write \\$ or put the value in single quotes" },
	{ CONF_R_VARIABLE_HAS_NO_VALUE, "the value names a variable that is not set",
	  "for a $ that is part of the value, write \\$ or put the value in single quotes; $NAME is another key of the "
	  "file, $ENV::NAME is an environment variable" },
	{ CONF_R_VARIABLE_EXPANSION_TOO_LONG, "the value is too long once its variables are replaced",
	  "for a $ that is part of the value, write \\$ or put the value in single quotes" },
	{ CONF_R_INVALID_PRAGMA, "a key begins with a dot", "remove the line: OpenSSL takes it for a directive" },
	{ CONF_R_UNABLE_TO_CREATE_NEW_SECTION, "OpenSSL cannot create this section", "rename it" },
};

static int explain(const char *path, long line, struct error *error)
{
	unsigned long code = ERR_peek_error();
	const char *reason = ERR_reason_error_string(code);

	ERR_clear_error();
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (ERR_GET_LIB(code) != ERR_LIB_CONF || ERR_GET_REASON(code) != faults[i].reason)
			continue;
		error_set(error, ERROR_CONFIG, "%s, line %ld: %s", path, line, faults[i].text);
		error_hint(error, "%s", faults[i].hint);
		return -ERROR_CONFIG;
	}
	return error_set(error, ERROR_CONFIG, "%s, line %ld: %s", path, line,
			 reason != NULL ? reason : "OpenSSL cannot parse it");
}

/* OpenSSL takes the rest of the line for a comment, but whoever wrote it may have meant it as part of the value. */
static int refuse_comments(const char *path, const char *text, size_t length, struct error *error)
{
	long line;

	if (comment_find(text, length, &line, error) < 0)
		return error_result(error);
	if (line == 0)
		return 0;
	error_set(error, ERROR_CONFIG, "%s, line %ld: # begins a comment, which would cut the value off", path, line);
	error_hint(error, "put the value in quotes, or the comment on a line of its own");
	return -ERROR_CONFIG;
}

int config_parse(const char *path, const char *text, size_t length, CONF **conf, struct error *error)
{
	BIO *bio;
	long line = 0;
	int result = refuse_include(path, text, length, error);

	if (result < 0)
		return result;
	bio = BIO_new_mem_buf(text, (int)length);
	*conf = NCONF_new(NULL);
	ERR_clear_error();
	if (*conf == NULL || bio == NULL)
		result = error_memory(error);
	else if (NCONF_load_bio(*conf, bio, &line) <= 0)
		result = explain(path, line, error);
	else
		result = refuse_comments(path, text, length, error);
	BIO_free(bio);
	return result;
}

/* OpenSSL does not wipe the values, and the URI of a key may contain a PIN. */
void config_free(CONF *conf)
{
	STACK_OF(OPENSSL_CSTRING) *sections = conf != NULL ? NCONF_get_section_names(conf) : NULL;

	for (int i = 0; i < sk_OPENSSL_CSTRING_num(sections); i++) {
		STACK_OF(CONF_VALUE) *entries = NCONF_get_section(conf, sk_OPENSSL_CSTRING_value(sections, i));

		for (int j = 0; j < sk_CONF_VALUE_num(entries); j++) {
			char *value = sk_CONF_VALUE_value(entries, j)->value;

			if (value != NULL)
				OPENSSL_cleanse(value, strlen(value));
		}
	}
	sk_OPENSSL_CSTRING_free(sections);
	NCONF_free(conf);
}

static bool is_plain(const char *value, size_t length)
{
	return length > 0 && strpbrk(value, "'\"`\\$#") == NULL && !isspace((unsigned char)value[0]) &&
	       !isspace((unsigned char)value[length - 1]);
}

/* In quotes, only the quote and the backslash are special. */
char *settings_quoted(const char *value)
{
	size_t length = strlen(value);
	char *quoted, *next;

	if (is_plain(value, length))
		return strdup(value);
	quoted = malloc(2 * length + 3);
	if (quoted == NULL)
		return NULL;
	quoted[0] = '\'';
	next = quoted + 1;
	for (; *value != '\0'; value++) {
		if (*value == '\'' || *value == '\\')
			*next++ = '\\';
		*next++ = *value;
	}
	memcpy(next, "'", sizeof("'"));
	return quoted;
}

char *settings_section_name(const char *name)
{
	char *escaped = malloc(2 * strlen(name) + 1), *next = escaped;

	for (; escaped != NULL && *name != '\0'; name++) {
		if (isalnum((unsigned char)*name) == 0 && strchr("-_.", *name) == NULL)
			*next++ = '\\';
		*next++ = *name;
	}
	if (escaped != NULL)
		*next = '\0';
	return escaped;
}
