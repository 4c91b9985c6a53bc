#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"

/* Prints what is wrong with one chain, then where it stands. The number of faults, -1 when it could not be read. */
static int verify(struct ctl *c, const char *org, const char *id)
{
	struct fl_rows *r;

	if (fl_db_run(c->cx, c->db, q_ctl_audit_verify(fl_str(id)), &r) != FL_OK)
		return -1;
	for (int i = 0; i + 1 < r->nrows; i++)
		printf("%s: seal %s%lld: row %s: %s\n", org, fl_rows_null(r, i, CTL_AUDIT_VERIFY_SEQ) ? "-" : "",
		       (long long)fl_rows_int(r, i, CTL_AUDIT_VERIFY_SEQ), fl_rows_dup(c->cx->a, r, i, CTL_AUDIT_VERIFY_AUDIT_ID),
		       fl_rows_dup(c->cx->a, r, i, CTL_AUDIT_VERIFY_PROBLEM));
	printf("%s: %s, %lld sealed, %lld not yet, seal %lld is %s\n", org, r->nrows > 1 ? "BROKEN" : "whole",
	       (long long)fl_rows_int(r, r->nrows - 1, CTL_AUDIT_VERIFY_SEALED), (long long)fl_rows_int(r, r->nrows - 1, CTL_AUDIT_VERIFY_UNSEALED),
	       (long long)fl_rows_int(r, r->nrows - 1, CTL_AUDIT_VERIFY_SEQ), fl_rows_dup(c->cx->a, r, r->nrows - 1, CTL_AUDIT_VERIFY_HEAD));
	return r->nrows - 1;
}

int ctl_audit_verify(struct ctl *c)
{
	const char *only = ctl_option(c, "org", NULL);
	int faults = 0, seen = 0;
	struct fl_rows *orgs;

	if (!ctl_db(c))
		return 1;
	if (!only) {
		faults = verify(c, "platform", "00000000-0000-0000-0000-000000000000");
		if (faults < 0)
			return ctl_fail(c, "audit verify");
	}
	if (fl_db_run(c->cx, c->db, q_orgs_list(), &orgs) != FL_OK)
		return ctl_fail(c, "audit verify");
	for (int i = 0; i < orgs->nrows; i++) {
		const char *slug = fl_rows_dup(c->cx->a, orgs, i, ORGS_LIST_SLUG);
		int n;

		if (only && strcmp(only, slug) != 0)
			continue;
		n = verify(c, slug, fl_rows_dup(c->cx->a, orgs, i, ORGS_LIST_ID));
		if (n < 0)
			return ctl_fail(c, "audit verify");
		faults += n;
		seen++;
	}
	if (only && !seen) {
		fprintf(stderr, "fairlead: no organisation has the short name %s; `fairlead org list` names them\n", only);
		return 2;
	}
	if (faults)
		fprintf(stderr, "fairlead: %d faults. Keep the server's disk as it is, and compare the rows named with a backup.\n", faults);
	return faults ? 1 : 0;
}

int ctl_audit_seal(struct ctl *c)
{
	struct fl_rows *r;

	if (!ctl_db(c))
		return 1;
	if (fl_db_run(c->cx, c->db, q_ctl_audit_seal(), &r) != FL_OK)
		return ctl_fail(c, "audit seal");
	printf("%lld rows sealed\n", (long long)fl_rows_int(r, 0, CTL_AUDIT_SEAL_DONE));
	return 0;
}

int ctl_event_list(struct ctl *c)
{
	struct fl_rows *r;
	int64_t limit;

	if (fl_str_int(fl_str(ctl_option(c, "limit", "50")), 1, 1000, &limit) != FL_OK) {
		fputs("usage: fairlead event list [--org SHORT-NAME] [--type TYPE] [--limit 1 to 1000]\n", stderr);
		return 2;
	}
	if (!ctl_db(c) || !ctl_known(c, "org", "`fairlead org list` names them") || !ctl_known(c, "type", "/events lists the types"))
		return 1;
	if (fl_db_run(c->cx, c->db, q_ctl_events(fl_str(ctl_option(c, "org", NULL)), fl_str(ctl_option(c, "type", NULL)), limit), &r) != FL_OK)
		return ctl_fail(c, "event list");
	for (int i = 0; i < r->nrows; i++)
		printf("%s  %-16s %-28s %s  %s\n", fl_rows_dup(c->cx->a, r, i, CTL_EVENTS_ID), fl_rows_dup(c->cx->a, r, i, CTL_EVENTS_ORG),
		       fl_rows_dup(c->cx->a, r, i, CTL_EVENTS_TYPE), fl_rows_null(r, i, CTL_EVENTS_CORRELATION_ID) ? "-" : fl_rows_dup(c->cx->a, r, i, CTL_EVENTS_CORRELATION_ID),
		       fl_rows_dup(c->cx->a, r, i, CTL_EVENTS_PAYLOAD));
	return 0;
}
