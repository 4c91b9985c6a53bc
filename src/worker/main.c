#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/files.h"
#include "base/log.h"
#include "base/program.h"
#include "worker/supervisor.h"

static const char help[] = "usage: fairlead-worker [--config FILE] [--check]\n"
	"Runs the jobs of the queue. SIGTERM: finish what runs, at most 20 s, and end.\n"
	"SIGHUP: the same, then start anew. --check tells whether it would start, and ends.";

static int work(struct fl_arena *process, char **argv, const char *config, bool check)
{
	struct fl_conf conf = { 0 };
	enum fl_level level = FL_INFO;

	if (fl_conf_read(process, config, &conf) != FL_OK || fl_files_check(&conf) != FL_OK || fl_db_conf_check(process, &conf) != FL_OK || fl_kinds_check(&conf) != FL_OK || fl_level_parse(fl_str(conf.log_level), &level) != FL_OK)
		return 2;
	if (check)
		return 0;
	fl_log_start("worker", level, conf.log_mask);
	fl_log(NULL, FL_INFO, "worker starts: %d light, %d io processes", conf.worker_processes, conf.worker_io_processes);
	if (fl_supervise(process, &conf, argv[0], config) == FL_RELOADING) {
		execv(argv[0], argv);
		fl_log(NULL, FL_FATAL, "cannot start %s again", argv[0]);
		return 1;
	}
	fl_log(NULL, FL_INFO, "worker ended");
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "config", required_argument, NULL, 'c' }, { "check", no_argument, NULL, 't' }, { 0 } };
	struct fl_arena *process;
	const char *config = NULL;
	bool check = false;
	int c, status;

	if (fl_program_told(argc, argv, "fairlead-worker", help))
		return 0;
	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (c == 'c')
			config = optarg;
		else if (c == 't')
			check = true;
		else
			return fprintf(stderr, "%s\n", help) < 0 ? 1 : 2;
	}
	if (optind < argc)
		return fprintf(stderr, "%s\n", help) < 0 ? 1 : 2;
	process = fl_arena_new(64 << 20);
	status = work(process, argv, config, check);
	fl_arena_free(process);
	return status;
}
