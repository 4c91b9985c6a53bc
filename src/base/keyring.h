/* The keys everything secret hangs on: FAIRLEAD_SECRET under its id (FAIRLEAD_SECRET_ID), and beside it, while a rotation lasts, the one
 * before (FAIRLEAD_SECRET_OLD), whose id is one less. New things are made with the first; both are taken. */
#ifndef FL_BASE_KEYRING_H
#define FL_BASE_KEYRING_H

#include "base/conf.h"
#include "base/cx.h"

/* The secret of that id; {NULL, 0} when there is none. Borrows the configuration. */
struct fl_str fl_keyring_secret(const struct fl_conf *conf, int id);

/* Seals data for one purpose under the current key (fl_seal of base/hash.h). Owned by cx's arena. */
struct fl_str fl_keyring_seal(struct fl_cx *cx, const char *what, struct fl_str data);

/* Opens what was sealed, by the key its id byte names. FL_INVALID: another key or purpose, or changed. */
enum fl_rc fl_keyring_unseal(struct fl_cx *cx, const char *what, struct fl_str sealed, struct fl_str *out) FL_USE;

#endif
