#include "reader/paper.h"

#include "base/json.h"
#include "reader/html.h"
#include "reader/mail.h"
#include "reader/paper_inside.h"
#include "reader/sandbox.h"

enum { META_BYTES = 500 };

void paper_word_add(struct fl_paper *p, struct paper_word w)
{
	if (p->nwords < FL_PAPER_WORDS)
		p->words[p->nwords++] = w;
}

enum fl_rc fl_paper_start(struct fl_cx *cx, struct fl_paper **out)
{
	struct fl_paper *p = FL_NEW(cx->a, struct fl_paper);

	p->failed = p->source = "";
	p->confidence = 1;
	p->words = FL_NEW_ARRAY(cx->a, FL_PAPER_WORDS, struct paper_word);
	setMsgSeverity(L_SEVERITY_NONE);
	fl_mail_start();
	FL_TRY(paper_engine(cx, p));
	FL_TRY(fl_paper_fonts(cx));
	*out = p;
	return FL_OK;
}

enum fl_rc fl_paper_cage(struct fl_cx *cx, int cpu_s)
{
	static const char *const folders[] = { "/usr/share/fonts", "/usr/share/poppler", NULL };

	return fl_sandbox_enter_with(cx, cpu_s, folders);
}

static enum fl_rc by_type(struct fl_cx *cx, struct fl_paper *p, const char *type, int page, struct fl_str file)
{
	if (file.n == 0) {
		p->failed = "empty";
		return FL_OK;
	}
	if (strcmp(type, "application/pdf") == 0)
		return paper_pdf(cx, file, page, p);
	if (strncmp(type, "image/", 6) == 0)
		return paper_image(cx, file, strcmp(type, "image/tiff") == 0, page, p);
	paper_text(cx, file, type, page, p);
	return FL_OK;
}

static struct fl_str clean(struct fl_cx *cx, struct fl_str s, size_t most)
{
	struct fl_buf b = fl_buf(cx->a, most * 4);

	fl_text_clean(&b, fl_str_clip(s, most));
	return fl_buf_get(&b);
}

static void write_words(struct fl_cx *cx, const struct fl_paper *p, struct fl_buf *json)
{
	double sum = 0;

	fl_buf_puts(json, ",\"words\":[");
	for (int i = 0; i < p->nwords; i++) {
		const struct paper_word *w = &p->words[i];

		fl_buf_printf(json, "%s[%d,%d,%d,%d,%d,", i ? "," : "", w->x, w->y, w->w, w->h, w->confidence);
		fl_buf_json(json, clean(cx, w->text, 200));
		fl_buf_putc(json, ']');
		sum += w->confidence;
	}
	fl_buf_printf(json, "],\"confidence\":%.4f", p->nwords ? sum / p->nwords / 100 : p->confidence);
}

static void write_meta(struct fl_cx *cx, const struct paper_meta *m, struct fl_buf *json)
{
	const struct {
		const char *name;
		struct fl_str text;
	} all[] = { { "title", m->title }, { "author", m->author }, { "subject", m->subject }, { "keywords", m->keywords }, { "created", m->created } };

	fl_buf_puts(json, ",\"meta\":{");
	for (size_t i = 0; i < FL_COUNT(all); i++) {
		fl_buf_printf(json, "%s\"%s\":", i ? "," : "", all[i].name);
		fl_buf_json(json, clean(cx, all[i].text, META_BYTES));
	}
	fl_buf_putc(json, '}');
}

enum fl_rc fl_paper_read(struct fl_cx *cx, struct fl_paper *p, const char *type, int page, struct fl_str file, struct fl_buf *json,
                         struct fl_str *image)
{
	FL_TRY(by_type(cx, p, type, page, file));
	fl_buf_printf(json, "{\"pages\":%d,\"failed\":\"%s\"", p->pages, p->failed);
	if (page == 0 && !p->failed[0])
		write_meta(cx, &p->meta, json);
	if (page > 0 && !p->failed[0]) {
		fl_buf_printf(json, ",\"source\":\"%s\",\"turn\":%d,\"width\":%d,\"height\":%d,\"text\":", p->source, p->turn, p->width, p->height);
		fl_buf_json(json, clean(cx, p->text, FL_PAPER_TEXT_BYTES));
		write_words(cx, p, json);
	}
	fl_buf_putc(json, '}');
	*image = p->image;
	return json->over ? FL_FAIL(cx, FL_INVALID, "the page holds too much") : FL_OK;
}
