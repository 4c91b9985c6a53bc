/* Accounts of people: what the files of this capability share, and what sign-in needs of it. */
#ifndef FL_APP_ACCOUNT_ACCOUNT_H
#define FL_APP_ACCOUNT_ACCOUNT_H

#include "app/app.h"

/* What the key of a second factor is sealed for (base/keyring.h). */
#define ACCOUNT_SEAL "second factor"

/* The token of a link by the id of its row: HMAC-SHA-256 under FAIRLEAD_SECRET, 43 characters of base64url, owned by cx. Whoever writes the
 * mail makes it again, so that the database never holds it. */
const char *account_token(struct fl_cx *cx, struct fl_str id);

/* Whether a password may be chosen: at least 12 characters, not common (share/common-passwords.txt, also behind a few digits, repeated, two
 * joined, or a plain sequence), not one's own name or address. FL_INVALID names `field`. */
enum fl_rc account_password_fit(struct fl_cx *cx, struct fl_db *db, const char *field, struct fl_str password, struct fl_str email, struct fl_str name) FL_USE;

/* Whether a password lies in a collection of leaked ones elsewhere: asked where PASSWORD_RANGE_URL names one, by the first five of the 40 hex digits of its
 * SHA-1 alone (the range of Have I Been Pwned: lines "SUFFIX:COUNT"). FL_INVALID at `field` when it does. FL_OK when not, and when nobody answers within
 * a second and a half, after which it is not asked for half a minute: nobody is kept out by that. Waits: for pages of the slow pool, with no transaction open. */
enum fl_rc account_password_leaked(struct fl_cx *cx, struct fl_db *db, const char *field, struct fl_str password) FL_USE;

/* Whether this person has a second factor; then *token is the step to be finished at /signin/second within ten minutes, else NULL. */
enum fl_rc account_second_begin(struct fl_cx *cx, struct fl_db *db, const char *user_id, const char **token) FL_USE;

/* Checks a time-based code, a recovery code or one by text message, and uses it up; *strong is false for the last, which opens no administration.
 * FL_INVALID at field "code": wrong, used before, or resting after ten wrong ones; the failure is counted. */
enum fl_rc account_second_check(struct fl_cx *cx, struct fl_req *req, const char *user_id, struct fl_str code, bool *strong) FL_USE;

/* The six digits of a text message by the id of its row: HMAC-SHA-256 under FAIRLEAD_SECRET. Owned by cx. */
const char *account_sms_code(struct fl_cx *cx, struct fl_str id);

/* Sets *taken when code is the one that was sent to this person's number; a wrong one uses up one of its five tries. */
enum fl_rc account_sms_check(struct fl_cx *cx, struct fl_req *req, const char *user_id, struct fl_str code, bool *taken) FL_USE;

/* The person whose second step is open in this browser, NULL when none is. Owned by cx. */
enum fl_rc account_step(struct fl_cx *cx, struct fl_req *req, const char **user_id) FL_USE;

/* A code given for the second step of this browser was wrong: it uses up one of its tries. */
enum fl_rc account_step_failed(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* The second step of this browser was taken: it opens nothing more. */
enum fl_rc account_step_end(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* Pages. */
enum fl_rc account_sign_up(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc account_verify(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc account_forgot(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc account_reset(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc account_second(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc account_confirm(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc account_password(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc account_email_ask(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc account_email_take(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc account_factor_begin(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc account_factor_show(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc account_factor_on(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc account_codes_new(struct fl_cx *cx, struct fl_req *req) FL_USE;

enum fl_rc account_second_sms(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc account_confirm_sms(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc account_phone_begin(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc account_phone_on(struct fl_cx *cx, struct fl_req *req) FL_USE;

enum fl_rc account_avatar(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc account_avatar_show(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* Job account.avatar. */
enum fl_rc account_avatar_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc account_avatar_call(struct fl_job *job) FL_USE;
enum fl_rc account_avatar_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc account_avatar_dead(struct fl_job *job, struct fl_batch *b) FL_USE;

/* Job account.sms. */
enum fl_rc account_sms_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc account_sms_call(struct fl_job *job) FL_USE;
enum fl_rc account_sms_save(struct fl_job *job, struct fl_batch *b) FL_USE;

/* Job account.mail. */
enum fl_rc account_mail_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc account_mail_call(struct fl_job *job) FL_USE;
enum fl_rc account_mail_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc account_mail_dead(struct fl_job *job, struct fl_batch *b) FL_USE;

#endif
