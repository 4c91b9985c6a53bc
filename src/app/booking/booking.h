/* Booking pages, working hours, and calendars as files. */
#ifndef FL_APP_BOOKING_BOOKING_H
#define FL_APP_BOOKING_BOOKING_H

#include "app/app.h"

/* Pages that answer iCalendar (RFC 5545): of a booking by its key, of a person's feed by its key, of one event. */
enum fl_rc booking_visit_ics(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc booking_feed_ics(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc booking_event_ics(struct fl_cx *cx, struct fl_req *req) FL_USE;

#endif
