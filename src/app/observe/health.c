#include "app/observe/health.h"

#include "base/url.h"

static void add(struct health_place *out, int *n, const char *name, const char *at)
{
	if (*n < HEALTH_PLACES_MAX)
		out[(*n)++] = (struct health_place){ name, at };
}

int health_places(struct fl_arena *a, const struct fl_conf *conf, struct health_place *out)
{
	struct fl_str rest = fl_str(conf->live_url);
	int n = 0;

	while (rest.n) {
		struct fl_str url = fl_str_trim(fl_str_cut(&rest, ','));

		if (url.n > 8)
			add(out, &n, "nginx", fl_url_place(a, url));
	}
	if (n == 0)
		add(out, &n, "nginx", "");
	add(out, &n, "smtp", conf->smtp_host[0] ? fl_fmt(a, "%s:%d", conf->smtp_host, conf->smtp_port) : "");
	add(out, &n, "clamd", strcmp(conf->clamd, "off") == 0 ? "" : conf->clamd);
	add(out, &n, "s3", conf->s3_url[0] ? fl_url_place(a, fl_str(conf->s3_url)) : "");
	add(out, &n, "qdrant", strcmp(conf->vector_store, "qdrant") == 0 ? fl_url_place(a, fl_str(conf->qdrant_url)) : "");
	add(out, &n, "sms", conf->twilio_account[0] ? fl_url_place(a, fl_str(conf->twilio_url)) : "");
	add(out, &n, "anthropic", conf->anthropic_key[0] ? fl_url_place(a, fl_str(conf->anthropic_url)) : "");
	add(out, &n, "openai", conf->openai_key[0] ? fl_url_place(a, fl_str(conf->openai_url)) : "");
	return n;
}
