#include "base/conf_kind.h"

#include <arpa/inet.h>

#include "base/conf.h"
#include "base/log.h"

/* scheme://host[:port] in lower case, as browsers write it (RFC 6454, section 6.2): it is compared to the byte. */
static bool is_origin(struct fl_str s)
{
	size_t at = s.n > 8 && strncmp(s.p, "https://", 8) == 0 ? 8 : 7;

	if (s.n <= at || (at == 7 && strncmp(s.p, "http://", 7) != 0))
		return false;
	for (size_t i = at; i < s.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789.-:[]", s.p[i]))
			return false;
	return true;
}

static const char *check_origins(const char *v)
{
	struct fl_str rest = fl_str(v);

	while (v[0] && rest.p)
		if (!is_origin(fl_str_trim(fl_str_cut(&rest, ','))))
			return "must be origins as browsers write them, for example https://app.example.org,https://shop.example.org:8443; no path, no *";
	return NULL;
}

static bool is_dsn(const char *v)
{
	const char *begin = strncmp(v, "https://", 8) == 0 ? v + 8 : strncmp(v, "http://", 7) == 0 ? v + 7 : "", *at = begin + strspn(begin, "0123456789abcdef"), *end = strrchr(v, '/');

	return at > begin && *at == '@' && end > at + 1 && end[1] && end[1 + strspn(end + 1, "0123456789")] == '\0';
}

static const char *check_shapes(const char *v)
{
	struct fl_str rest = fl_str(v), shape;

	while (v[0] && rest.p) {
		shape = fl_str_trim(fl_str_cut(&rest, ','));
		if (shape.n < 4 || shape.n > 64)
			return "must be shapes of 4 to 64 characters, comma-separated, for example CUST-####,@@#######";
	}
	return NULL;
}

static const char *check_pairs(const char *v)
{
	struct fl_str rest = fl_str(v);
	int64_t port;

	while (v[0] && rest.p) {
		struct fl_str pair = fl_str_trim(fl_str_cut(&rest, ','));
		const char *colon = pair.n ? memrchr(pair.p, ':', pair.n) : NULL;

		if (!colon || colon == pair.p || fl_str_int((struct fl_str){ colon + 1, pair.n - (size_t)(colon + 1 - pair.p) }, 1, 65535, &port) != FL_OK)
			return "must be host:port pairs, comma-separated, for example 10.0.0.5:587,calendar.lan:443";
	}
	return NULL;
}

/* An address of either family, with or without /BITS. */
static bool is_network(struct fl_str s)
{
	char address[INET6_ADDRSTRLEN] = "";
	unsigned char bytes[sizeof(struct in6_addr)];
	struct fl_str place = fl_str_cut(&s, '/');
	int64_t bits;
	bool six;

	if (place.n == 0 || place.n >= sizeof(address))
		return false;
	memcpy(address, place.p, place.n);
	six = strchr(address, ':');
	return inet_pton(six ? AF_INET6 : AF_INET, address, bytes) == 1 && (!s.p || fl_str_int(s, 0, six ? 128 : 32, &bits) == FL_OK);
}

static const char *check_networks(const char *v)
{
	struct fl_str rest = fl_str(v);

	while (v[0] && rest.p)
		if (!is_network(fl_str_trim(fl_str_cut(&rest, ','))))
			return "must be addresses or networks, comma-separated, for example 203.0.113.7,198.51.100.0/24,2001:db8::/32";
	return NULL;
}

/* http://HOST... or https://HOST...: something stands where the host does, and nothing that a header or a command line would break at. */
static bool is_url(struct fl_str s)
{
	size_t at = s.n > 8 && strncmp(s.p, "https://", 8) == 0 ? 8 : 7;

	if (s.n <= at || (at == 7 && strncmp(s.p, "http://", 7) != 0) || strchr("/:?#", s.p[at]))
		return false;
	for (size_t i = at; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || strchr("\"'<>\\`\x7f", s.p[i]))
			return false;
	return true;
}

static const char *check_urls(const char *v)
{
	struct fl_str rest = fl_str(v);

	while (v[0] && rest.p)
		if (!is_url(fl_str_trim(fl_str_cut(&rest, ','))))
			return "must be addresses as http://127.0.0.1:8081/_publish, comma-separated";
	return NULL;
}

/* unix:/path, or host:port with the port left out only where `bare` says so. */
static bool is_socket(struct fl_str s, bool bare)
{
	const char *colon = s.n ? memrchr(s.p, ':', s.n) : NULL;
	int64_t port;

	if (s.n > 5 && strncmp(s.p, "unix:", 5) == 0)
		return s.p[5] == '/';
	if (!colon)
		return bare && s.n;
	return colon > s.p && fl_str_int((struct fl_str){ colon + 1, s.n - (size_t)(colon + 1 - s.p) }, 1, 65535, &port) == FL_OK;
}

/* redis://[[user]:password@]host[:port][/db] */
static bool is_redis(const char *v)
{
	struct fl_str rest = fl_str(strncmp(v, "redis://", 8) == 0 ? v + 8 : v), place;
	const char *at;
	int64_t db;

	if (rest.p == v)
		return strncmp(v, "unix:", 5) == 0 && is_socket(rest, false);
	at = rest.n ? memrchr(rest.p, '@', rest.n) : NULL;
	if (at)
		rest = (struct fl_str){ at + 1, rest.n - (size_t)(at + 1 - rest.p) };
	place = fl_str_cut(&rest, '/');
	return is_socket(place, true) && (rest.n == 0 || fl_str_int(rest, 0, 10000, &db) == FL_OK);
}

static bool is_email(const char *v)
{
	const char *at = strchr(v, '@');

	return at && at > v && at[1] && !strchr(at + 1, '@') && !strpbrk(v, " \t\"<>,;:\\");
}

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* What Twilio takes as From: a number with its country (E.164), a short code, or a name (alphanumeric sender ID). */
static bool is_sender(const char *v)
{
	size_t n = strlen(v);

	if (v[0] == '+')
		return n >= 8 && n <= 16 && strspn(v + 1, DIGITS) == n - 1;
	if (strspn(v, DIGITS) == n)
		return n >= 3 && n <= 6;
	return n <= 11 && strspn(v, DIGITS LETTERS " ") == n && strpbrk(v, LETTERS);
}

/* Kinds that are one word out of a few. */
static const struct {
	enum conf_kind kind;
	const char *words[4];
	const char *must;
} choices[] = {
	{ K_ENV, { "local", "staging", "prod" }, "must be local, staging or prod" },
	{ K_TLS, { "none", "starttls", "tls" }, "must be none, starttls or tls" },
	{ K_STORE, { "file", "pgvector", "qdrant" }, "must be file, pgvector or qdrant" },
	{ K_PLACE, { "audit", "strict" }, "must be audit or strict" },
};

static const char *check_choice(enum conf_kind kind, const char *v)
{
	for (size_t i = 0; i < FL_COUNT(choices); i++) {
		if (choices[i].kind != kind)
			continue;
		for (int k = 0; choices[i].words[k]; k++)
			if (strcmp(v, choices[i].words[k]) == 0)
				return NULL;
		return choices[i].must;
	}
	return NULL;
}

static const char *check_chain(const char *v)
{
	struct fl_str rest = fl_str(v);

	while (rest.p) {
		struct fl_str link = fl_str_trim(fl_str_cut(&rest, ',')), name = fl_str_trim(fl_str_cut(&link, ':'));

		if (!fl_str_eq(name, FL_STR("anthropic")) && !fl_str_eq(name, FL_STR("openai")) && !fl_str_eq(name, FL_STR("builtin")))
			return "Unsupported provider; must be anthropic, openai or builtin, comma-separated in the order they are asked, for example anthropic:MODEL,openai:MODEL,builtin";
	}
	return NULL;
}

static bool is_site(const char *v)
{
	size_t n = strlen(v);

	return is_origin((struct fl_str){ v, n && v[n - 1] == '/' ? n - 1 : n });
}

static bool is_long(const char *v)
{
	return strlen(v) >= 32;
}

static bool is_path(const char *v)
{
	return v[0] == '/';
}

static bool is_embedding(const char *v)
{
	return strcmp(v, "builtin") == 0 || (strncmp(v, "openai:", 7) == 0 && v[7]);
}

static bool is_scanner(const char *v)
{
	return strcmp(v, "off") == 0 || is_socket(fl_str(v), false);
}

/* A name of DNS or an address, in brackets when it is of IPv6; no scheme, no port. */
static bool is_host(const char *v)
{
	size_t n = strlen(v);

	if (v[0] == '[')
		return n > 3 && strspn(v + 1, DIGITS "abcdefABCDEF:.") == n - 2 && v[n - 1] == ']';
	return v[0] != '-' && v[0] != '.' && strspn(v, DIGITS LETTERS ".-_") == n;
}

static bool is_word(const char *v)
{
	return v[0] && strspn(v, DIGITS LETTERS ".-_") == strlen(v);
}

/* What goes into a header or an address. */
static bool is_key(const char *v)
{
	for (; *v; v++)
		if (*v <= ' ' || *v > '~')
			return false;
	return true;
}

static bool is_line(const char *v)
{
	size_t n = strlen(v);
	bool seen = false;

	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)v[i] < ' ' || v[i] == '\x7f')
			return false;
		seen = seen || v[i] != ' ';
	}
	return seen && n <= 200 && fl_str_utf8(fl_str(v));
}

/* KIND=SECONDS, comma-separated. */
static bool is_seconds(const char *v)
{
	struct fl_str rest = fl_str(v);
	int64_t n;

	while (rest.p) {
		struct fl_str value = fl_str_trim(fl_str_cut(&rest, ',')), name = fl_str_cut(&value, '=');

		if (!name.n || !value.p || fl_str_int(value, 1, FL_JOB_TIMEOUT_MAX_S, &n) != FL_OK)
			return false;
	}
	return true;
}

/* Where something or somebody is, and how long. */
static const struct {
	enum conf_kind kind;
	bool (*fits)(const char *v);
	bool may_be_empty;
	const char *must;
} places[] = {
	{ K_SITE, is_site, false, "must be https://HOST or https://HOST:PORT in lower case, without a path, for example https://desk.example.org" },
	{ K_SECRET_OLD, is_long, true, "must be the secret before, which has at least 32 characters, or empty" },
	{ K_REDIS, is_redis, true, "must be unix:/path or redis://[[USER]:PASSWORD@]HOST[:PORT][/DB], or empty" },
	{ K_PATH, is_path, false, "must be a path from the root, which starts with /" },
	{ K_EMAIL, is_email, false, "must be an address as desk@example.org" },
	{ K_EMBEDDING, is_embedding, false, "Unsupported provider; must be builtin or openai:MODEL" },
	{ K_SENDER, is_sender, true, "must be a number with its country as +34600000000, a short code of 3 to 6 digits, a name of at most 11 letters, digits and spaces with a letter, or empty" },
	{ K_SECONDS, is_seconds, true, "must be KIND=SECONDS, comma-separated, 1 to 3600 seconds each, for example document.store=900,privacy.export=300" },
	{ K_HOST, is_host, true, "must be the name or the address of a host, without http:// and without a port, or empty" },
	{ K_WORD, is_word, true, "must be letters, digits, dots, hyphens and underscores" },
	{ K_KEY, is_key, true, "must be one line of ASCII without spaces" },
	{ K_LINE, is_line, false, "must be one line of 1 to 200 bytes in UTF-8" },
	{ K_SCANNER, is_scanner, true, "must be unix:/path, host:port, off, or empty" },
};

static const char *check_place(enum conf_kind kind, const char *v)
{
	for (size_t i = 0; i < FL_COUNT(places); i++)
		if (places[i].kind == kind)
			return (places[i].may_be_empty && !v[0]) || places[i].fits(v) ? NULL : places[i].must;
	return NULL;
}

const char *conf_kind_check(enum conf_kind kind, const char *v)
{
	enum fl_level level;

	switch (kind) {
	case K_URL:
		return !v[0] || is_url(fl_str(v)) ? NULL : "must be an address that starts with http:// or https:// and names a host";
	case K_URLS:
		return check_urls(v);
	case K_SECRET32:
		return strlen(v) >= 32 ? NULL : "must have at least 32 characters; make one with: openssl rand -base64 48";
	case K_LEVEL:
		return fl_level_parse(fl_str(v), &level) == FL_OK ? NULL : "must be trace, debug, info, warn, error or fatal";
	case K_ORIGINS:
		return check_origins(v);
	case K_DSN:
		return !v[0] || is_dsn(v) ? NULL : "must be https://KEY@HOST/PROJECT, the project a number";
	case K_SHAPES:
		return check_shapes(v);
	case K_PAIRS:
		return check_pairs(v);
	case K_NETWORKS:
		return check_networks(v);
	case K_CHAIN:
		return check_chain(v);
	case K_ENV:
	case K_TLS:
	case K_STORE:
	case K_PLACE:
		return check_choice(kind, v);
	default:
		return check_place(kind, v);
	}
}
