#include "outside/reach.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool connected(int fd, int64_t until_us)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t n = sizeof(int);
	int64_t left_us;
	int ready, err = 0;

	do {
		left_us = until_us - fl_tick_us();
		ready = poll(&p, 1, left_us > 0 ? (int)(left_us / 1000) : 0);
	} while (ready < 0 && errno == EINTR);
	return ready > 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &n) == 0 && err == 0;
}

static int join(int family, const struct sockaddr *to, socklen_t size, int64_t until_us)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (connect(fd, to, size) == 0 || (errno == EINPROGRESS && connected(fd, until_us)))
		return fd;
	(void)close(fd);
	return -1;
}

static int join_host(struct fl_cx *cx, const char *at, int64_t until_us)
{
	const char *colon = strrchr(at, ':');
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all = NULL;
	int fd = -1;

	struct fl_str host = { at, colon ? (size_t)(colon - at) : 0 };

	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = (struct fl_str){ host.p + 1, host.n - 2 };
	if (!host.n || getaddrinfo(fl_strndup(cx->a, host), colon + 1, &hints, &all) != 0)
		return -1;
	for (struct addrinfo *one = all; one && fd < 0; one = one->ai_next)
		fd = join(one->ai_family, one->ai_addr, one->ai_addrlen, until_us);
	freeaddrinfo(all);
	return fd;
}

int fl_reach(struct fl_cx *cx, const char *at, int timeout_ms)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int64_t until_us = fl_tick_us() + (int64_t)timeout_ms * 1000;

	if (strncmp(at, "unix:", 5) != 0)
		return join_host(cx, at, until_us);
	if (strlen(at + 5) >= sizeof(to.sun_path))
		return -1;
	memcpy(to.sun_path, at + 5, strlen(at + 5) + 1);
	return join(AF_UNIX, (struct sockaddr *)&to, sizeof(to), until_us);
}
