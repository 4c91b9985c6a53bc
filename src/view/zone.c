#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "view/inside.h"

enum { ZONE_MAX_BYTES = 64 * 1024, HEADER = 44 };

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be64(const unsigned char *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

/* Only names made of the letters the IANA names use, without a way up. */
static bool name_fits(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n < 64 && name[0] != '/' && !strstr(name, "..") &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") == n;
}

struct counts {
	size_t isut, isstd, leap, time, type, chars;
};

/* RFC 8536, 3.1. */
static bool read_header(struct fl_str s, struct counts *c)
{
	const unsigned char *p = (const unsigned char *)s.p;

	if (s.n < HEADER || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
		return false;
	*c = (struct counts){ be32(p + 20), be32(p + 24), be32(p + 28), be32(p + 32), be32(p + 36), be32(p + 40) };
	return c->isut < 4096 && c->isstd < 4096 && c->leap < 4096 && c->time < 4096 && c->type > 0 && c->type < 256 && c->chars < 4096;
}

static size_t block_bytes(const struct counts *c, size_t time_bytes)
{
	return c->time * (time_bytes + 1) + c->type * 6 + c->chars + c->leap * (time_bytes + 4) + c->isstd + c->isut;
}

/* The second block, of 64-bit times (3.2), and the footer (3.3). */
static bool read_body(struct fl_str s, struct zone *z)
{
	struct counts c;
	size_t skip;

	if (!read_header(s, &c) || (skip = HEADER + block_bytes(&c, 4)) > s.n)
		return false;
	s.p += skip;
	s.n -= skip;
	if (!read_header(s, &c) || HEADER + block_bytes(&c, 8) + 2 > s.n)
		return false;
	z->times = (const unsigned char *)s.p + HEADER;
	z->ntimes = c.time;
	z->kinds = z->times + c.time * 8;
	z->infos = z->kinds + c.time;
	z->ninfos = c.type;
	skip = HEADER + block_bytes(&c, 8) + 1;
	z->rule = (struct fl_str){ s.p + skip, s.n - skip };
	z->rule = fl_str_cut(&z->rule, '\n');
	return true;
}

void zone_load(struct fl_arena *a, const char *name, struct zone *z)
{
	char path[128] = "/usr/share/zoneinfo/";
	__attribute__((cleanup(close_fd))) int fd = -1;
	struct stat st;
	ssize_t n;
	char *p;

	*z = (struct zone){ .from_s = INT64_MAX, .until_s = INT64_MIN };
	if (!name || !name_fits(name))
		return;
	memcpy(path + strlen(path), name, strlen(name) + 1);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > ZONE_MAX_BYTES)
		return;
	p = fl_alloc(a, (size_t)st.st_size);
	n = read(fd, p, (size_t)st.st_size);
	if (n != st.st_size || !read_body((struct fl_str){ p, (size_t)n }, z))
		*z = (struct zone){ .from_s = INT64_MAX, .until_s = INT64_MIN };
}

static int32_t info_offset(const struct zone *z, size_t kind)
{
	return kind < z->ninfos ? (int32_t)be32(z->infos + kind * 6) : 0;
}

/* How many transitions lie at or before at_s. */
static size_t passed(const struct zone *z, int64_t at_s)
{
	size_t low = 0, high = z->ntimes;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (be64(z->times + mid * 8) <= at_s)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int32_t zone_offset(struct zone *z, int64_t at_s)
{
	size_t n;

	if (!z->infos)
		return 0;
	if (at_s >= z->from_s && at_s < z->until_s)
		return z->offset_s;
	n = passed(z, at_s);
	if (n == z->ntimes && z->rule.n) {
		/* The rule's answer is kept for its quarter of an hour: clocks change on one. */
		z->offset_s = zone_rule_offset(z->rule, at_s);
		z->from_s = at_s - (at_s % 900 + 900) % 900;
		z->until_s = z->from_s + 900;
		return z->offset_s;
	}
	z->from_s = n ? be64(z->times + (n - 1) * 8) : INT64_MIN;
	z->until_s = n < z->ntimes ? be64(z->times + n * 8) : INT64_MAX;
	z->offset_s = info_offset(z, n ? z->kinds[n - 1] : 0);
	return z->offset_s;
}
