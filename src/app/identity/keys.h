/* The single letters that do something on a page, chosen anew by who reads. A choice of the keyboard, so it is a cookie of this browser; without it each letter is as shipped. */
#ifndef FL_APP_IDENTITY_KEYS_H
#define FL_APP_IDENTITY_KEYS_H

#include "app/app.h"

/* The cookie's name; its value holds, for each letter of IDENTITY_KEYS in turn, the letter that stands for it, or "-" for none. */
#define IDENTITY_KEYS_COOKIE "fairlead-keys"

/* The letters as shipped; static/keys.js has the same. */
#define IDENTITY_KEYS "hanjkoxreip"

/* Whether `chosen` is such a value: as long, letters a to z, none twice. */
bool identity_keys_fit(struct fl_str chosen);

/* Keeps the fields of POST /me/keys in the cookie, or ends it when they are as shipped. FL_INVALID at the field that is no letter or is one of another. */
enum fl_rc identity_keys(struct fl_cx *cx, struct fl_req *req) FL_USE;

#endif
