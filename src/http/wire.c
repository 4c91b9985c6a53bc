/* Answers as FastCGI records, all in one call: what nginx has of an answer is then nothing or the whole, wherever this process dies (it takes the
 * end of the connection for the end of the answer). libfcgi's stream writes eight kilobytes a time. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "http/web.h"

enum {
	RECORD_BYTES = 65528,  /* of content, a multiple of eight: needs no padding */
	RECORDS_MAX = WEB_PAGE_MAX_BYTES / RECORD_BYTES + 5,
	END_REQUEST = 3,       /* FastCGI 1.0, section 8 */
	STDOUT = 6,
};

struct record {
	unsigned char version, type, id[2], length[2], padding, reserved;
};

struct writer {
	int fd, id;
	int n, nrecords;
	struct iovec part[RECORDS_MAX * 2];
	struct record head[RECORDS_MAX];
};

static void add_record(struct writer *w, unsigned char type, struct fl_str s)
{
	struct record *h = &w->head[w->nrecords++];

	*h = (struct record){ .version = 1, .type = type, .id = { (unsigned char)(w->id >> 8), (unsigned char)w->id },
		              .length = { (unsigned char)(s.n >> 8), (unsigned char)s.n } };
	w->part[w->n++] = (struct iovec){ h, sizeof(*h) };
	if (s.n)
		w->part[w->n++] = (struct iovec){ (void *)(uintptr_t)s.p, s.n };
}

static void add(struct writer *w, struct fl_str s)
{
	while (s.n) {
		size_t n = s.n < RECORD_BYTES ? s.n : RECORD_BYTES;

		add_record(w, STDOUT, (struct fl_str){ s.p, n });
		s.p += n;
		s.n -= n;
	}
}

static bool write_all(struct writer *w)
{
	struct iovec *v = w->part;
	int left = w->n;

	while (left > 0) {
		ssize_t wrote = writev(w->fd, v, left);
		size_t n = wrote > 0 ? (size_t)wrote : 0;

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return false;
		for (; left > 0 && n >= v->iov_len; v++, left--)
			n -= v->iov_len;
		if (left > 0) {
			v->iov_base = (char *)v->iov_base + n;
			v->iov_len -= n;
		}
	}
	return true;
}

/* Whether nginx has nothing more to send: a request without a body, read to its end. */
static bool has_said_all(const FCGX_Request *fcgi)
{
	const char *length = FCGX_GetParam("CONTENT_LENGTH", fcgi->envp);
	char c;

	return (!length || !length[0]) && recv(fcgi->ipcFd, &c, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

void web_write(FCGX_Request *fcgi, struct fl_str head, struct fl_str body)
{
	static const char completed[8]; /* application and protocol status: all zero */
	struct writer w = { .fd = fcgi->ipcFd, .id = fcgi->requestId };

	add(&w, head);
	add(&w, body);
	add_record(&w, STDOUT, (struct fl_str){ NULL, 0 });
	add_record(&w, END_REQUEST, (struct fl_str){ completed, sizeof(completed) });
	/* Half a record must not be followed by anything. */
	if (!write_all(&w))
		(void)shutdown(w.fd, SHUT_RDWR);
	/* libfcgi has nothing left to say. Nor need it wait until nginx has read all and closes, as it does where a close might cut off what is still being sent. */
	fcgi->out->wasFCloseCalled = 1;
	fcgi->detached = has_said_all(fcgi);
}
