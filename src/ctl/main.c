#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "base/program.h"
#include "ctl/ctl.h"

static const struct ctl_command commands[] = {
	{ "migrate", NULL, "", "brings the database to the schema of this version", ctl_migrate },
	{ "migrate", "status", "", "lists the migrations and when each was applied", ctl_migrate_status },
	{ "org", "add", "SHORT-NAME \"NAME\" [--language en|es] [--zone ZONE] [--currency EUR] [--with-pipelines]", "makes an organisation", ctl_org_add },
	{ "org", "list", "", "lists organisations", ctl_org_list },
	{ "user", "add", "ADDRESS \"NAME\" [--org SHORT-NAME --role ROLE] [--admin]", "makes a person or a member; the password is read from standard input",
	  ctl_user_add },
	{ "key", "add", "SHORT-NAME \"NAME\" [--role ROLE] [--days N]", "makes an API key and prints it once; without --days it does not end", ctl_key_add },
	{ "cases", "import", "SHORT-NAME < FILE", "teaches the learner past requests: lines of pipeline TAB subject TAB text", ctl_cases_import },
	{ "collection", "snapshot", "SHORT-NAME MODEL > FILE", "writes the vectors of an organisation's passages by one model", ctl_collection_snapshot },
	{ "collection", "restore", "SHORT-NAME < FILE", "takes such a snapshot back; files and copies are made anew", ctl_collection_restore },
	{ "user", "list", "", "lists people, their organisations and roles", ctl_user_list },
	{ "key", "list", "", "lists API keys", ctl_key_list },
	{ "key", "revoke", "ID", "ends an API key at once", ctl_key_revoke },
	{ "address", "list", "", "lists addresses that are refused, and until when", ctl_address_list },
	{ "address", "unblock", "NETWORK", "lets an address or network in again at once", ctl_address_unblock },
	{ "token", "service", "SHORT-NAME [--trace TRACE-ID]", "prints a service token that is good for five minutes", ctl_token_service },
	{ "oidc", "set", "NAME CLIENT-ID [--issuer URL] [--label \"LABEL\"] [--scopes \"SCOPES\"]", "sets up sign-in with a provider; its secret is read from standard input",
	  ctl_oidc_set },
	{ "oidc", "off", "NAME", "ends sign-in with a provider", ctl_oidc_off },
	{ "secrets", "rotate", "", "seals every stored secret anew under the present key", ctl_secrets_rotate },
	{ "jobs", "list", "[--queue NAME] [--state STATE] [--limit N]", "lists jobs, newest first", ctl_jobs_list },
	{ "jobs", "show", "ID", "shows a job with every attempt", ctl_jobs_show },
	{ "jobs", "retry", "ID", "runs a finished job again with the same input", ctl_jobs_retry },
	{ "jobs", "cancel", "ID", "cancels a job", ctl_jobs_cancel },
	{ "jobs", "dead", "[--queue NAME]", "lists dead letters by cause", ctl_jobs_dead },
	{ "jobs", "replay", "--queue NAME | --all", "runs dead letters again, in batches, fifty a second", ctl_jobs_replay },
	{ "jobs", "archive", "--queue NAME | --all", "puts dead letters away; they stay readable for 30 days", ctl_jobs_archive },
	{ "jobs", "limit", "QUEUE --concurrency N [--rate N [--window SECONDS]]", "how many of a queue run at once, and may begin in a window", ctl_jobs_limit },
	{ "jobs", "pause", "QUEUE", "begins nothing more of a queue", ctl_jobs_pause },
	{ "jobs", "resume", "QUEUE", "lets a paused queue go on", ctl_jobs_resume },
	{ "jobs", "queues", "", "lists queues, their sizes and ages", ctl_jobs_queues },
	{ "jobs", "test", "N --org SHORT-NAME", "makes N jobs that do nothing", ctl_jobs_test },
	{ "event", "list", "[--org SHORT-NAME] [--type TYPE] [--limit N]", "lists events, newest first", ctl_event_list },
	{ "audit", "verify", "[--org SHORT-NAME | --file EXPORT]", "recomputes the audit chains; finds rows changed, removed or reordered", ctl_audit_verify },
	{ "audit", "seal", "", "seals audit rows now instead of at the next sweep", ctl_audit_seal },
	{ "config", "show", "", "prints the configuration as the programs see it, secrets masked", ctl_config_show },
	{ "doctor", NULL, "", "checks everything Fairlead needs and says what to do", ctl_doctor },
	{ "files", "check", "[--remove]", "compares the files kept with the rows that name them; --remove clears away those no row names", ctl_files_check },
	{ "files", "tidy", "", "clears away files older than a week that no row names; cron calls it each night", ctl_files_tidy },
	{ "mail", "receive", "[--to ADDRESS]", "takes a mail from a mail server's pipe; ADDRESS is $RECIPIENT when not given", ctl_mail_receive },
	{ "when", NULL, "TEXT [--locale en|en-GB|es] [--now 2026-11-21T15:30 | --zone ZONE]", "what dates and times are read from a text, as JSON", ctl_when },
	{ "export", NULL, "SHORT-NAME FILE | --person ADDRESS FILE", "writes all data of an organisation or a person into a ZIP archive", ctl_export },
	{ "replay", NULL, "[--org SHORT-NAME] [--since 30d] [--threshold 0.9]", "what decisions would have been at another threshold, from stored rows", ctl_replay },
	{ "eval", NULL, "[--org SHORT-NAME] [--since 30d]", "how sure decisions were and how often people found them right", ctl_eval },
};

/* All commands, or those that begin with one word; false when none does. */
static bool list_commands(FILE *to, const char *word)
{
	bool found = false;

	for (size_t i = 0; i < FL_COUNT(commands); i++) {
		if (word && strcmp(commands[i].name, word) != 0)
			continue;
		found = true;
		fprintf(to, "  %s%s%s %s\n        %s\n", commands[i].name, commands[i].sub ? " " : "", commands[i].sub ? commands[i].sub : "",
		        commands[i].args, commands[i].help);
	}
	return found;
}

static int usage(FILE *to)
{
	fputs("usage: fairlead [--config FILE] COMMAND [ARGUMENTS]\n\n", to);
	(void)list_commands(to, NULL);
	fputs("\nThe configuration is read from FILE, else from " FL_SYSCONFDIR "/fairlead.conf. See fairlead(8).\n", to);
	return to == stdout ? 0 : 2;
}

static const struct ctl_command *find(int argc, char **argv)
{
	const struct ctl_command *alone = NULL;

	for (size_t i = 0; i < FL_COUNT(commands); i++) {
		if (strcmp(commands[i].name, argv[0]) != 0)
			continue;
		if (!commands[i].sub)
			alone = &commands[i];
		else if (argc > 1 && strcmp(commands[i].sub, argv[1]) == 0)
			return &commands[i];
	}
	return alone;
}

static bool open_as(struct ctl *c, const char *role, const char *name, const char *url)
{
	if (!url[0]) {
		fprintf(stderr, "fairlead: %s is not set; give the connection string of the role %s\n", name, role);
		return false;
	}
	if (fl_db_open(c->cx, url, "ctl", &c->db) == FL_OK)
		return true;
	fprintf(stderr, "fairlead: %s\nIs PostgreSQL running, and is %s right?\n", c->cx->err.text, name);
	return false;
}

bool ctl_db(struct ctl *c)
{
	return open_as(c, "fl_owner", "DATABASE_OWNER_URL", c->conf->owner_database_url);
}

bool ctl_sweep_db(struct ctl *c)
{
	return open_as(c, "fl_sweep", "DATABASE_SWEEP_URL", c->conf->sweep_database_url);
}

const char *ctl_option(const struct ctl *c, const char *name, const char *absent)
{
	for (int i = 0; i + 1 < c->argc; i++)
		if (strncmp(c->argv[i], "--", 2) == 0 && strcmp(c->argv[i] + 2, name) == 0)
			return c->argv[i + 1];
	return absent;
}

bool ctl_flag(const struct ctl *c, const char *name)
{
	for (int i = 0; i < c->argc; i++)
		if (strncmp(c->argv[i], "--", 2) == 0 && strcmp(c->argv[i] + 2, name) == 0)
			return true;
	return false;
}

/* A rule of the database in words for who typed what breaks it. */
static const char *in_words(const char *text)
{
	static const struct {
		const char *rule, *words;
	} known[] = {
		{ "organizations_slug_check", "a short name has 2 to 63 small letters, digits and hyphens, a hyphen not first" },
		{ "organizations_slug_key", "an organisation has this short name already" },
		{ "invalid input syntax for type uuid", "this is no id; the lists of this command show them" },
		{ "organizations_currency_check", "a currency has three capital letters, as EUR" },
		{ "organizations_name_check", "a name has 1 to 200 characters" },
		{ "users_name_check", "a name has 1 to 200 characters" },
		{ "users_email_check", "this is no e-mail address" },
		{ "\" not recognized", "no time zone has this name; as Europe/Berlin" },
		{ "jobs.over_already", "the job is over already; `fairlead jobs show` tells how it ended" },
		{ "jobs.not_over", "the job is not over yet, or its input was purged" },
		{ "memberships_role_check", "a role is one of owner, admin, operator, pm, member, viewer, user, client" },
	};

	for (size_t i = 0; i < FL_COUNT(known); i++)
		if (strstr(text, known[i].rule))
			return known[i].words;
	return text;
}

/* What to do about it, after a refusal that says only what is wrong; "" when it says so itself. */
static const char *what_helps(const char *text)
{
	static const struct {
		const char *said, *help;
	} known[] = {
		{ "no organisation has the short name ", "; `fairlead org list` names them" },
		{ "no role has the name ", "; a role is one of owner, admin, operator, pm, member, viewer, user, client, agent, service" },
		{ "nobody of that name: ", "; `fairlead org list` and `fairlead user list` name who there is" },
		{ "no time zone has the name ", "; as Europe/Berlin" },
	};

	for (size_t i = 0; i < FL_COUNT(known); i++)
		if (strncmp(text, known[i].said, strlen(known[i].said)) == 0)
			return known[i].help;
	return "";
}

int ctl_fail(const struct ctl *c, const char *what)
{
	const char *text = c->cx->err.text ? in_words(c->cx->err.text) : fl_rc_name(c->cx->err.rc);

	fprintf(stderr, "fairlead: %s: %s%s\n", what, text, what_helps(text));
	return 1;
}

/* Reads the configuration and runs the command. */
static int run(const struct ctl_command *cmd, const char *path, int argc, char **argv)
{
	struct ctl c = { .command = cmd, .argc = argc, .argv = argv };
	struct fl_arena *a;
	struct fl_conf *conf;
	struct fl_cx cx;
	int status;

	if (ctl_flag(&c, "help")) {
		printf("fairlead %s%s%s %s\n%s\n", cmd->name, cmd->sub ? " " : "", cmd->sub ? cmd->sub : "", cmd->args, cmd->help);
		return 0;
	}
	if (!ctl_args_fit(cmd, argc, argv))
		return cmd->run == ctl_mail_receive ? EX_USAGE : 2;
	/* An export is verified where there is no Fairlead. */
	if (cmd->run == ctl_audit_verify && ctl_option(&c, "file", NULL))
		return ctl_audit_file(ctl_option(&c, "file", NULL));
	a = fl_arena_new((size_t)256 << 20);
	conf = FL_NEW(a, struct fl_conf);
	/* What a text says at a moment that is named needs no site; a mail server keeps the mail and tries again. */
	if (!(cmd->run == ctl_when && ctl_option(&c, "now", NULL)) && (fl_conf_read(a, path, conf) != FL_OK || fl_db_conf_check(a, conf) != FL_OK)) {
		fl_arena_free(a);
		return cmd->run == ctl_mail_receive ? EX_TEMPFAIL : 2;
	}
	fl_log_start("ctl", FL_ERROR, conf->log_mask);
	fl_cx_init(&cx, a, conf, "", 600);
	c.cx = &cx;
	c.conf = conf;
	c.conf_path = path;
	status = cmd->run(&c);
	fl_db_close(c.db);
	fl_arena_free(a);
	return status;
}

/* The command that stands at argv[0], and what follows it. */
static int command(const char *path, int argc, char **argv)
{
	const struct ctl_command *cmd = find(argc, argv);
	int skip;

	if (!cmd && argc > 1 && strcmp(argv[1], "--help") == 0 && list_commands(stdout, argv[0]))
		return 0;
	if (!cmd) {
		fprintf(stderr, "fairlead: \"%s%s%s\" is no command; these are:\n\n", argv[0], argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
		if (!list_commands(stderr, argv[0]))
			(void)list_commands(stderr, NULL);
		return 2;
	}
	skip = cmd->sub ? 2 : 1;
	return run(cmd, path, argc - skip, argv + skip);
}

/* A disk that is full, or nobody at the other end of a pipe: what was to be said did not arrive, which is no success. */
static int told(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fputs("fairlead: what it says could not be written whole\n", stderr);
	return status ? status : 1;
}

int main(int argc, char **argv)
{
	const char *path = FL_SYSCONFDIR "/fairlead.conf";
	int i = 1;

	if (argc > 1 && strcmp(argv[1], "--version") == 0)
		return told(fl_program_told(argc, argv, "fairlead", "") ? 0 : 1);
	if (i < argc && strcmp(argv[i], "--config") == 0) {
		if (i + 1 == argc) {
			fputs("fairlead: --config wants a file\n", stderr);
			return 2;
		}
		path = argv[i + 1];
		i += 2;
	}
	if (i >= argc)
		return usage(stderr);
	if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "help") == 0)
		return told(usage(stdout));
	return told(command(path, argc - i, argv + i));
}
