/* Citations in what a model says: read, numbered anew, dropped; the mark of an answer that is not in the documents. */
#include "app/chat/chat.h"

#include "../tap.h"

static struct fl_arena *a;

static void reads(const char *said, int given, const char *text, int n, int dropped, bool absent)
{
	struct chat_cited c;

	chat_cite(a, fl_str(said), true, given, &c);
	ok(fl_str_eq(c.text, fl_str(text)) && c.n == n && c.dropped == dropped && c.absent == absent, "%s", said);
}

int main(void)
{
	struct chat_cited c;

	a = fl_arena_new(4 << 20);
	reads("Rent is 5 [2].", 3, "Rent is 5 [1].", 1, 0, false);
	reads("A [3] b [1], c [3].", 3, "A [1] b [2], c [1].", 2, 0, false);
	reads("A [1, 2] [passage 3] [Passage_2]", 3, "A [1][2] [3] [2]", 3, 0, false);
	reads("A [4]. B [0], c [999].", 3, "A. B, c.", 0, 3, false);
	reads("List[0] is [sic] and [1a] [] [", 3, "List is [sic] and [1a] [] [", 0, 1, false);
	reads("[1", 3, "[1", 0, 0, false);
	reads("[123456789012345678901]", 3, "[123456789012345678901]", 0, 0, false);
	reads("NOT IN DOCUMENTS", 3, "", 0, 0, true);
	reads("NOT IN DOCUMENTS.\n\nParis.", 3, "Paris.", 0, 0, true);
	reads("NO", 3, "NO", 0, 0, false);
	reads("NOT INCLUDED [1]", 3, "NOT INCLUDED [1]", 1, 0, false);
	reads("", 3, "", 0, 0, false);
	reads("All [1][2][3][4][5][6][7][8][9][10][11]", 10, "All [1][2][3][4][5][6][7][8][9][10]", 10, 1, false);
	chat_cite(a, FL_STR("NOT IN"), false, 3, &c);
	ok(c.absent && c.text.n == 0, "while it grows the beginning of the mark is kept back");
	chat_cite(a, FL_STR("b [3] a [1]"), true, 3, &c);
	ok(c.n == 2 && c.source[0] == 2 && c.source[1] == 0, "sources stand in the order of their first mention");
	fl_arena_free(a);
	return done();
}
