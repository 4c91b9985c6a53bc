/* The command line: one row a command. */
#ifndef FL_CTL_CTL_H
#define FL_CTL_CTL_H

#include "app/app.h"
#include "base/conf.h"

struct ctl_command;

struct ctl {
	const struct ctl_command *command;
	struct fl_cx *cx;
	const struct fl_conf *conf;
	const char *conf_path; /* where it was read from */
	struct fl_db *db; /* NULL until ctl_db or ctl_sweep_db */
	int argc;         /* what follows the command */
	char **argv;
};

struct ctl_command {
	const char *name, *sub; /* "user", "add"; sub NULL when the command stands alone */
	const char *args, *help;   /* args is the grammar of what follows: [--option VALUE], [--flag], WORD, alternatives by " | ", a file of standard input or output by < and > */
	int (*run)(struct ctl *c); /* exit status */
};

/* Opens the database as the owner role, or as that of the sweeps, for what cron runs. On failure says what to do and answers false. */
bool ctl_db(struct ctl *c);
bool ctl_sweep_db(struct ctl *c);

/* Whether the arguments are of the command's grammar: no option it has not, none twice, none without its value, no word too many. Else says which is not. */
bool ctl_args_fit(const struct ctl_command *cmd, int argc, char **argv);

/* Whether there is a "queue", "org" or event "type" of that name. When not, says so and `where` names are to be found. Needs ctl_db. */
bool ctl_is_known(struct ctl *c, const char *kind, const char *name, const char *where);
/* The same of what --KIND names; true when that option is not there. */
bool ctl_known(struct ctl *c, const char *kind, const char *where);

/* The value of --NAME VALUE among the arguments, `absent` when it is not there. */
const char *ctl_option(const struct ctl *c, const char *name, const char *absent);
/* Whether --NAME stands among the arguments. */
bool ctl_flag(const struct ctl *c, const char *name);
/* Argument number i that is no option, NULL beyond the last. */
const char *ctl_arg(const struct ctl *c, int i);

/* Prints the failure recorded in cx and answers 1. */
int ctl_fail(const struct ctl *c, const char *what);

int ctl_migrate(struct ctl *c);
int ctl_migrate_status(struct ctl *c);
int ctl_org_add(struct ctl *c);
int ctl_org_list(struct ctl *c);
int ctl_user_add(struct ctl *c);
int ctl_key_add(struct ctl *c);
int ctl_when(struct ctl *c);
int ctl_replay(struct ctl *c);
int ctl_eval(struct ctl *c);
int ctl_cases_import(struct ctl *c);
int ctl_collection_snapshot(struct ctl *c);
int ctl_collection_restore(struct ctl *c);
int ctl_mail_receive(struct ctl *c);
int ctl_jobs_list(struct ctl *c);
int ctl_jobs_show(struct ctl *c);
int ctl_jobs_retry(struct ctl *c);
int ctl_jobs_cancel(struct ctl *c);
int ctl_jobs_dead(struct ctl *c);
int ctl_jobs_replay(struct ctl *c);
int ctl_jobs_archive(struct ctl *c);
int ctl_jobs_limit(struct ctl *c);
int ctl_jobs_pause(struct ctl *c);
int ctl_jobs_resume(struct ctl *c);
int ctl_jobs_queues(struct ctl *c);
int ctl_jobs_test(struct ctl *c);
int ctl_doctor(struct ctl *c);
int ctl_files_check(struct ctl *c);
int ctl_files_tidy(struct ctl *c);
int ctl_audit_verify(struct ctl *c);
int ctl_audit_seal(struct ctl *c);
/* Verifies the chain in an export (NDJSON of /admin/audit) without a database; 0 whole, 1 broken, 2 unreadable. */
int ctl_audit_file(const char *file);
int ctl_config_show(struct ctl *c);
int ctl_user_list(struct ctl *c);
int ctl_key_list(struct ctl *c);
int ctl_key_revoke(struct ctl *c);
int ctl_address_list(struct ctl *c);
int ctl_address_unblock(struct ctl *c);
int ctl_oidc_set(struct ctl *c);
int ctl_oidc_off(struct ctl *c);
int ctl_secrets_rotate(struct ctl *c);
int ctl_token_service(struct ctl *c);
int ctl_event_list(struct ctl *c);
int ctl_export(struct ctl *c);

#endif
