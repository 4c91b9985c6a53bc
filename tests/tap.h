/* TAP for tests in C (https://testanything.org, version 13): ok() for each check, done() as the last line of main. */
#ifndef FL_TESTS_TAP_H
#define FL_TESTS_TAP_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct fl_tap {
	int n, failed;
};

/* The counters of this test program. */
static struct fl_tap fl_tap_now;

__attribute__((format(printf, 4, 5), unused)) static int fl_tap_ok(int good, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	fl_tap_now.n++;
	if (!good)
		fl_tap_now.failed++;
	printf("%sok %d - ", good ? "" : "not ", fl_tap_now.n);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (!good)
		printf("# at %s:%d\n", file, line);
	return good;
}

__attribute__((unused)) static int fl_tap_is(const char *got, const char *want, const char *file, int line, const char *name)
{
	int good = got && want ? strcmp(got, want) == 0 : got == want;

	fl_tap_ok(good, file, line, "%s", name);
	if (!good) {
		printf("# got:  '%s'\n", got ? got : "(null)");
		printf("# want: '%s'\n", want ? want : "(null)");
	}
	return good;
}

/* Counts a check; the rest is a printf format naming it. Gives the condition back. */
#define ok(cond, ...) fl_tap_ok(!!(cond), __FILE__, __LINE__, __VA_ARGS__)
/* Two texts ended by NUL are the same; either may be NULL. */
#define is_str(got, want, name) fl_tap_is((got), (want), __FILE__, __LINE__, (name))
/* The plan; the exit status of main. */
#define done() (printf("1..%d\n", fl_tap_now.n), fl_tap_now.failed ? 1 : 0)

#endif
