/* How far a long job is (QUE-08), told from its call step. The supervisor writes it to the job's row within two seconds. */
#ifndef FL_APP_JOBS_PROGRESS_H
#define FL_APP_JOBS_PROGRESS_H

#include <stdatomic.h>

#include "app/app.h"

enum { FL_ROUND_MAX = 64 }; /* jobs that a process holds at once, at most */

/* Memory shared with the supervisor. */
struct fl_progress {
	atomic_int seq; /* changes when the rest was set */
	int done, total;
	char text[200];
	atomic_int nhanded;
	char handed[FL_ROUND_MAX][FL_UUID_TEXT]; /* the jobs of the round that handed something over */
	char stop[FL_UUID_TEXT];   /* the supervisor's: the job whose work nobody wants any more */
};

/* Says that `done` of `total` parts are ready; text ("page 3 of 12") is for people and may be NULL. */
static inline void jobs_progress(struct fl_job *job, int done, int total, const char *text)
{
	struct fl_progress *p = job->progress;
	struct fl_str s = fl_str_clip(fl_str(text), sizeof(p->text) - 1);

	if (!p)
		return;
	p->done = done;
	p->total = total;
	if (s.n)
		memcpy(p->text, s.p, s.n);
	p->text[s.n] = '\0';
	atomic_fetch_add(&p->seq, 1);
}

/* Whether nobody wants what the job makes (fl_job_stop of sql/schema/510_job_stop.sql). Known within some two seconds, to a job that tells its progress meanwhile. */
static inline bool jobs_is_stopped(const struct fl_job *job)
{
	return job->progress && memcmp(job->progress->stop, job->id, sizeof(job->id)) == 0;
}

/* Says that something left the house for good, before that is written down: should this process be killed in between, or its save fail, this is noted
 * with the attempt of this job, whose error then ends with "handed over ID". */
static inline void jobs_handed_over(struct fl_job *job)
{
	int n = job->progress ? atomic_load(&job->progress->nhanded) : FL_ROUND_MAX;

	if (n < FL_ROUND_MAX) {
		memcpy(job->progress->handed[n], job->id, sizeof(job->id));
		atomic_store(&job->progress->nhanded, n + 1);
	}
}

/* What is noted of an attempt that failed with this text. That it was handed over stands at the end, and of a long text the end is not kept. Owned by a. */
static inline const char *jobs_error(const struct fl_job *job, struct fl_arena *a, const char *text)
{
	int n = job->progress ? atomic_load(&job->progress->nhanded) : 0;
	struct fl_str most = fl_str_clip(fl_str(text), 1000);

	for (int i = 0; i < n; i++)
		if (memcmp(job->progress->handed[i], job->id, sizeof(job->id)) == 0)
			return fl_fmt(a, "%.*s, handed over %s", (int)most.n, most.p, job->id);
	return text;
}

#endif
