/* Alerts that leave the house: what the files of this capability share. */
#ifndef FL_APP_HOOK_HOOK_H
#define FL_APP_HOOK_HOOK_H

#include "app/app.h"

/* What the secret of a hook is sealed for (base/keyring.h). */
#define HOOK_SEAL "hook"
#define HOOK_ATTEMPTS 10

/* POST /channels/hooks and /channels/hooks/{id}: seals the secret and saves. */
enum fl_rc hook_keep(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* Job hook.post {"post_id"}: json signed by Standard Webhooks 1.0 ("webhook-id", "webhook-timestamp", "webhook-signature: v1,BASE64"), chat as
 * {"text": ".."} (Slack, Mattermost, Rocket.Chat, Google Chat), pager as PagerDuty's Events API v2. */
enum fl_rc hook_post_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc hook_post_call(struct fl_job *job) FL_USE;
enum fl_rc hook_post_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc hook_post_dead(struct fl_job *job, struct fl_batch *b) FL_USE;

/* Job hook.progress {"url", "body"}, made by job_tell (sql/schema/301_job_progress.sql): posts body to url. FL_LATER as fl_http says. */
enum fl_rc hook_progress_call(struct fl_job *job) FL_USE;

#endif
