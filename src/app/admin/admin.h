/* Administration: its job. */
#ifndef FL_APP_ADMIN_ADMIN_H
#define FL_APP_ADMIN_ADMIN_H

#include "app/app.h"

/* Job fault.tell: a fault of the program to the service of SENTRY_DSN, as an envelope (develop.sentry.dev, "Envelopes"); none configured: nothing. */
enum fl_rc fault_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc fault_call(struct fl_job *job) FL_USE;

#endif
