/* Promised times: what the files of this capability share. */
#ifndef FL_APP_SLA_SLA_H
#define FL_APP_SLA_SLA_H

#include "app/app.h"

/* Save of job sla.compute {"after"}: open requests older than it get their clocks anew, some hundred a job. FL_INVALID: the payload has none. */
enum fl_rc sla_compute_save(struct fl_job *job, struct fl_batch *b) FL_USE;

#endif
