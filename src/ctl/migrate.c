#include <stdio.h>
#include <string.h>

#include "base/conf.h"
#include "ctl/ctl.h"
#include "db/migrate.h"

static void say(const char *name)
{
	printf("applied %s\n", name);
}

static void say_status(const char *name, int64_t applied_us)
{
	printf("%-10s %s\n", applied_us ? "applied" : "missing", name);
}

/* What the cards say of events goes into the database, where fl_emit holds every event against it. */
static enum fl_rc sync_events(struct ctl *c)
{
	for (const struct fl_app *const *app = fl_apps; *app; app++) {
		for (const struct fl_event *e = (*app)->emits; e && e->type; e++)
			FL_TRY(fl_db_run(c->cx, c->db,
			                 q_event_type_set(fl_str(e->type), fl_str(e->version), fl_str(e->required ? e->required : ""),
			                                  fl_str(e->optional ? e->optional : "")),
			                 NULL));
		for (const struct fl_listen *l = (*app)->listens; l && l->event; l++)
			FL_TRY(fl_db_run(c->cx, c->db, q_event_listener_set(fl_str(l->event), fl_str(l->consumer), fl_str(l->queue), fl_str(l->kind)), NULL));
	}
	FL_TRY(fl_db_run(c->cx, c->db, q_event_environment_set(fl_str(c->conf->env)), NULL));
	return fl_db_run(c->cx, c->db, q_rights_refresh(), NULL);
}

/* pgvector may come later than the schema: its table is made by the first migrate after that. */
static enum fl_rc set_up_vectors(struct ctl *c)
{
	struct fl_rows *r;

	if (strcmp(c->conf->vector_store, "pgvector") != 0)
		return FL_OK;
	FL_TRY(fl_db_run(c->cx, c->db, q_pgvector_setup(), &r));
	if (!fl_rows_bool(r, 0, PGVECTOR_SETUP_READY))
		puts("pgvector is not in the database: run `create extension vector` in it as a superuser, then `fairlead migrate` again");
	return FL_OK;
}

int ctl_migrate(struct ctl *c)
{
	if (!ctl_db(c))
		return 1;
	if (fl_migrate(c->cx, c->db, fl_fmt(c->cx->a, "%s/sql/schema", c->conf->share_dir), say) != FL_OK)
		return ctl_fail(c, "migrate");
	/* The connection that migrated has left the ways of the others. */
	fl_db_close(c->db);
	c->db = NULL;
	if (!ctl_db(c))
		return 1;
	if (sync_events(c) != FL_OK || set_up_vectors(c) != FL_OK)
		return ctl_fail(c, "migrate");
	return 0;
}

int ctl_migrate_status(struct ctl *c)
{
	if (!ctl_db(c))
		return 1;
	if (fl_migrate_status(c->cx, c->db, fl_fmt(c->cx->a, "%s/sql/schema", c->conf->share_dir), say_status) != FL_OK)
		return ctl_fail(c, "migrate status");
	return 0;
}
