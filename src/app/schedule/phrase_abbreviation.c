/* Zones by their letters: 3pm CET. Some are said of several zones; the reader's own tells which, else it is asked. */
#include <string.h>

#include "app/schedule/phrase_inside.h"

#define ASK 10000

/* Where letters mean something else than in the words, or are not clear: the first line whose beginning the reader's zone has; an empty one is anywhere. */
static const struct {
	const char *letters, *where;
	int minutes;
} readings[] = {
	{"cst", "America/Havana", -300}, {"cst", "America/", -360}, {"cst", "Asia/Shanghai", 480}, {"cst", "Asia/Taipei", 480}, {"cst", "Asia/Hong_Kong", 480}, {"cst", "Asia/Macau", 480}, {"cst", "", ASK},
	{"ist", "Asia/Kolkata", 330}, {"ist", "Asia/Calcutta", 330}, {"ist", "Asia/Colombo", 330}, {"ist", "Europe/Dublin", 60}, {"ist", "Asia/Jerusalem", 120}, {"ist", "Asia/Tel_Aviv", 120}, {"ist", "", ASK},
	{"ast", "America/", -240}, {"ast", "Atlantic/", -240}, {"ast", "Asia/Riyadh", 180}, {"ast", "Asia/Kuwait", 180}, {"ast", "Asia/Baghdad", 180}, {"ast", "Asia/Qatar", 180}, {"ast", "", ASK},
	{"gst", "Asia/Dubai", 240}, {"gst", "Asia/Muscat", 240}, {"gst", "Pacific/Guam", 600}, {"gst", "", ASK},
	{"bst", "Asia/Dhaka", 360}, {"bst", "Asia/", ASK}, {"bst", "Pacific/", ASK},
	{"est", "Australia/", ASK}, {"mst", "Asia/", ASK}, {"pst", "Asia/Manila", 480}, {"pst", "Asia/", ASK},
};

static struct fl_str home(const struct reading *r)
{
	return r->who->zone.n > 0 || !r->who->month_first ? r->who->zone : FL_STR("America/");
}

static int meant(const struct reading *r, const char *letters, int minutes)
{
	struct fl_str zone = home(r);
	for (size_t k = 0; k < sizeof readings / sizeof *readings; k++) {
		size_t n = strlen(readings[k].where);
		if (strcmp(readings[k].letters, letters) == 0 && (n == 0 || (zone.n >= n && memcmp(zone.p, readings[k].where, n) == 0)))
			return readings[k].minutes;
	}
	return minutes;
}

int phrase_abbreviation(const struct reading *r, int i, struct bit *b)
{
	int minutes;
	if (!phrase_is(r, i, W_ZONE, &minutes))
		return 0;
	minutes = meant(r, r->t[i].text, minutes);
	*b = (struct bit){.kind = B_ZONE, .offset_min = minutes == ASK ? 0 : minutes, .doubt = minutes == ASK ? PHRASE_WHICH_ZONE : PHRASE_CLEAR};
	return 1;
}
