#include "app/schedule/reply.h"

#include "app/schedule/phrase_inside.h"
#include "app/schedule/reply_inside.h"
#include "base/buf.h"

enum { WORDS_TIMES = 3, WORDS_SPARE = 64 }; /* how many bytes a byte may become, folded */

static const char *const cancels[] = {
	" cancel ", " cancelled ", " call off ", " call it off ", " can t make it ", " cannot make it ", " wont be able ", " won t be able ",
	" cancelar ", " cancela ", " cancelen ", " cancele ", " cancelo ", " cancelarla ", " anular ", " anula ", " anule ", " anulala ", " anulela ", " anularla ", " anularlo ", " cancelala ", " cancelela ", " cancelarlo ", " no podre ir ", " no puedo ir ", " no podre asistir ", NULL,
};
static const char *const moves[] = {
	" move ", " reschedule ", " postpone ", " change ", " push back ", " another time ", " different time ", " other time ", " instead ",
	" mover ", " moverla ", " cambiar ", " cambiarla ", " cambio ", " reprogramar ", " aplazar ", " aplazarla ", " posponer ", " otro dia ", " otra hora ", " en lugar ", " en vez ", NULL,
};
static const char *const keeps[] = { " don t cancel ", " do not cancel ", " not cancel ", " no cancelar ", " no cancele ", " no canceles ", " no la cancele ", " no anular ", NULL };
static const char *const people[] = {
	" a person ", " a human ", " someone real ", " real person ", " speak to somebody ", " talk to somebody ", " speak to someone ", " talk to someone ", " call me ",
	" una persona ", " un humano ", " hablar con alguien ", " llameme ", " llamame ", NULL,
};
static const char *const yes[] = {
	" yes ", " yeah ", " yep ", " ok ", " okay ", " sure ", " perfect ", " works ", " fine ", " great ", " sounds good ", " agreed ", " confirm ", " confirmed ", " that one ",
	" si ", " vale ", " de acuerdo ", " perfecto ", " perfecta ", " genial ", " claro ", " esta bien ", " me va bien ", " me viene bien ", " confirmo ", " confirmado ", " esa ", NULL,
};
static const char *const no[] = {
	" no ", " nope ", " none ", " neither ", " not any ", " doesn t work ", " don t work ", " can t ", " cannot ", " ninguno ", " ninguna ", " tampoco ", " no puedo ", " nada ", NULL,
};
static const char *const nones[] = { " none ", " neither ", " not any ", " none of ", " ninguno ", " ninguna ", NULL };
static const char *const negations[] = {
	" not ", " can t ", " cannot ", " won t ", " doesn t ", " don t ", " isn t ", " unable ", " except ", " neither ", " never ", " no ", " nunca ", " imposible ", " tampoco ", " salvo ",
	" excepto ", " ni ", NULL,
};
static const char *const asking[] = { " ? ", " why don t ", " why not ", " por que no ", " no problem ", " ningun problema ", NULL };
static const char *const english[] = {
	" the ", " please ", " and ", " you ", " yes ", " at ", " on ", " is ", " for ", " with ", " we ", " i ", " none ", " works ", " second ", " first ", " cancel ", " move ", NULL,
};
static const char *const spanish[] = {
	" el ", " la ", " los ", " las ", " por ", " favor ", " una ", " un ", " si ", " que ", " con ", " para ", " de ", " podemos ", " ninguno ", " vale ", " mejor ", " gracias ", NULL,
};
static const struct {
	const char *word;
	int n;
} choices[] = {
	{ " first ", 1 },   { " primero ", 1 }, { " primera ", 1 }, { " primer ", 1 }, { " 1 st ", 1 },
	{ " second ", 2 },  { " segundo ", 2 }, { " segunda ", 2 }, { " 2 nd ", 2 },
	{ " third ", 3 },   { " tercero ", 3 }, { " tercera ", 3 }, { " tercer ", 3 }, { " 3 rd ", 3 },
	{ " fourth ", 4 },  { " cuarto ", 4 },  { " cuarta ", 4 },
	{ " earliest ", 1 }, { " soonest ", 1 }, { " whatever works ", 1 }, { " whichever ", 1 }, { " any of them ", 1 }, { " you choose ", 1 }, { " up to you ", 1 },
	{ " cualquiera ", 1 }, { " me da igual ", 1 }, { " mas temprana ", 1 }, { " lo antes posible ", 1 },
	{ " last one ", REPLY_LAST }, { " the last ", REPLY_LAST }, { " ultimo ", REPLY_LAST }, { " ultima ", REPLY_LAST },
};
static const char *const later[] = {
	" later ", " push back ", " push it back ", " postpone ", " postpone it ", " delay ", " delay it ", " mas tarde ", " despues ", " retrasar ", " retrasarla ", " retrasarlo ", " retrasamos ",
	" retrase ", " aplazar ", " aplazarla ", " atrasar ", " atrasarla ", NULL,
};
static const char *const sooner[] = {
	" earlier ", " sooner ", " bring forward ", " bring it forward ", " move forward ", " move it forward ", " mas temprano ", " antes ", " adelantar ", " adelantarla ", " adelantarlo ",
	" adelantamos ", " adelante ", NULL,
};
static const char *const next_days[] = { " the day after ", " a day after ", " the next day ", " the following day ", " el dia despues ", " el dia siguiente ", " al dia siguiente ", NULL };
static const char *const days_before[] = { " the day before ", " a day before ", " el dia antes ", " el dia anterior ", " un dia antes ", NULL };
static const char *const hours[] = { " at ", " a ", " las ", NULL };
static const char *const numbered[] = { " option ", " number ", " opcion ", " numero ", " nr ", " slot ", NULL };

int reply_fold(struct fl_arena *a, struct fl_str text, const char **out)
{
	struct phrase_reader who = { .language = PHRASE_EN };
	struct reading r; /* 60 KB, and this is asked for each clause of a text */
	struct fl_buf b = fl_buf(a, WORDS_TIMES * (text.n < PHRASE_TEXT_MAX ? text.n : PHRASE_TEXT_MAX) + WORDS_SPARE);
	int n = 0;

	phrase_tokens(&r, &who, text);
	fl_buf_putc(&b, ' ');
	for (int i = 0; i < r.count; i++) {
		const struct token *t = &r.t[i];

		if (t->number)
			fl_buf_printf(&b, "%lld ", (long long)t->value);
		else if (t->text[0] == '?' || (t->text[0] >= 'a' && t->text[0] <= 'z'))
			fl_buf_printf(&b, "%s ", t->text);
		else
			continue;
		n++;
	}
	*out = fl_buf_cstr(&b);
	return n;
}

int reply_hits(const char *words, const char *const *cues)
{
	int n = 0;

	for (; *cues; cues++)
		n += strstr(words, *cues) != NULL;
	return n;
}

/* The number that stands alone at `at`, 0 for none. */
static int digit_at(const char *at)
{
	return *at >= '1' && *at <= '9' && at[1] == ' ' ? *at - '0' : 0;
}

/* "option 2", "#2", "la 2", a number nearly alone; never the hour of "at 2". */
static int number_choice(const char *words, int nwords)
{
	for (const char *const *c = numbered; *c; c++) {
		const char *at = strstr(words, *c);

		if (at && digit_at(at + strlen(*c)))
			return digit_at(at + strlen(*c));
	}
	if (nwords > 3 || reply_hits(words, hours))
		return 0;
	while ((words = strchr(words, ' ')) != NULL && !digit_at(words + 1)) /* the 1 of 11 is none */
		words++;
	return words ? digit_at(words + 1) : 0;
}

/* How long after or before something the text says; of "after Tuesday" and "before 5" it is no length. */
static int64_t shift_of(struct fl_str text, const char *words)
{
	enum { DAY = 86400 };
	bool back = reply_hits(words, sooner) > 0;

	if (reply_hits(words, next_days))
		return DAY;
	if (reply_hits(words, days_before))
		return -DAY;
	int64_t s = back || reply_hits(words, later) ? phrase_length_s(PHRASE_EN, text) : 0;

	if (s == 0 && (back || reply_hits(words, later)))
		s = phrase_length_s(PHRASE_ES, text);
	return back ? -s : s;
}

/* week behind "the second", of December behind "the first": no choice of ours. */
static bool counts_other(const char *next)
{
	static const char *const nouns[] = { "week ", "half ", "day ", "thing ", "semana ", "mitad ", "quincena ", "hora ", "of " };

	for (size_t i = 0; i < FL_COUNT(nouns); i++)
		if (strncmp(next, nouns[i], strlen(nouns[i])) == 0)
			return strncmp(next, "of the", 6) != 0;
	return false;
}

static int choice_of(const char *words, int nwords)
{
	for (size_t i = 0; i < FL_COUNT(choices); i++) {
		const char *at = strstr(words, choices[i].word);

		if (at && !counts_other(at + strlen(choices[i].word)))
			return choices[i].n;
	}
	return number_choice(words, nwords);
}

static enum reply_act act_of(const char *words)
{
	bool moving = reply_hits(words, moves);

	if (reply_hits(words, people))
		return REPLY_PERSON;
	if (reply_hits(words, keeps))
		return REPLY_NO;
	if (reply_hits(words, cancels))
		return moving ? REPLY_MOVE : REPLY_CANCEL;
	if (moving)
		return REPLY_MOVE;
	if (reply_hits(words, no) && !strstr(words, " no problem "))
		return REPLY_NO;
	return reply_hits(words, yes) ? REPLY_YES : REPLY_NONE;
}

void reply_read(struct fl_arena *a, struct fl_str text, struct reply *out)
{
	const char *words;
	int n = reply_fold(a, text, &words), en = reply_hits(words, english), es = reply_hits(words, spanish);

	*out = (struct reply){ .act = act_of(words), .choice = choice_of(words, n), .none = reply_hits(words, nones) > 0,
		               .shift_s = shift_of(text, words), .language = es > en ? PHRASE_ES : PHRASE_EN, .language_sure = es != en };
	reply_wish(a, text, out);
}

bool reply_is_shift(struct fl_arena *a, struct fl_str text, size_t from, size_t to)
{
	struct fl_str said = { text.p + from, to - from };
	const char *words;

	(void)reply_fold(a, said, &words);
	return shift_of(said, words) != 0;
}

bool reply_ends_clause(const char *p, size_t left)
{
	return *p == '.' || *p == ',' || *p == ';' || *p == '!' || *p == '?' || *p == '\n' || (left >= 5 && memcmp(p, " but ", 5) == 0) ||
		(left >= 6 && memcmp(p, " pero ", 6) == 0);
}

bool reply_negates(struct fl_arena *a, struct fl_str text, size_t from, size_t to)
{
	size_t begin = from, end = to;
	const char *words;

	while (begin > 0 && !reply_ends_clause(text.p + begin - 1, text.n - begin + 1))
		begin--;
	while (end < text.n && !reply_ends_clause(text.p + end, text.n - end))
		end++;
	if (end < text.n && text.p[end] == '?')
		return false;
	(void)reply_fold(a, (struct fl_str){ text.p + begin, end - begin }, &words);
	return reply_hits(words, negations) && !reply_hits(words, asking);
}

static bool begins(struct fl_str line, const char *with)
{
	size_t n = strlen(with);

	return line.n >= n && fl_str_ieq((struct fl_str){ line.p, n }, fl_str(with));
}

static bool has_end(struct fl_str line, const char *end)
{
	size_t n = strlen(end);

	return line.n >= n && fl_str_ieq((struct fl_str){ line.p + line.n - n, n }, fl_str(end));
}

/* Where a mail that is quoted whole begins, or a signature. */
static bool is_tail(struct fl_str line, struct fl_str trimmed)
{
	return begins(trimmed, "-----") || begins(trimmed, "________") || fl_str_eq(line, FL_STR("-- ")) || fl_str_eq(line, FL_STR("-- \r")) ||
		(begins(trimmed, "From: ") && memchr(trimmed.p, '@', trimmed.n)) || (begins(trimmed, "De: ") && memchr(trimmed.p, '@', trimmed.n));
}

/* The line that ends a letter: what stands below it is a name and an address. */
static bool is_closing(struct fl_str line)
{
	static const char *const closings[] = {
		"best regards", "kind regards", "warm regards", "many regards", "regards", "best wishes", "all the best", "sincerely", "yours sincerely", "yours truly", "cheers", "best",
		"saludos", "un saludo", "un cordial saludo", "saludos cordiales", "cordialmente", "atentamente", "muy atentamente", "un abrazo",
	}, *const devices[] = { "sent from my ", "sent from outlook", "get outlook for ", "enviado desde " };

	while (line.n && strchr(",.!-", line.p[line.n - 1]))
		line.n--;
	for (size_t i = 0; i < FL_COUNT(closings); i++)
		if (fl_str_ieq(line, fl_str(closings[i])))
			return true;
	for (size_t i = 0; i < FL_COUNT(devices); i++)
		if (begins(line, devices[i]))
			return true;
	return false;
}

struct fl_str reply_own_words(struct fl_arena *a, struct fl_str text)
{
	struct fl_buf b = fl_buf(a, text.n + 2);
	struct fl_str rest = text;

	while (rest.n) {
		struct fl_str line = fl_str_cut(&rest, '\n'), trimmed = fl_str_trim(line), after = fl_str_trim(rest);

		if (is_tail(line, trimmed) || (fl_str_trim(fl_buf_get(&b)).n && is_closing(trimmed)))
			break;
		if (begins(trimmed, ">"))
			continue;
		/* The introduction may be broken over two lines; its second line ends as the whole does. */
		if ((begins(trimmed, "On ") || begins(trimmed, "El ")) && after.n) {
			struct fl_str next = fl_str_trim(fl_str_cut(&after, '\n'));

			if (has_end(next, "wrote:") || has_end(next, "escribi\xc3\xb3:")) {
				(void)fl_str_cut(&rest, '\n');
				continue;
			}
		}
		if (has_end(trimmed, "wrote:") || has_end(trimmed, "escribi\xc3\xb3:"))
			continue;
		fl_buf_str(&b, line);
		fl_buf_putc(&b, '\n');
	}
	return fl_str_trim(fl_buf_get(&b));
}
