/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzzers share. */
#ifndef P11BEARER_FUZZ_H
#define P11BEARER_FUZZ_H

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program, which the fuzzer takes for a crash, where what must be so is not. */
static inline void expect(bool truth, const char *what)
{
	if (truth)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

#endif
