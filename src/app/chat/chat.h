/* Questions to documents. A question is a row (chat_turns); the job chat.answer finds passages, has a language model answer from them alone where the
 * organisation's chain names one, and keeps the answer with its sources. An answer is of one kind:
 *   cited    it names passages that were given
 *   uncited  a model answered and named none of them: shown with a warning, where `general` is on
 *   general  not in the documents; the model's own knowledge, marked so, where `general` is on
 *   none     not in the documents
 *   quoted   no model answered: the best passages themselves; `note` says why
 *   approved one that was approved before, given again without a model
 *   stopped  taken back by who asked */
#ifndef FL_APP_CHAT_CHAT_H
#define FL_APP_CHAT_CHAT_H

#include "app/app.h"

enum { CHAT_PASSAGES = 10 }; /* at most; chat_settings.passages says how many, five at first */

/* What is left of a model's text once its citations were looked at. */
struct chat_cited {
	struct fl_str text;        /* with [1], [2], ... in the order of their first mention; no other brackets with numbers; owned by the arena */
	int source[CHAT_PASSAGES]; /* text's [k + 1] is passage source[k], from 0 */
	int n;
	int dropped;               /* citations of passages that were not given */
	bool absent;               /* it said that the passages do not hold the answer */
};

/* Reads "[2]", "[2, 3]", "[passage_2]" as citations of the given passages 1 to n; others are taken out and counted. A first line NOT IN DOCUMENTS makes
 * it absent, of a text that is not whole yet also the beginning of one. n at most CHAT_PASSAGES. */
void chat_cite(struct fl_arena *a, struct fl_str said, bool is_whole, int n, struct chat_cited *out);

/* Job chat.find, before chat.answer: what lies near the question. Payload as chat_task() makes it; FL_INVALID without a turn_id. */
enum fl_rc chat_find_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc chat_find_call(struct fl_job *job) FL_USE;
enum fl_rc chat_find_save(struct fl_job *job, struct fl_batch *b) FL_USE;

/* The page that keeps an answer of mine as a document (generated_assets): its id and version. FL_NOT_FOUND where there is no text. */
enum fl_rc chat_keep(struct fl_cx *cx, struct fl_req *req) FL_USE;

enum fl_rc chat_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc chat_call(struct fl_job *job) FL_USE;
enum fl_rc chat_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc chat_dead(struct fl_job *job, struct fl_batch *b) FL_USE;

/* Job chat.check: a second model looks whether what was answered stands on what it cites (chat_checks). Payload: turn_id, else FL_INVALID. */
enum fl_rc chat_check_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc chat_check_call(struct fl_job *job) FL_USE;
enum fl_rc chat_check_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc chat_check_dead(struct fl_job *job, struct fl_batch *b) FL_USE;

/* Whether the site has somebody to ask. */
bool chat_check_on(struct fl_cx *cx);

#endif
