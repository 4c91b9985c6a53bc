/* How this browser shows the pages: the navigation narrowed to its icons, lists denser. A choice of the screen, not of the person, so it is a cookie. */
#ifndef FL_APP_IDENTITY_LOOK_H
#define FL_APP_IDENTITY_LOOK_H

#include "app/app.h"

/* The cookie's name; its value holds "s" for a slim navigation and "d" for dense lists. Scripts may not read it. */
#define IDENTITY_LOOK_COOKIE "fairlead-look"

/* Keeps the fields `slim` and `dense` in the cookie and leads to `next` when it is a path of ours, else to the profile. */
enum fl_rc identity_look(struct fl_cx *cx, struct fl_req *req) FL_USE;

#endif
