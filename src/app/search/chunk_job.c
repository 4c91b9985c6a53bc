/* Job document.chunk: the pages of a document become passages; again whenever their text changed. Of a long one some pages, the next job goes on. */
#include "app/search/chunk.h"
#include "app/search/search.h"
#include "base/json.h"

enum { CHUNKS_BYTES = 32 << 20 };

struct made {
	struct fl_buf json;
	struct fl_str heading; /* that the next page begins under */
};

enum fl_rc chunk_load(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "document_id");

	if (!id.n)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no document_id");
	fl_batch_add(b, q_chunk_rules(id), NULL);
	fl_batch_add(b, q_chunk_pages(id, fl_json_int(job->payload, "after", 0)), NULL);
	return FL_OK;
}

static int words_of(struct fl_arena *a, struct fl_str text, struct fl_str **out)
{
	int n = 0, i = 0;

	for (size_t at = 0; at < text.n; at++)
		n += text.p[at] == '\n';
	*out = FL_NEW_ARRAY(a, n + 1, struct fl_str);
	while (text.n)
		(*out)[i++] = fl_str_cut(&text, '\n');
	return i;
}

/* The first word that ends after `from`, and one past the last that begins before `to`. */
static void write_words(struct fl_jw *w, const struct chunk *c, const int *places, int nwords)
{
	int from = 0, to;

	while (from + 1 < nwords && places[from + 1] <= c->from)
		from++;
	for (to = from; to < nwords && places[to] < c->to; to++)
		;
	if (to > from) {
		fl_jw_int(w, "word_from", from);
		fl_jw_int(w, "word_to", to);
	}
}

/* heading: the last one before the page, and then on it. */
static void write_page(struct fl_job *job, struct fl_jw *w, const struct chunk_rules *rules, int row, struct fl_str *heading)
{
	struct fl_arena *a = job->cx->a;
	const struct fl_rows *pages = job->set[1];
	struct fl_str body = fl_rows_str(pages, row, CHUNK_PAGES_BODY), *words;
	struct chunk *c;
	int n = chunk_cut(a, body, rules, heading, &c), nwords = words_of(a, fl_rows_str(pages, row, CHUNK_PAGES_WORDS), &words);
	int *places = FL_NEW_ARRAY(a, nwords + 1, int);

	chunk_places(body, words, nwords, places);
	fl_jw_open(w, NULL, '{');
	fl_jw_int(w, "page", fl_rows_int(pages, row, CHUNK_PAGES_PAGE));
	fl_jw_open(w, "places", '[');
	for (int i = 0; i < nwords; i++)
		fl_jw_int(w, NULL, places[i]);
	fl_jw_close(w, ']');
	fl_jw_open(w, "chunks", '[');
	for (int i = 0; i < n; i++) {
		fl_jw_open(w, NULL, '{');
		fl_jw_int(w, "from", c[i].from);
		fl_jw_int(w, "to", c[i].to);
		write_words(w, &c[i], places, nwords);
		fl_jw_str(w, "heading", c[i].heading);
		fl_jw_str(w, "body", c[i].text);
		fl_jw_close(w, '}');
	}
	fl_jw_close(w, ']');
	fl_jw_close(w, '}');
}

enum fl_rc chunk_call(struct fl_job *job)
{
	struct fl_arena *a = job->cx->a;
	struct made *m = FL_NEW(a, struct made);
	struct fl_buf *b = &m->json;
	struct chunk_rules rules;
	struct fl_jw w;

	if (!job->set[0]->nrows) /* the document is gone */
		return FL_OK;
	rules = chunk_rules_named(fl_rows_str(job->set[0], 0, CHUNK_RULES_PRESET), fl_rows_str(job->set[0], 0, CHUNK_RULES_STRATEGY));
	*b = fl_buf(a, CHUNKS_BYTES);
	w = fl_jw(b);
	m->heading = fl_json_str(job->payload, "heading");
	fl_jw_open(&w, NULL, '[');
	for (int i = 0; i < job->set[1]->nrows; i++)
		write_page(job, &w, &rules, i, &m->heading);
	fl_jw_close(&w, ']');
	if (b->over)
		return FL_FAIL(job->cx, FL_INVALID, "the passages are over %d bytes", CHUNKS_BYTES);
	job->state = m;
	return FL_OK;
}

enum fl_rc chunk_save(struct fl_job *job, struct fl_batch *b)
{
	const struct made *m = job->state;
	const struct fl_rows *pages = job->set[1];
	struct fl_str upto = { NULL, 0 };

	if (!m)
		return FL_OK;
	if (pages->nrows && fl_rows_int(pages, pages->nrows - 1, CHUNK_PAGES_PAGE) < fl_rows_int(pages, 0, CHUNK_PAGES_LAST))
		upto = fl_str(fl_fmt(job->cx->a, "%lld", (long long)fl_rows_int(pages, pages->nrows - 1, CHUNK_PAGES_PAGE)));
	fl_batch_add(b, q_chunk_save(fl_json_str(job->payload, "document_id"), fl_str(fl_rows_dup(job->cx->a, job->set[0], 0, CHUNK_RULES_SEEN)), fl_buf_get(&m->json),
	                             fl_json_int(job->payload, "after", 0), upto, m->heading), NULL);
	return FL_OK;
}
