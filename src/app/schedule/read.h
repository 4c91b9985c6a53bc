/* Jobs schedule.read and schedule.answer: what a message about a meeting asks for, and what is said to it. */
#ifndef FL_APP_SCHEDULE_READ_H
#define FL_APP_SCHEDULE_READ_H

#include "app/app.h"

/* Reads a message and its organisation's wall clock; payload {intake_id, message_id or null: the request itself}. FL_INVALID without one. */
enum fl_rc schedule_read_load(struct fl_job *job, struct fl_batch *b) FL_USE;

/* Finds up to eight times and what is wanted of them; the language that explains more of the text counts. */
enum fl_rc schedule_read_call(struct fl_job *job) FL_USE;

/* Does it: schedule_turn (SQL) books, offers, asks or leaves it to a person, once a message. */
enum fl_rc schedule_read_save(struct fl_job *job, struct fl_batch *b) FL_USE;

/* Payload {intake_id, n}: words what that turn answers in the requester's language, and sends it once. */
enum fl_rc schedule_answer_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc schedule_answer_call(struct fl_job *job) FL_USE;
enum fl_rc schedule_answer_save(struct fl_job *job, struct fl_batch *b) FL_USE;

/* POST /scheduling-agent: a message of somebody who wants a meeting, answered by 200 with the request it became or goes on with. */
enum fl_rc schedule_door(struct fl_cx *cx, struct fl_req *req) FL_USE;

#endif
