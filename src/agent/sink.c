/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/bearer.h"
#include "agent/core.h"
#include "agent/sink-file.h"
#include "base/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RETRY_FIRST = 1000, RETRY_LAST = 60000 }; /* milliseconds */

/* A file that a profile has, or had until the last reload. */
struct sink {
	struct sink *next;
	struct agent *agent;
	char *profile, *path;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	struct agent_bearer *bearer;  /* that shall be in the file; NULL: no file */
	struct agent_bearer *written; /* that is in the file, if that is another one */
	struct timer retry;
	double delay;                 /* until the next try after a failure */
	char told[512];               /* the failure that was warned of */
};

static struct sink *sinks; /* of the agent, of which a process has one */

/* --- one sink ---------------------------------------------------------------------------------------------------- */

static void complain(struct sink *sink, const struct error *error)
{
	if (strncmp(sink->told, error->text, sizeof(sink->told) - 1) == 0)
		return;
	snprintf(sink->told, sizeof(sink->told), "%.511s", error->text);
	message_warn("profile %s: %s", sink->profile, error->text);
	if (error->hint[0] != '\0')
		message_note("%s", error->hint);
}

static bool is_dead(const struct sink *sink, const struct agent_bearer *bearer)
{
	return bearer == NULL || agent_bearer_is_dead(bearer, loop_now(sink->agent->loop), (long long)time(NULL));
}

static int remove_file(struct sink *sink, struct error *error)
{
	agent_bearer_leave(&sink->bearer);
	agent_bearer_leave(&sink->written);
	return sink_file_remove(sink->path, error);
}

/* The bearer in the file stays there after a failure, as long as it lives. */
static int put_file(struct sink *sink, struct error *error)
{
	struct error ignored;

	if (sink_file_put(sink->path, sink->bearer->token, sink->mode, sink->uid, sink->gid, error) == 0) {
		agent_bearer_leave(&sink->written);
		return 0;
	}
	if (is_dead(sink, sink->written)) {
		agent_bearer_leave(&sink->written);
		(void)sink_file_remove(sink->path, &ignored);
	}
	return error_result(error);
}

/* Makes the file what it should be. */
static void update(struct sink *sink)
{
	struct loop *loop = sink->agent->loop;
	struct error error;
	int result = is_dead(sink, sink->bearer) ? remove_file(sink, &error) : put_file(sink, &error);

	if (result == 0) {
		if (sink->told[0] != '\0')
			message_note("profile %s: the sink %s is in order again", sink->profile, sink->path);
		sink->told[0] = '\0';
		sink->delay = RETRY_FIRST;
		timer_clear(loop, &sink->retry);
		return;
	}
	complain(sink, &error);
	(void)timer_set(loop, &sink->retry, loop_now(loop) + sink->delay);
	sink->delay = sink->delay < (double)RETRY_LAST / 2 ? 2 * sink->delay : (double)RETRY_LAST;
}

static void try_again(void *context)
{
	update(context);
}

/* --- all sinks --------------------------------------------------------------------------------------------------- */

static struct sink *find(const struct agent_profile *profile)
{
	struct sink *sink = sinks;

	while (sink != NULL && strcmp(sink->profile, profile->name) != 0)
		sink = sink->next;
	return sink;
}

static void free_sink(struct sink *sink)
{
	agent_bearer_leave(&sink->bearer);
	agent_bearer_leave(&sink->written);
	timer_clear(sink->agent->loop, &sink->retry);
	free(sink->profile);
	free(sink->path);
	free(sink);
}

/* Comes last for a file: nothing else would remove it. */
static void remove_last(struct sink *sink)
{
	struct error error;

	if (sink_file_remove(sink->path, &error) < 0)
		complain(sink, &error);
}

static struct sink *add(struct agent *agent, const struct agent_profile *profile)
{
	struct sink *sink = calloc(1, sizeof(*sink));

	if (sink == NULL)
		return NULL;
	sink->agent = agent;
	sink->profile = strdup(profile->name);
	sink->path = strdup(profile->sink);
	if (sink->profile == NULL || sink->path == NULL) {
		free_sink(sink);
		return NULL;
	}
	sink->mode = profile->sink_mode;
	sink->uid = profile->sink_uid;
	sink->gid = profile->sink_gid;
	sink->delay = RETRY_FIRST;
	sink->retry = (struct timer){ .call = try_again, .context = sink };
	sink->next = sinks;
	sinks = sink;
	return sink;
}

void sink_write(struct agent *agent, const struct agent_profile *profile, struct agent_bearer *bearer)
{
	struct sink *sink = find(profile);

	if (profile->sink == NULL && sink == NULL)
		return;
	if (sink == NULL)
		sink = add(agent, profile);
	if (sink == NULL) {
		message_warn("profile %s: cannot write the sink %s: out of memory", profile->name, profile->sink);
	} else {
		/* After a failed renewal of the file, `written` is still the one in it. */
		if (sink->written == NULL)
			sink->written = sink->bearer;
		else
			agent_bearer_leave(&sink->bearer);
		sink->bearer = bearer != NULL ? agent_bearer_use(bearer) : NULL;
		update(sink);
	}
}

static bool is_unchanged(const struct sink *sink, const struct agent_profile *profile)
{
	return profile->sink != NULL && strcmp(profile->sink, sink->path) == 0 && profile->sink_mode == sink->mode &&
	       profile->sink_uid == sink->uid && profile->sink_gid == sink->gid;
}

/* Takes the sinks that are gone, or look different now, off the list. */
static struct sink *take_changed(const struct agent *agent)
{
	struct sink *changed = NULL, **at = &sinks;

	while (*at != NULL) {
		struct sink *sink = *at;
		const struct agent_profile *profile = agent_profile(agent, sink->profile);

		if (profile != NULL && is_unchanged(sink, profile)) {
			at = &sink->next;
			continue;
		}
		*at = sink->next;
		sink->next = changed;
		changed = sink;
	}
	return changed;
}

/* Ends those. A bearer that the cache keeps is written to the new file. All old files are removed before that: one of
 * them may now be another profile's. */
static void end_changed(struct agent *agent)
{
	struct sink *changed = take_changed(agent), *sink;

	for (sink = changed; sink != NULL; sink = sink->next)
		remove_last(sink);
	while ((sink = changed) != NULL) {
		const struct agent_profile *profile = agent_profile(agent, sink->profile);

		changed = sink->next;
		if (profile != NULL && profile->sink != NULL && sink->bearer != NULL)
			sink_write(agent, profile, sink->bearer);
		free_sink(sink);
	}
}

void sink_configure(struct agent *agent)
{
	end_changed(agent);
	for (size_t i = 0; i < agent->config->count; i++) {
		const struct agent_profile *profile = &agent->config->profiles[i];

		if (profile->sink != NULL && find(profile) == NULL)
			sink_write(agent, profile, NULL);
	}
}

void sink_end_all(void)
{
	while (sinks != NULL) {
		struct sink *sink = sinks;

		sinks = sink->next;
		remove_last(sink);
		free_sink(sink);
	}
}
