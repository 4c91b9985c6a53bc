/* Configuration: from fairlead.conf (NAME=value lines), then the environment; NAME_FILE reads the value from a file.
 * Checked whole at start; a program refuses to run on bad values and says which and why (SEC-18). */
#ifndef FL_BASE_CONF_H
#define FL_BASE_CONF_H

#include "base/arena.h"

enum { FL_JOB_TIMEOUT_MAX_S = 3600 }; /* no job may run longer, whatever JOB_TIMEOUTS says */

struct fl_conf {
	/* the site */
	const char *url;    /* FAIRLEAD_URL, without a slash at the end */
	const char *env;    /* FAIRLEAD_ENV: local, staging, prod */
	const char *secret; /* FAIRLEAD_SECRET, at least 32 characters */
	int secret_id;          /* FAIRLEAD_SECRET_ID: its number, see base/keyring.h */
	const char *secret_old; /* FAIRLEAD_SECRET_OLD: the one before, "" outside a rotation */
	const char *database_url;
	const char *sweep_database_url; /* DATABASE_SWEEP_URL: the role of fairlead-batch */
	const char *owner_database_url; /* DATABASE_OWNER_URL: the role of `fairlead migrate` */
	const char *redis_url;          /* "" runs without */
	const char *log_level;
	const char *sentry_dsn;      /* "" for none, else https://KEY@HOST/PROJECT */
	const char *log_mask;        /* fl_log_start */
	bool enable_metrics;
	const char *allowed_origins; /* comma-separated */
	int admin_factor_s;          /* ADMIN_SECOND_FACTOR_S: how long a second factor opens /admin; 0 asks for none */
	const char *password_range_url; /* PASSWORD_RANGE_URL: where leaked passwords are looked up, "" for nowhere */
	const char *block_never;     /* BLOCK_NEVER: networks no address of which is blocked by the program itself, comma-separated */
	const char *session_address; /* SESSION_ADDRESS: "audit" notes a session in another network, "strict" refuses it */
	int rate_limit_org;          /* requests a second and organisation */
	int rate_limit_max;          /* requests a minute and address on public routes */
	/* where things lie */
	const char *share_dir;   /* templates, static, sql, locale */
	const char *run_dir;     /* sockets and pids */
	const char *data_dir;    /* files that are kept */
	const char *live_url;    /* LIVE_PUBLISH_URL: nchan publishers, comma-separated; "" for none */
	const char *smtp_host, *smtp_secure /* none, starttls, tls */, *smtp_user, *smtp_password, *smtp_from_name, *smtp_from_email;
	int smtp_port;
	const char *anthropic_key, *anthropic_url, *openai_key, *openai_url;
	const char *twilio_account, *twilio_token, *twilio_url, *twilio_from; /* the SMS gateway; account "" for none */
	const char *google_id, *google_secret; /* the OAuth client for Google Calendar; id "" offers none */
	const char *google_redirect;           /* where Google leads back to, "" for our own address */
	const char *google_url;                /* stands for Google's addresses in tests, "" for Google's own */
	const char *decision_chain; /* LLM_DECISION: "anthropic:MODEL,openai:MODEL,builtin" */
	const char *embedding;      /* LLM_EMBEDDING: "builtin" or "openai:MODEL" */
	int embedding_least_pct;    /* EMBEDDING_LEAST_PCT: the cosine a passage must reach; 0: by the model */
	const char *vector_store;   /* VECTOR_STORE: "file", "pgvector" or "qdrant" */
	const char *qdrant_url, *qdrant_key;
	const char *chat_chain;     /* LLM_CHAT: the same for questions to documents */
	const char *vision_chain;   /* LLM_VISION: the same for pages of documents */
	const char *judge_chain;    /* LLM_JUDGE: the same for a second look at answers */
	const char *copilot_chain;  /* LLM_COPILOT: the same for drafts of replies */
	const char *outside_allow;  /* OUTSIDE_ALLOW: host:port,... of the operator's own services, which may be private (a local model) */
	const char *tenant_allow;   /* TENANT_ALLOW: the same for addresses that people of organisations enter */
	const char *clamd;          /* CLAMD_SOCKET: unix:/path or host:port; "" keeps uploads in quarantine, "off" reads them unscanned */
	const char *cdn_url; /* what is in front of static files and links to documents, without a slash at its end; "": nothing */
	const char *s3_url, *s3_region, *s3_bucket, *s3_key, *s3_secret; /* where files lie once they are read; url "" keeps them in data_dir */
	int upload_max_mb;          /* UPLOAD_MAX_MB: of one file, and of a form with files */
	int document_quota_mb;      /* DOCUMENT_QUOTA_MB: of the files of one organisation, unless its settings say otherwise; 0 is none */
	const char *job_timeouts;   /* JOB_TIMEOUTS: "KIND=SECONDS,...", for kinds whose own time does not fit */
	int web_processes, slow_processes, worker_processes, worker_io_processes;
};

/* Reads and checks. On failure every problem is printed to standard error as "NAME: what is wrong, what to write
 * instead", and FL_INVALID returned. `path` may be NULL (environment only). Strings live in the arena. */
enum fl_rc fl_conf_read(struct fl_arena *a, const char *path, struct fl_conf *out) FL_USE;

static inline bool fl_conf_strict(const struct fl_conf *c)
{
	return strcmp(c->session_address, "strict") == 0;
}

/* The names known, with their kind, default and one-line help, for `fairlead help config` and the man page;
 * ends with a NULL name. */
struct fl_conf_name {
	const char *name, *deflt, *help;
	bool secret;
};
extern const struct fl_conf_name fl_conf_names[];

/* The value of a name as text, secrets masked, owned by the arena; for the admin page and `fairlead doctor`. */
const char *fl_conf_show(struct fl_arena *a, const struct fl_conf *conf, const char *name);

#endif
