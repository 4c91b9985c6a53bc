/* Reminders: what the files of this capability share. */
#ifndef FL_APP_NOTE_REMIND_H
#define FL_APP_NOTE_REMIND_H

#include "app/app.h"

/* Save of jobs remind.send {"reminder_id"}. FL_INVALID: a payload has none. */
enum fl_rc remind_send_save(struct fl_job *const *jobs, int n, struct fl_batch *b) FL_USE;

/* Job note.deliver {"delivery_id"}: writes the text message in the person's language and hands the delivery over. FL_INVALID: the payload has
 * none; FL_BUG: no catalogues. Its cache are the fl_words. */
enum fl_rc note_deliver_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc note_deliver_call(struct fl_job *job) FL_USE;
enum fl_rc note_deliver_save(struct fl_job *job, struct fl_batch *b) FL_USE;

#endif
