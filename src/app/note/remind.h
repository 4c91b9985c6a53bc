/* Reminders: what the files of this capability share. */
#ifndef FL_APP_NOTE_REMIND_H
#define FL_APP_NOTE_REMIND_H

#include "app/app.h"

/* Save of job remind.send {"reminder_id"}. FL_INVALID: the payload has none. */
enum fl_rc remind_send_save(struct fl_job *job, struct fl_batch *b) FL_USE;

#endif
