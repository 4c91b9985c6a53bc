/* Sign-in and sign-out. */
#ifndef FL_APP_IDENTITY_SIGNIN_H
#define FL_APP_IDENTITY_SIGNIN_H

#include "app/app.h"

/* Checks address and password, makes a session and its cookie. FL_INVALID with one and the same message for an unknown address,
 * a wrong password and a locked account, after the same time. */
enum fl_rc identity_sign_in(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* Ends the session on the server and takes the cookie back. */
enum fl_rc identity_sign_out(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* "/" leads to the dashboard. */
enum fl_rc identity_home(struct fl_cx *cx, struct fl_req *req) FL_USE;

#endif
