/* Text messages through a gateway that speaks Twilio's Messages API (2010-04-01): form out, JSON back, HTTP Basic. */
#ifndef FL_OUTSIDE_SMS_H
#define FL_OUTSIDE_SMS_H

#include "outside/outside.h"

struct fl_sms {
	struct fl_str to, from; /* E.164, "+34600000000" */
	struct fl_str body;     /* UTF-8, at most 1,600 characters */
	struct fl_str since;    /* for fl_sms_find: not before this day, "2026-03-31" UTC */
	struct fl_str known;    /* for fl_sms_find: ids of other messages, separated by spaces */
};

/* True when TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are set. */
bool fl_sms_ready(const struct fl_conf *conf);

/* Hands a message over; *id is the gateway's ("SM..."), owned by cx's arena. FL_INVALID: it refused for good; *stopped when the recipient wrote
 * STOP to it (error 21610). FL_LATER: busy, unreachable or no usable answer; it may have taken the message: fl_sms_find tells. FL_DENIED: it refused our account. */
enum fl_rc fl_sms_send(struct fl_cx *cx, struct fl_outside *o, const struct fl_sms *m, const char **id, bool *stopped) FL_USE;

/* Looks among what the gateway has taken for this recipient since then for one with this body. FL_OK: *id; FL_NOT_FOUND: it has none; else as fl_sms_send. */
enum fl_rc fl_sms_find(struct fl_cx *cx, struct fl_outside *o, const struct fl_sms *m, const char **id) FL_USE;

#endif
