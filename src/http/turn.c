/* Hashing takes turns: at most half of the cores hash at once, so that a flood of sign-ins leaves the other half to the pages. A lock on a file ends with
 * the process that holds it, however that ends. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/conf.h"
#include "http/web.h"

/* For what is left of a request once it is its turn: a hash takes a quarter of a second of a quick processor and some of a slow one that others use as well; to
 * hash for seconds and then say that the database did not answer in time would help nobody. Less than nginx waits (nginx/common.conf). */
enum { HASH_TIMEOUT_S = 20 };

/* Of the slow pages those that are posted without files: the others wait for a provider or a disk. */
static bool may_hash(const struct request *r)
{
	return r->unsafe && (r->route->page->flags & (FL_SLOW | FL_FILES)) == FL_SLOW;
}

int web_turn_take(struct request *r)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN), turns = cores > 3 ? cores / 2 : 1;
	const char *path = fl_fmt(r->cx.a, "%s/hash.%ld.lock", r->web->conf->run_dir, (long)getpid() % turns);
	int fd = may_hash(r) ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;

	while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
		;
	/* Who waited for too long already is told so. */
	if (fd >= 0 && fl_cx_left_ms(&r->cx) > 0)
		r->cx.deadline_tick_us = fl_tick_us() + HASH_TIMEOUT_S * FL_SECOND_US;
	return fd;
}

void web_turn_end(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}
