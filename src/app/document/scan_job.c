/* The scanner's look at a file, before anything reads it or anybody gets it (DOC-02). */
#include <unistd.h>

#include "app/document/document.h"
#include "base/conf.h"
#include "base/log.h"
#include "outside/clamd.h"

enum { SCAN_MS = 30000 };

static enum fl_rc ask(struct fl_job *job, struct document_seen *s)
{
	struct fl_cx *cx = job->cx;
	enum fl_rc rc;
	int fd;

	rc = document_open(job, fl_rows_dup(cx->a, job->set[0], 0, DOCUMENT_LOAD_KEY), &fd);
	if (rc == FL_INVALID) {
		s->end = "FAILED";
		s->reason = "damaged";
		return FL_OK;
	}
	FL_TRY(rc);
	rc = fl_clamd_scan(cx, job->outside, fd, SCAN_MS, &s->finding);
	(void)close(fd);
	if (rc == FL_OK && !s->finding) {
		s->scan = "clean";
		return FL_OK;
	}
	s->end = rc == FL_OK ? "INFECTED" : "QUARANTINED";
	s->reason = rc == FL_OK ? "infected" : rc == FL_INVALID ? "scan_refused" : "scanner_away";
	s->scan = rc == FL_OK ? "infected" : NULL;
	if (rc != FL_OK)
		fl_log(cx, FL_WARN, "no word of the virus scanner: %s", cx->err.text);
	return FL_OK;
}

enum fl_rc document_scan(struct fl_job *job, struct document_seen *s)
{
	const char *clamd = job->cx->conf->clamd;

	if (!fl_str_eq(fl_rows_str(job->set[0], 0, DOCUMENT_LOAD_SCAN), FL_STR("none")))
		return FL_OK;
	if (strcmp(clamd, "off") == 0) {
		s->scan = "off";
		return FL_OK;
	}
	if (clamd[0])
		return ask(job, s);
	s->end = "QUARANTINED";
	s->reason = "no_scanner";
	return FL_OK;
}
