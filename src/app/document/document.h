/* The parts of the card of documents. */
#ifndef FL_APP_DOCUMENT_DOCUMENT_H
#define FL_APP_DOCUMENT_DOCUMENT_H

#include "app/app.h"

/* The media type of a file by its first bytes (the signatures of the formats' own specifications), for texts also by its name; NULL: none of
 * those we take. */
const char *document_type(struct fl_str name, struct fl_str content);

enum fl_rc document_upload(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc document_download(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc document_image(struct fl_cx *cx, struct fl_req *req) FL_USE;

enum fl_rc document_load(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc document_read_call(struct fl_job *job) FL_USE;
enum fl_rc document_read_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc document_page_call(struct fl_job *job) FL_USE;
enum fl_rc document_page_save(struct fl_job *job, struct fl_batch *b) FL_USE;
enum fl_rc document_dead(struct fl_job *job, struct fl_batch *b) FL_USE;

#endif
