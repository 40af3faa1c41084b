/* SPDX-License-Identifier: Apache-2.0 */
/* The base room: base64url, secrets, errors, messages, whole files. */
#include "unit.h"

#include "base/base64url.h"
#include "base/file.h"
#include "base/locked.h"
#include "base/message.h"
#include "base/secret.h"

#include <dirent.h>
#include <openssl/evp.h>
#include <signal.h>
#include <sys/resource.h>

/* --- base64url --------------------------------------------------------------------------------------------------- */

static void base64url_encodes_the_vectors_of_rfc_4648(void **state)
{
	static const struct {
		const char *data, *text;
	} vectors[] = {
		{ "", "" }, { "f", "Zg" }, { "fo", "Zm8" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg" },
		{ "fooba", "Zm9vYmE" }, { "foobar", "Zm9vYmFy" }, { "\xfb\xff\xbf", "-_-_" },
	};
	char text[16];

	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		base64url_encode(vectors[i].data, strlen(vectors[i].data), text);
		assert_string_equal(text, vectors[i].text);
		assert_int_equal(base64url_length(strlen(vectors[i].data)), strlen(vectors[i].text));
	}
}

static void base64url_agrees_with_openssl_at_all_lengths(void **state)
{
	unsigned char data[64], expected[96];
	char text[96];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 151 + 197); /* all six-bit values come up */
	for (size_t length = 0; length <= sizeof(data); length++) {
		char *padding;

		EVP_EncodeBlock(expected, data, (int)length);
		for (char *c = (char *)expected; *c != '\0'; c++)
			*c = (char)(*c == '+' ? '-' : *c == '/' ? '_' : *c);
		padding = strchr((char *)expected, '=');
		if (padding != NULL)
			*padding = '\0';
		memset(text, '#', sizeof(text));
		base64url_encode(data, length, text);
		assert_string_equal(text, (char *)expected);
		assert_int_equal(base64url_length(length), strlen(text));
		assert_int_equal(text[strlen(text) + 1], '#'); /* callers give no room for more */
	}
}

static void base64url_decodes_only_what_it_encodes(void **state)
{
	static const char *const wrong[] = { "Z", "Zm9vY", "Zh", "Zm9", "Zg==", "Zm 9v", "Zm9v\n", "+/+/", "Zm9\xc3" };
	unsigned char data[64], decoded[sizeof(data) / 4 * 4 + 8];
	char text[96];
	size_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 151 + 197);
	for (size_t length = 0; length <= sizeof(data); length++) {
		size_t room = base64url_length(length) / 4 * 3 + 2;

		base64url_encode(data, length, text);
		memset(decoded, '#', sizeof(decoded));
		assert_true(base64url_decode(text, strlen(text), decoded, &size));
		assert_int_equal(size, length);
		assert_memory_equal(decoded, data, length);
		assert_int_equal(decoded[room], '#');
	}
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(base64url_decode(wrong[i], strlen(wrong[i]), decoded, &size));
	assert_false(base64url_decode("Zm9v\0", 5, decoded, &size));
}

/* --- secrets ----------------------------------------------------------------------------------------------------- */

static void secret_keeps_its_content_as_it_grows(void **state)
{
	struct secret *secret = secret_new(1);
	char expected[40000];
	size_t length = 0;

	(void)state;
	assert_non_null(secret);
	assert_string_equal(secret_data(secret), "");
	while (length + 64 < sizeof(expected)) {
		int chunk = snprintf(expected + length, 64, "%zu:some of a bearer;", length);

		assert_int_equal(secret_append(secret, expected + length, (size_t)chunk), 0);
		length += (size_t)chunk;
		assert_int_equal(secret_length(secret), length);
		assert_int_equal(secret_data(secret)[length], '\0');
	}
	assert_string_equal(secret_data(secret), expected);
	secret_free(&secret);
	assert_null(secret);
	secret_free(&secret);
}

/* The NUL must fit too when the bytes alone would just fill the pages. */
static void secret_has_room_for_its_nul_at_every_length(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct secret *secret = secret_new(page - 1);

	(void)state;
	assert_non_null(secret);
	for (size_t length = 1; length <= 4 * page; length++) {
		assert_int_equal(secret_append(secret, "x", 1), 0);
		if (length % page < 2 || length % page > page - 2)
			assert_int_equal(strlen(secret_data(secret)), length);
	}
	secret_free(&secret);
}

/* The KiB of this process that are locked. */
static long locked_kib(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];
	long kib = -1;

	assert_non_null(status);
	while (fgets(line, sizeof(line), status) != NULL)
		(void)sscanf(line, "VmLck: %ld", &kib);
	fclose(status);
	return kib;
}

/* Many secrets that come, grow and go: none gets at another's bytes, small ones share pages, and an empty one has none. */
static void secrets_share_pages(void **state)
{
	enum { SECRETS = 64, ROUNDS = 4000 };
	struct secret *secrets[SECRETS];
	long before = locked_kib(), page = sysconf(_SC_PAGESIZE) / 1024;
	unsigned random = 1;

	(void)state;
	for (int i = 0; i < SECRETS; i++)
		assert_non_null(secrets[i] = secret_new(64));
	assert_int_equal(locked_kib(), before);
	for (int i = 0; i < SECRETS; i++)
		assert_int_equal(secret_append(secrets[i], "0815", 4), 0);
	assert_true(locked_kib() - before <= 4 * page);
	for (int round = 0; round < ROUNDS; round++) {
		int i = (int)((random = random * 1103515245 + 12345) >> 16) % SECRETS;
		size_t more = (random >> 8) % (round % 16 == 0 ? 9000 : 300), length;
		char *end;

		if (round % 5 == 0) {
			secret_free(&secrets[i]);
			assert_non_null(secrets[i] = secret_new(more));
		}
		length = secret_length(secrets[i]);
		assert_non_null(end = secret_extend(secrets[i], more));
		for (size_t j = 0; j < more; j++)
			assert_int_equal(end[j], '\0'); /* wiped when it was freed */
		memset(end, 'A' + i % 26, more);
		for (size_t j = length; j < length + more; j++)
			assert_int_equal(secret_data(secrets[i])[j], 'A' + i % 26);
	}
	for (int i = 0; i < SECRETS; i++) {
		const char *text = secret_data(secrets[i]);

		for (size_t j = 0; j < secret_length(secrets[i]); j++)
			assert_true(text[j] == 'A' + i % 26 || (j < 4 && text[j] == "0815"[j]));
		secret_free(&secrets[i]);
	}
	assert_int_equal(locked_kib(), before);
}

/* As many bearers as a busy agent holds: their pages are full, nothing is searched, and nothing is left. */
static void many_secrets_waste_no_pages(void **state)
{
	enum { SECRETS = 20000, PAGES_MORE = 64 };
	static struct secret *secrets[SECRETS];
	struct locked_sizes before, full, after;
	size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = 0;
	unsigned random = 1;

	(void)state;
	locked_measure(&before);
	for (int i = 0; i < 2 * SECRETS; i++) {
		int place = i < SECRETS ? i : (int)((random = random * 1103515245 + 12345) >> 8) % SECRETS;
		size_t length = 1400 + (random = random * 1103515245 + 12345) / 65536 % 100;

		if (secrets[place] != NULL)
			bytes -= secret_length(secrets[place]);
		secret_free(&secrets[place]);
		assert_non_null(secrets[place] = secret_new(length));
		assert_non_null(secret_extend(secrets[place], length));
		bytes += length;
	}
	locked_measure(&full);
	assert_true(full.blocks - before.blocks >= bytes);
	assert_true(full.pages - before.pages <= bytes + bytes / 12 + PAGES_MORE * page);
	assert_true(full.looks - before.looks <= 3 * 3 * SECRETS); /* two to take a block, one to free it */
	if (full.unlocked == 0 && locked_kib() > 0) /* the sanitizers lock nothing */
		assert_true(locked_kib() >= (long)((full.pages - before.pages) / 1024));
	for (int i = 0; i < SECRETS; i++)
		secret_free(&secrets[i]);
	locked_measure(&after);
	assert_int_equal(after.pages, before.pages);
	assert_int_equal(after.blocks, before.blocks);
	assert_int_equal(after.unlocked, before.unlocked);
}

/* What the limit allows is locked, the oldest first; what it does not allow is used all the same. */
static void the_limit_on_locked_memory_holds(void **state)
{
	enum { SECRETS = 400, PAGES = 44 };
	struct secret *secrets[SECRETS];
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct locked_sizes before, sizes;
	struct rlimit limit, low;
	uid_t uid = geteuid();

	(void)state;
#ifdef P11BEARER_SANITIZED
	skip(); /* they lock nothing */
#endif
	if (uid == 0)
		assert_int_equal(seteuid(65534), 0); /* root has no limit */
	locked_measure(&before);
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
	low = (struct rlimit){ (rlim_t)((size_t)locked_kib() * 1024 + PAGES * page), limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &low), 0);
	for (int i = 0; i < SECRETS; i++) {
		assert_non_null(secrets[i] = secret_new(1900));
		assert_non_null(secret_extend(secrets[i], 1900));
		locked_measure(&sizes);
		if ((size_t)i < PAGES)
			assert_int_equal(sizes.unlocked, 0);
	}
	assert_int_equal(sizes.pages - sizes.unlocked, before.pages + PAGES * page);
	for (int i = 0; i < SECRETS; i++)
		secret_free(&secrets[i]);
	assert_int_equal(seteuid(uid), 0);
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
}

static void secret_printf_appends(void **state)
{
	struct secret *secret = secret_new(0);
	char long_text[9001];

	(void)state;
	memset(long_text, 'y', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	assert_non_null(secret);
	assert_int_equal(secret_printf(secret, "%s=%d", "a", 1), 0);
	assert_int_equal(secret_printf(secret, "%s", ""), 0);
	assert_string_equal(secret_data(secret), "a=1");
	assert_int_equal(secret_printf(secret, ";%s;", long_text), 0);
	assert_int_equal(secret_length(secret), 3 + 9002);
	assert_int_equal(strlen(secret_data(secret)), 3 + 9002);
	assert_memory_equal(secret_data(secret), "a=1;yyyy", 8);
	assert_string_equal(secret_data(secret) + 3 + 9000, "y;");
	secret_free(&secret);
}

static void secret_truncate_wipes_what_it_cuts(void **state)
{
	static const char zeros[6];
	struct secret *secret = secret_new(16);

	(void)state;
	assert_non_null(secret);
	assert_int_equal(secret_append(secret, "user:123456", 11), 0);
	secret_truncate(secret, 12);
	assert_int_equal(secret_length(secret), 11);
	secret_truncate(secret, 5);
	assert_string_equal(secret_data(secret), "user:");
	assert_int_equal(secret_length(secret), 5);
	assert_memory_equal(secret_data(secret) + 5, zeros, sizeof(zeros));
	assert_int_equal(secret_append(secret, "9", 1), 0);
	assert_string_equal(secret_data(secret), "user:9");
	secret_free(&secret);
}

static void wipe_realloc_keeps_the_content(void **state)
{
	char *block = wipe_realloc(NULL, 8);

	(void)state;
	assert_non_null(block);
	memcpy(block, "1234567", 8);
	for (size_t size = 16; size <= 65536; size *= 4) {
		block = wipe_realloc(block, size);
		assert_non_null(block);
		assert_string_equal(block, "1234567");
		memset(block + 8, 'x', size - 8); /* the room is there */
	}
	block = wipe_realloc(block, 4);
	assert_non_null(block);
	assert_memory_equal(block, "1234", 4);
	wipe_free(block);
	wipe_free(NULL);
}

/* --- errors and messages ----------------------------------------------------------------------------------------- */

static void error_is_cut_where_it_does_not_fit(void **state)
{
	struct {
		struct error error;
		char behind[8];
	} box = { .behind = "intact!" };
	struct error *error = &box.error;
	char text[2 * sizeof(error->text)];

	(void)state;
	memset(text, 'z', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	error_hint(error, "old");
	assert_int_equal(error_set(error, ERROR_TOKEN, "%s", text), -ERROR_TOKEN);
	assert_int_equal(error->class, ERROR_TOKEN);
	assert_int_equal(strlen(error->text), sizeof(error->text) - 1);
	assert_string_equal(error->hint, "");
	error_append(error, "more");
	assert_int_equal(strlen(error->text), sizeof(error->text) - 1);
	error_hint(error, "%s", text);
	assert_int_equal(strlen(error->hint), sizeof(error->hint) - 1);
	error_set(error, ERROR_PIN, "no %s", "PIN");
	error_append(error, " for %s", "me");
	assert_string_equal(error->text, "no PIN for me");
	error_append(error, "%s", text);
	assert_int_equal(strlen(error->text), sizeof(error->text) - 1);
	assert_string_equal(box.behind, "intact!");
}

/* A failure that forgot to fill its error must not become exit status 0. */
static void error_result_is_never_success(void **state)
{
	const struct error empty = { .class = ERROR_NONE }, org = { .class = ERROR_ORG };

	(void)state;
	assert_int_equal(error_result(&empty), -ERROR_UNEXPECTED);
	assert_int_equal(error_result(&org), -ERROR_ORG);
}

/* What an org or a token says must not drive the terminal. */
static void messages_show_no_control_characters(void **state)
{
	const char *path = unit_path(state, "stderr");
	int kept = dup(STDERR_FILENO), fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct error error = { .text = "a \033]0;title\a b" };
	size_t length;
	char *text;

	assert_true(kept >= 0 && fd >= 0);
	dup2(fd, STDERR_FILENO);
	message_warn("%s", "x\033[2J\ry\x7f");
	message_error(&error);
	message_step("not told without --verbose");
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(fd);
	assert_works(file_read(path, 4096, &text, &length, &error), &error);
	assert_string_equal(text, "p11bearer: warning: x?[2J?y?\np11bearer: a ?]0;title? b\n");
	free(text);
}

/* --- whole files ------------------------------------------------------------------------------------------------- */

static void assert_file(const char *path, const char *content)
{
	struct error error = { 0 };
	size_t length;
	char *text;

	assert_works(file_read(path, 4096, &text, &length, &error), &error);
	assert_string_equal(text, content);
	assert_int_equal(length, strlen(content));
	free(text);
}

static void file_read_keeps_to_its_limit(void **state)
{
	const char *path = unit_path(state, "in");
	struct error error = { 0 };
	size_t length;
	char *data;

	unit_put(path, "12\0" "45", 5, 0600);
	assert_works(file_read(path, 5, &data, &length, &error), &error);
	assert_int_equal(length, 5);
	assert_memory_equal(data, "12\0" "45", 6);
	free(data);
	assert_fails(file_read(path, 4, &data, &length, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, path);
	assert_fails(file_read(unit_path(state, "none"), 5, &data, &length, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, unit_path(state, "none"));
	assert_fails(file_read(unit_path(state, "."), 5, &data, &length, &error), ERROR_CONFIG, &error);
}

static void file_read_takes_a_pipe(void **state)
{
	char path[32];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	assert_int_equal(write(ends[1], "through a pipe", 14), 14);
	close(ends[1]);
	assert_file(path, "through a pipe");
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64url_encodes_the_vectors_of_rfc_4648),
		cmocka_unit_test(base64url_agrees_with_openssl_at_all_lengths),
		cmocka_unit_test(base64url_decodes_only_what_it_encodes),
		cmocka_unit_test(secret_keeps_its_content_as_it_grows),
		cmocka_unit_test(secret_has_room_for_its_nul_at_every_length),
		cmocka_unit_test(secrets_share_pages),
		cmocka_unit_test(many_secrets_waste_no_pages),
		cmocka_unit_test(the_limit_on_locked_memory_holds),
		cmocka_unit_test(secret_printf_appends),
		cmocka_unit_test(secret_truncate_wipes_what_it_cuts),
		cmocka_unit_test(wipe_realloc_keeps_the_content),
		cmocka_unit_test(error_is_cut_where_it_does_not_fit),
		cmocka_unit_test(error_result_is_never_success),
		TEST_IN_FOLDER(file_read_keeps_to_its_limit),
		cmocka_unit_test(file_read_takes_a_pipe),
		TEST_IN_FOLDER(messages_show_no_control_characters),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
