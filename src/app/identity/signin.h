/* Sign-in. */
#ifndef FL_APP_IDENTITY_SIGNIN_H
#define FL_APP_IDENTITY_SIGNIN_H

#include "app/app.h"

/* Checks address and password; then makes a session and its cookie, or leads to the second step. FL_INVALID with one and the same message for an
 * unknown address, a wrong password and a resting account, after the same time; at "answer" when a puzzle must be solved first. A program
 * gives the code of its second factor along. */
enum fl_rc identity_sign_in(struct fl_cx *cx, struct fl_req *req) FL_USE;

/* "/" leads to where this person works: the dashboard, own requests, own tasks, administration, or the first steps. */
enum fl_rc identity_home(struct fl_cx *cx, struct fl_req *req) FL_USE;

#endif
