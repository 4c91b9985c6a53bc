/* What Fairlead stands on elsewhere, and whether it takes connections: asked once a minute by a job, shown with since when. */
#ifndef FL_APP_OBSERVE_HEALTH_H
#define FL_APP_OBSERVE_HEALTH_H

#include "base/conf.h"
#include "base/cx.h"

enum { HEALTH_PLACES_MAX = 16 };

/* A part by the name it is shown under, and where it is: "host:port", "unix:/path", "" when the operator has set up none. */
struct health_place {
	const char *name, *at;
};

/* The parts that are reached over a connection, from the configuration: each nginx, the mail server, the scanner, the store of files, Qdrant, the SMS gateway, each model provider. Answers how many. */
int health_places(struct fl_arena *a, const struct fl_conf *conf, struct health_place *out);

struct fl_job;
struct fl_batch;

/* The three steps of health.check: asks every place, and notes what it found. */
enum fl_rc health_call(struct fl_job *job) FL_USE;
enum fl_rc health_save(struct fl_job *job, struct fl_batch *b) FL_USE;

#endif
