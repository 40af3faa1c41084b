/* SPDX-License-Identifier: Apache-2.0 */
/* Names that are not attributes of RFC 7512, and the attributes they stand for: words of other tools and of earlier
 * drafts, and typing errors. */
#include "p11/uri.h"

#include "base/distance.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The attributes themselves are listed too, for names that come close. '-' also matches '_' or nothing. */
static const struct {
	const char *name, *meant;
} names[] = {
	{ "token", "token" },
	{ "manufacturer", "manufacturer" },
	{ "model", "model" },
	{ "serial", "serial" },
	{ "library-manufacturer", "library-manufacturer" },
	{ "library-description", "library-description" },
	{ "library-version", "library-version" },
	{ "slot-manufacturer", "slot-manufacturer" },
	{ "slot-description", "slot-description" },
	{ "slot-id", "slot-id" },
	{ "object", "object" },
	{ "id", "id" },
	{ "type", "type" },
	{ "pin-source", "pin-source" },
	{ "pin-value", "pin-value" },
	{ "module-name", "module-name" },
	{ "module-path", "module-path" },
	{ "label", "object" },
	{ "cka-label", "object" },
	{ "name", "object" },
	{ "key", "object" },
	{ "key-name", "object" },
	{ "key-label", "object" },
	{ "key-alias", "object" },
	{ "label-hex", "object" },
	{ "nickname", "object" },
	{ "friendly-name", "object" },
	{ "container", "object" },
	{ "alias", "object" },
	{ "object-label", "object" },
	{ "object-name", "object" },
	{ "cka-id", "id" },
	{ "id-hex", "id" },
	{ "hex-id", "id" },
	{ "key-id", "id" },
	{ "object-id", "id" },
	{ "keypair-id", "id" },
	{ "slot", "slot-id" },
	{ "slot-number", "slot-id" },
	{ "slot-no", "slot-id" },
	{ "slot-num", "slot-id" },
	{ "slot-index", "slot-id" },
	{ "reader", "slot-description" },
	{ "slot-name", "slot-description" },
	{ "slot-label", "slot-description" },
	{ "object-type", "type" },
	{ "object-class", "type" },
	{ "cka-class", "type" },
	{ "class", "type" },
	{ "key-type", "type" },
	{ "token-label", "token" },
	{ "token-name", "token" },
	{ "token-id", "token" },
	{ "hsm", "token" },
	{ "card", "token" },
	{ "partition", "token" },
	{ "serial-number", "serial" },
	{ "serial-no", "serial" },
	{ "sn", "serial" },
	{ "token-serial", "serial" },
	{ "manufacturer-id", "manufacturer" },
	{ "token-manufacturer", "manufacturer" },
	{ "vendor", "manufacturer" },
	{ "mfr", "manufacturer" },
	{ "maker", "manufacturer" },
	{ "token-model", "model" },
	{ "model-name", "model" },
	{ "module", "module-path" },
	{ "module-file", "module-path" },
	{ "pkcs11-module", "module-path" },
	{ "so-path", "module-path" },
	{ "driver", "module-path" },
	{ "path", "module-path" },
	{ "library", "module-path" },
	{ "library-path", "module-path" },
	{ "lib", "module-path" },
	{ "provider", "module-path" },
	{ "library-name", "module-name" },
	{ "pin", "pin-value" },
	{ "user-pin", "pin-value" },
	{ "password", "pin-value" },
	{ "passphrase", "pin-value" },
	{ "pin-file", "pin-source" },
	{ "pin-from", "pin-source" },
	{ "pin-path", "pin-source" },
	{ "pin-src", "pin-source" },
	{ "pin-env", "pin-source" },
};
enum { NAMES = sizeof(names) / sizeof(names[0]) };
enum { ABBREVIATION_MIN = 3 }; /* characters */

/* The name in lower case, without separators and without the slashes of "pkcs11://". */
static void squeeze(char squeezed[DISTANCE_MAX + 1], const char *name, size_t length)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		if (strchr("-_. /", name[i]) == NULL)
			squeezed[used++] = (char)tolower((unsigned char)name[i]);
	}
	squeezed[used] = '\0';
}

/* The attribute that is most likely meant, or NULL. If more than a fourth is wrong, it is another word. */
static const char *meant_by(const char *name, size_t length)
{
	char word[DISTANCE_MAX + 1], known[DISTANCE_MAX + 1];
	const char *meant = NULL;
	unsigned least;

	if (length == 0 || length > DISTANCE_MAX || strncmp(name, "x-", 2) == 0) /* a vendor's own */
		return NULL;
	squeeze(word, name, length);
	least = (unsigned)strlen(word) / 4 + 1;
	for (size_t i = 0; i < NAMES && least > 0; i++) {
		unsigned edits;

		squeeze(known, names[i].name, strlen(names[i].name));
		edits = distance(word, known);
		/* Short words must be correct: "ip" is not "id". */
		if (edits < least && (edits == 0 || strlen(known) > 3)) {
			meant = names[i].meant;
			least = edits;
		}
	}
	/* An abbreviation. */
	for (size_t i = 0; i < NAMES && meant == NULL && strlen(word) >= ABBREVIATION_MIN; i++) {
		squeeze(known, names[i].name, strlen(names[i].name));
		if (strncmp(word, known, strlen(word)) == 0)
			meant = names[i].meant;
	}
	return meant;
}

void uri_hint_name(const char *name, size_t length, bool query, struct error *error)
{
	const char *meant = meant_by(name, length), *where = "";

	if (meant == NULL)
		return;
	if ((uri_is_query_attribute(meant, strlen(meant)) == 1) != query)
		where = query ? ", which belongs before the '?'" : ", which belongs after a '?'";
	error_hint(error, "did you mean %s%s?%s", meant, where,
		   strcmp(meant, "pin-value") == 0 ? " --pin-from and pin-source keep the PIN out of the URI" : "");
}
