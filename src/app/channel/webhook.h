/* Webhooks in: the sources as people make them, and the door itself. */
#ifndef FL_APP_CHANNEL_WEBHOOK_H
#define FL_APP_CHANNEL_WEBHOOK_H

#include "app/app.h"

/* Makes a source of the fields name, scheme, secret and map_*; the secret is sealed before it is kept. */
enum fl_rc webhook_add(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* Changes one; an empty secret leaves the old one. FL_NOT_FOUND. */
enum fl_rc webhook_set(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* Takes what a provider posted: signature first (401), then the provider's id (a repeat answers 200 with the request it became), then
 * the body as strict JSON (400), mapped by the source's dotted paths. */
enum fl_rc webhook_receive(struct fl_cx *cx, struct fl_req *req) FL_USE;

#endif
