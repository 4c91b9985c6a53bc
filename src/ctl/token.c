#include <stdio.h>

#include "app/token/jwt.h"
#include "ctl/ctl.h"

int ctl_token_service(struct ctl *c)
{
	const char *org = ctl_arg(c, 0), *trace = ctl_option(c, "trace", NULL);
	struct token_claims claims = { .typ = "service+jwt", .sub = "", .org_role = "service", .jti = fl_secret_new(c->cx->a) };
	struct fl_digest principal = token_principal(claims.jti);
	char made[33];
	struct fl_rows *r;

	if (!org) {
		fputs("usage: fairlead token service SHORT-NAME [--trace TRACE-ID]\n", stderr);
		return 2;
	}
	fl_trace_id(trace ? fl_fmt(c->cx->a, "00-%s-0000000000000001-01", trace) : NULL, claims.jti, made);
	if (trace && strcmp(trace, made) != 0) {
		fputs("fairlead: a trace id has 32 lower-case hex digits, not all zero\n", stderr);
		return 2;
	}
	if (!ctl_db(c))
		return 1;
	if (fl_db_run(c->cx, c->db, q_service_token_add(fl_str(org), fl_digest_str(&principal)), &r) != FL_OK)
		return ctl_fail(c, "token service");
	claims.org_id = fl_rows_dup(c->cx->a, r, 0, SERVICE_TOKEN_ADD_ORG_ID);
	claims.trace_id = made;
	claims.iat = c->cx->now_us / FL_SECOND_US;
	claims.exp = claims.iat + TOKEN_SERVICE_S;
	printf("%s\n", token_sign(c->cx, &claims));
	return 0;
}
