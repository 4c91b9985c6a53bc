/* Answers as FastCGI records. libfcgi's stream writes eight kilobytes a time: thirty system calls, each waking nginx, for one big page. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "http/web.h"

enum {
	RECORD_BYTES = 65528,  /* of content, a multiple of eight: needs no padding */
	STREAM_BYTES = 4096,   /* what the stream takes without a write of its own; it goes out with the end of the request */
	RECORDS_MAX = WEB_PAGE_MAX_BYTES / RECORD_BYTES + 3,
	STDOUT = 6,            /* FastCGI 1.0, section 8 */
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

static void add(struct writer *w, struct fl_str s)
{
	while (s.n) {
		size_t n = s.n < RECORD_BYTES ? s.n : RECORD_BYTES;
		struct record *h = &w->head[w->nrecords++];

		*h = (struct record){ .version = 1, .type = STDOUT, .id = { (unsigned char)(w->id >> 8), (unsigned char)w->id },
			              .length = { (unsigned char)(n >> 8), (unsigned char)n } };
		w->part[w->n++] = (struct iovec){ h, sizeof(*h) };
		w->part[w->n++] = (struct iovec){ (void *)(uintptr_t)s.p, n };
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

void web_write(FCGX_Request *fcgi, struct fl_str head, struct fl_str body)
{
	struct writer w;
	size_t first = body.n > STREAM_BYTES ? body.n - STREAM_BYTES : 0;

	if (head.n + body.n <= STREAM_BYTES) {
		FCGX_PutStr(head.p, (int)head.n, fcgi->out);
	} else {
		w.fd = fcgi->ipcFd;
		w.id = fcgi->requestId;
		w.n = w.nrecords = 0;
		add(&w, head);
		add(&w, (struct fl_str){ body.p, first });
		/* Half a record must not be followed by anything. */
		if (!write_all(&w))
			(void)shutdown(w.fd, SHUT_RDWR);
	}
	if (body.n > first)
		FCGX_PutStr(body.p + first, (int)(body.n - first), fcgi->out);
}
