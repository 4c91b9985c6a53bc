/* The parts of the card of search. */
#ifndef FL_APP_SEARCH_SEARCH_H
#define FL_APP_SEARCH_SEARCH_H

#include "app/app.h"

enum fl_rc chunk_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc chunk_call(struct fl_job *job) FL_USE;
enum fl_rc chunk_save(struct fl_job *job, struct fl_batch *b) FL_USE;

enum fl_rc embed_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc embed_call(struct fl_job *job) FL_USE;
enum fl_rc embed_save(struct fl_job *job, struct fl_batch *b) FL_USE;
/* A question as a vector by the model of LLM_EMBEDDING, which may be elsewhere and is then not told what `hide` says: *vector of *dims numbers, in cx->a. As fl_llm_embed fails. */
enum fl_rc question_embed(struct fl_cx *cx, struct fl_outside *o, struct fl_str q, struct fl_str hide, float **vector, int *dims) FL_USE;
enum fl_rc question_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc question_call(struct fl_job *job) FL_USE;
enum fl_rc question_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc vector_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc vector_sync_call(struct fl_job *job) FL_USE;
enum fl_rc vector_sync_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc vector_tend_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc vector_tend_call(struct fl_job *job) FL_USE;
enum fl_rc vector_tend_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc vector_drop_call(struct fl_job *job) FL_USE;

enum fl_rc search_passages_page(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* Jobs collection.snapshot and collection.restore. FL_INVALID without a snapshot_id in the payload. */
enum fl_rc collection_snapshot_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc collection_restore_save(struct fl_job *job, struct fl_batch *b) FL_USE;

#endif
