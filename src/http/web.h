/* The inside of fairlead-web: what is built once at start (struct web, constant from then on) and one request. */
#ifndef FL_HTTP_WEB_H
#define FL_HTTP_WEB_H

#include <sys/types.h>
#include <fcgiapp.h>

#include "app/app.h"
#include "http/budget.h"
#include "redis/redis.h"
#include "vector/vector.h"
#include "view/view.h"

enum {
	WEB_VALUES_MAX = 48,  /* fields and path parameters of one page */
	WEB_SEGMENTS_MAX = 8, /* of one path */
	WEB_BUCKETS = 64, /* of the route table */
	WEB_PAIRS_MAX = 1000, /* name=value pairs of one body or address, parts of a form with files too */
	WEB_BODY_MAX_BYTES = 1 << 20,
	WEB_FILES_MAX = 20, /* files of one form */
	WEB_ARENA_BYTES = 48 << 20, /* a ceiling: taken as it is needed */
	WEB_PAGE_MAX_BYTES = 8 << 20,
	WEB_WRONGS_MAX = 32,  /* mistakes one statement tells at once */
	WEB_FIXED_SETS = 2, /* "page" and "nav" come before a page's own */
};

/* Where an argument of a statement comes from. */
enum web_source { WEB_VALUE, WEB_ADDRESS, WEB_USER_AGENT, WEB_REQUEST_ID, WEB_LOCALE, WEB_TOKEN_HASH, WEB_URL, WEB_FORM_AGE };

struct web_arg {
	enum web_source source;
	int value; /* of WEB_VALUE: its number */
	enum fl_type type;
};

/* A page row with all that could be worked out at start. */
struct web_route {
	const struct fl_page *page;
	const struct fl_app *app;
	const struct web_route *next; /* in the same bucket */
	struct fl_str segment[WEB_SEGMENTS_MAX];
	int param[WEB_SEGMENTS_MAX]; /* number of the value a {segment} fills, -1 for a fixed one */
	int nsegments;
	struct fl_field fields[WEB_VALUES_MAX];
	int nfields, nbody; /* all; those that come from the body or query (the rest are path parameters) */
	int nsets;
	struct web_arg set_args[FL_SETS_MAX][FL_ARGS_MAX], does_args[FL_ARGS_MAX];
	int limit_value; /* number of the value "limit", -1 when the page is no list */
	bool wants_frame;
	struct fl_shape shape;
	const struct fl_template *view; /* NULL: JSON only */
	int number; /* its place in the table, or that of the first row with its method and path: they are counted together */
};

/* How the program was started, to be started anew in the same way. */
struct web_start {
	const char *program, *config; /* config NULL: where fl_conf_read looks */
	int web_fd, slow_fd;          /* sockets of the program before that hands over to this one; -1: none */
};

struct web {
	const struct web_start *start;
	const struct fl_conf *conf;
	const struct fl_view *view;
	const struct web_route *routes;
	int nroutes;
	const struct web_route *bucket[WEB_BUCKETS]; /* the routes by their first segment, in the order of the table */
	const struct fl_nav *nav[64]; /* in order */
	int nnav;
	struct fl_shape error_shape, frame_shape;
	const struct fl_template *error_view, *error_bare;
	struct web_metrics *metrics; /* shared between the processes, as is */
	struct web_budget *budget;
};

/* What of a request came from whom. */
enum web_auth { WEB_NOBODY, WEB_COOKIE, WEB_BEARER, WEB_PATH };

struct request {
	const struct web *web;
	struct fl_db *db;
	struct fl_redis *redis;
	FCGX_Request *fcgi;
	struct fl_cx cx;
	struct fl_req req; /* what `run` sees */
	/* parse */
	const char *method, *path; /* path without /api/v1 */
	const char *query;
	bool json, api; /* the answer is JSON; the address was /api/v1 */
	bool unsafe;
	enum web_auth auth;
	struct fl_str token;
	struct fl_digest token_hash;
	const char *org_header; /* X-Org-Id, "" when absent */
	struct fl_str body;
	struct fl_str key; /* idempotency key: form token or header; n is 0 without */
	struct fl_str progress_url; /* of X-Progress-Url; n is 0 without */
	int64_t form_age_s; /* of the form token; -1: none came, -2: a false or old one */
	/* route, fields */
	const struct web_route *route;
	struct fl_value values[WEB_VALUES_MAX];
	struct fl_buf *text[WEB_VALUES_MAX]; /* of lists and objects that come as pairs of a form */
	int npairs; /* of the body or the address so far */
	struct fl_str path_value[WEB_SEGMENTS_MAX];
	const char *allow; /* methods of this path, for 405 */
	const struct web_route *embed; /* a page of this path that other sites may show */
	int nwrong;
	struct fl_file files[WEB_FILES_MAX];
	/* run */
	struct fl_rows *who, *frame, *set[FL_SETS_MAX], *effect;
	struct fl_rows *sites; /* Q_FORM_SITES, of a page that other sites may show */
	struct json_object *replay; /* the kept result of an earlier request with this key */
	bool rested; /* the process had nothing to do before */
	bool is_early; /* its commit does not wait for the disk; its answer does */
	bool entered, in_tx, preflight;
	/* answer */
	int status;
	const char *content_type, *location, *download; /* download: the name of the file it is to become; NULL: none */
	struct fl_limit limit;
	struct fl_buf out;
	bool not_modified;
	const char *etag;
};

/* --- route.c: built at start --- */
enum fl_rc web_routes_build(struct fl_cx *cx, struct web *web) FL_USE;
/* Finds the row; FL_NOT_FOUND, or FL_INVALID with r->allow set when only the method is wrong. */
enum fl_rc web_route_match(struct request *r) FL_USE;

/* --- parse.c --- */
enum fl_rc web_parse(struct request *r) FL_USE;
const char *web_param(const struct request *r, const char *name); /* FastCGI parameter, "" when absent */
struct fl_str web_cookie(const struct request *r, const char *name); /* the value of a cookie; {NULL, 0} when it is absent */
/* Decodes %XX and + in place of the arena's copy; FL_INVALID for bad escapes, NUL or bad UTF-8. */
enum fl_rc web_decode(struct fl_arena *a, struct fl_str s, struct fl_str *out) FL_USE;

/* --- fields.c --- */
enum fl_rc web_fields(struct request *r) FL_USE;

/* --- multipart.c --- */
typedef enum fl_rc (*web_pair)(struct request *r, struct fl_str name, struct fl_str value);
/* The body of n bytes, spooled to DATA_DIR under no name and mapped until the request ends. FL_LATER when the disk does not take it, FL_INVALID with
 * r->status 400 when it ends early. */
enum fl_rc web_spool(struct request *r, size_t n) FL_USE;

/* Hands each field of a multipart/form-data body to take and collects its files in r->req.files. FL_INVALID with r->status 400 for what is not
 * well formed, 413 for more than WEB_FILES_MAX files or WEB_PAIRS_MAX parts. */
enum fl_rc web_multipart(struct request *r, web_pair take) FL_USE;

/* --- check.c: validation of one value --- */
/* Checks v->s against its field and brings it into canonical form; the message key of what is wrong, NULL when fine. */
const char *web_check(struct fl_arena *a, struct fl_value *v);

/* --- cors.c --- */
/* Whether other sites' scripts may come here at all: an address of the API, not of administration, and somebody is listed in ALLOWED_ORIGINS or may be by a form. */
bool web_cors_on(const struct request *r);
/* Whether this request says it comes from one that is listed, there or (once its sites are known) by the form it is for. */
bool web_cors_listed(const struct request *r);
/* Whether it is the question of such a script's browser before the request itself; r->allow holds the methods of the path. */
bool web_cors_asks(const struct request *r);
/* Whether the answer lies with the sites that a public form lists, in the database. */
bool web_cors_is_form(const struct request *r);
/* Whether the request itself would be welcome. */
bool web_cors_preflight(struct request *r);
/* The Origin header, "" for none, for our own and for those of ALLOWED_ORIGINS. */
const char *web_foreign_origin(const struct request *r);
/* Who may show this page in a frame, as a CSP source list; NULL for nobody. */
const char *web_framed_by(const struct request *r);

/* --- token.c: one-time form tokens, form: NONCE.TIME.MAC[.SUFFIX] --- */
const char *web_token_new(struct request *r);
/* FL_DENIED when it was not made for this principal or is older than a day. *age_s tells its age. */
enum fl_rc web_token_check(struct request *r, struct fl_str token, int64_t *age_s) FL_USE;

/* --- run.c: enter, claim, does, sets --- */
/* What fl_req_enter of app.h does. */
enum fl_rc web_enter(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc web_enter_and_run(struct request *r) FL_USE;
/* Waits until what a request that succeeded did, or one before it with the same key, lies on disk. FL_LATER when that is not known: it is done, but not promised. */
enum fl_rc web_flush(struct request *r) FL_USE;
/* Only whether who asks may have the page; nothing is run. FL_DENIED when not. */
enum fl_rc web_may_enter(struct request *r) FL_USE;
/* Finds the sites of the form that an OPTIONS request is about. Fails when its key opens nothing. */
enum fl_rc web_ask_sites(struct request *r) FL_USE;
/* For a page that tells what went wrong: finds who reads it when the request was refused before that was known, so that frame, language and the banner of
 * a visit are there. Changes nothing when nobody is signed in or the database does not answer. */
void web_know_reader(struct request *r);
/* Fetches the sets of the page again to show a form with its mistakes. */
enum fl_rc web_show_again(struct request *r) FL_USE;

/* --- turn.c --- */
/* For a page that may hash a password, waits for a turn, which web_turn_end gives back, and puts the deadline off. -1 for other pages, and when there is no file to lock: it goes on without. */
int web_turn_take(struct request *r);
void web_turn_end(int fd);

/* --- frame.c --- */
struct fl_rows *web_page_set(struct request *r, const char *title);
struct fl_rows *web_nav_set(struct request *r);
const char *web_rights(const struct request *r); /* " name name … " of who reads; "" for nobody */

/* --- render.c, problem.c, answer.c --- */
void web_render(struct request *r, enum fl_rc rc);
const char *web_next_url(struct request *r); /* the address of this page with `after` set to the last cursor; NULL on the last page */
const char *web_first_url(struct request *r); /* the address of its beginning; NULL when this is it */
void web_problem(struct request *r, enum fl_rc rc);
/* The name of the i-th kind of problem, counted from 0, and its status; NULL behind the last. Static. */
const char *web_problem_name(int i, int *status);
/* The kinds of problems, or the one of that name ({NULL, 0}: all), as rows of Q_PROBLEM_KINDS. */
struct fl_rows *web_problem_kinds(struct request *r, struct fl_str name);
/* The status of success, when code does not set another. */
int web_success_status(const struct fl_page *page, bool json);
/* The values a form or a list is shown with again, and what is wrong with each; for m->posted. */
void web_posted(struct request *r, struct fl_model *m);
/* What a statement found wrong: the field of the error, or each member of DETAIL when that is a JSON object of field to message
 * key. Fills at most max, answers how many. */
int web_wrongs(struct request *r, struct fl_posted *out, int max);
/* The reason phrase of a status; static. */
const char *web_status_text(int status);
void web_send(struct request *r);

/* --- wire.c --- */
/* Writes the head and body of an answer and the end of the request to nginx; afterwards the request takes no more output. */
void web_write(FCGX_Request *fcgi, struct fl_str head, struct fl_str body);

/* The columns of the sets "page" and "nav". */
extern const struct fl_col web_page_cols[];
extern const int web_page_ncols;
extern const struct fl_col web_nav_cols[];
extern const int web_nav_ncols;
extern const struct fl_col web_error_cols[];
extern const int web_error_ncols;

/* --- request.c --- */
/* The whole life of one request; rested: the process waited for it. */
void web_request(const struct web *web, struct fl_arena *a, struct fl_db *db, struct fl_redis *redis, struct fl_vectors *vectors, FCGX_Request *fcgi, bool rested);

/* --- serve.c, supervisor.c --- */
/* A process that died: its number and the signal; pid 0 when none did. */
struct web_death {
	pid_t pid;
	int signal;
};

/* Serves until it is told to stop; first notes the death of the process it takes the place of, as a fault (OBS-11). */
int web_serve(const struct web *web, int listen_fd, const char *pool, const struct web_death *before);
int web_supervise(const struct web *web);

#endif
