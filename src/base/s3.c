#include "base/s3.h"

#include <time.h>

#include "base/buf.h"
#include "base/hash.h"

enum { URL_BYTES = 8192 };

bool fl_s3_on(const struct fl_conf *conf)
{
	return conf->s3_url[0] != '\0';
}

static struct fl_str bytes_of(struct fl_arena *a, struct fl_digest d)
{
	return (struct fl_str){ fl_strndup(a, fl_digest_str(&d)), sizeof(d.b) };
}

/* Derived anew each time: four HMACs are less than looking one up. */
static struct fl_str signing_key(struct fl_arena *a, const struct fl_conf *conf, const char *day)
{
	struct fl_str key = fl_str(fl_fmt(a, "AWS4%s", conf->s3_secret));

	key = bytes_of(a, fl_hmac(key, fl_str(day)));
	key = bytes_of(a, fl_hmac(key, fl_str(conf->s3_region)));
	key = bytes_of(a, fl_hmac(key, FL_STR("s3")));
	return bytes_of(a, fl_hmac(key, FL_STR("aws4_request")));
}

/* What the Host header of a request to the endpoint says, which leaves out the port that goes without saying; *path: what the endpoint has behind it. */
static const char *host_of(struct fl_arena *a, const char *url, const char **path)
{
	const char *host = strstr(url, "://") + 3, *usual = strncmp(url, "https:", 6) == 0 ? ":443" : ":80";
	size_t n = strcspn(host, "/"), port = strlen(usual);

	*path = host + n;
	if (n > port && strncmp(host + n - port, usual, port) == 0)
		n -= port;
	return fl_strndup(a, (struct fl_str){ host, n });
}

static void parameter(struct fl_buf *b, const char *name, const char *value)
{
	if (!value)
		return;
	if (b->n)
		fl_buf_putc(b, '&');
	fl_buf_puts(b, name);
	fl_buf_putc(b, '=');
	fl_buf_url(b, fl_str(value));
}

const char *fl_s3_presign(struct fl_arena *a, const struct fl_conf *conf, const char *method, const char *key, int seconds, int64_t now_us,
                          const char *disposition, const char *type)
{
	time_t now = (time_t)(now_us / FL_SECOND_US);
	struct fl_buf query = fl_buf(a, URL_BYTES), text = fl_buf(a, URL_BYTES);
	const char *before, *host = host_of(a, conf->s3_url, &before), *path = fl_fmt(a, "/%s/%s", conf->s3_bucket, key);
	char at[20], day[9];
	struct fl_digest d;
	struct tm tm;

	(void)gmtime_r(&now, &tm);
	(void)strftime(at, sizeof(at), "%Y%m%dT%H%M%SZ", &tm);
	(void)strftime(day, sizeof(day), "%Y%m%d", &tm);
	/* in the order of their names, as the signature wants it */
	parameter(&query, "X-Amz-Algorithm", "AWS4-HMAC-SHA256");
	parameter(&query, "X-Amz-Credential", fl_fmt(a, "%s/%s/%s/s3/aws4_request", conf->s3_key, day, conf->s3_region));
	parameter(&query, "X-Amz-Date", at);
	parameter(&query, "X-Amz-Expires", fl_fmt(a, "%d", seconds));
	parameter(&query, "X-Amz-SignedHeaders", "host");
	parameter(&query, "response-content-disposition", disposition);
	parameter(&query, "response-content-type", type);
	fl_buf_printf(&text, "%s\n%s%s\n%s\nhost:%s\n\nhost\nUNSIGNED-PAYLOAD", method, before, path, fl_buf_cstr(&query), host);
	d = fl_hmac(signing_key(a, conf, day), fl_str(fl_fmt(a, "AWS4-HMAC-SHA256\n%s\n%s/%s/s3/aws4_request\n%s", at, day, conf->s3_region, fl_sha256_hex(a, fl_buf_get(&text)))));
	return fl_fmt(a, "%s%s?%s&X-Amz-Signature=%s", conf->s3_url, path, fl_buf_cstr(&query), fl_hex(a, bytes_of(a, d)));
}
