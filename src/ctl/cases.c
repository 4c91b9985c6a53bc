#include <stdio.h>
#include <stdlib.h>

#include "ctl/ctl.h"

static enum fl_rc import_line(struct ctl *c, const char *org, struct fl_str line, int *known, int *unknown)
{
	struct fl_str rest = line, pipeline = fl_str_cut(&rest, '\t'), subject = fl_str_cut(&rest, '\t');
	struct fl_rows *r;

	FL_TRY(fl_db_run(c->cx, c->db, q_case_import(fl_str(org), pipeline, subject, rest.p ? rest : FL_STR("")), &r));
	if (fl_rows_bool(r, 0, CASE_IMPORT_KNOWN))
		(*known)++;
	else
		(*unknown)++;
	return FL_OK;
}

int ctl_cases_import(struct ctl *c)
{
	const char *org = ctl_arg(c, 0);
	int known = 0, unknown = 0, number = 0;
	enum { LINE_MAX_BYTES = 64 * 1024 };
	char *line = fl_alloc(c->cx->a, LINE_MAX_BYTES);

	if (!org) {
		fputs("usage: fairlead cases import SHORT-NAME < file\nEach line: pipeline TAB subject TAB text; pipeline \"none\" for what belongs nowhere.\n", stderr);
		return 2;
	}
	if (!ctl_db(c) || !ctl_is_known(c, "org", org, "`fairlead org list` names them"))
		return 1;
	while (fgets(line, LINE_MAX_BYTES, stdin)) {
		struct fl_str s = fl_str_trim(fl_str(line));

		number++;
		if (s.n == 0)
			continue;
		if (!memchr(s.p, '\t', s.n) || !fl_str_utf8(s)) {
			fprintf(stderr, "fairlead: line %d is not \"pipeline TAB subject TAB text\" in UTF-8; %d were taken before it\n", number, known);
			return 1;
		}
		if (import_line(c, org, s, &known, &unknown) != FL_OK)
			return ctl_fail(c, "cases import");
	}
	printf("%d cases taken", known);
	if (unknown)
		printf(", %d left out: their pipeline is not known here", unknown);
	putchar('\n');
	return 0;
}
