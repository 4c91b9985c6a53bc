/* Calendars elsewhere: what this capability's files share. */
#ifndef FL_APP_SYNC_SYNC_H
#define FL_APP_SYNC_SYNC_H

#include "app/app.h"

#define SYNC_SEAL "calendar link" /* what calendar_links.secret is sealed for */

/* POST /calendar/links: seals the address, with user and password of a CalDAV server, and keeps it. FL_INVALID for field "url" when it is none of http, https or webcal, or names a user. */
enum fl_rc sync_save(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* Job sync.pull, payload {link_id}: fetches the calendar (public addresses only, 4 MiB, 15 s), reads it in the cage and keeps what is busy. A calendar that
 * is gone, shut or none is no failure of the job: its state says so. FL_LATER when the other side may answer later. */
enum fl_rc sync_pull_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc sync_pull_call(struct fl_job *job) FL_USE;
enum fl_rc sync_pull_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc sync_pull_dead(struct fl_job *job, struct fl_batch *b) FL_USE;

/* Job sync.dav, payload {link_id}: keeps a CalDAV calendar and ours in step; without a chosen calendar it looks for those there are. */
enum fl_rc sync_dav_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc sync_dav_call(struct fl_job *job) FL_USE;
enum fl_rc sync_dav_save(struct fl_job *job, struct fl_batch *b) FL_USE;

/* Job sync.google, payload {link_id}: the same with a calendar of Google. Its first run makes a token of the code that came back from there. */
enum fl_rc sync_google_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc sync_google_call(struct fl_job *job) FL_USE;
enum fl_rc sync_google_save(struct fl_job *job, struct fl_batch *b) FL_USE;
/* Job sync.revoke, payload {secret}: takes the consent back at Google, of a calendar that was disconnected. */
enum fl_rc sync_revoke_call(struct fl_job *job) FL_USE;

#endif
