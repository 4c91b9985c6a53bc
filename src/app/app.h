/* The card: all that the rest of the program knows of a capability. Constant tables, matched and checked before any
 * code of the capability runs. docs/architecture.md shows how a page and a job travel through them. */
#ifndef FL_APP_APP_H
#define FL_APP_APP_H

#include "base/cx.h"
#include "base/json.h"
#include "base/rows.h"
#include "db/db.h"
#include "db/queries.h"

/* --- fields: what may come in. One table for forms, query strings and JSON bodies; OpenAPI is made from it. --- */

enum fl_kind {
	FL_K_END = 0,
	FL_K_TEXT,   /* one line; control characters refused; min..max characters; trimmed */
	FL_K_LONG,   /* many lines */
	FL_K_SECRET, /* as TEXT but never trimmed, logged or shown again */
	FL_K_INT,    /* min..max */
	FL_K_NUMBER, /* decimal */
	FL_K_BOOL,   /* on, true, 1 / absent, off, false, 0 */
	FL_K_CHOICE, /* one of `choices`, separated by | */
	FL_K_EMAIL,
	FL_K_PHONE,
	FL_K_DATE, /* YYYY-MM-DD */
	FL_K_UUID,
	FL_K_LIST,   /* several values: repeated in forms, an array in JSON; passed as a JSON array of strings */
	FL_K_OBJECT, /* free JSON object in a JSON body; in a form every name "field.x" becomes member x; passed as JSON text */
};

struct fl_field {
	const char *name;
	enum fl_kind kind;
	bool required;
	int64_t min, max;    /* characters, or the value of an INT or NUMBER (both 0: any), or bytes of the JSON of a LIST or OBJECT; max 0: 200 for TEXT, 20,000 for LONG, 65,536 for JSON */
	const char *choices; /* of a CHOICE */
	const char *deflt;   /* when absent; NULL: null */
	const char *help;    /* one line for OpenAPI */
};

/* A value that came in, after validation; unset ones are {NULL, 0}. */
struct fl_value {
	const struct fl_field *field;
	struct fl_str s; /* canonical text: "true"/"false", digits, lower-case uuid, JSON */
	const char *wrong; /* message key of what is wrong with it, NULL when fine */
	struct fl_str raw; /* as it came, to be shown again */
};

/* --- pages --- */

enum fl_many { FL_MANY = 0, FL_ONE }; /* FL_ONE: exactly one row, none is 404 */

struct fl_set {
	const char *name; /* in the model: {{#items}}, "items": [...] */
	enum fl_q q;
	enum fl_many many;
	const char *under, *by; /* child of the set named `under`: rows whose column `by` equals its `id`; both sorted alike */
};

enum fl_page_flag {
	FL_PUBLIC = 1 << 0,   /* for strangers: nobody is entered, there is no tenant; permission is NULL */
	FL_SLOW = 1 << 1,     /* served by the slow pool (password hashing) */
	FL_NO_FRAME = 1 << 2, /* rendered in the bare layout for strangers */
	FL_JSON_ONLY = 1 << 3,
	FL_HTML_ONLY = 1 << 4,
	FL_RAW_BODY = 1 << 5, /* the body is not parsed; `run` reads req->body (signed webhooks) */
	FL_NO_CSRF = 1 << 6,  /* programs come without a form token; a form of another site is refused all the same */
	FL_ADMIN = 1 << 7,    /* under /admin: platform administrators only */
	FL_ACCEPTED = 1 << 8, /* success is 202 instead of 200: the work follows */
	FL_FILES = 1 << 10,   /* takes multipart/form-data; its files are req->files */
	FL_TOKEN_IN_PATH = 1 << 9, /* the path parameter {token} is the principal's token (public form, signed link, webhook) */
	FL_ONCE = 1 << 11, /* with it, for forms on other sites, which bring no one-time token: the same words from one address are one request for two minutes */
	FL_EMBED = 1 << 12, /* other sites may show it and send to it: those that its form lists (statement form_sites) */
	FL_CREATED = 1 << 13, /* a program is told 201: something new has an address, or a key or line of its own */
	FL_FRAMED = 1 << 14, /* its first set has the numbers of the frame among its columns (statement frame): they are not asked for beside it */
};

enum { FL_SETS_MAX = 22 };

struct fl_req;
struct fl_vectors; /* vector/vector.h */

struct fl_page {
	const char *method, *path; /* "GET", "/intake/{id}"; {x} is a uuid field named x unless a field says otherwise */
	const char *permission;    /* a row of permissions; checked by fl_enter in the database */
	const struct fl_field *fields; /* ended by FL_K_END; NULL: none */
	const char *view;              /* template "intake/list"; NULL: JSON only, or `then` */
	struct fl_set sets[FL_SETS_MAX]; /* ended by name NULL; arguments of a statement are fields of the same name */
	enum fl_q does;                /* the statement of an unsafe page; its first row's columns may be used in `then` */
	const char *then;              /* where an HTML form goes next (303): "/intake/{id}"; {x} from does' row or a field */
	/* the exception: code of its own between enter and commit. With `does` it runs only when files came, after it and in its transaction: req->effect
	 * is its row */
	enum fl_rc (*run)(struct fl_cx *cx, struct fl_req *req);
	/* What code without `does` answers, for OpenAPI and held at each request: the statement whose columns req->effect has (made by it, or by hand in its shape; its row is
	 * the JSON), or the content types of a file, separated by spaces (a last one of "*" is any). */
	enum fl_q gives;
	const char *file;
	unsigned flags;                /* enum fl_page_flag */
	const char *rings;  /* doorbells after commit: job queues "q:intake-routing" and live topics "t:intake", space-separated; FL_FILE_BELLS too when files came */
	const char *title;  /* message key */
	const char *nav;    /* which navigation entry is current */
	const char *summary; /* one line for OpenAPI */
};

/* --- jobs. Load and save add statements; the worker runs those of a whole batch as one pipeline. --- */

struct fl_outside; /* outside/outside.h: kept connections, breakers */
struct fl_redis;
struct fl_progress; /* app/jobs/progress.h */

struct fl_job {
	char id[FL_UUID_TEXT], org_id[FL_UUID_TEXT], user_id[FL_UUID_TEXT]; /* user "" when nobody asked */
	const struct fl_job_kind *kind;
	struct json_object *payload;
	int attempt;     /* 1 for the first */
	int max_attempts;
	int64_t fence;   /* random; equality guards the finish */
	int64_t created_us;
	bool is_traced;     /* its cause came with a trace, which the jobs it makes inherit */
	const char *progress_url; /* where its caller wants to hear how far it is; inherited as well; "" for nowhere */
	struct fl_cx *cx;   /* of this job: its own arena share, tenant, error */
	struct fl_rows *set[8]; /* results of load, by the order they were added */
	int nsets;
	void *state;        /* what call hands to save, in cx->a */
	const char *rings;  /* set by save in place of the kind's; static */
	struct fl_outside *outside; /* NULL in light kinds */
	struct fl_progress *progress; /* for jobs_progress(); may be NULL */
	void *cache;        /* of this process, see struct fl_job_kind.cache_new */
};

struct fl_job_kind {
	const char *kind, *queue;
	int timeout_s;   /* of one run; the lease follows it */
	bool light;      /* CPU only, under some milliseconds, no outside call: claimed many at once */
	bool in_rounds;  /* not light, but quick as long as the other side is: a process takes several of its queue at once while they are (src/worker/more.c) */
	int max_attempts; /* 0: 3 */
	enum fl_rc (*load)(struct fl_job *job, struct fl_batch *b); /* adds reads; may be NULL */
	enum fl_rc (*call)(struct fl_job *job);                    /* no transaction is open; may be NULL */
	enum fl_rc (*save)(struct fl_job *job, struct fl_batch *b); /* adds writes that commit together with the finish; may be NULL */
	/* In place of load and save: for all jobs of the kind that a round holds of one organisation and person, at least one. They share the sets. What is saved names
	 * each job and its request where they count, for the transaction was begun for the first. Adds at most a call for each job and some more; nothing when it fails,
	 * each is tried alone then. */
	enum fl_rc (*load_all)(struct fl_job *const *jobs, int n, struct fl_batch *b);
	enum fl_rc (*save_all)(struct fl_job *const *jobs, int n, struct fl_batch *b);
	/* called instead of save when the job goes to the dead letters for good; adds writes; may be NULL */
	enum fl_rc (*dead)(struct fl_job *job, struct fl_batch *b);
	const char *rings;
	void *(*cache_new)(struct fl_arena *process); /* made once a process, handed to every job of the kinds that name it; may be NULL */
};

/* --- sweeps: run by fairlead-batch, once however many machines call --- */
struct fl_sweep {
	const char *name;
	int every_s;
	bool skip_missed;   /* a late tick is skipped rather than run once */
	enum fl_q q;        /* a definer function that does it all and answers one row: int done */
	const char *help;
	const char *rings;
};

/* --- events --- */
struct fl_listen {
	const char *event;    /* "intake.created" */
	const char *consumer; /* "intake.route" */
	const char *queue, *kind; /* the job made for it */
};
struct fl_event {
	const char *type;     /* "intake.created" */
	const char *version;  /* "1.0"; several rows while N-1 is supported */
	const char *required, *optional; /* payload members, space-separated */
};

struct fl_nav {
	const char *key, *path, *icon, *permission; /* label is message nav.KEY */
	int order; /* under FL_NAV_ADMIN: everyday work; from there: of the organisation; from FL_NAV_PLATFORM: of all organisations */
};

enum { FL_NAV_ADMIN = 100, FL_NAV_PLATFORM = 200 };

struct fl_app {
	const char *name;
	const struct fl_page *pages;       /* ended by method NULL */
	const struct fl_job_kind *jobs;    /* ended by kind NULL */
	const struct fl_sweep *sweeps;     /* ended by name NULL */
	const struct fl_listen *listens;   /* ended by event NULL */
	const struct fl_event *emits;      /* ended by type NULL */
	const struct fl_nav *nav;          /* ended by key NULL */
};

/* Every capability, ended by NULL: src/app/all.c. */
extern const struct fl_app *const fl_apps[];

/* What rings when a request brought files. */
#define FL_FILE_BELLS "q:document-processing t:documents"

/* A file of a form. Both borrow the request. */
struct fl_file {
	struct fl_str field; /* of the form */
	struct fl_str name;  /* as the browser sent it; anything may be in it: fl_file_name makes it fit to be kept and shown */
	struct fl_str content;
};

/* --- what `run` of a page sees --- */
struct fl_req {
	const struct fl_page *page;
	struct fl_db *db;
	struct fl_vectors *vectors; /* the stores this process has mapped */
	const struct fl_value *values; /* one for each field of the page, in order, then one for each path parameter */
	int nvalues;
	const struct fl_file *files; /* only with FL_FILES */
	int nfiles;
	struct fl_str body;         /* only with FL_RAW_BODY */
	const char *content_type;
	const char *address;        /* of the client, as nginx saw it */
	const char *user_agent;
	struct fl_str token;        /* that came with the request, "" for none; never logged */
	struct fl_str token_hash;   /* what principals knows it by; {NULL, 0} for none */
	const char *(*header)(const struct fl_req *req, const char *name); /* a request header, "" when absent */
	/* what run may set: */
	int status;                 /* 0: by the table */
	struct fl_rows *effect;     /* the row shown as JSON and used by `then` */
	struct fl_rows *set[FL_SETS_MAX]; /* the page's sets, in their order, when no statement can make their rows (an opened seal) */
	const char *location;       /* 303 */
	const char *accel;          /* X-Accel-Redirect to an internal location of nginx */
	const char *type;           /* Content-Type of what accel names */
	const char *disposition;    /* Content-Disposition of it (RFC 6266) */
	int64_t shared_s;           /* seconds for which caches between may keep what accel names and give it to whoever has the address; 0: not at all */
	struct fl_str file;         /* the body of the answer in place of a view; file_type is its content type */
	const char *file_type;
	const char *set_cookie;     /* one cookie's value line, without the name of the header */
	const char *rings;
	/* of http; not for app */
	enum fl_rc (*enter)(struct fl_cx *cx, struct fl_req *req);
	void *edge;
};

/* The value of a field by name; {NULL, 0} when unset. */
struct fl_str fl_req_get(const struct fl_req *req, const char *name);

/* Starts the unit of work of a `run` page: begins a transaction and enters it as the caller with the page's permission;
 * claims the idempotency key. The edge commits after `run` returned FL_OK, else aborts. Code that must compute for long
 * (hashing) does so before it calls this. */
enum fl_rc fl_req_enter(struct fl_cx *cx, struct fl_req *req) FL_USE;

#endif
