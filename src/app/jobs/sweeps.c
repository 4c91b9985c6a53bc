#include "app/jobs/jobs.h"

const struct fl_sweep jobs_sweeps[] = {
	{ .name = "audit-parts", .every_s = 3600, .q = Q_SWEEP_AUDIT_PARTS, .help = "makes the parts of the audit log for the next three months" },
	{ .name = "audit-seal", .every_s = 60, .q = Q_SWEEP_AUDIT_SEAL, .help = "seals audit rows into their chain" },
	{ .name = "counters", .every_s = 60, .q = Q_SWEEP_COUNTERS, .help = "adds counter deltas to their counters" },
	{ .name = "dead-letters", .every_s = 600, .q = Q_SWEEP_DEAD_LETTERS,
		.help = "archives dead letters after 24 hours, purges them 30 days later" },
	{ .name = "idempotency", .every_s = 3600, .q = Q_SWEEP_IDEMPOTENCY, .help = "forgets results of requests after 24 hours" },
	{ .name = "job-age", .every_s = 60, .q = Q_SWEEP_JOB_AGE, .help = "moves jobs that waited ten minutes up a class" },
	{ .name = "job-recover", .every_s = 60, .q = Q_SWEEP_JOB_RECOVER, .help = "runs jobs again whose machine is gone" },
	{ .name = "job-retention", .every_s = 300, .q = Q_SWEEP_JOB_RETENTION, .help = "keeps 100 completed jobs a queue and organisation" },
	{ .name = "job-stats", .every_s = 60, .skip_missed = true, .q = Q_SWEEP_JOB_STATS, .help = "samples sizes and ages of the queues",
	  .rings = "t:jobs" },
	{ .name = "sessions", .every_s = 600, .q = Q_SWEEP_SESSIONS, .help = "removes expired sessions and tokens" },
	{ 0 },
};
