/* SPDX-License-Identifier: Apache-2.0 */
/* The vendor's certificates: the file, and which of them are trusted. */
#include "x509/roots.h"

#include "base/descriptor.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/trust.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 20 };

bool x509_root_is_trusted(X509 *certificate)
{
	bool is_root = X509_self_signed(certificate, 1) == 1 && X509_check_ca(certificate) == 1;

	ERR_clear_error();
	return is_root;
}

static int check_roots(const struct x509_roots *roots, struct error *error)
{
	for (size_t i = 0; i < roots->list.count; i++) {
		if (x509_root_is_trusted(roots->list.list[i]))
			return 0;
	}
	error_set(error, ERROR_CONFIG, "%s holds no root: none of its certificates is a CA's and signed with its own "
		  "key", roots->path);
	error_hint(error, "add the vendor's root to the intermediates in it");
	return -ERROR_CONFIG;
}

static int parse(struct x509_roots *roots, const char *data, size_t length, struct error *error)
{
	/* Even if it is no certificate, that is what the user must know. */
	if (x509_has_private_key(data, length)) {
		error_set(error, ERROR_CONFIG, "%s contains a private key; only certificates belong in it",
			  roots->path);
		error_hint(error, "remove the private key; if it is in use, replace the key pair: it is no longer "
				  "secret");
		return -ERROR_CONFIG;
	}
	if (x509_parse(roots->path, data, length, &roots->list, error) < 0)
		return error_result(error);
	return check_roots(roots, error);
}

/* Anyone who can write the file decides whose keys are proven. */
static int check_writers(const char *path, int fd, struct error *error)
{
	int descriptor;

	if (descriptor_path(path, &descriptor))
		return trust_check_descriptor(fd, path, ERROR_CONFIG, error);
	return trust_check(path, fd, ERROR_CONFIG, error);
}

int x509_roots_read(struct x509_roots *roots, const char *path, struct error *error)
{
	char *data = NULL;
	size_t length;
	int fd, result;

	memset(roots, 0, sizeof(*roots));
	roots->path = path;
	fd = file_open(path, error);
	if (fd < 0)
		return fd;
	result = check_writers(path, fd, error);
	if (result == 0)
		result = file_read_descriptor(fd, path, FILE_MAX, &data, &length, error);
	close(fd);
	if (result == 0)
		result = parse(roots, data, length, error);
	if (data != NULL)
		wipe_free(data); /* it may be a private key, given by mistake */
	if (result < 0)
		x509_list_clear(&roots->list);
	return result;
}

void x509_roots_clear(struct x509_roots *roots)
{
	x509_list_clear(&roots->list);
}
