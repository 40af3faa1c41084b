/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with files and environment, for a command that reports all of it. */
#include "settings/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int fault_keep(struct settings *settings, enum settings_fault_kind kind, int result, struct error *error)
{
	struct kept_fault **list, *fault;

	if (result == 0 || !settings->usage->tolerant || error->class != ERROR_CONFIG)
		return result;
	list = realloc(settings->faults, (settings->fault_count + 1) * sizeof(struct kept_fault *));
	if (list == NULL)
		return error_memory(error);
	settings->faults = list;
	fault = calloc(1, sizeof(*fault));
	if (fault == NULL)
		return error_memory(error);
	list[settings->fault_count++] = fault;
	fault->fault.kind = kind;
	fault->fault.error = *error;
	fault->refused = settings->refused;
	if (fault->refused.text != NULL)
		fault->fault.url = &fault->refused.url;
	settings->refused = (struct value){ .layer = LAYER_NONE };
	*error = (struct error){ .class = ERROR_NONE };
	return 0;
}

const struct settings_fault *settings_fault(const struct settings *settings, size_t index)
{
	return index < settings->fault_count ? &settings->faults[index]->fault : NULL;
}

int file_note(struct settings *settings, const char *path, int fd, struct error *error)
{
	struct settings_file *file = &settings->files[settings->file_count];
	struct stat status;

	file->path = strdup(path);
	if (file->path == NULL)
		return error_memory(error);
	settings->file_count++;
	file->found = fd >= 0 && fstat(fd, &status) == 0;
	if (file->found) {
		file->owner = status.st_uid;
		file->mode = status.st_mode & ALLPERMS;
	}
	return 0;
}

const struct settings_file *settings_file(const struct settings *settings, size_t index)
{
	return index < settings->file_count ? &settings->files[index] : NULL;
}

void faults_free(struct settings *settings)
{
	for (size_t i = 0; i < settings->fault_count; i++) {
		value_clear(&settings->faults[i]->refused);
		free(settings->faults[i]);
	}
	free(settings->faults);
	for (size_t i = 0; i < settings->file_count; i++)
		free((char *)settings->files[i].path);
}
