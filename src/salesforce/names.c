/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/names.h"

#include "base/text.h"
#include "salesforce/appfile-internal.h"

#include <ctype.h>
#include <fcntl.h>
#include <libxml/xmlreader.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORD_MAX = 32, EDITS_MAX = 2, SHORT_MAX = 4 };

/* What a file's root element says. */
enum root {
	ROOT_UNKNOWN,        /* no XML, or not of this namespace */
	ROOT_APP,            /* one of an app's types; *type is which */
	ROOT_OTHER_METADATA,
};

/* --- the root element -------------------------------------------------------------------------------------------- */

static enum root judge(xmlTextReader *reader, enum appfile_type *type)
{
	const char *name = (const char *)xmlTextReaderConstLocalName(reader);
	const char *space = (const char *)xmlTextReaderConstNamespaceUri(reader);

	for (int i = 0; name != NULL && i < APPFILE_TYPES; i++) {
		*type = (enum appfile_type)i;
		if (strcasecmp(name, appfile_kinds[i].root) == 0)
			return ROOT_APP;
	}
	return space != NULL && strcmp(space, APPFILE_NAMESPACE) == 0 ? ROOT_OTHER_METADATA : ROOT_UNKNOWN;
}

/* Reads no further than the root's start-tag. */
static enum root read_root(const char *path, enum appfile_type *type)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
	enum root root = ROOT_UNKNOWN;
	xmlTextReader *reader = NULL;
	struct stat status;

	if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
		appfile_quiet();
		reader = xmlReaderForFd(fd, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	}
	while (reader != NULL && xmlTextReaderRead(reader) == 1) {
		if (xmlTextReaderNodeType(reader) == XML_READER_TYPE_ELEMENT) {
			root = judge(reader, type);
			break;
		}
	}
	xmlFreeTextReader(reader);
	if (fd >= 0)
		close(fd);
	return root;
}

/* --- the name ---------------------------------------------------------------------------------------------------- */

/* Levenshtein's distance of two words of at most WORD_MAX bytes, case aside. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[WORD_MAX + 1];
	size_t length = strlen(b);

	for (unsigned j = 0; j <= length; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1] != '\0'; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
			unsigned least = diagonal + (same ? 0 : 1);

			diagonal = row[j];
			if (row[j] + 1 < least)
				least = row[j] + 1;
			if (row[j - 1] + 1 < least)
				least = row[j - 1] + 1;
			row[j] = least;
		}
	}
	return row[length];
}

/* Whether the word, which comes after a dot, is close to the suffix of a type. A file whose content says nothing against it is
 * close with any "eca…", as no other metadata begins so. ".eca" is so short that two edits make it any word. */
static bool is_close(const char *word, enum root root, enum appfile_type *type)
{
	unsigned least = EDITS_MAX + 1;

	for (int i = 0; i < APPFILE_TYPES; i++) {
		const char *suffix = appfile_kinds[i].suffix + 1;
		unsigned edits = distance(word, suffix);

		if (edits < least && (edits == 0 || strlen(suffix) > SHORT_MAX)) {
			least = edits;
			*type = (enum appfile_type)i;
		}
	}
	if (least <= EDITS_MAX)
		return true;
	*type = APPFILE_APP;
	return root == ROOT_UNKNOWN && strncasecmp(word, "eca", 3) == 0;
}

/* Whether a word behind one of the name's dots is close: what follows it, "-meta.xml", ".xml.bak", " (1).xml", counts for
 * nothing. */
static bool is_name_close(const char *name, enum root root, enum appfile_type *type)
{
	for (const char *dot = strchr(name, '.'); dot != NULL; dot = strchr(dot + 1, '.')) {
		char word[WORD_MAX + 1];
		size_t length = 0;

		while (length < WORD_MAX && isalnum((unsigned char)dot[1 + length])) {
			word[length] = dot[1 + length];
			length++;
		}
		word[length] = '\0';
		if (length > 0 && is_close(word, root, type))
			return true;
	}
	return false;
}

/* --- both -------------------------------------------------------------------------------------------------------- */

int names_check(const char *path, struct error *error)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path, *suffix;
	enum appfile_type type;
	char shown[1024];
	enum root root;

	if (appfile_type_of(path, &type))
		return 0;
	root = read_root(path, &type);
	if (root != ROOT_APP && !is_name_close(name, root, &type))
		return 0;
	suffix = appfile_kinds[type].suffix;
	snprintf(shown, sizeof(shown), "%s", path);
	text_clean(shown, "");
	if (root == ROOT_APP)
		error_set(error, ERROR_CONFIG, "%s is one of an app's files by its root element, %s, but its name is not "
			  "NAME%s" APPFILE_SOURCE_END, shown, appfile_kinds[type].root, suffix);
	else
		error_set(error, ERROR_CONFIG, "the name of %s is close to NAME%s" APPFILE_SOURCE_END
			  ", the name of one of an app's files, but not the same", shown, suffix);
	error_hint(error, NAMES_HINT);
	return -ERROR_CONFIG;
}
