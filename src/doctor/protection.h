/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to doctor/protection*.c. */
#ifndef P11BEARER_DOCTOR_PROTECTION_H
#define P11BEARER_DOCTOR_PROTECTION_H

#include <stdbool.h>
#include <stddef.h>

/* Reads the first line of a file of the kernel, without its end. */
bool protection_line(const char *path, char *line, size_t size);

#endif
