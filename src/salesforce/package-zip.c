/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/package-zip.h"

#include <stdbool.h>
#include <stdlib.h>
#include <zip.h>

enum { ZIP_MAX = 39 * 1024 * 1024 }; /* bytes; the org's limit (Metadata API Developer Guide, "Metadata Limits") */

static bool fill(zip_t *zip, const struct package_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct package_file *file = &files[i];
		zip_source_t *source = zip_source_buffer(zip, file->data, file->length, 0);
		zip_int64_t index = source != NULL ? zip_file_add(zip, file->name, source, ZIP_FL_ENC_UTF_8) : -1;

		if (index < 0) {
			zip_source_free(source);
			return false;
		}
		/* A fixed time, so that the same files make the same package. Times in a zip begin in 1980. */
		if (zip_file_set_dostime(zip, (zip_uint64_t)index, 0, 1 << 5 | 1, 0) < 0)
			return false;
	}
	return true;
}

static bool take(zip_source_t *source, char **data, size_t *length)
{
	zip_stat_t status;
	bool taken = false;

	if (zip_source_stat(source, &status) < 0 || (status.valid & ZIP_STAT_SIZE) == 0 || zip_source_open(source) < 0)
		return false;
	*data = malloc(status.size + 1);
	*length = status.size;
	if (*data != NULL)
		taken = zip_source_read(source, *data, status.size) == (zip_int64_t)status.size;
	zip_source_close(source);
	return taken;
}

int package_zip_make(const struct package_file *files, size_t count, char **data, size_t *length, struct error *error)
{
	zip_error_t why;
	zip_source_t *source;
	zip_t *zip = NULL;
	int result = 0;

	zip_error_init(&why);
	source = zip_source_buffer_create(NULL, 0, 0, &why);
	if (source != NULL)
		zip = zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, &why);
	if (zip == NULL) {
		zip_source_free(source);
		result = error_set(error, ERROR_UNEXPECTED, "cannot make the package: %s", zip_error_strerror(&why));
		zip_error_fini(&why);
		return result;
	}
	zip_error_fini(&why);
	zip_source_keep(source); /* zip_close releases it */
	if (!fill(zip, files, count) || zip_close(zip) < 0) {
		result = error_set(error, ERROR_UNEXPECTED, "cannot make the package: %s", zip_strerror(zip));
		zip_discard(zip);
	} else if (!take(source, data, length)) {
		result = error_memory(error);
	}
	zip_source_free(source);
	if (result == 0 && *length > ZIP_MAX)
		result = error_set(error, ERROR_CONFIG, "the zipped package has %zu bytes; the org accepts at most %d",
				   *length, (int)ZIP_MAX);
	return result;
}
