/* Drafts of replies to requests (reply_drafts): a person asks for one, the job draft.write writes it, the person's reply field shows it, the person sends what they will. No
 * other code reads one. */
#ifndef FL_APP_DRAFT_DRAFT_H
#define FL_APP_DRAFT_DRAFT_H

#include "app/app.h"

/* Job draft.write. Payload: draft_id, question (what passages are looked for with); FL_INVALID without a draft_id. */
enum fl_rc draft_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc draft_call(struct fl_job *job) FL_USE;
enum fl_rc draft_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc draft_dead(struct fl_job *job, struct fl_batch *b) FL_USE;

#endif
