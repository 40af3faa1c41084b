/* SPDX-License-Identifier: Apache-2.0 */
/* --require-attested, and the vendor's certificates that it and attest need. */
#include "cmd/cmd.h"

#include "bearer/attest.h"

#include <stdlib.h>
#include <string.h>

/* A file with the vendor's certificates, which a process reads once: the requests of its keys point here. */
struct roots {
	char *path;
	struct x509_roots read;
	struct p11_attester attester;
	struct roots *next;
};

static int read_roots(const char *path, struct roots **roots, struct error *error)
{
	static struct roots *all;
	struct roots *new;

	for (*roots = all; *roots != NULL; *roots = (*roots)->next) {
		if (strcmp((*roots)->path, path) == 0)
			return 0;
	}
	new = calloc(1, sizeof(*new));
	if (new != NULL)
		new->path = strdup(path);
	if (new == NULL || new->path == NULL) {
		free(new);
		return error_memory(error);
	}
	if (x509_roots_read(&new->read, new->path, error) < 0) {
		x509_roots_clear(&new->read);
		free(new->path);
		free(new);
		return error_result(error);
	}
	new->attester = attest_with(&new->read);
	new->next = all;
	all = *roots = new;
	return 0;
}

/* Names the setting. Whether it is an option or not, the exit status is that of the configuration. */
static int blame(const struct settings *settings, enum setting_id id, struct error *error)
{
	enum error_class class = error->class;

	settings_blame(settings, id, error);
	error->class = class;
	return error_result(error);
}

int cmd_roots(const struct settings *settings, enum setting_id id, const struct x509_roots **roots, struct error *error)
{
	const char *path = settings_text(settings, id);
	struct roots *found = NULL;

	*roots = NULL;
	if (path != NULL && read_roots(path, &found, error) < 0)
		return blame(settings, id, error);
	if (found != NULL)
		*roots = &found->read;
	return 0;
}

int cmd_attester(const struct settings *settings, struct p11_request *request, struct error *error)
{
	const char *path = settings_text(settings, SETTING_ATTESTATION_ROOTS);
	struct roots *roots;

	request->attester = NULL;
	/* attest has its own roots, and is what tells why a key is refused. */
	if (!settings_flag(settings, SETTING_REQUIRE_ATTESTED) || settings_text(settings, SETTING_ROOTS) != NULL)
		return 0;
	if (path == NULL) {
		error_set(error, ERROR_CONFIG, "attested keys are required, but no certificates are set that prove it");
		error_hint(error, "name the file with the vendor's certificates as attestation-roots in a "
				  "configuration file, or with --attestation-roots");
		return blame(settings, SETTING_REQUIRE_ATTESTED, error);
	}
	if (read_roots(path, &roots, error) < 0)
		return blame(settings, SETTING_ATTESTATION_ROOTS, error);
	request->attester = &roots->attester;
	return 0;
}
