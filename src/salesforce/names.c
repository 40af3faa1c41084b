/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/names.h"

#include "base/distance.h"
#include "base/text.h"
#include "salesforce/appfile-internal.h"

#include <ctype.h>
#include <fcntl.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORD_MAX = 32, EDITS_MAX = 2, SHORT_MAX = 4 };

/* A file's kind by its root element. */
enum root {
	ROOT_UNKNOWN,        /* not XML, or another namespace */
	ROOT_APP,            /* one of an app's types */
	ROOT_OTHER_METADATA,
};

/* --- the root element -------------------------------------------------------------------------------------------- */

struct reading {
	enum root root;
	enum appfile_type type;
	bool done;
};

static void on_root(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *space, int spaces,
		    const xmlChar **space_list, int attributes, int defaults, const xmlChar **attribute_list)
{
	struct reading *reading = context;

	(void)prefix, (void)spaces, (void)space_list, (void)attributes, (void)defaults, (void)attribute_list;
	if (reading->done)
		return;
	reading->done = true;
	if (space != NULL && strcmp((const char *)space, APPFILE_NAMESPACE) == 0)
		reading->root = ROOT_OTHER_METADATA;
	for (int i = 0; i < APPFILE_TYPES; i++) {
		if (strcasecmp((const char *)name, appfile_kinds[i].root) == 0) {
			reading->root = ROOT_APP;
			reading->type = (enum appfile_type)i;
		}
	}
}

/* Reads up to the chunk with the root's start-tag. The file need not be well-formed. */
static void read_chunks(int fd, struct reading *reading)
{
	xmlSAXHandler handler = { .initialized = XML_SAX2_MAGIC, .startElementNs = on_root };
	xmlParserCtxt *parser = xmlCreatePushParserCtxt(&handler, reading, NULL, 0, NULL);
	char chunk[4096];
	ssize_t got;

	if (parser == NULL)
		return;
	xmlCtxtUseOptions(parser, XML_PARSE_RECOVER | XML_PARSE_IGNORE_ENC | XML_PARSE_NONET | XML_PARSE_NOERROR |
				  XML_PARSE_NOWARNING);
	for (size_t used = 0; !reading->done && used < APPFILE_MAX; used += (size_t)got) {
		got = read(fd, chunk, sizeof(chunk));
		if (got <= 0) {
			xmlParseChunk(parser, NULL, 0, 1);
			break;
		}
		xmlParseChunk(parser, chunk, (int)got, 0);
	}
	xmlFreeParserCtxt(parser);
}

static enum root read_root(const char *path, enum appfile_type *type)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
	struct reading reading = { ROOT_UNKNOWN, APPFILE_APP, false };
	struct stat status;

	if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
		appfile_quiet();
		read_chunks(fd, &reading);
	}
	if (fd >= 0)
		close(fd);
	*type = reading.type;
	return reading.root;
}

/* --- the name ---------------------------------------------------------------------------------------------------- */

/* Whether the word is close to the suffix of a type. ".eca" must match: two edits turn it into any short word. */
static bool is_close(const char *word, enum appfile_type *type)
{
	unsigned least = EDITS_MAX + 1;

	for (int i = 0; i < APPFILE_TYPES; i++) {
		const char *suffix = appfile_kinds[i].suffix + 1;
		bool is_long = strlen(suffix) > SHORT_MAX;
		unsigned edits = is_long || strcasecmp(word, suffix) == 0 ? distance(word, suffix) : least;

		if (edits < least) {
			least = edits;
			*type = (enum appfile_type)i;
		}
	}
	return least <= EDITS_MAX;
}

/* Whether a word is in the place of the suffix, judging by what follows it: nothing, "-meta.xml", "_meta.xml" or
 * ".xml". */
static bool is_suffix(const char *rest)
{
	return rest[0] == '\0' || strncasecmp(rest, "-meta", 5) == 0 || strncasecmp(rest, "_meta", 5) == 0 ||
	       strncasecmp(rest, ".xml", 4) == 0;
}

/* Whether a word after a dot makes the name look like an app file's. Outside the place of the suffix, short words do
 * not count, and if the file holds other metadata, no word does: "Setting.ECA.md-meta.xml" is a record. In the place
 * of the suffix, any "eca…" counts unless the root contradicts it, because no other suffix begins with "eca". */
static bool is_name_close(const char *name, enum root root, enum appfile_type *type)
{
	for (const char *dot = strchr(name, '.'); dot != NULL; dot = strchr(dot + 1, '.')) {
		char word[WORD_MAX + 1];
		size_t length = 0;
		bool in_place;

		while (length < WORD_MAX && isalnum((unsigned char)dot[1 + length])) {
			word[length] = dot[1 + length];
			length++;
		}
		word[length] = '\0';
		in_place = is_suffix(dot + 1 + length);
		if (is_close(word, type) && (in_place || (root != ROOT_OTHER_METADATA && length > SHORT_MAX)))
			return true;
		*type = APPFILE_APP;
		if (root == ROOT_UNKNOWN && strncasecmp(word, "eca", 3) == 0 && in_place &&
		    strpbrk(dot + 1 + length, "-_") != NULL)
			return true;
	}
	return false;
}

/* --- both -------------------------------------------------------------------------------------------------------- */

int names_check(const char *path, struct error *error)
{
	const char *suffix;
	enum appfile_type type;
	char shown[1024];
	enum root root;

	if (appfile_type_of(path, &type))
		return 0;
	root = read_root(path, &type);
	if (root != ROOT_APP && !is_name_close(basename(path), root, &type))
		return 0;
	suffix = appfile_kinds[type].suffix;
	snprintf(shown, sizeof(shown), "%s", path);
	text_clean(shown, "");
	if (root == ROOT_APP)
		error_set(error, ERROR_CONFIG,
			  "the root element of %s is %s, the type of an app's file, but its name is not "
			  "NAME%s" APPFILE_SOURCE_END,
			  shown, appfile_kinds[type].root, suffix);
	else
		error_set(error, ERROR_CONFIG, "the name of %s is similar to NAME%s" APPFILE_SOURCE_END
			  ", the name of an app's file, but not the same", shown, suffix);
	error_hint(error, NAMES_HINT);
	return -ERROR_CONFIG;
}

bool names_is_backup(const char *path)
{
	const char *name = basename(path);
	size_t folder = (size_t)(name - path), length = strlen(name);
	bool is_marked = name[0] == '#' && length > 2 && name[length - 1] == '#';
	enum appfile_type type;
	char *original;
	bool is_there;

	if (length < 2 || (name[length - 1] != '~' && !is_marked))
		return false;
	if (asprintf(&original, "%.*s%.*s", (int)folder, path, (int)(length - (is_marked ? 2 : 1)),
		     name + (is_marked ? 1 : 0)) < 0)
		return false;
	is_there = appfile_type_of(original, &type) && access(original, F_OK) == 0;
	free(original);
	return is_there;
}
