/* The orchestration agent: how a request becomes a decision. route_job.c decides with the built-in provider, ask_job.c with a language model;
 * both end in decision_record (sql/schema/610_decisions.sql), where the band rule and the actions are. */
#ifndef FL_APP_AGENT_AGENT_H
#define FL_APP_AGENT_AGENT_H

#include "app/app.h"
#include "base/buf.h"
#include "base/json.h"

struct fl_learner;

struct agent_pipeline {
	const char *id, *name, *description, *intent; /* intent NULL when not said */
};

/* What this process keeps of an organisation between jobs. */
struct agent_known {
	char org_id[FL_UUID_TEXT];
	char asked_by[FL_UUID_TEXT]; /* the first of the jobs whose load brings what is missing; "" for none */
	int64_t asked_tick_us;       /* since when; a load that failed brings nothing */
	struct fl_arena *pipelines_a, *model_a; /* each made anew when what it holds changes */
	struct agent_pipeline *pipelines;
	int npipelines;
	const char *stamp;          /* of the pipelines; "" before they are known */
	int64_t model_version;      /* 0: made here from the pipelines alone; -1: none */
	struct fl_learner *learner;
	int64_t free;               /* decisions that may be made without counting, until free_until */
	int64_t free_until_tick_us;
	struct fl_digest limits;    /* of the rules under which they are free */
	int64_t used_tick_us;
};

/* The cache of a job kind: the organisations served last. */
struct agent_cache;
void *agent_cache_new(struct fl_arena *process);

/* A request with all that deciding about it needs. Texts borrow the job's sets. */
struct agent_case {
	char intake_id[FL_UUID_TEXT];
	struct fl_str subject, body;
	const struct agent_pipeline *given; /* its form says where it goes; NULL: to be decided */
	const char *form;
	struct fl_str agent; /* JSON: id, version, per_minute, per_hour */
	double auto_threshold, approval_threshold;
	const char *chain, *instructions, *capabilities;
	struct agent_known *known;
	bool count; /* the limits must be checked where the decision is written */
	bool over;  /* they are used up now */
};

/* Adds the reads of the cases that the payloads name, of jobs of one organisation, and of what is known of it. FL_INVALID where one has no intake_id. */
enum fl_rc agent_case_load(struct fl_job *const *jobs, int n, struct fl_batch *b) FL_USE;
/* Reads the job's own from its first two sets, and what they brought into the cache. FL_NOT_FOUND when the request is gone, decided already, or waits for its files; FL_LATER when another job
 * of the round should have brought the model and did not. */
enum fl_rc agent_case_read(struct fl_job *job, struct agent_case *out) FL_USE;

/* The pipeline of that id among those known; NULL when there is none. */
const struct agent_pipeline *agent_pipeline_find(const struct agent_known *k, struct fl_str id);

enum { AGENT_ALTERNATIVES = 3, AGENT_EVIDENCE = 6, AGENT_ACTIONS = 4 };

struct agent_decision {
	const char *provider, *model, *prompt_version, *fallback; /* fallback NULL: the first of the chain decided */
	const struct agent_pipeline *pipeline;                    /* NULL: none fits */
	const char *intent;
	double confidence, stated; /* stated below 0: nobody stated one */
	const char *reason;
	struct fl_str evidence[AGENT_EVIDENCE];
	int nevidence;
	struct {
		const struct agent_pipeline *pipeline;
		double confidence;
	} alternatives[AGENT_ALTERNATIVES];
	int nalternatives;
	struct fl_str entities; /* a JSON object; {NULL, 0} for none */
	struct fl_str more;     /* a JSON array of actions besides ASSIGN_PIPELINE */
	int priority;           /* 0: as it is */
	struct fl_str raw;
	int64_t latency_us, prompt_tokens, completion_tokens, cost_micro;
};

/* Decides with the built-in provider. Deterministic: the same text, pipelines and model version give the same decision. */
enum fl_rc agent_decide_builtin(struct fl_cx *cx, const struct agent_case *c, struct agent_decision *out) FL_USE;
/* Decides for a request whose destination its form gives. */
void agent_decide_given(const struct agent_case *c, struct agent_decision *out);

/* Decisions of one organisation that are kept together. */
struct agent_record {
	struct fl_buf b;
	struct fl_jw w;
	int n;
};
/* Owned by a, which must live until the batch has run. */
struct agent_record *agent_record_new(struct fl_arena *a);
void agent_record_add(struct agent_record *r, const struct fl_job *job, const struct agent_case *c, const struct agent_decision *d);
/* Adds what keeps the decisions and does what their bands say; nothing when there are none. */
void agent_record_save(struct agent_record *r, struct fl_batch *b);

/* The steps of the jobs; the kinds are in agent.c. */
enum fl_rc agent_route_call(struct fl_job *job) FL_USE;
enum fl_rc agent_route_save(struct fl_job *const *jobs, int n, struct fl_batch *b) FL_USE;
enum fl_rc agent_ask_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc agent_ask_call(struct fl_job *job) FL_USE;
enum fl_rc agent_ask_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc agent_train_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc agent_train_call(struct fl_job *job) FL_USE;
enum fl_rc agent_train_save(struct fl_job *job, struct fl_batch *b) FL_USE;
/* Deciding failed for good: a person has to look. */
enum fl_rc agent_decision_dead(struct fl_job *job, struct fl_batch *b) FL_USE;

/* In pages.c. */
extern const struct fl_page agent_pages[];

#endif
