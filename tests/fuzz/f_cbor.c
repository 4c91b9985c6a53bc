/* CBOR and a registration over any bytes: what is read lies within them, reads the same again, and nothing of a passkey is taken without our challenge. */
#include <stdint.h>
#include <stdlib.h>

#include "app/passkey/cbor.h"
#include "app/passkey/webauthn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(struct fl_str inner, struct fl_str outer)
{
	if (inner.p && (inner.p < outer.p || inner.p + inner.n > outer.p + outer.n))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct webauthn_want want = { .challenge = { "Y2hhbGxlbmdl", 12 }, .origin = { "https://desk.example", 20 }, .rp_id = { "desk.example", 12 } };
	static const char client[] = "{\"type\":\"webauthn.create\",\"challenge\":\"Y2hhbGxlbmdl\",\"origin\":\"https://desk.example\"}";
	struct fl_arena *a = fl_arena_new(4 << 20);
	struct fl_str all = { (const char *)data, size }, rest = all, again = all;
	struct webauthn_new made;
	struct cbor v, twice;
	const char *why = NULL;

	if (cbor_read(&rest, &v) == FL_OK) {
		within(v.s, all);
		if (rest.n >= size || cbor_read(&again, &twice) != FL_OK || again.n != rest.n || twice.n != v.n)
			abort();
		if (cbor_under(&v, "authData", &twice))
			within(twice.s, all);
	} else if (rest.n != size) {
		abort();
	}
	if (webauthn_register(a, &want, fl_str(client), all, &made, &why) == FL_OK) {
		within(made.id, all);
		within(made.key, all);
	} else if (!why) {
		abort();
	}
	fl_arena_free(a);
	return 0;
}
