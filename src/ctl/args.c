/* What follows a command, held against what its row in the table says of it: a misspelled option or a word too many would otherwise be left out without a word. */
#include <stdio.h>

#include "ctl/ctl.h"

enum option { NO_OPTION, FLAG, WITH_VALUE };

/* The next word of a usage text, without its brackets; `rest` is what follows it. */
static struct fl_str next_word(struct fl_str *rest)
{
	struct fl_str word = fl_str_cut(rest, ' ');

	while (word.n && word.p[0] == '[')
		word = (struct fl_str){ word.p + 1, word.n - 1 };
	return word;
}

static bool is_option(struct fl_str word)
{
	return word.n > 2 && strncmp(word.p, "--", 2) == 0;
}

/* Whether such a word of a usage text stands for something to be given. */
static bool is_value(struct fl_str word)
{
	return word.n > 0 && !is_option(word) && !strchr("|<>", word.p[0]);
}

static enum option option_of(const char *args, const char *name)
{
	struct fl_str rest = fl_str(args);

	while (rest.p) {
		struct fl_str word = next_word(&rest), ahead = rest;
		bool closed = word.n && word.p[word.n - 1] == ']';

		while (word.n && word.p[word.n - 1] == ']')
			word.n--;
		if (fl_str_eq(word, fl_str(name)))
			return !closed && rest.p && is_value(next_word(&ahead)) ? WITH_VALUE : FLAG;
	}
	return NO_OPTION;
}

/* How many words besides options a command takes; of alternatives the longest. */
static int words_most(const char *args)
{
	struct fl_str rest = fl_str(args);
	int most = 0, n = 0;

	while (rest.p) {
		struct fl_str word = next_word(&rest);

		if (fl_str_eq(word, FL_STR("<")) || fl_str_eq(word, FL_STR(">")))
			break;
		if (fl_str_eq(word, FL_STR("|")))
			n = 0;
		if (is_option(word) && word.p[word.n - 1] != ']' && rest.p) {
			struct fl_str ahead = rest;

			if (is_value(next_word(&ahead)))
				rest = ahead;
		}
		n += is_value(word);
		most = n > most ? n : most;
	}
	return most;
}

/* The usage of a command, on standard error. */
static bool refuse(const struct ctl_command *cmd, const char *what, const char *word)
{
	fprintf(stderr, "fairlead: %s%s%s: %s%s\nusage: fairlead %s%s%s %s\n", cmd->name, cmd->sub ? " " : "", cmd->sub ? cmd->sub : "", word, what, cmd->name,
	        cmd->sub ? " " : "", cmd->sub ? cmd->sub : "", cmd->args);
	return false;
}

bool ctl_args_fit(const struct ctl_command *cmd, int argc, char **argv)
{
	int words = words_most(cmd->args);

	for (int i = 0; i < argc; i++) {
		enum option o = is_option(fl_str(argv[i])) ? option_of(cmd->args, argv[i]) : NO_OPTION;

		for (int k = 0; o != NO_OPTION && k < i; k++)
			if (strcmp(argv[k], argv[i]) == 0)
				return refuse(cmd, " is given twice", argv[i]);
		if (o == NO_OPTION && is_option(fl_str(argv[i])))
			return refuse(cmd, " is no option of it", argv[i]);
		if (o == NO_OPTION && words-- == 0)
			return refuse(cmd, " is a word too many; put what has spaces into quotes", argv[i]);
		if (o == WITH_VALUE && (++i == argc || is_option(fl_str(argv[i]))))
			return refuse(cmd, " wants a value", argv[i - 1]);
	}
	return true;
}

const char *ctl_arg(const struct ctl *c, int i)
{
	for (int k = 0; k < c->argc; k++) {
		if (is_option(fl_str(c->argv[k])))
			k += option_of(c->command->args, c->argv[k]) == WITH_VALUE;
		else if (i-- == 0)
			return c->argv[k];
	}
	return NULL;
}

bool ctl_is_known(struct ctl *c, const char *kind, const char *name, const char *where)
{
	struct fl_rows *r;

	if (fl_db_run(c->cx, c->db, q_ctl_known(fl_str(kind), fl_str(name)), &r) != FL_OK)
		return ctl_fail(c, name) == 0;
	if (fl_rows_bool(r, 0, CTL_KNOWN_KNOWN))
		return true;
	fprintf(stderr, "fairlead: no %s is called %s; %s\n", strcmp(kind, "org") == 0 ? "organisation" : strcmp(kind, "type") == 0 ? "event type" : kind, name, where);
	return false;
}

bool ctl_known(struct ctl *c, const char *kind, const char *where)
{
	const char *name = ctl_option(c, kind, NULL);

	return !name || ctl_is_known(c, kind, name, where);
}
