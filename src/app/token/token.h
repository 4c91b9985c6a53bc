/* Access and refresh tokens for API clients. */
#ifndef FL_APP_TOKEN_TOKEN_H
#define FL_APP_TOKEN_TOKEN_H

#include "app/app.h"

/* POST /auth/token: grant_type `session` takes the cookie of a session, `refresh_token` the one-time token of the pair before, from the
 * field or its cookie. Answers access and refresh token. 401 for anything that is not good (any more), with one and the same message. */
enum fl_rc token_issue(struct fl_cx *cx, struct fl_req *req) FL_USE;

#endif
