/* What is attached to a mail that was given to us as a file: PDFs and pictures become documents of their own, as those of a mail that came do. What it has of texts and Word
 * files is read with it (reader/paper_text.c). */
#include "app/document/document.h"
#include "reader/spawn.h"

enum { READ_MS = 30000, FILES = 20, ENTRY_BYTES = 2048, FILE_BYTES = 25 << 20 };

static const struct fl_json_limits limits = { .bytes = 16 << 20, .depth = 16, .keys = 10000 };

static bool is_paper(struct fl_str name, struct fl_str content)
{
	const char *type = document_type(name, content);

	return type && (strncmp(type, "image/", 6) == 0 || strcmp(type, "application/pdf") == 0);
}

/* The contents lie one after the other in `data`, in the order of the list. */
static enum fl_rc keep(struct fl_job *job, struct json_object *list, struct fl_str data, struct fl_jw *w)
{
	size_t n = list ? json_object_array_length(list) : 0;
	int kept = 0;

	for (size_t i = 0; i < n && kept < FILES; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		size_t size = fl_json_bool(one, "kept", false) ? (size_t)fl_json_int(one, "size", 0) : 0;
		struct fl_str content = { data.p, size };
		struct document_kept k;

		if (size > data.n)
			return FL_FAIL(job->cx, FL_BUG, "the reader's answer is short");
		data = (struct fl_str){ data.p + size, data.n - size };
		if (!size || !is_paper(fl_json_str(one, "name"), content))
			continue;
		FL_TRY(document_keep(job->cx, job->org_id, fl_json_str(one, "name"), content, &k));
		if (k.refused)
			continue;
		document_kept_json(w, &k);
		kept++;
	}
	return FL_OK;
}

enum fl_rc document_attached(struct fl_job *job, struct fl_str *files)
{
	struct fl_cx *cx = job->cx;
	struct fl_buf raw = fl_buf(cx->a, FILE_BYTES + DOCUMENT_CHUNK), *b = FL_NEW(cx->a, struct fl_buf);
	struct fl_str json, data;
	struct json_object *mail;
	struct fl_jw w;
	enum fl_rc rc;

	*files = (struct fl_str){ NULL, 0 };
	FL_TRY(document_take(job, fl_rows_dup(cx->a, job->set[0], 0, DOCUMENT_LOAD_KEY), &raw));
	rc = fl_reader_mail(cx, fl_reader_path(cx->a), fl_buf_get(&raw), READ_MS, &json, &data);
	if (rc == FL_INVALID) /* its text is told all the same */
		return FL_OK;
	FL_TRY(rc);
	if (fl_json_parse(cx->a, json, &limits, &mail, NULL) != FL_OK)
		return FL_FAIL(cx, FL_BUG, "the reader's answer is no JSON");
	*b = fl_buf(cx->a, (FILES + 1) * ENTRY_BYTES);
	w = fl_jw(b);
	fl_jw_open(&w, NULL, '[');
	FL_TRY(keep(job, fl_json_get(mail, "attachments"), data, &w));
	fl_jw_close(&w, ']');
	*files = fl_buf_get(b);
	return FL_OK;
}
