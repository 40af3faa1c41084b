/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the command doctor. */
#ifndef P11BEARER_CMD_DOCTOR_H
#define P11BEARER_CMD_DOCTOR_H

#include "cmd/cmd.h"
#include "doctor/doctor.h"

/* Fills `given` and `request` from the settings, as far as these can be used. Fails only if memory is exhausted. The
 * caller clears both, also after a failure. */
int doctor_fill(const struct settings *settings, struct doctor_given *given, struct bearer_request *request,
		struct error *error);
void doctor_clear(struct doctor_given *given, struct bearer_request *request);

/* The parts of both that are about files and values. */
int doctor_fill_configuration(const struct settings *settings, struct doctor_configuration *configuration,
			      struct error *error);
void doctor_clear_configuration(struct doctor_configuration *configuration);

/* How many checks ended in which way, and what follows. */
struct doctor_summary {
	size_t counts[DOCTOR_SKIPPED + 1]; /* by status */
	enum error_class class; /* of the first failure, or ERROR_CONFIG for warnings with --strict; else ERROR_NONE */
};

/* Writes the report for people: each check when it has run, and the summary. */
struct doctor_print;
int doctor_print_new(struct doctor_print **print, struct error *error);
void doctor_print_free(struct doctor_print **print);
int doctor_print_check(struct doctor_print *print, const struct doctor_check *check,
		       const struct doctor_finding *finding, struct error *error);
int doctor_print_summary(struct doctor_print *print, const struct doctor_summary *summary, struct error *error);

/* What would be printed if this were the last check; the caller frees it. NULL if memory is exhausted. */
char *doctor_print_last(const struct doctor_print *print, const struct doctor_check *check,
			const struct doctor_finding *finding, const struct doctor_summary *summary);

/* The report as JSON, with a line end; the caller frees it. NULL if memory is exhausted. */
char *doctor_json(const struct doctor *doctor, const struct doctor_summary *summary);

#endif
