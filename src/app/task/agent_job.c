#include "app/task/agent.h"

#include "app/words.h"
#include "base/conf.h"
#include "view/view.h"

enum { TEXT_MAX = 16 << 10 };

enum fl_rc task_react_save(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "task_id");

	if (!id.n)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no task_id");
	fl_batch_add(b, q_task_react(fl_str(job->id), id, fl_json_str(job->payload, "what"), fl_json_str(job->payload, "to")), NULL);
	return FL_OK;
}

enum fl_rc task_agent_load(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "task_id");

	if (!id.n)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no task_id");
	fl_batch_add(b, q_task_agent_load(id), NULL);
	return FL_OK;
}

struct note {
	struct fl_cx *cx;
	const struct fl_view *view;
	const struct fl_rows *row;
	const char *locale;
	struct fl_buf b;
};

/* A heading and what the column holds; nothing when it holds nothing. */
static void add(struct note *n, const char *key, int col, const char *between)
{
	struct fl_str text = fl_rows_str(n->row, 0, col);

	if (!text.n)
		return;
	fl_buf_printf(&n->b, "\n\n%s%s", fl_view_message(n->view, n->cx->a, n->locale, key, NULL), between);
	fl_buf_str(&n->b, text);
}

enum fl_rc task_agent_call(struct fl_job *job)
{
	struct fl_cx *cx = job->cx;
	struct fl_words *c = job->cache;
	const struct fl_rows *row = job->set[0];
	struct note n = { .cx = cx, .row = row, .b = fl_buf(cx->a, TEXT_MAX) };

	if (!row->nrows)
		return FL_OK;
	FL_TRY(fl_words_open(cx, c));
	n.view = c->view;
	n.locale = fl_rows_dup(cx->a, row, 0, TASK_AGENT_LOAD_LOCALE);
	fl_buf_puts(&n.b, fl_view_message(n.view, cx->a, n.locale, "task.agent_intro", NULL));
	if (!fl_rows_null(row, 0, TASK_AGENT_LOAD_NUMBER))
		fl_buf_printf(&n.b, "\n\nREQ-%lld %s", (long long)fl_rows_int(row, 0, TASK_AGENT_LOAD_NUMBER), fl_rows_dup(cx->a, row, 0, TASK_AGENT_LOAD_SUBJECT));
	add(&n, "task.agent_who", TASK_AGENT_LOAD_REQUESTER, " ");
	add(&n, "task.agent_asked", TASK_AGENT_LOAD_BODY, "\n");
	add(&n, "task.agent_last", TASK_AGENT_LOAD_LAST_WORD, "\n");
	add(&n, "task.agent_earlier", TASK_AGENT_LOAD_EARLIER, "\n");
	add(&n, "task.agent_done_tasks", TASK_AGENT_LOAD_DONE_TASKS, "\n");
	add(&n, "task.agent_open", TASK_AGENT_LOAD_CHECKLIST, "\n");
	job->state = fl_strndup(cx->a, fl_buf_get(&n.b));
	return FL_OK;
}

enum fl_rc task_agent_save(struct fl_job *job, struct fl_batch *b)
{
	if (job->state)
		fl_batch_add(b, q_task_agent_done(fl_json_str(job->payload, "task_id"), fl_str(job->state)), NULL);
	return FL_OK;
}
