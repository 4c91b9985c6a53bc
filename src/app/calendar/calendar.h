/* Calendars: what the files of this capability share. */
#ifndef FL_APP_CALENDAR_CALENDAR_H
#define FL_APP_CALENDAR_CALENDAR_H

#include "app/app.h"

/* POST /calendar and /calendar/{id}: reads the rule, makes its dates, saves. */
enum fl_rc calendar_save(struct fl_cx *cx, struct fl_req *req) FL_USE;

#endif
