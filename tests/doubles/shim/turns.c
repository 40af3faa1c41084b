/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the processes that use a token from disturbing each other: SoftHSM empties the token's file for a moment at each
 * login. */
#include "shim.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

int turns_begin(const struct call *call)
{
	const char *path = getenv("P11SHIM_TURNS");
	int lock;

	/* Making a key takes long, and leaves the token's file alone. */
	if (path == NULL || strcmp(call->function, "C_GenerateKeyPair") == 0) {
		return -1;
	}
	lock = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0 || flock(lock, strcmp(call->function, "C_Login") == 0 ? LOCK_EX : LOCK_SH) < 0) {
		shim_complain("%s of P11SHIM_TURNS cannot be locked", path);
	}
	return lock;
}

void turns_end(int lock)
{
	if (lock >= 0) {
		close(lock);
	}
}
