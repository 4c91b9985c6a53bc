/* Templates over sets: names, children, forms, rights, messages, refusals, JSON. */
#include "world.h"

static const struct fl_col page_cols[] = { { "title", FL_T_TEXT } };
static const struct fl_col board_cols[] = { { "id", FL_T_UUID }, { "title", FL_T_TEXT }, { "open", FL_T_BOOL }, { "n", FL_T_INT },
	{ "_x", FL_T_INT } };
static const struct fl_col stage_cols[] = { { "id", FL_T_TEXT }, { "name", FL_T_TEXT } };
static const struct fl_col card_cols[] = { { "stage_id", FL_T_TEXT }, { "title", FL_T_TEXT }, { "status", FL_T_TEXT }, { "at",
	FL_T_TIME }, { "meta", FL_T_JSON } };

static const char id[16] = "0123456789abcdef";

static void fill(struct world *w)
{
	struct fl_rows *page = fl_rows_new(w->cx.a, page_cols, 1, 1), *board = fl_rows_new(w->cx.a, board_cols, 5, 1);
	struct fl_rows *stages = fl_rows_new(w->cx.a, stage_cols, 2, 3), *cards = fl_rows_new(w->cx.a, card_cols, 5, 4);
	static const char *const of[] = { "s1", "gone", "s1", "s3" }, *const titles[] = { "a<", "b", "c", "d" };

	w->shape = (struct fl_shape){ .n = 4, .set = { { "page", page_cols, 1, .one = true }, { "board", board_cols, 5, .one = true },
	                                               { "stages", stage_cols, 2 }, { "cards", card_cols, 5, .under = "stages", .by =
		"stage_id" } } };
	fl_rows_set_str(page, 0, 0, FL_STR("P"));
	fl_rows_set_str(board, 0, 0, (struct fl_str){ id, 16 });
	fl_rows_set_str(board, 0, 1, FL_STR("B&B"));
	fl_rows_set_int(w->cx.a, board, 0, 2, 1);
	fl_rows_set_int(w->cx.a, board, 0, 3, 2);
	for (int i = 0; i < 3; i++) {
		fl_rows_set_str(stages, i, 0, fl_str(fl_fmt(w->cx.a, "s%d", i + 1)));
		fl_rows_set_str(stages, i, 1, fl_str(fl_fmt(w->cx.a, "S%d", i + 1)));
	}
	for (int i = 0; i < 4; i++) {
		fl_rows_set_str(cards, i, 0, fl_str(of[i]));
		fl_rows_set_str(cards, i, 1, fl_str(titles[i]));
		fl_rows_set_str(cards, i, 2, i ? FL_STR("NEW") : FL_STR("DONE"));
		fl_rows_set_int(w->cx.a, cards, i, 3, 0);
		fl_rows_set_str(cards, i, 4, FL_STR("{\"k\":1}"));
	}
	w->model.set[0] = page;
	w->model.set[1] = board;
	w->model.set[2] = stages;
	w->model.set[3] = cards;
}

static void names(struct world *w)
{
	is_str(world_show(w, "{{page.title}} {{board.title}} {{title}}", 0), "P B&amp;B B&amp;B",
		"a set's own title goes before the page's");
	is_str(world_show(w, "{{#stages}}{{name}}:{{#cards}}{{title}}{{name}}{{/cards}}{{^cards}}-{{/cards}};{{/stages}}", 0),
	       "S1:a&lt;S1cS1;S2:-;S3:dS3;", "children are joined; one without parent is skipped");
	is_str(world_show(w, "{{#cards}}{{#status=NEW}}n{{/status=NEW}}{{#status!=NEW}}o{{/status!=NEW}}{{^status=NEW}}"
		"x{{/status=NEW}}{{/cards}}", 0),
	       "oxnnn", "equality");
	is_str(world_show(w, "{{#open}}y{{/open}}{{^open}}n{{/open}}{{#n}}{{n}}{{/n}}{{#_x}}x{{/_x}}{{id:short}}", 0), "y263646566",
	       "truth of bools, ints and null; short");
	is_str(world_show(w, "{{title:url}}", 0), "B%26B", "url");
	is_str(world_show(w, "{{title}}", PARSE_TEXT), "B&B", "plain text is not escaped");
	is_str(world_show(w, "{{#board}}{{title}}{{/board}}", 0), "B&amp;B", "a one-row set opens");
}

static void refusals(struct world *w)
{
	is_str(world_show(w, "a\n{{nope}}", 0), "x.html:2: there is no 'nope' here", "unknown name");
	is_str(world_show(w, "{{>nope}}", 0), "x.html:1: there is no template 'nope'", "unknown partial");
	is_str(world_show(w, "{{{title}}}", 0), "x.html:1: output is always escaped; write {{title}}", "no raw tag");
	is_str(world_show(w, "{{&title}}", 0), "x.html:1: output is always escaped; write {{title}}", "no raw ampersand");
	is_str(world_show(w, "\n{{#open}}", 0), "x.html:2: {{#open}} is not closed", "unclosed section");
	is_str(world_show(w, "{{/open}}", 0), "x.html:1: {{/open}} closes nothing", "closing nothing");
	is_str(world_show(w, "{{title:ago}}", 0), "x.html:1: 'title:ago' is of another type than its format takes",
		"a format of another type");
	is_str(world_show(w, "{{title:zzz}}", 0), "x.html:1: there is no format 'zzz'", "unknown format");
	is_str(world_show(w, "{{t.none}}", 0), "x.html:1: there is no message 'none'", "unknown message");
	is_str(world_show(w, "{{a.none.css}}", 0), "x.html:1: there is no file static/none.css", "unknown asset");
	is_str(world_show(w, "{{stages.name}}", 0), "x.html:1: there is no 'stages.name' here", "a set that is not open");
	ok(view_add(&w->cx, w->view, "self", "self.html", FL_STR("{{>self}}"), 0) == FL_OK, "a template that holds itself parses");
	is_str(world_show(w, "{{>self}}", 0), "self.html:1: 'self' holds itself", "but is refused");
	is_str(world_show(w, "{{title", 0), "x.html:1: this tag is not closed", "an open tag");
}

static const struct part *part_of(const struct world *w, const char *name)
{
	const struct part *p = w->view->bound->parts;

	while (p && strcmp(p->file->name, name) != 0)
		p = p->next;
	return p;
}

/* Partials of what all pages have are bound once; the others for each page. */
static void parts(struct world *w)
{
	static const struct fl_col n_cols[] = { { "x", FL_T_INT } };
	struct fl_shape whole = w->shape;

	w->model.rights = " board.move ";
	ok(view_add(&w->cx, w->view, "all", "all.html", FL_STR("{{#board}}{{#n}}[{{n}}]{{/n}}{{/board}}{{#can.board.move}}m{{/can.board.move}}{{>in}}"), 0) == FL_OK &&
		view_add(&w->cx, w->view, "in", "in.html", FL_STR("{{page.title}}{{^errors}}.{{/errors}}"), 0) == FL_OK &&
		view_add(&w->cx, w->view, "own", "own.html", FL_STR("{{title}}{{#stages}}{{>in}}{{/stages}}"), 0) == FL_OK, "three partials");
	w->shape.set[w->shape.n++] = (struct fl_shape_set){ "n", n_cols, 1 };
	is_str(world_show(w, "{{>all}}|{{#open}}{{>all}}{{/open}}|{{>own}}", 0), "[2]mP.|[2]mP.|B&amp;BP.P.P.", "a set of one page's own takes no name of what all share");
	ok(part_of(w, "all") && part_of(w, "all")->shared && part_of(w, "in")->shared && !part_of(w, "own")->shared, "two of them are shared");
	w->shape = whole;
	is_str(world_show(w, "{{>all}} {{>own}}", 0), "[2]mP. B&amp;BP.P.P.", "on another page too");
	is_str(world_show(w, "{{>all}}", PARSE_TEXT), "[2]mP.", "and in plain text");
	w->model.rights = "";
	is_str(world_show(w, "{{>all}}", 0), "[2]P.", "rights are those of who reads");
	ok(view_add(&w->cx, w->view, "lay", "lay.html", FL_STR("{{$end}}{{/end}}{{title}}"), 0) == FL_OK &&
		view_add(&w->cx, w->view, "lent", "lent.html", FL_STR("{{<lay}}{{$end}}({{/end}}{{$more}}theirs{{/more}}{{/lay}}"), 0) == FL_OK, "one with a layout of its own");
	is_str(world_show(w, "{{>lent}}{{$more}}ours{{/more}}", 0), "(B&amp;Bours", "which cannot be shared: its blocks are given to nobody else");
}

static void forms(struct world *w)
{
	static const struct fl_posted posted[] = { { "title", { "<mine>", 6 }, "wrong.required" }, { "n", { "x", 1 }, NULL } };

	is_str(world_show(w, "{{form.title}}|{{form.other}}|{{wrong.title}}|{{^errors}}fine{{/errors}}", 0), "B&amp;B|||fine",
		"nothing posted");
	w->model.posted = posted;
	w->model.nposted = 2;
	is_str(world_show(w, "{{form.title}}|{{form.n}}|{{#wrong.title}}!{{wrong.title}}{{/wrong.title}}{{#wrong.n}}?{{/wrong.n}}", 0),
	       "&lt;mine&gt;|x|!Fill &lt;in&gt;.", "posted values and messages");
	is_str(world_show(w, "{{#errors}}{{field}}: {{message}}{{/errors}}{{^errors}}fine{{/errors}}{{#form.n=x}} sel{{/form.n=x}}", 0),
	       "title: Fill &lt;in&gt;. sel", "errors");
	w->model.nposted = 0;
	w->model.posted = NULL;
}

static void messages(struct world *w)
{
	w->model.rights = " board.move intake.read ";
	is_str(world_show(w, "{{#can.board.move}}m{{/can.board.move}}{{#can.board.mov}}x{{/can.board.mov}}{{^can.x}}-{{/can.x}}", 0),
		"m-", "rights");
	is_str(world_show(w, "{{t.hello}} {{t.cards}} {{t.only}}", 0), "Hi &lt;B&amp;B&gt; 2 cards only",
		"messages are filled and counted");
	w->model.locale = "es";
	is_str(world_show(w, "{{t.hello}} {{t.cards}} {{t.only}}", 0), "B&amp;B, hola 2 tarjetas only", "Spanish, else English");
	w->model.locale = "en";
	is_str(world_show(w, "{{#cards}}{{status:t.st}},{{/cards}}", 0), "done,NEW,NEW,NEW,", "messages by value, else the value");
}

static void json(struct world *w)
{
	struct fl_buf out = fl_buf(w->cx.a, 1 << 16);

	fl_view_json(&w->shape, &w->model, 1, &out);
	is_str(fl_buf_cstr(&out),
	       "{\"board\":{\"id\":\"30313233-3435-3637-3839-616263646566\",\"title\":\"B\\u0026B\",\"open\":true,\"n\":2},"
	       "\"stages\":[{\"id\":\"s1\",\"name\":\"S1\",\"cards\":[{\"stage_id\":\"s1\",\"title\":\"a\\u003c\",\"status\":\"DONE\","
	       "\"at\":\"1970-01-01T00:00:00Z\",\"meta\":{\"k\":1}},{\"stage_id\":\"s1\",\"title\":\"c\",\"status\":\"NEW\","
	       "\"at\":\"1970-01-01T00:00:00Z\",\"meta\":{\"k\":1}}]},{\"id\":\"s2\",\"name\":\"S2\",\"cards\":[]},"
	       "{\"id\":\"s3\",\"name\":\"S3\",\"cards\":[{\"stage_id\":\"s3\",\"title\":\"d\",\"status\":\"NEW\","
	       "\"at\":\"1970-01-01T00:00:00Z\",\"meta\":{\"k\":1}}]}]}",
	       "JSON");
}

int main(void)
{
	struct world w;

	world_open(&w, "hello = Hi <{title}>\ncards[one:n] = {n} card\ncards[other:n] = {n} cards\nonly = only\nst.DONE = done\n"
	               "wrong.required = Fill <in>.\n",
	           "# es\nhello = {title}, hola\ncards[one:n] = {n} tarjeta\ncards[other:n] = {n} tarjetas\n");
	fill(&w);
	names(&w);
	refusals(&w);
	parts(&w);
	forms(&w);
	messages(&w);
	json(&w);
	world_close(&w);
	return done();
}
