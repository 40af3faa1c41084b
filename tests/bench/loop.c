/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop MODULE LABEL PIN-FILE THREADS COUNT: the least that COUNT signatures can cost. One login, one session per thread, and in
 * each thread C_SignInit and C_Sign again and again over the same signing input, on the key "signer" of the token LABEL.
 * Prints signatures per second; start-up is not counted.
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { INPUT_SIZE = 300, SLOTS_MAX = 16, THREADS_MAX = 64 };

static CK_FUNCTION_LIST *module;
static CK_SLOT_ID slot;
static atomic_long left;
static pthread_barrier_t ready, done;

static void check(CK_RV rv, const char *what)
{
	if (rv == CKR_OK)
		return;
	fprintf(stderr, "loop: %s: 0x%lx\n", what, rv);
	exit(1);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void load(const char *path)
{
	void *library = dlopen(path, RTLD_NOW);
	CK_C_GetFunctionList get = library != NULL ? (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList") : NULL;
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };

	check(get != NULL ? CKR_OK : CKR_GENERAL_ERROR, path);
	check(get(&module), "C_GetFunctionList");
	check(module->C_Initialize(&args), "C_Initialize");
}

static void find_slot(const char *label)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count = SLOTS_MAX;
	CK_TOKEN_INFO info;
	char padded[sizeof(info.label)];

	memset(padded, ' ', sizeof(padded));
	memcpy(padded, label, strnlen(label, sizeof(padded)));
	check(module->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
	for (CK_ULONG i = 0; i < count; i++) {
		if (module->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
		    memcmp(info.label, padded, sizeof(padded)) == 0) {
			slot = slots[i];
			return;
		}
	}
	check(CKR_SLOT_ID_INVALID, label);
}

static CK_SESSION_HANDLE open_session(void)
{
	CK_SESSION_HANDLE session;

	check(module->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session), "C_OpenSession");
	return session;
}

static void login(CK_SESSION_HANDLE session, const char *pin_file)
{
	FILE *file = fopen(pin_file, "r");
	char pin[64] = "";

	check(file != NULL && fgets(pin, sizeof(pin), file) != NULL ? CKR_OK : CKR_PIN_INVALID, pin_file);
	fclose(file);
	check(module->C_Login(session, CKU_USER, (CK_BYTE *)pin, strcspn(pin, "\n")), "C_Login");
}

static CK_OBJECT_HANDLE find_key(CK_SESSION_HANDLE session)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) }, { CKA_LABEL, "signer", 6 } };
	CK_OBJECT_HANDLE key;
	CK_ULONG count = 0;

	check(module->C_FindObjectsInit(session, template, 2), "C_FindObjectsInit");
	check(module->C_FindObjects(session, &key, 1, &count), "C_FindObjects");
	check(module->C_FindObjectsFinal(session), "C_FindObjectsFinal");
	check(count == 1 ? CKR_OK : CKR_KEY_HANDLE_INVALID, "signer");
	return key;
}

static void *sign(void *unused)
{
	CK_SESSION_HANDLE session = open_session();
	CK_OBJECT_HANDLE key = find_key(session);
	CK_BYTE input[INPUT_SIZE], signature[512];
	CK_MECHANISM mechanism = { CKM_SHA256_RSA_PKCS, NULL, 0 };
	CK_ULONG length;

	memset(input, 'x', sizeof(input));
	pthread_barrier_wait(&ready);
	while (atomic_fetch_sub(&left, 1) > 0) {
		length = sizeof(signature);
		check(module->C_SignInit(session, &mechanism, key), "C_SignInit");
		check(module->C_Sign(session, input, sizeof(input), signature, &length), "C_Sign");
	}
	pthread_barrier_wait(&done);
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS_MAX];
	int count = argc == 6 ? atoi(argv[4]) : 0;
	double begin;

	if (count < 1 || count > THREADS_MAX || atol(argv[5]) < 1) {
		fprintf(stderr, "usage: loop MODULE LABEL PIN-FILE THREADS COUNT\n");
		return 2;
	}
	load(argv[1]);
	find_slot(argv[2]);
	login(open_session(), argv[3]);
	atomic_store(&left, atol(argv[5]));
	pthread_barrier_init(&ready, NULL, (unsigned)count + 1);
	pthread_barrier_init(&done, NULL, (unsigned)count + 1);
	for (int i = 0; i < count; i++)
		check(pthread_create(&threads[i], NULL, sign, NULL) == 0 ? CKR_OK : CKR_HOST_MEMORY, "pthread_create");
	pthread_barrier_wait(&ready);
	begin = now();
	pthread_barrier_wait(&done);
	printf("%.3f\n", (double)atol(argv[5]) / (now() - begin));
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	check(module->C_Finalize(NULL), "C_Finalize");
	return 0;
}
