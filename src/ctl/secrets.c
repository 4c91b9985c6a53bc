/* fairlead secrets rotate: every sealed value under the present key, organisation by organisation. What is done is told by the key id in the
 * value itself, so that the command may be killed anywhere and run again. */
#include <stdio.h>

#include "base/keyring.h"
#include "ctl/ctl.h"

struct tally {
	int64_t done, lost; /* sealed anew; that no key of the ring opens */
};

static const struct fl_str none = { NULL, 0 };

/* One page of values of one column; *last is the id it ended with, NULL when there are no more. */
static enum fl_rc page(struct ctl *c, const struct fl_rows *columns, int column, struct fl_str org, const char **last, struct tally *t)
{
	const char *place = fl_rows_dup(c->cx->a, columns, column, SEALED_COLUMNS_PLACE), *what = fl_rows_dup(c->cx->a, columns, column, SEALED_COLUMNS_WHAT);
	struct fl_batch *b = fl_batch_new(c->cx->a);
	struct fl_rows *r;

	FL_TRY(fl_db_run(c->cx, c->db, q_sealed_old(fl_str(place), org, c->conf->secret_id, *last ? fl_str(*last) : none), &r));
	*last = NULL;
	for (int i = 0; i < r->nrows; i++) {
		struct fl_str old = fl_rows_str(r, i, SEALED_OLD_SEALED), plain;

		*last = fl_rows_dup(c->cx->a, r, i, SEALED_OLD_ID);
		if (fl_keyring_unseal(c->cx, what, old, &plain) != FL_OK) {
			fprintf(stderr, "fairlead: %s of %s: no key of this configuration opens it\n", place, *last);
			t->lost++;
			continue;
		}
		fl_batch_add(b, q_sealed_set(fl_str(place), org, fl_str(*last), old, fl_keyring_seal(c->cx, what, plain)), NULL);
		t->done++;
	}
	return b->n ? fl_batch_run(c->cx, c->db, b) : FL_OK;
}

/* All columns of one organisation, or of the platform's tables when org is null. */
static enum fl_rc rotate(struct ctl *c, const struct fl_rows *columns, struct fl_str org, struct tally *t)
{
	int64_t before = t->done;

	for (int i = 0; i < columns->nrows; i++) {
		const char *last = NULL;

		if (fl_rows_bool(columns, i, SEALED_COLUMNS_TENANT) != (org.p != NULL))
			continue;
		do
			FL_TRY(page(c, columns, i, org, &last, t));
		while (last);
	}
	if (org.p && t->done > before)
		return fl_db_run(c->cx, c->db, q_sealed_audit(org, c->conf->secret_id, t->done - before), NULL);
	return FL_OK;
}

int ctl_secrets_rotate(struct ctl *c)
{
	struct fl_rows *columns, *orgs;
	struct tally t = { 0 };

	if (!ctl_db(c))
		return 1;
	if (fl_db_run(c->cx, c->db, q_sealed_columns(), &columns) != FL_OK || fl_db_run(c->cx, c->db, q_orgs_list(), &orgs) != FL_OK)
		return ctl_fail(c, "secrets rotate");
	for (int i = 0; i < orgs->nrows; i++)
		if (rotate(c, columns, fl_str(fl_rows_dup(c->cx->a, orgs, i, ORGS_LIST_ID)), &t) != FL_OK)
			return ctl_fail(c, "secrets rotate");
	if (rotate(c, columns, none, &t) != FL_OK)
		return ctl_fail(c, "secrets rotate");
	printf("%lld values sealed anew under key %d\n", (long long)t.done, c->conf->secret_id);
	if (t.lost)
		fprintf(stderr, "fairlead: %lld values stay as they were; give the secret before as FAIRLEAD_SECRET_OLD\n", (long long)t.lost);
	return t.lost ? 1 : 0;
}
