/* How long a date phrase takes to read: the phrases of tests/data/phrases, again and again. Prints the mean; the bar is 50 us. */
#include <stdio.h>
#include <stdlib.h>

#include "app/schedule/phrase.h"
#include "base/clock.h"

enum { LINES = 1024, LINE = 512, RUNS = 200, BAR_US = 50 };

int main(int argc, char **argv)
{
	char (*line)[LINE] = calloc(LINES, LINE);
	FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
	const struct phrase_reader who = { .now_s = INT64_C(1360643400), .language = PHRASE_EN, .month_first = true };
	struct phrase found[2];
	int lines = 0, phrases = 0;
	int64_t began;
	double us;

	if (!f || !line) {
		fputs("usage: b_phrase tests/data/phrases/en.tsv\n", stderr);
		return 2;
	}
	while (lines < LINES && fgets(line[lines], LINE, f))
		if (line[lines][0] != '#') {
			line[lines][strcspn(line[lines], "\t\n")] = '\0';
			lines++;
		}
	fclose(f);
	began = fl_tick_us();
	for (int run = 0; run < RUNS; run++)
		for (int i = 0; i < lines; i++)
			phrases += phrase_find(&who, fl_str(line[i]), found, 2);
	us = (double)(fl_tick_us() - began) / RUNS / (lines ? lines : 1);
	printf("date phrase, us: %.1f (%d phrases of %d lines), bar %d: %s\n", us, phrases / RUNS, lines, BAR_US, us < BAR_US ? "yes" : "NO");
	free(line);
	return us < BAR_US ? 0 : 1;
}
