/* SPDX-License-Identifier: Apache-2.0 */
/* The form of RFC 7512 URIs: refuses what p11-kit would silently ignore. No message shows what may be a PIN. */
#include "p11/p11.h"
#include "p11/uri.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The attributes of RFC 7512, and the widths of the fields that PKCS#11 keeps them in (0: none). */
static const struct attribute {
	const char *name;
	size_t width;
	bool query;
} attributes[] = {
	{ "token", 32, false },
	{ "manufacturer", 32, false },
	{ "model", 16, false },
	{ "serial", 16, false },
	{ "library-manufacturer", 32, false },
	{ "library-description", 32, false },
	{ "library-version", 0, false },
	{ "slot-manufacturer", 32, false },
	{ "slot-description", 64, false },
	{ "slot-id", 0, false },
	{ "object", 0, false },
	{ "id", 0, false },
	{ "type", 0, false },
	{ "pin-source", 0, true },
	{ "pin-value", 0, true },
	{ "module-name", 0, true },
	{ "module-path", 0, true },
};
enum { ATTRIBUTES = sizeof(attributes) / sizeof(attributes[0]) };

static int find_attribute(const char *name, size_t length)
{
	for (int i = 0; i < ATTRIBUTES; i++) {
		if (strlen(attributes[i].name) == length && memcmp(attributes[i].name, name, length) == 0)
			return i;
	}
	return -1;
}

int uri_is_query_attribute(const char *name, size_t length)
{
	int known = find_attribute(name, length);

	return known < 0 ? -1 : attributes[known].query;
}

/* The decoded length of a percent-encoded value. */
static size_t decoded_length(const char *value, size_t length)
{
	size_t bytes = length;

	for (size_t i = 0; i < length; i++) {
		if (value[i] == '%')
			bytes -= 2;
	}
	return bytes;
}

/* Finds a second attribute inside a value, after the wrong separator: by RFC 7512, object=a&id=%01 is one label, which
 * is hardly ever intended. *separator is where it begins. */
static const char *swallowed_attribute(const char *value, size_t length, const char *separators, char *separator)
{
	for (size_t i = 0; i < length; i++) {
		const char *name = value + i + 1;
		const char *equals;
		int known;

		if (strchr(separators, value[i]) == NULL)
			continue;
		equals = memchr(name, '=', length - i - 1);
		if (equals == NULL)
			continue;
		known = find_attribute(name, (size_t)(equals - name));
		*separator = value[i];
		if (known >= 0)
			return attributes[known].name;
	}
	return NULL;
}

/* Refuses a value that contains another attribute. A PIN may look like that. */
static int check_separators(const struct attribute *attribute, const char *value, size_t length, struct error *error)
{
	const char *name;
	char separator;

	if (strcmp(attribute->name, "pin-value") == 0)
		return 0;
	name = swallowed_attribute(value, length, attribute->query ? ";?," : "&,", &separator);
	if (name == NULL)
		return 0;
	error_set(error, ERROR_CONFIG, "in the URI, \"%c%s=\" would be part of %s", separator, name, attribute->name);
	error_hint(error, "separate the attributes with '%c', or write %%%02X for a '%c' in a value",
		   attribute->query ? '&' : ';', (unsigned char)separator, separator);
	return -ERROR_CONFIG;
}

/* Refuses a part that is not an attribute, or is in the wrong place. Text that is not the name of an attribute may be a
 * PIN, and is not shown. */
static int bad_attribute(const char *part, size_t length, bool query, struct error *error)
{
	size_t name_length = strcspn(part, "=;&?");
	int known = find_attribute(part, name_length < length ? name_length : length);
	size_t letters = strspn(part, "abcdefghijklmnopqrstuvwxyz-");

	if (known >= 0 && attributes[known].query != query) {
		error_set(error, ERROR_CONFIG, "the URI has the unknown %s attribute \"%s\"", query ? "query" : "path",
			  attributes[known].name);
		error_hint(error, query ? "%s belongs before the '?'" : "%s belongs after a '?'",
			   attributes[known].name);
		return -ERROR_CONFIG;
	}
	if (name_length >= length && !query) {
		error_set(error, ERROR_CONFIG,
			  find_attribute(part, letters) >= 0 ? "the URI has \"%.*s\" where NAME=VALUE should be"
							     : "the URI has a part that is not NAME=VALUE",
			  (int)letters, part);
		return -ERROR_CONFIG;
	}
	if (query)
		error_set(error, ERROR_CONFIG, "the URI has an unknown query attribute");
	else
		error_set(error, ERROR_CONFIG, "the URI has the unknown path attribute \"%.*s\"",
			  (int)(name_length > 64 ? 64 : name_length), part);
	if (name_length < length)
		uri_hint_name(part, name_length, query, error);
	if (query && error->hint[0] == '\0')
		error_hint(error, "it may have pin-source, pin-value, module-name and module-path; write %%26 for an "
				  "'&' in a value");
	else if (error->hint[0] == '\0')
		error_hint(error, "name a key by token, serial, manufacturer, model, object (its label), id, type and "
				  "slot-id; write %%3B for a ';' in a value");
	return -ERROR_CONFIG;
}

/* p11-kit reads an empty number as 0 and truncates large ones. */
static int check_slot_id(const char *value, size_t length, struct error *error)
{
	char number[32] = "", *end;
	unsigned long slot;

	memcpy(number, value, length < sizeof(number) ? length : sizeof(number) - 1);
	errno = 0;
	slot = strtoul(number, &end, 10);
	if (length > 0 && strspn(number, "0123456789") == length && errno == 0 && slot != CK_UNAVAILABLE_INFORMATION)
		return 0;
	error_set(error, ERROR_CONFIG, "the URI's slot-id is not the number of a slot");
	slot = strtoul(number, &end, 16);
	if (strncasecmp(number, "0x", 2) == 0 && *end == '\0' && end > number + 2 && errno == 0)
		error_hint(error, "slot-id is decimal; did you mean slot-id=%lu?", slot);
	return -ERROR_CONFIG;
}

static int check_attribute(const char *part, size_t length, bool query, bool *seen, struct error *error)
{
	const char *equals = memchr(part, '=', length);
	size_t name_length = equals != NULL ? (size_t)(equals - part) : length;
	int known = find_attribute(part, name_length);
	const char *value;
	size_t value_length;

	if (equals == NULL || known < 0 || attributes[known].query != query)
		return bad_attribute(part, length, query, error);
	if (seen[known])
		return error_set(error, ERROR_CONFIG, "the URI has %s twice", attributes[known].name);
	seen[known] = true;
	value = equals + 1;
	value_length = length - name_length - 1;
	if (attributes[known].width != 0 &&
	    decoded_length(value, uri_unpadded(value, value_length)) > attributes[known].width)
		return error_set(error, ERROR_CONFIG, "the URI's %s is longer than the %zu bytes a token can have",
				 attributes[known].name, attributes[known].width);
	if (strcmp(attributes[known].name, "slot-id") == 0 && check_slot_id(value, value_length, error) < 0)
		return -ERROR_CONFIG;
	/* p11-kit would truncate the path or name there. A PIN is checked when it is used. */
	if (query && strcmp(attributes[known].name, "pin-value") != 0 && memmem(value, value_length, "%00", 3) != NULL)
		return error_set(error, ERROR_CONFIG, "the URI's %s contains a NUL", attributes[known].name);
	return check_separators(&attributes[known], value, value_length, error);
}

/* Checks the text after "pkcs11:": path attributes separated by ';', then '?' and query attributes separated by '&'. */
static int check_attributes(const char *text, bool *seen, struct error *error)
{
	bool query = false;

	while (*text != '\0') {
		size_t length = strcspn(text, query ? "&" : ";?");

		if (length == 0 && text[length] != '?')
			return error_set(error, ERROR_CONFIG, "the URI has an empty attribute");
		if (length > 0 && check_attribute(text, length, query, seen, error) < 0)
			return -ERROR_CONFIG;
		text += length;
		if (*text == '\0')
			break;
		query |= *text == '?';
		text++;
	}
	return 0;
}

int uri_check_form(struct uri *uri, const char *text, struct error *error)
{
	bool seen[ATTRIBUTES] = { false };

	if (strncasecmp(text, "pkcs11:", 7) != 0) {
		error_set(error, ERROR_CONFIG, "not a PKCS#11 URI: it does not begin with \"pkcs11:\"");
		error_hint(error, strcasestr(text, "pkcs11:") != NULL ? "remove what comes before \"pkcs11:\", and "
									"quotes or brackets around the URI"
								      : "\"p11bearer keys\" prints the URIs of all "
									"keys");
		return -ERROR_CONFIG;
	}
	for (const char *c = text; *c != '\0'; c++) {
		if (isspace((unsigned char)*c)) {
			error_set(error, ERROR_CONFIG, "the URI contains a blank, which p11-kit would drop");
			error_hint(error, "write %%20 for a blank");
			p11_uri_hint_id(text, error);
			return -ERROR_CONFIG;
		}
		if (*c == '%' && (!isxdigit((unsigned char)c[1]) || !isxdigit((unsigned char)c[2])))
			return error_set(error, ERROR_CONFIG, "the URI has a '%%' without two hex digits after it");
	}
	if (check_attributes(text + 7, seen, error) < 0)
		return -ERROR_CONFIG;
	uri->has_id = seen[find_attribute("id", 2)];
	uri->has_slot_id = seen[find_attribute("slot-id", 7)];
	uri->has_object = seen[find_attribute("object", 6)];
	uri->has_serial = seen[find_attribute("serial", 6)];
	uri->is_full = seen[find_attribute("token", 5)] && seen[find_attribute("manufacturer", 12)] &&
		       seen[find_attribute("model", 5)] && uri->has_serial;
	for (int i = 0; i < ATTRIBUTES; i++) {
		uri->has_library |= seen[i] && strncmp(attributes[i].name, "library-", 8) == 0;
		uri->has_slot |= seen[i] && strncmp(attributes[i].name, "slot-", 5) == 0 &&
				 strcmp(attributes[i].name, "slot-id") != 0;
	}
	return 0;
}
