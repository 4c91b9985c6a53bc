/* Job document.field: what stands in the text of a document as dates, amounts, numbers, addresses, and in tables; again whenever the text changed. */
#include "app/document/document.h"
#include "app/document/field.h"
#include "app/search/chunk.h"

/* TEXT_BYTES: a thousand dense pages; a book of figures beyond that would take a job longer than it may (24 MB: 50 s on a busy machine). */
enum { FIELDS_BYTES = 16 << 20, PAGE_BYTES = 64 << 20, TEXT_BYTES = 4 << 20 };

void *document_field_cache(struct fl_arena *process)
{
	return field_rules_new(process);
}

enum fl_rc document_field_load(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id = fl_json_str(job->payload, "document_id");

	if (!id.n)
		return FL_FAIL(job->cx, FL_INVALID, "the payload has no document_id");
	fl_batch_add(b, q_chunk_rules(id), NULL);
	fl_batch_add(b, q_document_texts(id), NULL);
	fl_batch_add(b, q_document_page_words(id), NULL);
	return FL_OK;
}

struct found {
	struct fl_str fields, tables;
};

static int chars(struct fl_str s)
{
	int n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

struct page {
	int64_t number;
	struct fl_str body, *words;
	int nwords, *places;
};

static void split(struct fl_arena *a, struct fl_str text, struct page *p)
{
	int lines = 1;

	for (size_t at = 0; at < text.n; at++)
		lines += text.p[at] == '\n';
	p->words = FL_NEW_ARRAY(a, lines, struct fl_str);
	while (text.n)
		p->words[p->nwords++] = fl_str_cut(&text, '\n');
	p->places = FL_NEW_ARRAY(a, p->nwords + 1, int);
	chunk_places(p->body, p->words, p->nwords, p->places);
}

static void write_words(struct fl_jw *w, const struct page *p, int from, int to)
{
	int first = 0, last = 0;

	for (int i = 0; i < p->nwords; i++)
		if (p->places[i] < to && p->places[i] + chars(p->words[i]) > from) {
			first = first ? first : i + 1;
			last = i + 1;
		}
	if (first) {
		fl_jw_int(w, "word_from", first);
		fl_jw_int(w, "word_to", last);
	}
}

static void write_field(struct fl_jw *w, const struct page *p, const struct field *f)
{
	struct fl_str value = { p->body.p + f->from, f->to - f->from };
	int from = chars((struct fl_str){ p->body.p, f->from }), to = from + chars(value);

	fl_jw_open(w, NULL, '{');
	fl_jw_int(w, "page", p->number);
	fl_jw_cstr(w, "kind", field_kind_name(f->kind));
	fl_jw_str(w, "label", f->label);
	fl_jw_str(w, "value", value);
	fl_jw_str(w, "normal", f->normal);
	if (f->check != FIELD_NO_CHECK)
		fl_jw_bool(w, "checks", f->check == FIELD_CHECK_RIGHT);
	fl_jw_double(w, "sure", f->sure);
	fl_jw_int(w, "from_char", from);
	fl_jw_int(w, "to_char", to);
	write_words(w, p, from, to);
	fl_jw_close(w, '}');
}

/* The fields of a page that fit; false when not all do. */
static bool write_fields(struct fl_arena *a, struct fl_jw *all, const struct page *p, const struct field *f, int n)
{
	struct fl_buf one = fl_buf(a, FIELDS_BYTES);

	for (int i = 0; i < n; i++) {
		struct fl_jw w = fl_jw(&one);

		one.n = 0;
		write_field(&w, p, &f[i]);
		if (one.over || all->b->n + one.n + sizeof(",]") > FIELDS_BYTES)
			return false;
		fl_jw_raw(all, NULL, fl_buf_get(&one));
	}
	return true;
}

/* What a page takes is given back after it: a document may have hundreds. */
static bool write_page(struct fl_jw *all, void *rules, int64_t number, struct fl_str body, struct fl_str words)
{
	struct fl_arena *a = fl_arena_new(PAGE_BYTES);
	struct page p = { .number = number, .body = body };
	struct field *f;
	int n = field_find(a, rules, body, &f);
	bool fits = true;

	if (n) {
		split(a, words, &p);
		fits = write_fields(a, all, &p, f, n);
	}
	fl_arena_free(a);
	return fits;
}

enum fl_rc document_field_call(struct fl_job *job)
{
	struct fl_arena *a = job->cx->a;
	const struct fl_rows *pages = job->set[1];
	struct found *found = FL_NEW(a, struct found);
	struct fl_buf b = fl_buf(a, FIELDS_BYTES);
	struct fl_jw w = fl_jw(&b);
	size_t bytes = 0;

	if (!job->set[0]->nrows) /* the document is gone */
		return FL_OK;
	fl_jw_open(&w, NULL, '[');
	for (int i = 0; i < pages->nrows && bytes <= TEXT_BYTES; i++) {
		struct fl_str body = fl_rows_str(pages, i, DOCUMENT_TEXTS_BODY);

		bytes += body.n;
		if (!write_page(&w, job->cache, fl_rows_int(pages, i, DOCUMENT_TEXTS_PAGE), body, fl_rows_str(pages, i, DOCUMENT_TEXTS_WORDS)))
			break;
	}
	fl_jw_close(&w, ']');
	found->fields = fl_buf_get(&b);
	found->tables = document_tables(job->cx, job->set[2]);
	job->state = found;
	return FL_OK;
}

enum fl_rc document_field_save(struct fl_job *job, struct fl_batch *b)
{
	const struct found *found = job->state;
	struct fl_str id = fl_json_str(job->payload, "document_id"), seen;

	if (!found)
		return FL_OK;
	seen = fl_str(fl_rows_dup(job->cx->a, job->set[0], 0, CHUNK_RULES_SEEN));
	fl_batch_add(b, q_document_tables_ruled(id, seen, found->tables), NULL);
	fl_batch_add(b, q_document_fields_found(id, seen, found->fields), NULL);
	if (document_vision_on(job->cx))
		fl_batch_add(b, q_document_vision_ask(id), NULL);
	return FL_OK;
}
