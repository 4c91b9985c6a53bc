/* Text messages: what the files of this capability share. */
#ifndef FL_APP_SMS_SMS_H
#define FL_APP_SMS_SMS_H

#include "app/app.h"

enum fl_rc sms_send_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc sms_send_call(struct fl_job *job) FL_USE;
enum fl_rc sms_send_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc sms_send_dead(struct fl_job *job, struct fl_batch *b) FL_USE;

/* Job sms.say {"reminder_id"} or {"intake_id"}: words and sends it. FL_INVALID: neither; FL_BUG: no catalogues. Its cache are the fl_words. */
enum fl_rc sms_say_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc sms_say_call(struct fl_job *job) FL_USE;
enum fl_rc sms_say_save(struct fl_job *job, struct fl_batch *b) FL_USE;

/* POST /webhooks/sms and /webhooks/sms/status: what the gateway brings and reports. Signed as Twilio signs: base64 of HMAC-SHA-1, under the
 * account's token, over our address followed by the names and values of the form, sorted by name. 401 when it is not. */
enum fl_rc sms_webhook_in(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc sms_webhook_status(struct fl_cx *cx, struct fl_req *req) FL_USE;

#endif
