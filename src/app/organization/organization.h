/* Organisations and their people: what the files of this capability share. */
#ifndef FL_APP_ORGANIZATION_ORGANIZATION_H
#define FL_APP_ORGANIZATION_ORGANIZATION_H

#include "app/app.h"

/* Accepts an invitation: a newcomer becomes a person with name and password (FL_INVALID names the field), who has an account joins with it.
 * FL_DENIED when the link was used, taken back or is too old. Nobody is signed in by it. */
enum fl_rc organization_accept(struct fl_cx *cx, struct fl_req *req) FL_USE;

enum fl_rc organization_logo(struct fl_cx *cx, struct fl_req *req) FL_USE;
enum fl_rc organization_logo_show(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* GET /settings/integrations */
enum fl_rc organization_integrations(struct fl_cx *cx, struct fl_req *req) FL_USE;

#endif
