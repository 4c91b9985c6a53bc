/* A zone by its place: 10:00 London time, 3pm Pacific, a las 10 hora de Londres. Who calls knows the zones; here they are names of the tz database. */
#include <string.h>

#include "app/schedule/phrase_inside.h"

/* Folded, in both languages; a longer name stands before the shorter one it begins with. */
static const struct place {
	const char *name, *zone;
	bool small; /* behind a time known in small letters, and without "time" */
} places[] = {
	{"central european", "Europe/Brussels", false}, {"eastern european", "Europe/Bucharest", false}, {"western european", "Europe/Lisbon", false},
	{"pacific", "America/Los_Angeles", true}, {"pacifico", "America/Los_Angeles", true}, {"pt", "America/Los_Angeles", true},
	{"mountain", "America/Denver", true}, {"montana", "America/Denver", false}, {"mt", "America/Denver", true},
	{"central", "America/Chicago", false}, {"centro", "America/Chicago", false}, {"ct", "America/Chicago", true},
	{"eastern", "America/New_York", true}, {"este", "America/New_York", false}, {"et", "America/New_York", true},
	{"atlantic", "America/Halifax", false}, {"alaska", "America/Anchorage", false}, {"hawaii", "Pacific/Honolulu", false},
	{"new york", "America/New_York", false}, {"nueva york", "America/New_York", false}, {"nyc", "America/New_York", true}, {"ny", "America/New_York", false},
	{"boston", "America/New_York", false}, {"washington", "America/New_York", false}, {"miami", "America/New_York", false}, {"atlanta", "America/New_York", false},
	{"chicago", "America/Chicago", false}, {"dallas", "America/Chicago", false}, {"houston", "America/Chicago", false}, {"austin", "America/Chicago", false},
	{"denver", "America/Denver", false}, {"phoenix", "America/Phoenix", false}, {"los angeles", "America/Los_Angeles", false},
	{"san francisco", "America/Los_Angeles", false}, {"california", "America/Los_Angeles", false}, {"seattle", "America/Los_Angeles", false},
	{"toronto", "America/Toronto", false}, {"montreal", "America/Toronto", false}, {"vancouver", "America/Vancouver", false},
	{"mexico city", "America/Mexico_City", false}, {"ciudad de mexico", "America/Mexico_City", false}, {"cdmx", "America/Mexico_City", true},
	{"bogota", "America/Bogota", false}, {"colombia", "America/Bogota", false}, {"lima", "America/Lima", false}, {"peru", "America/Lima", false},
	{"caracas", "America/Caracas", false}, {"venezuela", "America/Caracas", false}, {"quito", "America/Guayaquil", false}, {"la paz", "America/La_Paz", false},
	{"santiago de chile", "America/Santiago", false}, {"chile", "America/Santiago", false}, {"montevideo", "America/Montevideo", false},
	{"uruguay", "America/Montevideo", false}, {"buenos aires", "America/Argentina/Buenos_Aires", false}, {"argentina", "America/Argentina/Buenos_Aires", false},
	{"sao paulo", "America/Sao_Paulo", false}, {"rio de janeiro", "America/Sao_Paulo", false}, {"brasilia", "America/Sao_Paulo", false},
	{"panama", "America/Panama", false}, {"costa rica", "America/Costa_Rica", false}, {"guatemala", "America/Guatemala", false},
	{"la habana", "America/Havana", false}, {"havana", "America/Havana", false},
	{"london", "Europe/London", false}, {"londres", "Europe/London", false}, {"uk", "Europe/London", false}, {"british", "Europe/London", false}, {"reino unido", "Europe/London", false},
	{"dublin", "Europe/Dublin", false}, {"irish", "Europe/Dublin", false}, {"lisbon", "Europe/Lisbon", false}, {"lisboa", "Europe/Lisbon", false},
	{"portugal", "Europe/Lisbon", false}, {"canarias", "Atlantic/Canary", false}, {"canaria", "Atlantic/Canary", false}, {"canary islands", "Atlantic/Canary", false},
	{"madrid", "Europe/Madrid", false}, {"barcelona", "Europe/Madrid", false}, {"peninsular", "Europe/Madrid", false}, {"espanola", "Europe/Madrid", false},
	{"espana", "Europe/Madrid", false}, {"spain", "Europe/Madrid", false}, {"spanish", "Europe/Madrid", false}, {"paris", "Europe/Paris", false},
	{"berlin", "Europe/Berlin", false}, {"german", "Europe/Berlin", false}, {"munich", "Europe/Berlin", false}, {"frankfurt", "Europe/Berlin", false},
	{"rome", "Europe/Rome", false}, {"roma", "Europe/Rome", false}, {"milan", "Europe/Rome", false}, {"amsterdam", "Europe/Amsterdam", false},
	{"brussels", "Europe/Brussels", false}, {"bruselas", "Europe/Brussels", false}, {"zurich", "Europe/Zurich", false}, {"geneva", "Europe/Zurich", false},
	{"ginebra", "Europe/Zurich", false}, {"vienna", "Europe/Vienna", false}, {"viena", "Europe/Vienna", false}, {"stockholm", "Europe/Stockholm", false},
	{"estocolmo", "Europe/Stockholm", false}, {"oslo", "Europe/Oslo", false}, {"copenhagen", "Europe/Copenhagen", false}, {"copenhague", "Europe/Copenhagen", false},
	{"helsinki", "Europe/Helsinki", false}, {"warsaw", "Europe/Warsaw", false}, {"varsovia", "Europe/Warsaw", false}, {"prague", "Europe/Prague", false},
	{"praga", "Europe/Prague", false}, {"budapest", "Europe/Budapest", false}, {"athens", "Europe/Athens", false}, {"atenas", "Europe/Athens", false},
	{"bucharest", "Europe/Bucharest", false}, {"kyiv", "Europe/Kyiv", false}, {"istanbul", "Europe/Istanbul", false}, {"estambul", "Europe/Istanbul", false},
	{"moscow", "Europe/Moscow", false}, {"moscu", "Europe/Moscow", false}, {"cairo", "Africa/Cairo", false}, {"lagos", "Africa/Lagos", false},
	{"nairobi", "Africa/Nairobi", false}, {"johannesburg", "Africa/Johannesburg", false}, {"cape town", "Africa/Johannesburg", false},
	{"casablanca", "Africa/Casablanca", false}, {"dubai", "Asia/Dubai", false}, {"tel aviv", "Asia/Jerusalem", false}, {"karachi", "Asia/Karachi", false},
	{"india", "Asia/Kolkata", false}, {"indian", "Asia/Kolkata", false}, {"delhi", "Asia/Kolkata", false}, {"mumbai", "Asia/Kolkata", false},
	{"bangalore", "Asia/Kolkata", false}, {"dhaka", "Asia/Dhaka", false}, {"bangkok", "Asia/Bangkok", false}, {"jakarta", "Asia/Jakarta", false},
	{"singapore", "Asia/Singapore", false}, {"singapur", "Asia/Singapore", false}, {"hong kong", "Asia/Hong_Kong", false}, {"manila", "Asia/Manila", false},
	{"beijing", "Asia/Shanghai", false}, {"pekin", "Asia/Shanghai", false}, {"shanghai", "Asia/Shanghai", false}, {"china", "Asia/Shanghai", false},
	{"seoul", "Asia/Seoul", false}, {"seul", "Asia/Seoul", false}, {"tokyo", "Asia/Tokyo", false}, {"tokio", "Asia/Tokyo", false}, {"japan", "Asia/Tokyo", false},
	{"perth", "Australia/Perth", false}, {"brisbane", "Australia/Brisbane", false}, {"sydney", "Australia/Sydney", false}, {"sidney", "Australia/Sydney", false},
	{"melbourne", "Australia/Melbourne", false}, {"auckland", "Pacific/Auckland", false}, {"new zealand", "Pacific/Auckland", false},
};

/* Tokens of a name of one to three words, 0 when it does not stand here. */
static int stands(const struct reading *r, int i, const char *name)
{
	int n = 0;

	for (const char *end; *name; name = *end ? end + 1 : end, n++) {
		end = name + strcspn(name, " ");
		size_t length = (size_t)(end - name);
		if (i + n >= r->count || strlen(r->t[i + n].text) != length || memcmp(r->t[i + n].text, name, length) != 0)
			return 0;
	}
	return n;
}

static int known(const struct reading *r, int i, const struct place **at)
{
	for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
		int n = i < r->count && r->t[i].text[0] == places[k].name[0] ? stands(r, i, places[k].name) : 0;
		if (n > 0) {
			*at = &places[k];
			return n;
		}
	}
	return 0;
}

/* Capitalised words that are no date words: the name of some place. Three at most. */
static int some_name(const struct reading *r, int i)
{
	int n = 0;

	while (n < 3 && i + n < r->count && r->t[i + n].capital && r->t[i + n].means[0] == NULL)
		n++;
	return n;
}

/* time, standard time; tokens taken. */
static int time_word(const struct reading *r, int i)
{
	int n = phrase_word(r, i, "standard") || phrase_word(r, i, "daylight") || phrase_word(r, i, "summer");
	return phrase_word(r, i + n, "time") ? n + 1 : 0;
}

/* hora de, hora del, hora: tokens taken. */
static int hour_word(const struct reading *r, int i)
{
	if (!phrase_word(r, i, "hora"))
		return 0;
	if (phrase_word(r, i + 1, "de") && (phrase_word(r, i + 2, "la") || phrase_word(r, i + 2, "el")) && !phrase_word(r, i + 3, "paz") && !phrase_word(r, i + 3, "habana"))
		return 3;
	return phrase_word(r, i + 1, "de") || phrase_word(r, i + 1, "del") ? 2 : 1;
}

/* my time, mi hora, hora mia: of a writer whose zone nobody knows. Tokens taken. */
static int own_time(const struct reading *r, int i)
{
	bool mine = r->who->language == PHRASE_EN ? (phrase_word(r, i, "my") || phrase_word(r, i, "our")) && phrase_word(r, i + 1, "time") :
		((phrase_word(r, i, "mi") || phrase_word(r, i, "nuestra")) && phrase_word(r, i + 1, "hora")) || (phrase_word(r, i, "hora") && phrase_word(r, i + 1, "mia"));
	return mine ? 2 : 0;
}

/* 3pm London, 3pm et: not 3pm London Bridge. */
static bool bare(const struct reading *r, int i, int n, const struct place *at)
{
	bool more = i + n < r->count && r->t[i + n].capital && r->t[i + n].means[0] == NULL;
	return (at->small || r->t[i].capital) && !more;
}

/* London time, (hora de) Londres, 3pm London; of: tokens of "hora de" before it. Tokens taken by a place we know. */
static int known_place(const struct reading *r, int i, int of, struct bit *b)
{
	const struct place *at = NULL;
	int us = phrase_word(r, i + of, "us"), name = of + us, n = known(r, i + name, &at), time;
	if (n == 0)
		return 0;
	time = r->who->language == PHRASE_EN ? time_word(r, i + name + n) : 0;
	*b = (struct bit){.kind = B_ZONE, .zone = at->zone};
	return of > 0 || time > 0 || bare(r, i + us, n, at) ? name + n + time : 0;
}

/* Springfield time, hora de Villarriba. */
static int other_place(const struct reading *r, int i, int of)
{
	int n = some_name(r, i + of), time = r->who->language == PHRASE_EN ? time_word(r, i + n) : 0;
	return n > 0 && (of > 0 || time > 0) ? of + n + time : 0;
}

int phrase_place(const struct reading *r, int i, struct bit *b)
{
	int of = r->who->language == PHRASE_ES ? hour_word(r, i) : 0, own = own_time(r, i), n = own > 0 ? 0 : known_place(r, i, of, b);
	if (n > 0)
		return n;
	*b = (struct bit){.kind = B_ZONE, .doubt = PHRASE_WHICH_ZONE};
	return own > 0 ? own : other_place(r, i, of);
}
