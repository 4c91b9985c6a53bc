/* The parts of the card of exports and erasures. docs/operations.md says what people see of them. */
#ifndef FL_APP_PRIVACY_PRIVACY_H
#define FL_APP_PRIVACY_PRIVACY_H

#include "app/app.h"

/* The order a job is for; {NULL, 0} without. */
static inline struct fl_str privacy_order_of(const struct fl_job *job)
{
	return job->payload ? fl_json_str(job->payload, "order_id") : (struct fl_str){ NULL, 0 };
}

enum fl_rc privacy_download(struct fl_cx *cx, struct fl_req *req) FL_USE;

enum fl_rc privacy_export_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc privacy_export_call(struct fl_job *job) FL_USE;
enum fl_rc privacy_export_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc privacy_job_dead(struct fl_job *job, struct fl_batch *b) FL_USE;

enum fl_rc privacy_pack_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc privacy_pack_call(struct fl_job *job) FL_USE;
enum fl_rc privacy_pack_save(struct fl_job *job, struct fl_batch *b) FL_USE;

enum fl_rc privacy_tidy_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc privacy_tidy_call(struct fl_job *job) FL_USE;
enum fl_rc privacy_tidy_save(struct fl_job *job, struct fl_batch *b) FL_USE;

enum fl_rc privacy_erase_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc privacy_erase_save(struct fl_job *job, struct fl_batch *b) FL_USE;

#endif
