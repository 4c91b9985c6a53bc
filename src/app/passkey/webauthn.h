/* What a browser and an authenticator say of a passkey, checked (WebAuthn Level 3, 7.1 and 7.2). The authenticator always verifies its person (UV), so a
 * passkey is possession and knowledge or body in one. Attestation statements are read over and never relied on: whatever made the key, it is its owner's choice. */
#ifndef FL_APP_PASSKEY_WEBAUTHN_H
#define FL_APP_PASSKEY_WEBAUTHN_H

#include "base/arena.h"

enum { WEBAUTHN_ID_MAX = 1023, WEBAUTHN_KEY_MAX = 1100 };

struct webauthn_want {
	struct fl_str challenge; /* as base64url, as it was given out */
	struct fl_str origin;    /* "https://desk.example" */
	struct fl_str rp_id;     /* "desk.example" */
};

/* A new passkey. Borrows what was read. */
struct webauthn_new {
	struct fl_str id;  /* of the credential, 1 to WEBAUTHN_ID_MAX bytes */
	struct fl_str key; /* COSE_Key (RFC 9052, 7), at most WEBAUTHN_KEY_MAX bytes */
	int64_t count;     /* of signatures, 0 when the authenticator counts none */
	bool eligible;     /* may be on several devices of its owner */
	bool backed_up;    /* is, now */
};

/* Checks what a registration brought: clientDataJSON and attestationObject as bytes. Else FL_DENIED with *why, a static word for the log: "json", "type", "challenge",
 * "origin", "embedded", "object", "rp", "presence", "verification", "backup", "key". ES256, RS256 and EdDSA on Ed25519 are keys. */
enum fl_rc webauthn_register(struct fl_arena *a, const struct webauthn_want *want, struct fl_str client, struct fl_str object, struct webauthn_new *out,
                             const char **why) FL_USE;

/* Checks an assertion with a key of before; also "data" and "signature", and "backup" when eligibility is not what it was. *count and *backed_up are what the
 * authenticator says now: whether the count is good is the caller's to judge. */
enum fl_rc webauthn_assert(struct fl_arena *a, const struct webauthn_want *want, const struct webauthn_new *known, struct fl_str client, struct fl_str data,
                           struct fl_str signature, struct webauthn_new *now, const char **why) FL_USE;

#endif
