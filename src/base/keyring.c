#include "base/keyring.h"

struct fl_str fl_keyring_secret(const struct fl_conf *conf, int id)
{
	if (id == conf->secret_id)
		return fl_str(conf->secret);
	if (id == conf->secret_id - 1 && conf->secret_old[0])
		return fl_str(conf->secret_old);
	return (struct fl_str){ NULL, 0 };
}

struct fl_str fl_keyring_seal(struct fl_cx *cx, const char *what, struct fl_str data)
{
	return fl_seal(cx->a, fl_str(cx->conf->secret), (unsigned char)cx->conf->secret_id, what, data);
}

enum fl_rc fl_keyring_unseal(struct fl_cx *cx, const char *what, struct fl_str sealed, struct fl_str *out)
{
	struct fl_str secret = { NULL, 0 };

	/* The second byte is the key's id (base/hash.h). */
	if (sealed.n > 1)
		secret = fl_keyring_secret(cx->conf, (unsigned char)sealed.p[1]);
	return secret.p ? fl_unseal(cx->a, secret, what, sealed, out) : FL_INVALID;
}
