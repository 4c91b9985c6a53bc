/* Booking pages as strangers see them and as people set them up; working hours; why a time is not offered. */
#include "app/booking/booking.h"

static const struct fl_field look_fields[] = {
	{ "day", FL_K_DATE, .help = "from which day on; none: today" },
	{ "zone", FL_K_TEXT, .max = 64, .help = "the visitor's; none: the page's" },
	{ 0 },
};
static const struct fl_field hold_fields[] = {
	{ "start", FL_K_TEXT, .required = true, .max = 20, .help = "as 2026-11-24T10:00:00Z, one of those offered" },
	{ "day", FL_K_DATE },
	{ "zone", FL_K_TEXT, .max = 64 },
	{ 0 },
};
static const struct fl_field who_fields[] = {
	{ "name", FL_K_TEXT, .required = true, .max = 120 },
	{ "email", FL_K_EMAIL, .required = true },
	{ "phone", FL_K_PHONE, .help = "with its country code; reminders go there as text messages too" },
	{ "note", FL_K_LONG, .max = 2000 },
	{ 0 },
};
#define PAGE_FIELDS \
	{ "name", FL_K_TEXT, .required = true, .max = 120 }, \
	{ "intro", FL_K_LONG, .max = 2000 }, \
	{ "place", FL_K_TEXT, .max = 300 }, \
	{ "mode", FL_K_CHOICE, .choices = "one_of|all_of|round_robin", .deflt = "one_of", .help = "which of the people a booking takes" }, \
	{ "minutes", FL_K_INT, .min = 5, .max = 720, .deflt = "30" }, \
	{ "step", FL_K_INT, .min = 5, .max = 720, .deflt = "30", .help = "minutes from one offered start to the next" }, \
	{ "buffer", FL_K_INT, .min = 0, .max = 240, .deflt = "0", .help = "minutes kept free before and after" }, \
	{ "notice", FL_K_INT, .min = 0, .max = 43200, .deflt = "240", .help = "minutes from now to the first offer" }, \
	{ "ahead", FL_K_INT, .min = 1, .max = 365, .deflt = "30", .help = "days" }, \
	{ "most", FL_K_INT, .min = 1, .max = 100, .help = "bookings a day; none: as many as fit" }, \
	{ "zone", FL_K_TEXT, .max = 64 }, \
	{ "listed", FL_K_BOOL, .deflt = "false", .help = "visitors of the other pages are offered this one" }, \
	{ "hosts", FL_K_LIST, .max = 4000 }, \
	{ "resources", FL_K_LIST, .max = 4000, .help = "one of these is taken too" }
static const struct fl_field add_fields[] = {
	PAGE_FIELDS,
	{ 0 },
};
static const struct fl_field set_fields[] = {
	PAGE_FIELDS,
	{ "version", FL_K_INT },
	{ "active", FL_K_BOOL },
	{ "day", FL_K_DATE },
	{ "clock", FL_K_TEXT, .max = 5 },
	{ 0 },
};
static const struct fl_field message_fields[] = {
	{ "on", FL_K_BOOL, .help = "messages that ask for a meeting may book it" },
	{ 0 },
};
static const struct fl_field ask_fields[] = {
	{ "day", FL_K_DATE, .help = "why is this day at this time not offered" },
	{ "clock", FL_K_TEXT, .max = 5 },
	{ 0 },
};
static const struct fl_field new_fields[] = {
	{ "hosts", FL_K_LIST, .max = 4000 },
	{ "resources", FL_K_LIST, .max = 4000 },
	{ 0 },
};
static const struct fl_field hours_fields[] = {
	{ "weekday", FL_K_INT, .min = 1, .max = 7, .deflt = "1", .help = "1 is Monday" },
	{ "day", FL_K_DATE, .help = "instead of a weekday: an exception" },
	{ "from", FL_K_TEXT, .max = 5 },
	{ "until", FL_K_TEXT, .max = 5 },
	{ "closed", FL_K_BOOL, .help = "nothing on that day" },
	{ 0 },
};

#define DOOR FL_TOKEN_IN_PATH | FL_NO_FRAME
#define TIMES { "days", Q_BOOKING_DAYS }, { "times", Q_BOOKING_TIMES, .under = "days", .by = "day" }, { "later", Q_BOOKING_LATER }
#define BOOK .view = "booking/book", .sets = { { "offer", Q_BOOKING_PUBLIC, FL_ONE }, TIMES, { "beside", Q_BOOKING_BESIDE } }, .title = "booking.book"
#define VISIT .view = "booking/visit", .sets = { { "visit", Q_VISIT_SHOW, FL_ONE } }, .title = "booking.yours"
#define MOVE .view = "booking/move", .sets = { { "visit", Q_VISIT_SHOW, FL_ONE }, TIMES }, .title = "booking.move"
#define NEW .view = "booking/new", .sets = { { "fresh", Q_BOOKING_PAGE_NEW, FL_ONE }, { "hosts", Q_BOOKING_HOSTS_NEW }, { "things", Q_BOOKING_THINGS_NEW } }, \
	.title = "booking.new", .nav = "booking"
#define SHOW .view = "booking/show", \
	.sets = { { "sheet", Q_BOOKING_PAGE_SHOW, FL_ONE }, { "hosts", Q_BOOKING_HOSTS }, { "things", Q_BOOKING_THINGS }, { "asked", Q_BOOKING_ASKED, FL_ONE }, \
	          { "why", Q_BOOKING_WHY }, { "coming", Q_BOOKING_AHEAD } }, \
	.title = "booking.one", .nav = "booking"
#define OWN .view = "booking/own", .sets = { { "bookings", Q_BOOKING_OWN }, { "open", Q_BOOKING_OPEN } }, .title = "booking.own", .nav = "own-bookings"
#define OWN_MOVE .view = "booking/own-move", .sets = { { "visit", Q_BOOKING_OWN_SHOW, FL_ONE }, TIMES }, .title = "booking.move", .nav = "own-bookings"
#define HOURS .view = "booking/hours", .sets = { { "rules", Q_AVAILABILITY_RULES }, { "exceptions", Q_AVAILABILITY_EXCEPTIONS } }, .title = "booking.hours", .nav = "booking"

static const struct fl_page pages[] = {
	{ "GET", "/book/{token}", "booking.ask", look_fields, BOOK, .flags = DOOR, .summary = "Free times of a booking page" },
	{ "POST", "/book/{token}", "booking.ask", hold_fields, BOOK, .does = Q_BOOKING_HOLD, .then = "/visit/{visit_key}", .flags = DOOR | FL_CREATED,
	  .summary = "Holds a time for five minutes" },
	{ "GET", "/visit/{token}", "booking.attend", NULL, VISIT, .flags = DOOR, .summary = "A booking of yours" },
	{ "POST", "/visit/{token}", "booking.attend", who_fields, VISIT, .does = Q_VISIT_CONFIRM, .then = "/visit/{token}?done=booked", .flags = DOOR,
	  .rings = "q:email q:events t:notes", .summary = "Books the held time" },
	{ "GET", "/visit/{token}/move", "booking.attend", look_fields, MOVE, .flags = DOOR, .summary = "Other times for a booking" },
	{ "POST", "/visit/{token}/move", "booking.attend", hold_fields, MOVE, .does = Q_VISIT_MOVE, .then = "/visit/{token}?done=visit_moved", .flags = DOOR,
	  .rings = "q:email q:events", .summary = "Moves a booking to another time" },
	{ "POST", "/visit/{token}/cancel", "booking.attend", NULL, VISIT, .does = Q_VISIT_CANCEL, .then = "/visit/{token}?done=visit_cancelled", .flags = DOOR,
	  .rings = "q:email q:events", .summary = "Cancels a booking" },
	{ "GET", "/visit/{token}/calendar.ics", "booking.attend", NULL, .run = booking_visit_ics, .file = "text/calendar", .flags = DOOR | FL_HTML_ONLY, .summary = "A booking as iCalendar" },
	{ "GET", "/feed/{token}/calendar.ics", "calendar.feed", NULL, .run = booking_feed_ics, .file = "text/calendar", .flags = DOOR | FL_HTML_ONLY, .summary = "A person's calendar as iCalendar" },
	{ "GET", "/feed/{token}", "calendar.feed", NULL, .view = "booking/feed", .sets = { { "feed", Q_CALENDAR_FEED_SHOW, FL_ONE } }, .flags = DOOR | FL_HTML_ONLY,
	  .title = "booking.feed" },
	{ "GET", "/calendar/{id}/calendar.ics", "calendar.read", NULL, .run = booking_event_ics, .file = "text/calendar", .flags = FL_HTML_ONLY, .summary = "An event as iCalendar" },
	{ "POST", "/calendar/feed", "availability.manage", NULL, .does = Q_CALENDAR_FEED_NEW, .then = "/feed/{feed_key}",
	  .flags = FL_CREATED, .summary = "Makes a new address of one's calendar; the old one ends" },

	{ "GET", "/me/bookings", "booking.own", NULL, OWN, .summary = "Bookings made with one's own address, and where to book" },
	{ "POST", "/me/bookings/{id}/cancel", "booking.own", NULL, OWN, .does = Q_BOOKING_OWN_CANCEL, .then = "/me/bookings?done=visit_cancelled",
	  .rings = "q:email q:events", .summary = "Cancels one of them" },
	{ "GET", "/me/bookings/{id}/move", "booking.own", look_fields, OWN_MOVE, .summary = "Other times for one of them" },
	{ "POST", "/me/bookings/{id}/move", "booking.own", hold_fields, OWN_MOVE, .does = Q_BOOKING_OWN_MOVE, .then = "/me/bookings?done=visit_moved",
	  .rings = "q:email q:events", .summary = "Moves one of them to another time" },

	{ "GET", "/booking", "booking.read", NULL, .view = "booking/list", .sets = { { "items", Q_BOOKING_LIST } }, .title = "booking.title", .nav = "booking",
	  .summary = "Booking pages" },
	{ "GET", "/booking/new", "booking.manage", new_fields, NEW, .flags = FL_HTML_ONLY },
	{ "POST", "/booking", "booking.manage", add_fields, NEW, .does = Q_BOOKING_PAGE_ADD, .then = "/booking/{id}?done=saved", .flags = FL_CREATED, .summary = "Makes a booking page" },
	{ "GET", "/booking/hours", "availability.manage", NULL, HOURS, .summary = "One's working hours" },
	{ "POST", "/booking/hours", "availability.manage", hours_fields, HOURS, .does = Q_AVAILABILITY_ADD, .then = "/booking/hours?done=saved",
	  .flags = FL_CREATED, .summary = "Adds working hours or an exception" },
	{ "POST", "/booking/hours/{id}/remove", "availability.manage", NULL, .does = Q_AVAILABILITY_REMOVE, .then = "/booking/hours?done=saved",
	  .summary = "Takes working hours or an exception away" },
	{ "GET", "/booking/{id}", "booking.read", ask_fields, SHOW, .summary = "A booking page; why a time is not offered" },
	{ "POST", "/booking/{id}", "booking.manage", set_fields, SHOW, .does = Q_BOOKING_PAGE_SAVE, .then = "/booking/{id}?done=saved", .summary = "Changes a booking page" },
	{ "POST", "/booking/{id}/messages", "booking.manage", message_fields, .does = Q_BOOKING_BY_MESSAGE, .then = "/booking/{id}?done=saved",
	  .summary = "Messages may book on this page, or not" },
	{ 0 },
};

static const struct fl_event emits[] = {
	{ "booking.confirmed", "1.0", "booking_id event_id", "" },
	{ "booking.cancelled", "1.0", "booking_id", "" },
	{ 0 },
};

static const struct fl_nav nav[] = {
	{ "booking", "/booking", "link", "booking.read", 46 },
	{ "own-bookings", "/me/bookings", "clock", "booking.own", 47 },
	{ 0 },
};

const struct fl_app booking_app = { .name = "booking", .pages = pages, .emits = emits, .nav = nav };
