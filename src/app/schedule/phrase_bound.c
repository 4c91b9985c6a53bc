/* Words that make what was named a bound: after 3, before Christmas, by Friday, a partir del lunes, no later than noon, after lunch; and a time said apart from its day. */
#include "app/schedule/phrase_inside.h"

#define WORDS_MOST 4

struct saying {
	const char *words[WORDS_MOST];
	enum phrase_bound bound;
};

/* The longest first: "not before" is no "before". */
static const struct saying before_it[] = {
	{{"no", "later", "than"}, PHRASE_BY}, {{"not", "later", "than"}, PHRASE_BY}, {{"no", "earlier", "than"}, PHRASE_FROM}, {{"not", "earlier", "than"}, PHRASE_FROM},
	{{"no", "sooner", "than"}, PHRASE_FROM}, {{"not", "before"}, PHRASE_FROM}, {{"not", "until"}, PHRASE_FROM}, {{"no", "antes", "de"}, PHRASE_FROM}, {{"no", "antes", "del"}, PHRASE_FROM},
	{{"no", "despues", "de"}, PHRASE_BY}, {{"no", "despues", "del"}, PHRASE_BY}, {{"no", "mas", "tarde", "de"}, PHRASE_BY}, {{"no", "mas", "tarde", "del"}, PHRASE_BY},
	{{"not", "after"}, PHRASE_BY}, {{"later", "than"}, PHRASE_AFTER}, {{"earlier", "than"}, PHRASE_BEFORE}, {{"sooner", "than"}, PHRASE_BEFORE},
	{{"mas", "tarde", "de"}, PHRASE_AFTER}, {{"mas", "tardar"}, PHRASE_BY}, {{"muy", "tarde"}, PHRASE_BY}, {{"a", "partir", "de"}, PHRASE_FROM}, {{"a", "partir", "del"}, PHRASE_FROM},
	{{"starting"}, PHRASE_FROM}, {{"starting", "on"}, PHRASE_FROM}, {{"desde"}, PHRASE_FROM}, {{"as", "of"}, PHRASE_FROM}, {{"as", "from"}, PHRASE_FROM},
	{{"antes", "de"}, PHRASE_BEFORE}, {{"antes", "del"}, PHRASE_BEFORE}, {{"despues", "de"}, PHRASE_AFTER}, {{"despues", "del"}, PHRASE_AFTER}, {{"pasado"}, PHRASE_AFTER},
	{{"after"}, PHRASE_AFTER}, {{"before"}, PHRASE_BEFORE}, {{"by"}, PHRASE_BY},
};

static const struct saying behind_it[] = {
	{{"at", "the", "latest"}, PHRASE_BY}, {{"at", "latest"}, PHRASE_BY}, {{"or", "before"}, PHRASE_BY}, {{"or", "earlier"}, PHRASE_BY}, {{"or", "sooner"}, PHRASE_BY}, {{"como", "muy", "tarde"}, PHRASE_BY},
	{{"a", "mas", "tardar"}, PHRASE_BY}, {{"o", "antes"}, PHRASE_BY}, {{"at", "the", "earliest"}, PHRASE_FROM}, {{"at", "earliest"}, PHRASE_FROM}, {{"or", "later"}, PHRASE_FROM}, {{"or", "after"}, PHRASE_FROM},
	{{"onwards"}, PHRASE_FROM}, {{"onward"}, PHRASE_FROM}, {{"on", "wards"}, PHRASE_FROM}, {{"en", "adelante"}, PHRASE_FROM}, {{"o", "despues"}, PHRASE_FROM}, {{"o", "mas", "tarde"}, PHRASE_FROM},
};

/* come by, stopped by, "by at 4pm": such a "by" says where somebody passes, not until when. */
static bool is_by_the_way(const struct reading *r, int i)
{
	static const char *const verbs[] = {
		"come", "comes", "came", "coming", "stop", "stops", "stopped", "stopping", "drop", "drops", "dropped", "dropping", "swing", "swings", "swung", "swinging", "pass", "passes", "passed", "passing",
		"go", "goes", "went", "gone", "going", "call", "calls", "called", "calling", "stand", "stands", "stood", "standing", "pop", "pops", "popped", "popping", NULL,
	};
	return phrase_word(r, i, "by") && (phrase_one_of(r, i - 1, verbs) || (phrase_word(r, i + 1, "at") && !phrase_word(r, i + 2, "the") && !phrase_word(r, i + 2, "latest")));
}

enum phrase_bound phrase_bound_said(const struct reading *r, int i)
{
	if (is_by_the_way(r, i))
		return PHRASE_AT;
	i += phrase_is(r, i + 1, W_OF, NULL) && (phrase_is(r, i, W_BEFORE, NULL) || phrase_is(r, i, W_AFTER, NULL)); /* despues de */
	for (size_t k = 0; k < sizeof before_it / sizeof *before_it; k++) {
		int n = 0;
		while (n < WORDS_MOST && before_it[k].words[n] != NULL)
			n++;
		if (i - n + 1 >= 0 && phrase_row(r, i - n + 1, before_it[k].words, n) == n)
			return before_it[k].bound;
	}
	return PHRASE_AT;
}

/* or later, o antes, at the latest from token i: tokens taken. */
static int bound_behind(const struct reading *r, int i, enum phrase_bound *bound)
{
	for (size_t k = 0; k < sizeof behind_it / sizeof *behind_it; k++) {
		int n = phrase_row(r, i, behind_it[k].words, WORDS_MOST);
		if (n > 0) {
			*bound = behind_it[k].bound;
			return n;
		}
	}
	return 0;
}

int phrase_day_behind_bound(const struct reading *r, int i, struct when *w)
{
	struct bit day;
	enum phrase_bound bound;
	int n = w->has_time && !w->has_day ? bound_behind(r, i, &bound) : 0, at = i + n;
	if (n == 0)
		return 0;
	at += phrase_is(r, at, W_FILL, NULL);
	at += phrase_is(r, at, W_THE, NULL);
	if (phrase_day(r, at, &day) == 0)
		return 0;
	w->bound = bound;
	return at - i;
}

enum phrase_bound phrase_bound_beside(const struct reading *r, int i, int end)
{
	int at = i - 1;
	while (phrase_is(r, at, W_THE, NULL) || phrase_is(r, at, W_ABOUT, NULL) || phrase_is(r, at, W_AT, NULL) || phrase_is(r, at, W_FILL, NULL)) {
		if (phrase_word(r, at, "by") || phrase_word(r, at, "starting"))
			break;
		at--;
	}
	enum phrase_bound bound = phrase_bound_said(r, at);
	for (int k = i; k < end; k++)
		if (phrase_word(r, k, "by") && !is_by_the_way(r, k))
			bound = PHRASE_BY; /* by 5pm is read as a time */
	if (bound == PHRASE_AT)
		(void)bound_behind(r, end, &bound);
	return bound;
}

int phrase_after_meal(const struct reading *r, int i, struct bit *b, enum phrase_bound *bound)
{
	static const char *const work[] = {"work", "hours", "trabajo", "trabajar", NULL};
	static const struct {
		enum part part;
		int from[2], to[2]; /* hours, en and es */
	} meals[] = {{P_BREAKFAST, {8, 8}, {10, 10}}, {P_LUNCH, {12, 13}, {14, 15}}, {P_DINNER, {18, 20}, {20, 22}}};
	bool after = phrase_is(r, i, W_AFTER, NULL), es = r->who->language == PHRASE_ES;
	int n = 1, part;
	if (!after && !phrase_is(r, i, W_BEFORE, NULL))
		return 0;
	while (phrase_is(r, i + n, W_OF, NULL) || phrase_is(r, i + n, W_THE, NULL))
		n++;
	*bound = after ? PHRASE_AFTER : PHRASE_BEFORE;
	if (phrase_one_of(r, i + n, work)) {
		*b = phrase_a_time((after ? 17 : 9) * INT64_C(3600), 0);
		return n + 1;
	}
	if (!phrase_is(r, i + n, W_PART, &part))
		return 0;
	for (size_t k = 0; k < sizeof meals / sizeof *meals; k++)
		if ((int)meals[k].part == part) {
			*b = phrase_a_time((after ? meals[k].to[es] : meals[k].from[es]) * INT64_C(3600), 0);
			return n + 1;
		}
	return 0;
}

/* but not before, no later than, behind a day: they lead to the side of its hour that is meant. */
static bool leads_to_side(const struct reading *r, int i)
{
	static const char *const sides[] = {"before", "after", "until", "earlier", "later", "antes", "despues", NULL}, *const nots[] = {"not", "no", "but", "pero", NULL};
	if (phrase_one_of(r, i, nots))
		return phrase_one_of(r, i + 1, sides) || (phrase_one_of(r, i + 1, nots) && phrase_one_of(r, i + 2, sides));
	return phrase_one_of(r, i, sides) || (phrase_word(r, i, "than") && phrase_one_of(r, i - 1, sides));
}

/* What leads from a day to its time or says no more than that it suits. A subject or a verb of its own begins something else: "Tuesday is fine, I have lunch at noon". */
static bool leads_on(const struct reading *r, int i)
{
	static const enum word classes[] = {W_FILL, W_THE, W_OF, W_AT, W_FROM, W_ABOUT};
	static const char marks[] = {',', '?', '-', '(', ')', '\'', '@', '\xC2', '\xBF'}; /* the last two are the opening question mark */
	static const char *const suits[] = {
		"is", "s", "be", "d", "does", "would", "will", "could", "should", "might", "work", "works", "working", "suit", "suits", "sound", "sounds", "look", "looks", "good", "fine", "ok", "okay", "great", "perfect", "best", "better",
		"ideal", "possible", "free", "available", "convenient", "for", "me", "us", "you", "with", "too", "also", "then", "please", "es", "esta", "estaria", "seria", "va", "iria", "viene", "vendria", "vale", "sirve", "conviene",
		"convendria", "suena", "puede", "podria", "ser", "me", "nos", "te", "le", "les", "os", "mi", "ti", "nosotros", "usted", "ustedes", "bien", "bueno", "perfecto", "genial", "mejor", "ideal", "posible", "libre", "para",
		"tambien", "entonces", "favor", NULL,
	}, *const leads[] = {
		"say", "let", "lets", "maybe", "perhaps", "possibly", "preferably", "ideally", "any", "time", "anytime", "sometime", "how", "what", "roughly", "starting", "digamos", "tal", "vez", "quizas", "quiza", "posiblemente",
		"preferiblemente", "preferentemente", "idealmente", "aproximadamente", "hora", "que", NULL,
	};
	if (leads_to_side(r, i))
		return true;
	for (size_t k = 0; k < sizeof marks; k++)
		if (phrase_mark(r, i, marks[k]))
			return true;
	for (size_t k = 0; k < sizeof classes / sizeof *classes; k++)
		if (phrase_is(r, i, classes[k], NULL))
			return true;
	return phrase_one_of(r, i, suits) || phrase_one_of(r, i, leads);
}

static bool belong_together(const struct reading *r, size_t from, size_t to)
{
	int between = 0;
	for (int i = 0; i < r->count && r->t[i].from < to; i++)
		if (r->t[i].from >= from && (++between > 8 || !leads_on(r, i)))
			return false;
	return true;
}

static bool is_a_day(const struct phrase *p)
{
	return p->has_day && !p->has_time && p->rule[0] == '\0' && p->grain == PHRASE_DAY && p->end_s - p->start_s == DAY_S && p->bound == PHRASE_AT && p->doubt != PHRASE_PAST;
}

int phrase_join_times(const struct reading *r, struct phrase *out, int found)
{
	for (int k = 0; k + 1 < found; k++) {
		struct phrase *day = &out[k], *time = &out[k + 1];
		if (!is_a_day(day) || time->has_day || !time->has_time || time->rule[0] != '\0' || !belong_together(r, day->to, time->from))
			continue;
		int64_t from = day->start_s + time->start_s % DAY_S;
		time->from = day->from;
		time->end_s = from + time->end_s - time->start_s;
		time->start_s = from;
		time->has_day = true;
		time->doubt = day->doubt > time->doubt ? day->doubt : time->doubt;
		for (int m = k; m + 1 < found; m++)
			out[m] = out[m + 1];
		found--;
	}
	return found;
}
