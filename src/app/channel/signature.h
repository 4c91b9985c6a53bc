/* Signatures of webhooks that come in, verified on the bytes as they came, before anybody reads them. */
#ifndef FL_APP_CHANNEL_SIGNATURE_H
#define FL_APP_CHANNEL_SIGNATURE_H

#include "base/arena.h"

enum { SIGNATURE_TOLERANCE_S = 300 };

/* What a provider sent. Texts are {"", 0} when absent; borrowed. */
struct signature {
	struct fl_str id;        /* webhook-id */
	struct fl_str timestamp; /* webhook-timestamp, decimal seconds */
	struct fl_str sent;      /* the header that signs: webhook-signature, X-Hub-Signature-256, Stripe-Signature or X-Webhook-Token */
	struct fl_str body;
};

/* Whether secret signed it, in constant time with regard to the secret. scheme:
 * "standard" (Standard Webhooks 1.0: "v1,BASE64 v1,..." over id.timestamp.body, secret "whsec_BASE64" or plain),
 * "github" ("sha256=HEX" over the body), "stripe" ("t=SECONDS,v1=HEX,..." over t.body), "token" (the secret itself).
 * Timestamps further than SIGNATURE_TOLERANCE_S from now_s are refused. */
bool signature_fits(struct fl_arena *a, const char *scheme, struct fl_str secret, const struct signature *s, int64_t now_s);

#endif
