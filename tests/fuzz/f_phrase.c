/* The date and time reader over any text, in both languages: what it finds lies inside the text and ends after it starts. */
#include <stdint.h>
#include <stdlib.h>

#include "app/schedule/phrase.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fl_str text = { (const char *)data, size };
	struct phrase found[4];

	for (int language = PHRASE_EN; language <= PHRASE_ES; language++) {
		struct phrase_reader who = { .now_s = INT64_C(1792594800), .language = (enum phrase_language)language, .month_first = language == PHRASE_EN };
		int n = phrase_find(&who, text, found, 4);

		for (int i = 0; i < n; i++)
			if (found[i].from >= found[i].to || found[i].to > size || found[i].start_s >= found[i].end_s)
				abort();
		if (phrase_length_s(who.language, text) < 0)
			abort();
	}
	return 0;
}
