#include "base/conf.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf_kind.h"

/* The largest configuration or secret file read. */
enum { FILE_MAX_BYTES = 256 * 1024 };

struct rule {
	size_t at; /* offset in struct fl_conf */
	enum conf_kind kind;
	bool required;
	int min, max;
};

#define AT(member) offsetof(struct fl_conf, member)

const struct fl_conf_name fl_conf_names[] = {
	{ "FAIRLEAD_URL", NULL, "the address people use, for example https://desk.example.org", false },
	{ "FAIRLEAD_ENV", "prod", "local, staging or prod; local allows plain http", false },
	{ "FAIRLEAD_SECRET", NULL, "at least 32 characters; seals stored secrets and signs links", true },
	{ "FAIRLEAD_SECRET_ID", "1", "number of that secret; one more at each rotation", false },
	{ "FAIRLEAD_SECRET_OLD", "", "the secret before, until fairlead secrets rotate has run", true },
	{ "DATABASE_URL", NULL, "libpq connection string of the role fl_app", true },
	{ "DATABASE_SWEEP_URL", "", "libpq connection string of the role fl_sweep (fairlead-batch, fairlead files tidy)", true },
	{ "DATABASE_OWNER_URL", "", "libpq connection string of the role fl_owner (fairlead migrate)", true },
	{ "REDIS_URL", "", "unix:/path or redis://host:port; empty runs without Redis", true },
	{ "LOG_LEVEL", "info", "trace, debug, info, warn, error or fatal", false },
	{ "LOG_MASK", "", "shapes masked in logs beside addresses and long numbers, comma-separated: # a digit, @ a letter, as CUST-####", false },
	{ "SENTRY_DSN", "", "where faults of the program are told, https://KEY@HOST/PROJECT; empty keeps them at /admin/errors alone", true },
	{ "ENABLE_METRICS", "false", "true opens the metrics addresses", false },
	{ "ALLOWED_ORIGINS", "", "origins whose scripts may call the API from a browser, comma-separated: https://app.example.org", false },
	{ "ADMIN_SECOND_FACTOR_S", "900", "seconds a proven second factor opens administration; 0 asks for none (local only)", false },
	{ "PASSWORD_RANGE_URL", "", "where new passwords are looked up among leaked ones by a prefix of their hash, as https://api.pwnedpasswords.com/range; empty: nowhere", false },
	{ "BLOCK_NEVER", "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,100.64.0.0/10,::1,fc00::/7,fe80::/10", "networks that are never blocked for guessing at accounts, comma-separated", false },
	{ "SESSION_ADDRESS", "audit", "audit notes a session that is used from another network, strict refuses it", false },
	{ "RATE_LIMIT_MAX", "100", "requests a minute from one address on public pages", false },
	{ "RATE_LIMIT_ORG", "100", "requests a second of an organisation's people and keys; twice as many more pass in a burst", false },
	{ "SHARE_DIR", FL_SHAREDIR, "where templates, static and sql lie", false },
	{ "RUN_DIR", "/run/fairlead", "sockets and pid files", false },
	{ "DATA_DIR", "/var/lib/fairlead", "files that are kept", false },
	{ "LIVE_PUBLISH_URL", "", "publisher address of each nginx, comma-separated", false },
	{ "SMTP_HOST", "", "outgoing mail server; empty keeps mail in the queue", false },
	{ "SMTP_PORT", "587", "its port", false },
	{ "SMTP_SECURE", "starttls", "none, starttls or tls", false },
	{ "SMTP_USER", "", "sign-in name at the mail server", false },
	{ "SMTP_PASSWORD", "", "its password", true },
	{ "SMTP_FROM_NAME", "Fairlead", "name of the sender", false },
	{ "SMTP_FROM_EMAIL", "fairlead@localhost", "address of the sender", false },
	{ "ANTHROPIC_API_KEY", "", "key for the Anthropic Messages API", true },
	{ "ANTHROPIC_BASE_URL", "https://api.anthropic.com", "its address", false },
	{ "OPENAI_API_KEY", "", "key for an OpenAI-compatible API", true },
	{ "OPENAI_BASE_URL", "https://api.openai.com", "its address", false },
	{ "LLM_DECISION", "builtin", "providers asked in turn, for example anthropic:MODEL,openai:MODEL,builtin", false },
	{ "LLM_EMBEDDING", "builtin", "what makes vectors of passages and questions: builtin, or openai:MODEL", false },
	{ "EMBEDDING_LEAST_PCT", "0", "least cosine, in percent, at which a vector counts as near; 0: by the model", false },
	{ "LLM_CHAT", "builtin", "the same for questions to documents; builtin quotes the best passages", false },
	{ "LLM_VISION", "builtin", "providers that look at pages of documents for fields and tables, for example anthropic:MODEL; builtin: rules alone", false },
	{ "LLM_JUDGE", "builtin", "providers that look whether answers stand on the passages they cite, for organisations that want it; builtin: nobody looks", false },
	{ "LLM_COPILOT", "builtin", "providers that draft replies to requests when a person asks for one; builtin: the best passages, quoted", false },
	{ "VECTOR_STORE", "file", "where vectors are searched: file (of each machine), pgvector or qdrant", false },
	{ "QDRANT_URL", "http://127.0.0.1:6333", "address of Qdrant; a private one must be in OUTSIDE_ALLOW", false },
	{ "QDRANT_API_KEY", "", "its key", true },
	{ "TWILIO_ACCOUNT_SID", "", "account at the SMS gateway; empty keeps text messages in the queue", false },
	{ "TWILIO_AUTH_TOKEN", "", "its token; signs what the gateway sends us", true },
	{ "TWILIO_BASE_URL", "https://api.twilio.com", "its address", false },
	{ "TWILIO_FROM", "", "what text messages come from: a number as +34600000000, a short code of 3 to 6 digits, or a name of at most 11 letters, digits and spaces", false },
	{ "GOOGLE_CALENDAR_CLIENT_ID", "", "OAuth 2.0 client for Google Calendar; empty offers none", false },
	{ "GOOGLE_CALENDAR_CLIENT_SECRET", "", "its secret", true },
	{ "GOOGLE_CALENDAR_REDIRECT_URI", "", "where Google leads back to, as registered there; empty: FAIRLEAD_URL/api/calendar/callback", false },
	{ "GOOGLE_CALENDAR_URL", "", "address that stands for Google's in tests; empty: Google's own", false },
	{ "OUTSIDE_ALLOW", "", "host:port pairs of your own services that may be called though private, comma-separated", false },
	{ "TENANT_ALLOW", "", "the same for addresses that people of organisations enter: webhooks, calendars, mailboxes", false },
	{ "CLAMD_SOCKET", "", "virus scanner, unix:/path or host:port; empty keeps uploads in quarantine, off reads them unscanned", false },
	{ "S3_ENDPOINT", "", "S3-compatible store for files, for example https://s3.eu-central-1.amazonaws.com; empty keeps them in DATA_DIR", false },
	{ "S3_REGION", "us-east-1", "its region", false },
	{ "S3_BUCKET", "fairlead", "its bucket, which exists", false },
	{ "S3_ACCESS_KEY", "", "key that may read, write and delete there", false },
	{ "S3_SECRET_KEY", "", "its secret", true },
	{ "S3_CDN_URL", "", "address of a CDN that fetches from FAIRLEAD_URL: static files and links to documents lead there; empty: to the site itself", false },
	{ "UPLOAD_MAX_MB", "25", "megabytes of one file, and of one form with its files: 1 to 25; nginx's upload.conf says the same", false },
	{ "DOCUMENT_QUOTA_MB", "10240", "megabytes of files one organisation may keep; 0 is no limit", false },
	{ "WEB_PROCESSES", "8", "processes that serve pages", false },
	{ "SLOW_PROCESSES", "2", "processes that serve sign-in", false },
	{ "WORKER_PROCESSES", "2", "processes for light jobs, one a core", false },
	{ "WORKER_IO_PROCESSES", "3", "processes for jobs that wait for others", false },
	{ "JOB_TIMEOUTS", "", "how long one run of a job may take where its own time does not fit, KIND=SECONDS, comma-separated", false },
	{ NULL, NULL, NULL, false },
};

/* What two of them were called before; read while the new name is not there. */
static const struct {
	const char *name, *was;
} earlier[] = { { "CLAMD_SOCKET", "CLAMD" }, { "S3_ENDPOINT", "S3_URL" } };

/* What is of no use without another. */
static const struct {
	size_t at;
	const char *name;
	size_t needs_at;
	const char *needs;
} together[] = {
	{ AT(s3_url), "S3_ENDPOINT", AT(s3_key), "S3_ACCESS_KEY" },
	{ AT(s3_url), "S3_ENDPOINT", AT(s3_secret), "S3_SECRET_KEY" },
	{ AT(twilio_account), "TWILIO_ACCOUNT_SID", AT(twilio_token), "TWILIO_AUTH_TOKEN" },
	{ AT(twilio_account), "TWILIO_ACCOUNT_SID", AT(twilio_from), "TWILIO_FROM" },
	{ AT(google_id), "GOOGLE_CALENDAR_CLIENT_ID", AT(google_secret), "GOOGLE_CALENDAR_CLIENT_SECRET" },
	{ AT(smtp_user), "SMTP_USER", AT(smtp_password), "SMTP_PASSWORD" },
};

/* In the order of fl_conf_names. */
static const struct rule rules[] = {
	{ AT(url), K_SITE, true, 0, 0 },
	{ AT(env), K_ENV, true, 0, 0 },
	{ AT(secret), K_SECRET32, true, 0, 0 },
	{ AT(secret_id), K_INT, true, 1, 255 },
	{ AT(secret_old), K_SECRET_OLD, false, 0, 0 },
	{ AT(database_url), K_TEXT, true, 0, 0 },
	{ AT(sweep_database_url), K_TEXT, false, 0, 0 },
	{ AT(owner_database_url), K_TEXT, false, 0, 0 },
	{ AT(redis_url), K_REDIS, false, 0, 0 },
	{ AT(log_level), K_LEVEL, true, 0, 0 },
	{ AT(log_mask), K_SHAPES, false, 0, 0 },
	{ AT(sentry_dsn), K_DSN, false, 0, 0 },
	{ AT(enable_metrics), K_BOOL, true, 0, 0 },
	{ AT(allowed_origins), K_ORIGINS, false, 0, 0 },
	{ AT(admin_factor_s), K_INT, true, 0, 86400 },
	{ AT(password_range_url), K_URL, false, 0, 0 },
	{ AT(block_never), K_NETWORKS, false, 0, 0 },
	{ AT(session_address), K_PLACE, true, 0, 0 },
	{ AT(rate_limit_max), K_INT, true, 1, 1000000 },
	{ AT(rate_limit_org), K_INT, true, 1, 1000000 },
	{ AT(share_dir), K_PATH, true, 0, 0 },
	{ AT(run_dir), K_PATH, true, 0, 0 },
	{ AT(data_dir), K_PATH, true, 0, 0 },
	{ AT(live_url), K_URLS, false, 0, 0 },
	{ AT(smtp_host), K_HOST, false, 0, 0 },
	{ AT(smtp_port), K_INT, true, 1, 65535 },
	{ AT(smtp_secure), K_TLS, true, 0, 0 },
	{ AT(smtp_user), K_TEXT, false, 0, 0 },
	{ AT(smtp_password), K_TEXT, false, 0, 0 },
	{ AT(smtp_from_name), K_LINE, true, 0, 0 },
	{ AT(smtp_from_email), K_EMAIL, true, 0, 0 },
	{ AT(anthropic_key), K_KEY, false, 0, 0 },
	{ AT(anthropic_url), K_URL, true, 0, 0 },
	{ AT(openai_key), K_KEY, false, 0, 0 }, { AT(openai_url), K_URL, true, 0, 0 },
	{ AT(decision_chain), K_CHAIN, true, 0, 0 },
	{ AT(embedding), K_EMBEDDING, true, 0, 0 }, { AT(embedding_least_pct), K_INT, true, 0, 100 },
	{ AT(chat_chain), K_CHAIN, true, 0, 0 },
	{ AT(vision_chain), K_CHAIN, true, 0, 0 }, { AT(judge_chain), K_CHAIN, true, 0, 0 }, { AT(copilot_chain), K_CHAIN, true, 0, 0 },
	{ AT(vector_store), K_STORE, true, 0, 0 },
	{ AT(qdrant_url), K_URL, true, 0, 0 }, { AT(qdrant_key), K_KEY, false, 0, 0 },
	{ AT(twilio_account), K_WORD, false, 0, 0 },
	{ AT(twilio_token), K_KEY, false, 0, 0 },
	{ AT(twilio_url), K_URL, true, 0, 0 },
	{ AT(twilio_from), K_SENDER, false, 0, 0 },
	{ AT(google_id), K_KEY, false, 0, 0 }, { AT(google_secret), K_KEY, false, 0, 0 },
	{ AT(google_redirect), K_URL, false, 0, 0 },
	{ AT(google_url), K_URL, false, 0, 0 },
	{ AT(outside_allow), K_PAIRS, false, 0, 0 },
	{ AT(tenant_allow), K_PAIRS, false, 0, 0 },
	{ AT(clamd), K_SCANNER, false, 0, 0 },
	{ AT(s3_url), K_URL, false, 0, 0 },
	{ AT(s3_region), K_WORD, true, 0, 0 },
	{ AT(s3_bucket), K_WORD, true, 0, 0 },
	{ AT(s3_key), K_KEY, false, 0, 0 }, { AT(s3_secret), K_KEY, false, 0, 0 },
	{ AT(cdn_url), K_URL, false, 0, 0 },
	{ AT(upload_max_mb), K_INT, true, 1, 25 },
	{ AT(document_quota_mb), K_INT, true, 0, 1000000000 },
	{ AT(web_processes), K_INT, true, 1, 64 },
	{ AT(slow_processes), K_INT, true, 1, 16 },
	{ AT(worker_processes), K_INT, true, 1, 64 },
	{ AT(worker_io_processes), K_INT, true, 1, 64 },
	{ AT(job_timeouts), K_SECONDS, false, 0, 0 },
};
_Static_assert(FL_COUNT(rules) + 1 == FL_COUNT(fl_conf_names), "each configuration name has its rule");

/* NULL also for one that is too large: half a configuration is another one. May be a pipe, which comes in parts. */
static const char *read_file(struct fl_arena *a, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;
	size_t at = 0;
	char *text;

	if (fd < 0)
		return NULL;
	text = fl_alloc(a, FILE_MAX_BYTES + 1);
	while (at <= FILE_MAX_BYTES && (n = read(fd, text + at, FILE_MAX_BYTES + 1 - at)) > 0)
		at += (size_t)n;
	(void)close(fd);
	return n < 0 || at > FILE_MAX_BYTES ? NULL : text;
}

/* The value of name in the text of a configuration file; NULL when it is not there. The last line wins. */
static const char *in_file(struct fl_arena *a, const char *text, const char *name)
{
	struct fl_str rest = fl_str(text), found = { NULL, 0 };

	while (rest.p) {
		struct fl_str line = fl_str_trim(fl_str_cut(&rest, '\n'));
		struct fl_str key;

		if (line.n == 0 || line.p[0] == '#')
			continue;
		key = fl_str_trim(fl_str_cut(&line, '='));
		if (line.p && fl_str_eq(key, fl_str(name)))
			found = fl_str_trim(line);
	}
	if (found.n >= 2 && found.p[0] == '"' && found.p[found.n - 1] == '"')
		found = (struct fl_str){ found.p + 1, found.n - 2 };
	return found.p ? fl_strndup(a, found) : NULL;
}

static const char *lookup(struct fl_arena *a, const char *text, const char *name)
{
	const char *v = getenv(name);

	return v ? v : text ? in_file(a, text, name) : NULL;
}

static const char *before(const char *name)
{
	for (size_t i = 0; i < FL_COUNT(earlier); i++)
		if (strcmp(earlier[i].name, name) == 0)
			return earlier[i].was;
	return NULL;
}

static const char *value_of(struct fl_arena *a, const char *text, const char *name, bool *bad)
{
	const char *v = lookup(a, text, name), *was = before(name), *file;

	if (!v && was)
		v = lookup(a, text, was);
	if (v)
		return v;
	file = lookup(a, text, fl_fmt(a, "%s_FILE", name));
	if (!file)
		return NULL;
	v = read_file(a, file);
	if (!v) {
		fprintf(stderr, "%s_FILE: cannot read %s; give a file that this user may read\n", name, file);
		*bad = true;
		return NULL;
	}
	return fl_strndup(a, fl_str_trim(fl_str(v)));
}

static const char *set(struct fl_arena *a, struct fl_conf *out, const struct rule *r, const char *v)
{
	char *at = (char *)out + r->at;
	const char *why;
	int64_t n;

	if (r->kind == K_INT) {
		if (fl_str_int(fl_str(v), r->min, r->max, &n) != FL_OK)
			return fl_fmt(a, "must be a whole number from %d to %d", r->min, r->max);
		*(int *)(void *)at = (int)n;
		return NULL;
	}
	if (r->kind == K_BOOL) {
		if (strcmp(v, "true") != 0 && strcmp(v, "false") != 0)
			return "must be true or false";
		*(bool *)(void *)at = strcmp(v, "true") == 0;
		return NULL;
	}
	why = conf_kind_check(r->kind, v);
	if ((r->kind == K_URL || r->kind == K_SITE) && v[0] && v[strlen(v) - 1] == '/')
		v = fl_strndup(a, (struct fl_str){ v, strlen(v) - 1 });
	*(const char **)(void *)at = v;
	return why;
}

static bool is_name(struct fl_str key)
{
	if (key.n > 5 && strncmp(key.p + key.n - 5, "_FILE", 5) == 0)
		key.n -= 5;
	for (const struct fl_conf_name *n = fl_conf_names; n->name; n++)
		if (fl_str_eq(key, fl_str(n->name)) || (before(n->name) && fl_str_eq(key, fl_str(before(n->name)))))
			return true;
	return false;
}

/* A misspelled name would leave its default in force without a word. */
static bool all_known(const char *text)
{
	struct fl_str rest = fl_str(text);
	bool good = true;

	for (int line = 1; rest.p; line++) {
		struct fl_str s = fl_str_trim(fl_str_cut(&rest, '\n')), key;

		if (s.n == 0 || s.p[0] == '#')
			continue;
		key = fl_str_trim(fl_str_cut(&s, '='));
		if (s.p && is_name(key))
			continue;
		good = false;
		fprintf(stderr, "line %d of the configuration file: %.*s is no known name with a value; fairlead.conf(5) has them all\n", line, key.n < 60 ? (int)key.n : 60, key.p);
	}
	return good;
}

static const char *text_at(const struct fl_conf *c, size_t at)
{
	return *(const char *const *)(const void *)((const char *)c + at);
}

static bool refuse(const char *what)
{
	fprintf(stderr, "%s\n", what);
	return false;
}

static bool asked(const struct fl_conf *c, const char *provider)
{
	return strstr(c->decision_chain, provider) || strstr(c->chat_chain, provider) || strstr(c->vision_chain, provider) || strstr(c->judge_chain, provider) || strstr(c->copilot_chain, provider);
}

static bool all_there(const struct fl_conf *c)
{
	bool good = true;

	for (size_t i = 0; i < FL_COUNT(together); i++)
		if (text_at(c, together[i].at)[0] && !text_at(c, together[i].needs_at)[0]) {
			fprintf(stderr, "%s: is missing, as %s is set; give both or neither\n", together[i].needs, together[i].name);
			good = false;
		}
	if (!c->anthropic_key[0] && asked(c, "anthropic"))
		good = refuse("ANTHROPIC_API_KEY: is missing, as one of the LLM_ settings names anthropic");
	if (!c->openai_key[0] && strcmp(c->openai_url, "https://api.openai.com") == 0 && (asked(c, "openai") || strstr(c->embedding, "openai")))
		good = refuse("OPENAI_API_KEY: is missing, as one of the LLM_ settings names openai");
	return good;
}

/* What only a private house may do. */
static bool fits(const struct fl_conf *c)
{
	bool local = strcmp(c->env, "local") == 0, good = true;

	if (!local && strncmp(c->url, "https://", 8) != 0)
		good = refuse("FAIRLEAD_URL: must start with https:// unless FAIRLEAD_ENV is local");
	if (!local && c->admin_factor_s == 0)
		good = refuse("ADMIN_SECOND_FACTOR_S: must be at least 1 unless FAIRLEAD_ENV is local");
	return good;
}

enum fl_rc fl_conf_read(struct fl_arena *a, const char *path, struct fl_conf *out)
{
	const char *text = path ? read_file(a, path) : NULL;
	bool bad = false;

	*out = (struct fl_conf){ 0 };
#ifndef __SANITIZE_ADDRESS__ /* whose search for leaks must look into the process */
	/* From here on there are secrets in it: neither a core dump nor another process of the same user shows them. */
	(void)prctl(PR_SET_DUMPABLE, 0);
#endif
	if (path && !text) {
		fprintf(stderr, "%s: cannot be read; give the configuration file with --config FILE\n", path);
		return FL_INVALID;
	}
	for (size_t i = 0; i < FL_COUNT(rules); i++) {
		const struct fl_conf_name *name = &fl_conf_names[i];
		const char *v = value_of(a, text, name->name, &bad), *why;

		if (!v)
			v = name->deflt;
		why = !v || (rules[i].required && !v[0]) ? fl_fmt(a, "is missing: %s", name->help) : set(a, out, &rules[i], v);
		if (why) {
			fprintf(stderr, "%s: %s\n", name->name, why);
			bad = true;
		}
	}
	bad = (text && !all_known(text)) || bad;
	return bad || !fits(out) || !all_there(out) ? FL_INVALID : FL_OK;
}

const char *fl_conf_show(struct fl_arena *a, const struct fl_conf *conf, const char *name)
{
	for (size_t i = 0; i < FL_COUNT(rules); i++) {
		const char *at = (const char *)conf + rules[i].at, *v;

		if (strcmp(name, fl_conf_names[i].name) != 0)
			continue;
		if (rules[i].kind == K_INT)
			return fl_fmt(a, "%d", *(const int *)(const void *)at);
		if (rules[i].kind == K_BOOL)
			return *(const bool *)(const void *)at ? "true" : "false";
		v = *(const char *const *)(const void *)at;
		return fl_conf_names[i].secret && v && v[0] ? "(set)" : v;
	}
	return "";
}
