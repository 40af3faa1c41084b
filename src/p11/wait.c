/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a person may be at the other end of a PIN source: while somebody types, the token's PIN may be locked, or the
 * token be replaced. */
#include "p11/session.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A person may enter whatever is not a regular file, or cannot be examined. */
static bool is_regular(const char *path)
{
	struct stat status;

	return path != NULL && stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static bool source_may_wait(const struct source *source)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];
	struct stat status;

	if (source->type == SOURCE_VARIABLE)
		return false;
	if (source->type == SOURCE_DESCRIPTOR)
		return fstat(source->fd, &status) < 0 || !S_ISREG(status.st_mode);
	if (source->type == SOURCE_FILE)
		return !is_regular(source->name);
	if (source->type != SOURCE_CREDENTIAL || folder == NULL)
		return true;
	snprintf(path, sizeof(path), "%s/%s", folder, source->name);
	return !is_regular(path);
}

bool pin_may_wait(const struct p11_request *request)
{
	const struct uri *uri = request->uri;

	if (request->pin_from.type != SOURCE_NONE)
		return source_may_wait(&request->pin_from);
	if (uri->pin != NULL)
		return false;
	return source_may_wait(&uri->pin_source); /* SOURCE_NONE: a prompt or PIN pad */
}
