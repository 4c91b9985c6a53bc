/* What makes the number before it so many of something, and no hour or day: 5 to 10 people, 3 kg. */
#include <string.h>

#include "app/schedule/phrase_inside.h"

bool phrase_is_thing(const struct reading *r, int i)
{
	static const char *const common[] = {"or", "please", "if", "is", "works", "would", "will", "but", "then", "thanks", "suits", "me", "has", "was", "does", "always", "unless", "as", "us", "yes", "gracias", "nos", "pues"};
	for (size_t k = 0; k < sizeof common / sizeof *common; k++)
		if (phrase_word(r, i, common[k]))
			return false;
	return i >= 0 && i < r->count && r->t[i].text[0] >= 'a' && r->t[i].text[1] != '\0' && r->t[i].means[0] == NULL;
}

bool phrase_is_measure(const struct reading *r, int i)
{
	static const char *const words[] = {
		"kg", "km", "cm", "mm", "gb", "mb", "kilos", "kilograms", "euros", "euro", "eur", "dollars", "usd", "pounds", "gbp", "percent", "degrees", "grados", "metros", NULL,
	};
	return phrase_mark(r, i, '%') || phrase_mark(r, i, '$') || phrase_one_of(r, i, words);
}

bool phrase_are_things(const struct reading *r, int i)
{
	if (!phrase_is_thing(r, i))
		return false;
	const char *text = r->t[i].text;
	size_t n = strlen(text);
	return strcmp(text, "people") == 0 || strcmp(text, "children") == 0 || (n > 4 && text[n - 1] == 's' && text[n - 2] != 's' && strcmp(text + n - 3, "mos") != 0);
}
