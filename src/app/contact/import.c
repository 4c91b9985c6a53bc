/* Leads from a table: the columns found by their names, every row looked at in one statement. */
#include "app/contact/contact.h"
#include "base/json.h"

enum { FILE_BYTES = 1 << 20, ROWS_MAX = 2000, CELL_BYTES = 2000 };

/* Titles of columns as spreadsheets and other programs write them, English and Spanish; the first word is what we call it. */
static const char *const columns[] = {
	"name,full name,contact,nombre,contacto",
	"email,e-mail,mail,email address,e-mail address,correo,correo electrónico",
	"phone,telephone,tel,mobile,phone number,teléfono,telefono,móvil,movil",
	"company,organisation,organization,empresa,compañía",
	"title,subject,lead,request,interest,asunto,interés,oportunidad",
	"notes,note,comment,comments,message,notas,comentario,mensaje",
};

/* Which of `columns` a cell of the first row names; -1 for none. */
static int column_of(struct fl_str said)
{
	for (size_t i = 0; i < FL_COUNT(columns); i++) {
		struct fl_str rest = fl_str(columns[i]);

		while (rest.p)
			if (fl_str_ieq(fl_str_cut(&rest, ','), said))
				return (int)i;
	}
	return -1;
}

static const char *name_of(struct fl_arena *a, int column)
{
	struct fl_str rest = fl_str(columns[column]);

	return fl_strndup(a, fl_str_cut(&rest, ','));
}

/* The last part of a message key; NULL: nothing is wrong so far. */
static const char *text_wrong(struct fl_str s)
{
	if (!s.n)
		return "empty";
	if (s.n > FILE_BYTES)
		return "large";
	return !fl_str_utf8(s) || memchr(s.p, 0, s.n) ? "text" : NULL;
}

static void put_row(struct fl_cx *cx, struct fl_jw *w, int line, const struct fl_str *cells, int n, const int *at)
{
	fl_jw_open(w, NULL, '{');
	fl_jw_int(w, "line", line);
	for (int i = 0; i < n; i++)
		if (at[i] >= 0 && cells[i].n)
			fl_jw_str(w, name_of(cx->a, at[i]), fl_str_clip(cells[i], CELL_BYTES));
	fl_jw_close(w, '}');
}

/* The rows as JSON into w; what is wrong with the table, or NULL. */
static const char *read_rows(struct fl_cx *cx, struct fl_str text, struct fl_jw *w)
{
	struct csv c = csv_begin(cx->a, text);
	struct fl_str cells[CSV_CELLS_MAX];
	int at[CSV_CELLS_MAX], line, rows = 0, n = csv_row(&c, cells, &line);
	unsigned seen = 0;

	for (int i = 0; i < n; i++) {
		at[i] = column_of(cells[i]);
		if (at[i] >= 0 && seen & 1u << at[i])
			return "twice";
		seen |= at[i] >= 0 ? 1u << at[i] : 0;
	}
	if (n >= 0 && !(seen & (1u << column_of(FL_STR("email")) | 1u << column_of(FL_STR("phone")))))
		return "columns";
	fl_jw_open(w, NULL, '[');
	for (int titles = n; n > 0 && (n = csv_row(&c, cells, &line)) > 0;) {
		if (++rows > ROWS_MAX)
			return "rows";
		put_row(cx, w, line, cells, n < titles ? n : titles, at);
	}
	fl_jw_close(w, ']');
	return n < 0 ? "broken" : rows ? NULL : "none";
}

enum fl_rc contact_import(struct fl_cx *cx, struct fl_req *req)
{
	struct fl_str text = fl_req_get(req, "text");
	struct fl_buf b = fl_buf(cx->a, FILE_BYTES * 4);
	struct fl_jw w = fl_jw(&b);
	const char *wrong;

	FL_TRY(fl_req_enter(cx, req));
	if (req->nfiles > 1)
		return FL_FAIL_FIELD(cx, FL_INVALID, "files", "document.wrong.one");
	if (req->nfiles == 1)
		text = req->files[0].content;
	wrong = text_wrong(text);
	if (!wrong)
		wrong = read_rows(cx, text, &w);
	if (!wrong && b.over)
		wrong = "large";
	if (wrong)
		return FL_FAIL_FIELD(cx, FL_INVALID, req->nfiles || !text.n ? "files" : "text", "wrong.csv.%s", wrong);
	return fl_db_run(cx, req->db, q_contact_import(fl_buf_get(&b)), &req->effect);
}
