/* Whether somebody asks for a meeting, or only tells of one: clause by clause, as "we have a meeting at 10, please send the papers" asks for papers. */
#include "app/schedule/reply_inside.h"

static const char *const meets[] = {
	" meet ", " meeting ", " schedule ", " book ", " booking ", " appointment ", " arrange ", " set up ", " slot ", " visit ", " see you ", " get together ", " a call ",
	" reunion ", " reunirnos ", " reunirme ", " cita ", " agendar ", " reservar ", " reserva ", " quedar ", " vernos ", " llamada ", " visita ", " concertar ", NULL,
};
/* Words of meetings and of nothing else; what can be said of other things as well, unless a time stands beside it. */
static const char *const meetings[] = {
	" we meet ", " i meet ", " us meet ", " meet with ", " meet you ", " meet up ", " meeting ", " appointment ", " catch up ", " reunion ", " reunirnos ", " reunirme ", " cita ", " vernos ", " nos vemos ",
	" podemos quedar ", " podriamos quedar ", NULL,
}, *const visits[] = {
	" come in ", " come by ", " come over ", " stop by ", " drop by ", " pop in ", " a call ", " a chat ", " a slot ", " see you ", " visit ", " pasar ", " pasarme ", " hueco ", " una llamada ", " videollamada ",
	" visita ", " quedar ", NULL,
};
static const char *const begins[] = {
	" meeting ", " appointment ", " a meeting ", " an appointment ", " a call ", " reunion ", " una reunion ", " cita ", " una cita ", " llamada ", " una llamada ", " visita ", NULL,
};
static const char *const cues[] = {
	" please ", " can ", " could ", " may ", " shall ", " would ", " let us ", " let s ", " lets ", " want ", " wish ", " need ", " like to ", " d like ", " hope to ", " looking to ", " ? ", " schedule ",
	" book ", " arrange ", " set up ", " request ", " how about ", " what about ", " move ", " reschedule ", " change ", " cancel ", " available ", " free ", " suit ", " suits ", " works for ", " me viene bien ", " me va bien ",
	" podemos ", " podriamos ", " puedo ", " podria ", " puede ", " podeis ", " quiero ", " queremos ", " quisiera ", " quisieramos ", " queria ", " necesito ", " necesitamos ", " me gustaria ",
	" nos gustaria ", " por favor ", " agendar ", " reservar ", " concertar ", " solicito ", " solicitud ", " pedir ", " que tal ", " cambiar ", " cambio ", " mover ", " anular ", " cancelar ", " hueco ", NULL,
};
static const char *const tells[] = {
	" thanks for ", " thank you for ", " we met ", " i met ", " we had ", " i had ", " met with ", " minutes ", " notes ", " after the ", " during the ", " at the meeting ", " in the meeting ", " was ", " were ",
	" yesterday ", " last week ", " we have ", " i have ", " have got ", " in a meeting ", " gracias por ", " tras ", " durante ", " tuvimos ", " tuve ", " fue ", " ayer ", " acta ", " tenemos ", " tengo ",
	" en la reunion ", " en la cita ", " nos reunimos ", NULL,
};

/* Begins with what is wanted, and says more than its name: "Reunion con Ana el viernes a las 10". */
static bool is_heading(const char *words, int n)
{
	enum { NAME_WORDS = 3 };

	for (const char *const *b = begins; *b && n > NAME_WORDS; b++)
		if (strncmp(words, *b, strlen(*b)) == 0)
			return true;
	return false;
}

static const char *const changes[] = {
	" cancel ", " move ", " reschedule ", " change ", " postpone ", " anular ", " cancelar ", " cambiar ", " mover ", " aplazar ", NULL,
};

/* What is said of a clause, or of all: strong, that a wish speaks of a meeting; visit, of what may be one; weak, of booking something. */
struct said {
	bool tells, names, strong, visit, weak;
};

static bool is_told(const char *words)
{
	return reply_hits(words, tells) && !strstr(words, " ? ") && !reply_hits(words, changes);
}

static struct said judge(struct fl_arena *a, struct fl_str text)
{
	enum { NAME_WORDS = 4 };
	struct said s = { .tells = false };
	const char *words;
	int n = reply_fold(a, text, &words);

	if (reply_hits(words, meetings))
		s.strong = true;
	else if (reply_hits(words, visits))
		s.visit = true;
	else if (reply_hits(words, meets))
		s.weak = true;
	else
		return s;
	if (is_heading(words, n) || (reply_hits(words, cues) && !is_told(words)))
		return s;
	if (is_told(words) || n > NAME_WORDS)
		return (struct said){ .tells = true };
	return (struct said){ .names = s.strong };
}

static struct said judge_all(struct fl_arena *a, struct fl_str text)
{
	struct said all = { .tells = false };
	size_t from = 0;

	text.n = text.n < PHRASE_TEXT_MAX ? text.n : PHRASE_TEXT_MAX;
	for (size_t i = 0; i <= text.n; i++)
		if (i == text.n || reply_ends_clause(text.p + i, text.n - i)) {
			size_t mark = i < text.n && text.p[i] == '?';
			struct said s = judge(a, (struct fl_str){ text.p + from, i + mark - from });

			all.tells |= s.tells;
			all.names |= s.names;
			all.strong |= s.strong;
			all.visit |= s.visit;
			all.weak |= s.weak;
			from = i + 1;
		}
	return all;
}

static bool names_time(struct fl_str text)
{
	const struct phrase_reader en = { .language = PHRASE_EN }, es = { .language = PHRASE_ES };
	struct phrase p;

	return phrase_find(&en, text, &p, 1) > 0 || phrase_find(&es, text, &p, 1) > 0;
}

void reply_wish(struct fl_arena *a, struct fl_str text, struct reply *out)
{
	struct said all = judge_all(a, text);

	out->asks = all.strong || all.visit || (all.weak && names_time(text));
	out->told = !out->asks && (all.tells || !all.names);
}

bool reply_wants_meeting(struct fl_arena *a, struct fl_str text)
{
	struct fl_str own = reply_own_words(a, text);
	struct said all = judge_all(a, own);

	return all.strong || (all.visit && names_time(own));
}
