/* Holidays: those on a date, those that go by Easter, those on a weekday of a month. */
#include <string.h>

#include "app/schedule/phrase_inside.h"

enum rule { DATE, EASTER, NTH, THANKS };

/* A holiday by up to four words. DATE: a month and day; EASTER: a days from Easter Sunday, lasting b days, 0 one; NTH: the c-th (-1 the last)
 * weekday b of month a, 0 Monday; THANKS: a days from the fourth Thursday of November. */
struct holiday {
	const char *words[4];
	enum rule rule;
	int a, b, c;
};

static const struct holiday names[] = {
	{{"christmas", "eve"}, DATE, 12, 24, 0},    {{"xmas", "eve"}, DATE, 12, 24, 0},       {{"christmas", "day"}, DATE, 12, 25, 0},   {{"christmas"}, DATE, 12, 25, 0},
	{{"xmas"}, DATE, 12, 25, 0},                {{"boxing", "day"}, DATE, 12, 26, 0},     {{"halloween"}, DATE, 10, 31, 0},          {{"independence", "day"}, DATE, 7, 4, 0},
	{{"valentines", "day"}, DATE, 2, 14, 0},    {{"valentines"}, DATE, 2, 14, 0},         {{"valentine"}, DATE, 2, 14, 0},           {{"veterans", "day"}, DATE, 11, 11, 0},
	{{"new", "years", "eve"}, DATE, 12, 31, 0}, {{"new", "years", "day"}, DATE, 1, 1, 0}, {{"new", "years"}, DATE, 1, 1, 0},         {{"new", "year"}, DATE, 1, 1, 0},
	{{"good", "friday"}, EASTER, -2, 0, 0},     {{"easter", "monday"}, EASTER, 1, 0, 0},  {{"easter", "sunday"}, EASTER, 0, 0, 0},   {{"easter"}, EASTER, 0, 0, 0},
	{{"palm", "sunday"}, EASTER, -7, 0, 0},     {{"ash", "wednesday"}, EASTER, -46, 0, 0}, {{"whit", "monday"}, EASTER, 50, 0, 0},   {{"ascension", "day"}, EASTER, 39, 0, 0},
	{{"thanksgiving", "day"}, NTH, 11, 3, 4},   {{"thanksgiving"}, NTH, 11, 3, 4},        {{"labor", "day"}, NTH, 9, 0, 1},  {{"labour", "day"}, NTH, 9, 0, 1},          {{"memorial", "day"}, NTH, 5, 0, -1},
	{{"mothers", "day"}, NTH, 5, 6, 2},         {{"fathers", "day"}, NTH, 6, 6, 3},       {{"presidents", "day"}, NTH, 2, 0, 3},     {{"columbus", "day"}, NTH, 10, 0, 2},
	{{"black", "friday"}, THANKS, 1, 0, 0},     {{"cyber", "monday"}, THANKS, 4, 0, 0},   {{"martin", "luther", "king"}, NTH, 1, 0, 3}, {{"mlk", "day"}, NTH, 1, 0, 3},
	{{"st", "patricks", "day"}, DATE, 3, 17, 0}, {{"st", "patricks"}, DATE, 3, 17, 0},    {{"saint", "patricks", "day"}, DATE, 3, 17, 0}, {{"earth", "day"}, DATE, 4, 22, 0},
	{{"april", "fools", "day"}, DATE, 4, 1, 0}, {{"april", "fools"}, DATE, 4, 1, 0},      {{"groundhog", "day"}, DATE, 2, 2, 0},     {{"cinco", "de", "mayo"}, DATE, 5, 5, 0},
	{{"juneteenth"}, DATE, 6, 19, 0},           {{"canada", "day"}, DATE, 7, 1, 0},       {{"bastille", "day"}, DATE, 7, 14, 0},     {{"guy", "fawkes", "night"}, DATE, 11, 5, 0},
	{{"bonfire", "night"}, DATE, 11, 5, 0},     {{"remembrance", "day"}, DATE, 11, 11, 0}, {{"all", "saints", "day"}, DATE, 11, 1, 0}, {{"epiphany"}, DATE, 1, 6, 0},
	{{"shrove", "tuesday"}, EASTER, -47, 0, 0}, {{"mardi", "gras"}, EASTER, -47, 0, 0},   {{"maundy", "thursday"}, EASTER, -3, 0, 0}, {{"pentecost"}, EASTER, 49, 0, 0},
	{{"whit", "sunday"}, EASTER, 49, 0, 0},     {{"corpus", "christi"}, EASTER, 60, 0, 0}, {{"holy", "week"}, EASTER, -7, 8, 0},     {{"semana", "santa"}, EASTER, -7, 8, 0},
	{{"sabado", "santo"}, EASTER, -1, 0, 0},    {{"domingo", "de", "resurreccion"}, EASTER, 0, 0, 0}, {{"pentecostes"}, EASTER, 49, 0, 0}, {{"martes", "de", "carnaval"}, EASTER, -47, 0, 0},
	{{"todos", "los", "santos"}, DATE, 11, 1, 0}, {{"dia", "del", "trabajo"}, DATE, 5, 1, 0}, {{"noche", "vieja"}, DATE, 12, 31, 0}, {{"noche", "buena"}, DATE, 12, 24, 0},
	{{"ides", "of", "march"}, DATE, 3, 15, 0},  {{"guy", "fawkes", "day"}, DATE, 11, 5, 0},
	{{"whitsunday"}, EASTER, 49, 0, 0},         {{"indigenous", "peoples", "day"}, NTH, 10, 0, 2}, {{"womens", "day"}, DATE, 3, 8, 0}, {{"may", "day"}, DATE, 5, 1, 0},
	{{"all", "souls", "day"}, DATE, 11, 2, 0},  {{"anzac", "day"}, DATE, 4, 25, 0},       {{"australia", "day"}, DATE, 1, 26, 0},    {{"twelfth", "night"}, DATE, 1, 5, 0},
	{{"dia", "de", "muertos"}, DATE, 11, 2, 0}, {{"dia", "de", "difuntos"}, DATE, 11, 2, 0}, {{"dia", "del", "trabajador"}, DATE, 5, 1, 0}, {{"epifania"}, DATE, 1, 6, 0},
	{{"dia", "de", "los", "enamorados"}, DATE, 2, 14, 0},           {{"santos", "inocentes"}, DATE, 12, 28, 0}, {{"accion", "de", "gracias"}, NTH, 11, 3, 4}, 
	{{"inmaculada", "concepcion"}, DATE, 12, 8, 0}, {{"la", "inmaculada"}, DATE, 12, 8, 0}, {{"dia", "de", "la", "hispanidad"}, DATE, 10, 12, 0},
	{{"dia", "de", "los", "muertos"}, DATE, 11, 2, 0},       {{"dia", "de", "los", "trabajadores"}, DATE, 5, 1, 0}, {{"dia", "de", "los", "inocentes"}, DATE, 12, 28, 0},   
	{{"dia", "de", "andalucia"}, DATE, 2, 28, 0}, {{"dia", "de", "canarias"}, DATE, 5, 30, 0}, {{"dia", "de", "galicia"}, DATE, 7, 25, 0}, {{"dia", "de", "santiago"}, DATE, 7, 25, 0},
	{{"dia", "de", "aragon"}, DATE, 4, 23, 0},  {{"dia", "de", "asturias"}, DATE, 9, 8, 0}, {{"dia", "de", "extremadura"}, DATE, 9, 8, 0}, {{"dia", "de", "navarra"}, DATE, 12, 3, 0},
	{{"dia", "de", "la", "constitucion"}, DATE, 12, 6, 0}, {{"puente", "de", "la", "constitucion"}, DATE, 12, 6, 0}, {{"el", "pilar"}, DATE, 10, 12, 0}, {{"del", "pilar"}, DATE, 10, 12, 0},
	{{"fiesta", "nacional"}, DATE, 10, 12, 0},  {{"la", "diada"}, DATE, 9, 11, 0},        {{"sant", "jordi"}, DATE, 4, 23, 0},       {{"san", "isidro"}, DATE, 5, 15, 0},
	{{"dia", "de", "san", "jose"}, DATE, 3, 19, 0}, {{"dia", "de", "san", "jorge"}, DATE, 4, 23, 0}, {{"dia", "del", "padre"}, DATE, 3, 19, 0}, {{"dia", "de", "la", "madre"}, NTH, 5, 6, 1},
	{{"san", "fermin"}, DATE, 7, 7, 0},         {{"sanfermines"}, DATE, 7, 7, 0},         {{"la", "merce"}, DATE, 9, 24, 0},         {{"la", "almudena"}, DATE, 11, 9, 0},
	{{"sant", "joan"}, DATE, 6, 24, 0},         {{"sant", "esteve"}, DATE, 12, 26, 0},    {{"san", "esteban"}, DATE, 12, 26, 0},     {{"virgen", "de", "agosto"}, DATE, 8, 15, 0},
	{{"la", "asuncion"}, DATE, 8, 15, 0},       {{"la", "candelaria"}, DATE, 2, 2, 0},    {{"san", "silvestre"}, DATE, 12, 31, 0},
	{{"sabado", "santo"}, EASTER, -1, 0, 0},    {{"martes", "de", "carnaval"}, EASTER, -47, 0, 0}, {{"lunes", "de", "carnaval"}, EASTER, -48, 0, 0}, 
	{{"navidad"}, DATE, 12, 25, 0},             {{"nochebuena"}, DATE, 12, 24, 0},        {{"nochevieja"}, DATE, 12, 31, 0},         {{"fin", "de", "ano"}, DATE, 12, 31, 0},
	{{"ano", "nuevo"}, DATE, 1, 1, 0},          {{"reyes"}, DATE, 1, 6, 0},               {{"san", "valentin"}, DATE, 2, 14, 0},     {{"san", "juan"}, DATE, 6, 24, 0},
	{{"viernes", "santo"}, EASTER, -2, 0, 0},   {{"jueves", "santo"}, EASTER, -3, 0, 0},  {{"lunes", "de", "pascua"}, EASTER, 1, 0, 0}, {{"pascua"}, EASTER, 0, 0, 0},
	{{"domingo", "de", "ramos"}, EASTER, -7, 0, 0}, {{"domingo", "de", "pascua"}, EASTER, 0, 0, 0}, {{"miercoles", "de", "ceniza"}, EASTER, -46, 0, 0},
};

static int64_t in_year(const struct holiday *h, int64_t year)
{
	int64_t first;
	if (h->rule == DATE)
		return phrase_day_number(year, h->a, h->b);
	if (h->rule == EASTER)
		return phrase_easter(year) + h->a;
	if (h->rule == THANKS)
		return phrase_day_number(year, 11, 1) + (3 - phrase_weekday(phrase_day_number(year, 11, 1)) + 7) % 7 + 21 + h->a;
	if (h->c < 0) {
		first = phrase_day_number(year, h->a, phrase_month_days(year, h->a));
		return first - (phrase_weekday(first) - h->b + 7) % 7;
	}
	first = phrase_day_number(year, h->a, 1);
	return first + (h->b - phrase_weekday(first) + 7) % 7 + (h->c - 1) * 7;
}

/* One word of a name, also with the s behind an apostrophe: valentine's. Tokens taken. */
static int word_of(const struct reading *r, int i, const char *word)
{
	size_t n = strlen(word) - 1;
	if (phrase_word(r, i, word))
		return 1;
	if (i + 1 >= r->count || word[n] != 's' || strlen(r->t[i].text) != n || strncmp(r->t[i].text, word, n) != 0)
		return 0;
	for (int k = i + 1; k <= i + 3; k++) /* an apostrophe of one byte or three */
		if (phrase_word(r, k, "s") && r->t[k].glued)
			return k - i + 1;
	return 0;
}

static int named(const struct reading *r, int i, const struct holiday *h)
{
	int n = 0;
	for (int k = 0; k < 4 && h->words[k] != NULL; k++) {
		int m = word_of(r, i + n, h->words[k]);
		if (m == 0)
			return 0;
		n += m;
		bool mark = (phrase_mark(r, i + n, '\'') || phrase_mark(r, i + n, '.')) && r->t[i + n].glued && h->words[1] != NULL && k < 3 && h->words[k + 1] != NULL;
		n += mark; /* mothers' day, st. patrick */
	}
	return n;
}

/* last Christmas, la navidad pasada: tokens of it before and behind the name. */
static void gone(const struct reading *r, int before, int behind, int *front, int *back)
{
	int move = 0;
	*front = r->who->language == PHRASE_EN && phrase_word(r, before, "last");
	*back = !*front && phrase_after_noun(r, behind, &move) > 0 && move < 0;
}

/* Christmas week, Labor Day weekend: the stretch that holds the day, a weekend with the day that lengthens it. Tokens taken. */
static int around(const struct reading *r, int i, struct bit *b)
{
	int unit, weekday = phrase_weekday(b->day), n = b->days > 1 ? 0 : phrase_unit_noun(r, i, &unit);
	if (n == 0 || (unit != U_WEEK && unit != U_WEEKEND))
		return 0;
	int64_t monday = b->day - weekday, from = monday + (weekday < 2 ? -2 : 5), to = from + 2;
	if (unit == U_WEEK)
		*b = phrase_stretch(monday, monday + 7, PHRASE_WEEK);
	else
		*b = phrase_stretch(weekday > 2 && weekday < 5 ? b->day : from, weekday < 1 ? to + 1 : to, PHRASE_DAY);
	return n;
}

static int of_name(const struct reading *r, int i, int front, struct bit *b)
{
	const struct holiday *h = NULL;
	int n = 0, month, d, last, behind;
	int64_t now, year;
	for (size_t k = 0; k < sizeof names / sizeof *names && n == 0; k++)
		if (names[k].words[0][0] == r->t[i].text[0] && (n = named(r, i, &names[k])) > 0)
			h = &names[k];
	if (h == NULL)
		return 0;
	phrase_civil(r->today, &now, &month, &d);
	gone(r, i - front, i + n, &last, &behind);
	int m = last || behind ? behind : phrase_year(r, i + n, now, &year);
	if (last || behind)
		year = now - (in_year(h, now) >= r->today);
	else if (m == 0)
		year = now + (in_year(h, now) < r->today);
	*b = (struct bit){.kind = B_DAY, .grain = PHRASE_DAY, .day = in_year(h, year), .days = h->rule == EASTER && h->b > 0 ? h->b : 1};
	return n + m + around(r, i + n + m, b);
}

int phrase_holiday(const struct reading *r, int i, struct bit *b)
{
	int which = r->who->language == PHRASE_EN && i + 1 < r->count && (phrase_word(r, i, "last") || phrase_word(r, i, "next") || phrase_word(r, i, "this"));
	int n = i + which < r->count ? of_name(r, i + which, which, b) : 0;
	return n > 0 ? which + n : 0;
}
