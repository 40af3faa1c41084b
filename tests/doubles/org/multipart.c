/* SPDX-License-Identifier: Apache-2.0 */
#include "multipart.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BUFFER_SIZE = 64 * 1024 };

/* Called with each piece of a part; `offset` 0 begins a new one. */
/* NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the library sets the signature */
static enum MHD_Result take(void *context, enum MHD_ValueKind kind, const char *key, const char *file, const char *type,
	const char *encoding, const char *data, uint64_t offset, size_t size)
{
	struct parts *parts = context;
	struct part *part;
	char *grown;

	(void)kind;
	(void)file;
	(void)encoding;
	if (offset == 0) {
		if (parts->count == PARTS_MAX)
			return MHD_NO;
		part = &parts->list[parts->count++];
		*part = (struct part){ .data = NULL };
		snprintf(part->name, sizeof(part->name), "%s", key != NULL ? key : "");
		snprintf(part->type, sizeof(part->type), "%s", type != NULL ? type : "");
	}
	part = &parts->list[parts->count - 1];
	grown = realloc(part->data, part->length + size + 1);
	if (grown == NULL)
		return MHD_NO;
	if (size > 0)
		memcpy(grown + part->length, data, size);
	part->data = grown;
	part->length += size;
	grown[part->length] = '\0';
	return MHD_YES;
}

void parts_read(struct parts *parts, struct MHD_Connection *connection, const char *type, const char *body,
	size_t length)
{
	struct MHD_PostProcessor *processor = NULL;

	*parts = (struct parts){ .count = 0 };
	if (type != NULL && strncasecmp(type, "multipart/form-data", 19) == 0)
		processor = MHD_create_post_processor(connection, BUFFER_SIZE, take, parts);
	if (processor == NULL)
		return;
	if (MHD_post_process(processor, body, length) != MHD_YES)
		parts_clear(parts);
	MHD_destroy_post_processor(processor);
}

const struct part *parts_find(const struct parts *parts, const char *name)
{
	for (size_t i = 0; i < parts->count; i++) {
		if (strcmp(parts->list[i].name, name) == 0)
			return &parts->list[i];
	}
	return NULL;
}

void parts_clear(struct parts *parts)
{
	for (size_t i = 0; i < parts->count; i++)
		free(parts->list[i].data);
	parts->count = 0;
}
