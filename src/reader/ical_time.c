#include "reader/ical_time.h"

static bool digits(struct fl_str s, size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++)
		if (i >= s.n || s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

static int two(struct fl_str v, size_t at)
{
	return (v.p[at] - '0') * 10 + v.p[at + 1] - '0';
}

/* Whether there is such a day, of the years 1900 to 2199, and such a time. */
static bool is_real(struct fl_str v, bool timed)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year = two(v, 0) * 100 + two(v, 2), month = two(v, 4), day = two(v, 6);
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (year < 1900 || year > 2199 || month < 1 || month > 12 || day < 1 || day > days[month - 1] + (month == 2 && leap))
		return false;
	return !timed || (two(v, 9) < 24 && two(v, 11) < 60 && two(v, 13) < 60);
}

struct fl_str ical_at(struct fl_arena *a, struct fl_str v)
{
	bool timed = v.n >= 15 && v.p[8] == 'T' && digits(v, 9, 6);

	if (!digits(v, 0, 8) || !(timed || v.n == 8) || !is_real(v, timed))
		return (struct fl_str){ NULL, 0 };
	return fl_str(timed ? fl_fmt(a, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s", v.p, v.p + 4, v.p + 6, v.p + 9, v.p + 11, v.p + 13)
	                    : fl_fmt(a, "%.4s-%.2s-%.2sT00:00:00", v.p, v.p + 4, v.p + 6));
}

bool ical_is_utc(struct fl_str v)
{
	return v.n == 16 && v.p[15] == 'Z';
}

int64_t ical_duration_s(struct fl_str v)
{
	static const struct {
		char c;
		int s;
	} units[] = { { 'W', 604800 }, { 'D', 86400 }, { 'H', 3600 }, { 'M', 60 }, { 'S', 1 } };
	const int64_t most = INT64_C(10) * 366 * 86400;
	int64_t sum = 0, n = 0;

	if (v.n < 3 || v.p[0] != 'P')
		return 0;
	for (size_t i = 1; i < v.n; i++) {
		if (v.p[i] >= '0' && v.p[i] <= '9')
			n = n < 1000000 ? n * 10 + (v.p[i] - '0') : n;
		for (size_t k = 0; k < FL_COUNT(units); k++)
			if (v.p[i] == units[k].c) {
				sum += n * units[k].s;
				sum = sum < most ? sum : most;
				n = 0;
			}
	}
	return sum;
}
