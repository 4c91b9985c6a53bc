/* What looks like a date and is the name of something: 24 May Street, calle 9 de julio, Julio Ortega, Dear April, version 1.10.30. */
#include "app/schedule/phrase_inside.h"

bool phrase_is_street(const struct reading *r, int i)
{
	static const char *const words[] = {"street", "st", "road", "rd", "avenue", "ave", "lane", "drive", "square", "boulevard", "blvd", NULL};
	for (int name = i; name < i + 3 && name < r->count && r->t[name].capital; name++)
		if (phrase_one_of(r, name + 1, words))
			return true;
	return false;
}

/* Street, Ltd: what follows and makes the day before it part of a name. */
static bool names_before(const struct reading *r, int end)
{
	static const char *const words[] = {
		"street", "st", "road", "rd", "avenue", "ave", "lane", "drive", "square", "boulevard", "blvd", "ltd", "inc", "llc", "gmbh", "corp", "sl", NULL,
	};
	return end < r->count && r->t[end].capital && phrase_one_of(r, end, words);
}

/* calle, avenida del, c/: what stands before token i and is named after a day. */
static bool names_behind(const struct reading *r, int i)
{
	static const char *const words[] = {
		"calle", "avenida", "avda", "av", "plaza", "paseo", "carretera", "camino", "barrio", "colonia", "estadio", "parque", "puente", NULL,
	};
	int at = i - 1;
	while (at > 0 && (phrase_is(r, at, W_OF, NULL) || phrase_mark(r, at, '.')))
		at--;
	return phrase_one_of(r, at, words) || (phrase_mark(r, i - 1, '/') && phrase_word(r, i - 2, "c"));
}

static bool is_given_name(const struct reading *r, int i)
{
	static const char *const words[] = {"april", "june", "may", "august", "abril", "julio", "junio", "marzo", "domingo", NULL};
	return r->t[i].capital && phrase_one_of(r, i, words);
}

/* Dear, la señora: whoever is named behind it. */
static bool is_address(const struct reading *r, int i)
{
	static const char *const words[] = {
		"dear", "hi", "hello", "hey", "mr", "mrs", "ms", "miss", "dr", "sr", "sra", "senor", "senora", "don", "dona", "querido", "querida", "estimado", "estimada", "hola", "llama", "llamo", "named", NULL,
	};
	return phrase_one_of(r, i - phrase_mark(r, i, '.'), words);
}

/* June wants, April is our: a month does not. */
static bool does_as_people(const struct reading *r, int i)
{
	static const char *const verbs[] = {
		"wants", "wanted", "asked", "asks", "said", "says", "called", "wrote", "needs", "needed", "sent", "has", "had", "told", "quiere", "dice", "dijo", "pide", "pidio", "llamo", "escribio", NULL,
	}, *const whose[] = {"my", "our", "your", "mi", "nuestra", "nuestro", "su", NULL};
	bool is = phrase_word(r, i, "is") || phrase_word(r, i, "was") || phrase_word(r, i, "es") || phrase_word(r, i, "era");
	return phrase_one_of(r, i, verbs) || (is && phrase_one_of(r, i + 1, whose));
}

/* A word with a capital that we do not know. */
static bool is_proper(const struct reading *r, int i)
{
	return i > 0 && i < r->count && r->t[i].capital && phrase_is_thing(r, i);
}

/* Julio Ortega, Hi June, April asked. */
static bool is_person(const struct reading *r, int i, int end)
{
	if (end - i != 1 || !is_given_name(r, i))
		return false;
	bool led = phrase_is(r, i - 1, W_IN, NULL) || phrase_is(r, i - 1, W_OF, NULL) || phrase_is(r, i - 1, W_FILL, NULL);
	return is_address(r, i - 1) || (i > 0 && is_given_name(r, i - 1)) || does_as_people(r, end) || (!led && (is_proper(r, end) || is_given_name(r, end)));
}

/* version 1.10.30, v. 2.3.12 */
static bool is_version(const struct reading *r, int i, int end)
{
	static const char *const words[] = {"version", "versions", "v", "ver", "release", "build", "firmware", "revision", "rev", NULL};
	int at = i - 1;
	while (at > 0 && (phrase_mark(r, at, ':') || phrase_mark(r, at, '.')))
		at--;
	return end - i == 5 && phrase_mark(r, i + 1, '.') && phrase_one_of(r, at, words);
}

/* Villas de la Candelaria: days of saints are places as well, unless it is said that the day is meant. */
static bool is_place(const struct reading *r, int i)
{
	static const char *const names[] = {"la", "san", "sant", "santiago", "el", NULL}, *const leads[] = {"por", "para", "hasta", "desde", "antes", "despues", "dia", "fiesta", "noche", "vispera", "puente", NULL};
	struct bit day;
	int at = i - 1;
	if (!phrase_one_of(r, i, names) || phrase_holiday(r, i, &day) == 0)
		return false;
	while (at > 0 && (phrase_is(r, at, W_OF, NULL) || phrase_is(r, at, W_THE, NULL)) && !phrase_one_of(r, at, leads))
		at--;
	return at >= 0 && at < i - 1 && r->t[at].capital && !phrase_one_of(r, at, leads);
}

bool phrase_is_name(const struct reading *r, int i, int end, const struct phrase *p)
{
	if (p->has_time || p->rule[0] != '\0')
		return false;
	return names_before(r, end) || names_behind(r, i) || is_person(r, i, end) || is_version(r, i, end) || is_place(r, i);
}
