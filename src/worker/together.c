#include "worker/together.h"

void fl_add_work(struct fl_batch *b, const struct fl_job *job)
{
	struct fl_str user = job->user_id[0] ? fl_str(job->user_id) : (struct fl_str){ NULL, 0 };

	fl_batch_add(b, q_job_work(fl_str(job->org_id), user, fl_str(job->id), fl_str(job->cx->request_id),
	                           fl_str(job->is_traced ? job->cx->trace_id : ""), fl_str(job->progress_url)), NULL);
}

/* What a transaction hands on of its cause, a trace or a place to tell progress, is of one job. */
static bool hands_on(const struct fl_job *job)
{
	return job->is_traced || (job->progress_url && job->progress_url[0]);
}

static int together(const struct fl_round *r, int i, int to)
{
	const struct fl_job *first = &r->run[i].job;
	int n = 1;

	while (i + n < to && !hands_on(first)) {
		const struct fl_run *u = &r->run[i + n];

		if (u->rc != FL_OK || u->job.kind != first->kind || hands_on(&u->job) || strcmp(u->job.org_id, first->org_id) != 0
			|| strcmp(u->job.user_id, first->user_id) != 0)
			break;
		n++;
	}
	return n;
}

int fl_together_load(const struct fl_round *r, int i, int to)
{
	return r->run[i].rc == FL_OK && r->run[i].job.kind->load_all ? together(r, i, to) : 1;
}

int fl_together_save(const struct fl_round *r, int i, int to)
{
	return r->run[i].rc == FL_OK && r->run[i].job.kind->save_all ? together(r, i, to) : 1;
}

static struct fl_job **jobs_of(struct fl_round *r, int i, int n)
{
	struct fl_job **jobs = FL_NEW_ARRAY(r->a, n, struct fl_job *);

	for (int k = 0; k < n; k++)
		jobs[k] = &r->run[i + k].job;
	return jobs;
}

/* Binds the sets that load added to job->set, in their order. */
static void bind_sets(struct fl_job *job, struct fl_batch *b, int from)
{
	job->nsets = 0;
	for (int i = from; i < b->n && job->nsets < (int)FL_COUNT(job->set); i++)
		if (!b->call[i].out)
			b->call[i].out = &job->set[job->nsets++];
}

void fl_add_load(struct fl_round *r, int i, int n, struct fl_batch *b)
{
	struct fl_run *u = &r->run[i];
	const struct fl_job_kind *kind = u->job.kind;
	int before = b->n;
	enum fl_rc rc;

	if (!kind->load && !kind->load_all)
		return;
	fl_add_work(b, &u->job);
	rc = kind->load_all ? kind->load_all(jobs_of(r, i, n), n, b) : kind->load(&u->job, b);
	if (rc != FL_OK && n > 1) {
		b->n = before;
		for (int k = i; k < i + n; k++)
			fl_add_load(r, k, 1, b);
		return;
	}
	for (int k = 0; k < n; k++)
		u[k].first = k ? &u->job : NULL;
	u->rc = rc;
	bind_sets(&u->job, b, before + 1);
}

void fl_share_load(struct fl_round *r, int from, int to)
{
	for (int i = from; i < to; i++) {
		struct fl_run *u = &r->run[i];

		if (!u->first)
			continue;
		memcpy(u->job.set, u->first->set, sizeof(u->job.set));
		u->job.nsets = u->first->nsets;
	}
}

enum fl_rc fl_add_save(struct fl_round *r, int i, int n, struct fl_batch *b)
{
	struct fl_job *job = &r->run[i].job;

	if (!job->kind->save && !job->kind->save_all)
		return FL_OK;
	fl_add_work(b, job);
	return job->kind->save_all ? job->kind->save_all(jobs_of(r, i, n), n, b) : job->kind->save(job, b);
}
