/* SPDX-License-Identifier: Apache-2.0 */
/* What workers write to stderr: repeated after the profile's name, and kept as the reason of their end. */
#include "agent/worker.h"

#include "base/message.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* A worker names its settings as it finds them; users know them as sections. */
static void drop_place(char *text)
{
	static const char place[] = WORKER_SETTINGS ", ";
	char *found = strstr(text, place);

	if (found != NULL)
		memmove(found, found + strlen(place), strlen(found + strlen(place)) + 1);
}

/* Forwards a line. Lines without our name come from modules and other libraries. */
static void forward(struct complaints *complaints)
{
	static const char name[] = "p11bearer: ", warning[] = "warning: ";
	const char *text = complaints->line;
	bool ours = strncmp(text, name, strlen(name)) == 0;

	complaints->line[complaints->length] = '\0';
	complaints->length = 0;
	text_line(complaints->line);
	drop_place(complaints->line);
	if (*text == '\0')
		return;
	text += ours ? strlen(name) : 0;
	message_note("%s: %s", complaints->name, text);
	/* Warnings and the steps of --verbose explain no end. */
	if (!ours || *text == '[' || strncmp(text, warning, strlen(warning)) == 0)
		return;
	memcpy(complaints->said[0], complaints->said[1], SAID_SIZE);
	snprintf(complaints->said[1], SAID_SIZE, "%s", text);
}

void complaints_take(struct complaints *complaints, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\n')
			forward(complaints);
		else if (complaints->length < SAID_SIZE - 1)
			complaints->line[complaints->length++] = text[i];
	}
}

void complaints_explain(struct complaints *complaints, struct error *error)
{
	static const char end[] = "; the input is read up to line ";
	const char *first = complaints->said[0], *last = complaints->said[1];

	if (complaints->length > 0)
		forward(complaints);
	if (*last == '\0')
		return;
	/* A sentence may be followed by its hint. Only the sentence that ends a batch names the input. */
	if (*first == '\0' || strstr(last, end) != NULL) {
		error_set(error, error->class, "%s", last);
		return;
	}
	error_set(error, error->class, "%s", first);
	error_hint(error, "%s", last);
}
