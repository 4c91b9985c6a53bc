/* A table over any bytes: every row begins further on, its cells hold no more than was read, and it ends. */
#include <stdint.h>
#include <stdlib.h>

#include "app/contact/contact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fl_arena *a = fl_arena_new(64 << 20);
	struct csv c = csv_begin(a, (struct fl_str){ (const char *)data, size });
	struct fl_str cells[CSV_CELLS_MAX];
	int line = 0, last = 0, n;
	size_t left = c.rest.n;

	while ((n = csv_row(&c, cells, &line)) > 0) {
		size_t held = 0;

		for (int i = 0; i < n; i++)
			held += cells[i].n;
		if (n > CSV_CELLS_MAX || line <= last || c.rest.n >= left || held > left - c.rest.n)
			abort();
		last = line;
		left = c.rest.n;
	}
	if (n == 0 && c.rest.n)
		abort();
	fl_arena_free(a);
	return 0;
}
