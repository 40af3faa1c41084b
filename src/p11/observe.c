/* SPDX-License-Identifier: Apache-2.0 */
#include "p11/observe.h"

#include <string.h>

void observe_serial(const struct token *token, char serial[P11_SERIAL_SIZE])
{
	size_t length = P11_SERIAL_SIZE - 1;

	_Static_assert(sizeof(token->info.serialNumber) == P11_SERIAL_SIZE - 1, "PKCS#11 2.40 section 3.2");
	memcpy(serial, token->info.serialNumber, length);
	while (length > 0 && serial[length - 1] == ' ')
		length--;
	serial[length] = '\0';
}

int observe(const struct p11_request *request, const struct token *token, struct p11_event event, double milliseconds,
	    int result, struct error *error)
{
	const struct p11_observer *observer = request->observer;
	struct error ignored;

	if (observer == NULL)
		return result;
	observe_serial(token, event.serial);
	event.milliseconds = milliseconds;
	if (result < 0) {
		(void)observer->tell(observer->context, &event, error, &ignored);
		return result;
	}
	return observer->tell(observer->context, &event, NULL, error);
}
