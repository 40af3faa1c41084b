/* SPDX-License-Identifier: Apache-2.0 */
/* When the threads that sign wake the one that waits for them, with signatures that last until the test lets them go. */
#include "unit.h"

#include "batch/internal.h"

#include <poll.h>
#include <semaphore.h>

enum { LINES = 1 + AHEAD, PATIENCE_MS = 20000 };

static sem_t turns[LINES + 1]; /* of the line with this number: it may be signed */

int __wrap_signer_open(struct signer *signer, const struct bearer_request *request, struct error *error);
int __wrap_signer_open(struct signer *signer, const struct bearer_request *request, struct error *error)
{
	(void)request;
	(void)error;
	*signer = (struct signer){ .count = 1 };
	return 0;
}

bool __wrap_signer_another(const struct signer *signer, struct signer *another);
bool __wrap_signer_another(const struct signer *signer, struct signer *another)
{
	*another = *signer;
	return true;
}

int __wrap_p11_key_prepare(struct p11_key *key, struct error *error);
int __wrap_p11_key_prepare(struct p11_key *key, struct error *error)
{
	(void)key;
	(void)error;
	return 0;
}

const char *__wrap_p11_key_single(const struct p11_key *key);
const char *__wrap_p11_key_single(const struct p11_key *key)
{
	(void)key;
	return NULL;
}

bool __wrap_p11_signer_has_session(const struct p11_signer *signer);
bool __wrap_p11_signer_has_session(const struct p11_signer *signer)
{
	(void)signer;
	return true;
}

/* The lifetime of a line's request is its number, which also says which key signs. */
int __wrap_assertion_make(struct signer *signer, size_t which, const struct bearer_request *request,
			  struct assertion *assertion, struct error *error);
int __wrap_assertion_make(struct signer *signer, size_t which, const struct bearer_request *request,
			  struct assertion *assertion, struct error *error)
{
	(void)signer;
	assert_int_equal(which, request->lifetime % TURN_KEYS);
	(void)assertion;
	(void)error;
	while (sem_wait(&turns[request->lifetime]) < 0)
		;
	return 0;
}

static void give(struct workers *workers, struct item *items, size_t number)
{
	items[number] = (struct item){
		.number = number, .line.request.lifetime = (long)number, .turn.key = number % TURN_KEYS,
	};
	workers_give(workers, &items[number]);
}

/* Waits until one is done, by the descriptor alone, and takes it. */
static struct item *take(struct workers *workers)
{
	struct item *item;

	while ((item = workers_take(workers)) == NULL) {
		struct pollfd ready = { .fd = workers_descriptor(workers), .events = POLLIN };

		if (!workers_await(workers))
			continue;
		assert_int_equal(poll(&ready, 1, PATIENCE_MS), 1);
		workers_woken(workers);
	}
	return item;
}

/* Lines are signed one by one; after each of them the others are stuck until the test has it. */
static void each_signature_is_told(bool prompt, size_t sessions, size_t at_once)
{
	struct item items[LINES + 1];
	struct workers *workers;
	struct error error;
	size_t taken = 1;

	for (size_t i = 0; i <= LINES; i++)
		assert_int_equal(sem_init(&turns[i], 0, 0), 0);
	assert_works(workers_open(&workers, NULL, sessions, prompt, &error), &error);
	give(workers, items, 1);
	sem_post(&turns[1]);
	assert_ptr_equal(take(workers), &items[1]);
	for (size_t i = 2; i <= LINES; i++)
		give(workers, items, i);
	while (taken < LINES) {
		size_t until = taken + at_once < LINES ? taken + at_once : LINES;

		(void)workers_await(workers); /* before they end: that one is told is seen by the descriptor alone */
		for (size_t i = taken + 1; i <= until; i++)
			sem_post(&turns[i]);
		for (; taken < until; taken++)
			assert_non_null(take(workers));
		assert_null(workers_take(workers));
	}
	workers_close(&workers);
	for (size_t i = 0; i <= LINES; i++)
		sem_destroy(&turns[i]);
}

static void the_waiter_learns_of_each(void **state)
{
	(void)state;
	for (size_t sessions = 1; sessions <= 4; sessions++) {
		for (size_t at_once = 1; at_once <= 3; at_once++) {
			each_signature_is_told(false, sessions, at_once);
			each_signature_is_told(true, sessions, at_once);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_waiter_learns_of_each) };

	return cmocka_run_group_tests_name("workers", tests, NULL, NULL);
}
