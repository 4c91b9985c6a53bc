#include "base/url.h"

const char *fl_url_place(struct fl_arena *a, struct fl_str url)
{
	bool tls = url.n > 8 && strncmp(url.p, "https://", 8) == 0;
	struct fl_str rest = { url.p + (tls ? 8 : 7), url.n - (tls ? 8 : 7) }, place = fl_str_cut(&rest, '/');
	const char *bracket = memchr(place.p, ']', place.n), *host_end = bracket ? bracket : place.p;
	bool has_port = memchr(host_end, ':', place.n - (size_t)(host_end - place.p));

	return fl_fmt(a, "%.*s%s", (int)place.n, place.p, has_port ? "" : tls ? ":443" : ":80");
}
