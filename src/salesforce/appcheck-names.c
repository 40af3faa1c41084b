/* SPDX-License-Identifier: Apache-2.0 */
/* Files that "deploy" would leave out or refuse because of their names. */
#include "salesforce/appcheck-internal.h"

#include "salesforce/ignore.h"
#include "salesforce/names.h"
#include "salesforce/walk.h"

#include <string.h>
#include <sys/stat.h>

struct naming {
	struct appcheck *check;
	struct ignore *ignore;
	struct names names;
};

static int visit(void *context, const char *path, const char *below, enum walk_kind kind, struct error *error)
{
	struct naming *naming = context;
	size_t line = ignore_line(naming->ignore, below);
	enum appfile_type type;

	if (line == 0)
		return names_add(&naming->names, path, kind != WALK_FILE, error);
	if (!appfile_type_of(path, &type) ||
	    appcheck_add(naming->check, APPCHECK_DOUBT, "ignored", path,
			 "\"deploy\" leaves the file out: line %zu of %s", line, ignore_path(naming->ignore)) == 0)
		return 0;
	return error_memory(error);
}

int appcheck_names(struct appcheck *check, const char *path, struct error *error)
{
	struct naming naming = { .check = check };
	const struct names_wrong *wrong;
	struct stat status;
	size_t index = 0;
	int result = ignore_read(path, &naming.ignore, error);

	if (result == 0 && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		result = walk_files(path, visit, &naming, NULL, error);
	else if (result == 0)
		result = visit(&naming, path, basename(path), WALK_FILE, error);
	while (result == 0 && (wrong = names_next(&naming.names, &index)) != NULL) {
		if (appcheck_add(check, APPCHECK_UNFIT, "wrong-name", wrong->path, "%.500s", wrong->text) < 0)
			result = error_memory(error);
	}
	ignore_free(&naming.ignore);
	names_clear(&naming.names);
	return result;
}
