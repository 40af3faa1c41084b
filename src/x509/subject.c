/* SPDX-License-Identifier: Apache-2.0 */
/* Parses what users write about certificates: the subject and the extended key usages. */
#include "x509/x509.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <string.h>

/* Unescapes the next /TYPE=value of the subject into `part`, and advances *text. */
static int subject_part(const char **text, char *part, size_t size, struct error *error)
{
	const char *c = *text + 1;
	size_t used = 0;

	for (; *c != '\0' && *c != '/'; c++) {
		if (*c == '\\' && c[1] != '\0')
			c++;
		if (used + 1 >= size)
			return error_set(error, ERROR_USAGE, "a part of the subject is longer than %zu bytes",
					 size - 1);
		part[used++] = *c;
	}
	part[used] = '\0';
	*text = c;
	return 0;
}

static int parse_parts(const char *text, X509_NAME *name, struct error *error)
{
	char part[512];

	if (*text != '/')
		return error_set(error, ERROR_USAGE, "the subject \"%s\" must begin with '/', as in /CN=ci-server",
				 text);
	while (*text == '/') {
		char *equals;

		if (subject_part(&text, part, sizeof(part), error) < 0)
			return -ERROR_USAGE;
		equals = strchr(part, '=');
		if (equals == NULL || equals == part || equals[1] == '\0')
			return error_set(error, ERROR_USAGE, "the subject's part \"%s\" is not of the form TYPE=value",
					 part);
		*equals = '\0';
		if (X509_NAME_add_entry_by_txt(name, part, MBSTRING_UTF8, (unsigned char *)equals + 1, -1, -1,
					       0) <= 0) {
			error_openssl(error, ERROR_USAGE, "the subject cannot be used");
			error_hint(error, "correct the part with %s; types are CN, O, OU, C, ST, L, emailAddress, …",
				   part);
			return -ERROR_USAGE;
		}
	}
	return 0;
}

int x509_subject_parse(X509_NAME **subject, const char *text, struct error *error)
{
	int result;

	*subject = X509_NAME_new();
	result = *subject != NULL ? parse_parts(text, *subject, error) : error_memory(error);
	if (result < 0) {
		X509_NAME_free(*subject);
		*subject = NULL;
	}
	return result;
}

/* Adds the usage, a name or identifier of `length` bytes. */
static int add_usage(STACK_OF(ASN1_OBJECT) *usages, const char *text, size_t length, struct error *error)
{
	char name[64];
	ASN1_OBJECT *usage;

	snprintf(name, sizeof(name), "%.*s", (int)length, text);
	usage = OBJ_txt2obj(name, 0);
	ERR_clear_error();
	if (length == 0 || length >= sizeof(name) || usage == NULL) {
		ASN1_OBJECT_free(usage);
		error_set(error, ERROR_USAGE, "\"%.*s\" is not an extended key usage", (int)length, text);
		error_hint(error, "give names such as clientAuth and serverAuth, or object identifiers, with commas "
				  "between them");
		return -ERROR_USAGE;
	}
	if (sk_ASN1_OBJECT_push(usages, usage) > 0)
		return 0;
	ASN1_OBJECT_free(usage);
	return error_memory(error);
}

int x509_usages_parse(STACK_OF(ASN1_OBJECT) **usages, const char *text, struct error *error)
{
	int result;

	*usages = sk_ASN1_OBJECT_new_null();
	result = *usages != NULL ? 0 : error_memory(error);
	for (const char *next = text; result == 0 && next != NULL;) {
		size_t length = strcspn(next, ",");

		result = add_usage(*usages, next, length, error);
		next = next[length] == ',' ? next + length + 1 : NULL;
	}
	if (result < 0) {
		sk_ASN1_OBJECT_pop_free(*usages, ASN1_OBJECT_free);
		*usages = NULL;
	}
	return result;
}
