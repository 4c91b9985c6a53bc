/* Runs the files of a corpus through a fuzz target without a fuzzer: tests/fuzz/f_X reads $top_srcdir/tests/fuzz/corpus/X, or the
 * files and folders named as arguments. A crash or a sanitizer's report fails the test. */
#include <dirent.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tap.h"

enum { FILE_MAX_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_file(const char *path)
{
	uint8_t *data = malloc(FILE_MAX_BYTES);
	FILE *f = fopen(path, "rb");
	size_t n = f && data ? fread(data, 1, FILE_MAX_BYTES, f) : 0;
	uint8_t *exact = malloc(n ? n : 1); /* so that reading past the end is seen */

	if (ok(f && exact, "%s", path)) {
		memcpy(exact, data, n);
		LLVMFuzzerTestOneInput(exact, n);
	}
	if (f)
		fclose(f);
	free(exact);
	free(data);
}

static void run_path(const char *path)
{
	struct dirent **names;
	char file[4096];
	int n = scandir(path, &names, NULL, alphasort);

	if (n < 0) {
		run_file(path);
		return;
	}
	for (int i = 0; i < n; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			run_file(file);
		free(names[i]);
	}
	free(names);
}

int main(int argc, char **argv)
{
	const char *top = getenv("top_srcdir"), *name = strrchr(argv[0], '/'), *target;
	char path[4096];

	name = name ? name + 1 : argv[0];
	target = strstr(name, "f_");
	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", top ? top : ".", target ? target + 2 : name);
	if (argc == 1)
		run_path(path);
	for (int i = 1; i < argc; i++)
		run_path(argv[i]);
	ok(fl_tap_now.n > 0, "there were files");
	return done();
}
