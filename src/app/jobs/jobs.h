/* The parts of the card of jobs. */
#ifndef FL_APP_JOBS_JOBS_H
#define FL_APP_JOBS_JOBS_H

#include "app/app.h"

extern const struct fl_job_kind jobs_kinds[];
extern const struct fl_page jobs_pages[];
extern const struct fl_sweep jobs_sweeps[];

#endif
