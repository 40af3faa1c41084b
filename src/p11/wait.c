/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a person may be on the other side of a PIN source: while somebody types, a token's PIN may become locked, or
 * another token take its place. */
#include "p11/session.h"

#include "base/source.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What is read on the terminal, or is no file, may be given by somebody; so may what cannot be looked at. */
static bool is_regular(const char *path)
{
	struct stat status;

	return path != NULL && stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static bool source_may_wait(const char *source)
{
	static const char file[] = "file:", credential[] = "credential:";
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];
	struct stat status;
	int fd;

	if (source_variable(source) != NULL)
		return false;
	if (source_descriptor(source, &fd))
		return fstat(fd, &status) < 0 || !S_ISREG(status.st_mode);
	if (strncmp(source, file, sizeof(file) - 1) == 0)
		return !is_regular(source + sizeof(file) - 1);
	if (strncmp(source, credential, sizeof(credential) - 1) != 0 || folder == NULL)
		return true;
	snprintf(path, sizeof(path), "%s/%s", folder, source + sizeof(credential) - 1);
	return !is_regular(path);
}

bool pin_may_wait(const struct p11_request *request, const struct uri *uri)
{
	if (request->pin_from != NULL)
		return source_may_wait(request->pin_from);
	if (uri->pin != NULL)
		return false;
	return uri->pin_source == NULL || source_may_wait(uri->pin_source);
}
