#include <stdio.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/files.h"
#include "base/log.h"
#include "base/program.h"
#include "worker/supervisor.h"

#define USAGE "usage: fairlead-worker [--config FILE]\nRuns the jobs of the queue. SIGTERM: finish what runs, at most 20 s, and end.\nSIGHUP: the same, then start anew."

static int work(struct fl_arena *process, char **argv, const char *config)
{
	struct fl_conf conf = { 0 };
	enum fl_level level = FL_INFO;

	if (fl_conf_read(process, config, &conf) != FL_OK || fl_files_check(&conf) != FL_OK || fl_db_conf_check(process, &conf) != FL_OK || fl_kinds_check(&conf) != FL_OK || fl_level_parse(fl_str(conf.log_level), &level) != FL_OK)
		return 2;
	fl_log_start("worker", level, conf.log_mask);
	fl_log(NULL, FL_INFO, "worker starts: %d light, %d io processes", conf.worker_processes, conf.worker_io_processes);
	if (fl_supervise(process, &conf) == FL_RELOADING) {
		execv(argv[0], argv);
		fl_log(NULL, FL_FATAL, "cannot start %s again", argv[0]);
		return 1;
	}
	fl_log(NULL, FL_INFO, "worker ended");
	return 0;
}

int main(int argc, char **argv)
{
	struct fl_arena *process;
	int status;

	if (fl_program_told(argc, argv, "fairlead-worker", USAGE))
		return 0;
	if (argc != 1 && (argc != 3 || strcmp(argv[1], "--config") != 0)) {
		fputs(USAGE "\n", stderr);
		return 2;
	}
	process = fl_arena_new(64 << 20);
	status = work(process, argv, argc == 3 ? argv[2] : NULL);
	fl_arena_free(process);
	return status;
}
