#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/conf.h"
#include "base/files.h"
#include "base/log.h"
#include "base/program.h"
#include "http/metrics.h"
#include "http/openapi.h"

static const char help[] = "usage: fairlead-web [--config FILE] [--routes]\n"
	"Serves pages and API over FastCGI on RUN_DIR/web.sock and RUN_DIR/slow.sock. See fairlead-web(8).\n"
	"--routes prints the route table as JSON and ends.";

static int work(struct fl_arena *a, const char *path, bool list)
{
	struct fl_conf *conf = FL_NEW(a, struct fl_conf);
	struct web *web = FL_NEW(a, struct web);
	enum fl_level level = FL_INFO;
	struct fl_cx cx;

	if (fl_conf_read(a, path, conf) != FL_OK || fl_files_check(conf) != FL_OK || fl_db_conf_check(a, conf) != FL_OK || fl_level_parse(fl_str(conf->log_level), &level) != FL_OK)
		return 2;
	fl_log_start("web", level, conf->log_mask);
	fl_cx_init(&cx, a, conf, "", 60);
	web->conf = conf;
	FCGX_Init();
	if (fl_view_open(&cx, conf->share_dir, NULL, &web->view) != FL_OK || web_routes_build(&cx, web) != FL_OK) {
		fprintf(stderr, "fairlead-web: %s\n", cx.err.text);
		return 1;
	}
	if (list)
		return printf("%s\n", fl_strndup(a, web_list(a, web))) > 0 ? 0 : 1;
	web->metrics = web_metrics_new(web->nroutes);
	web->budget = web_budget_new(conf->rate_limit_org);
	return web_supervise(web);
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "config", required_argument, NULL, 'c' }, { "routes", no_argument, NULL, 'r' }, { 0 } };
	struct fl_arena *a;
	const char *path = NULL;
	bool list = false;
	int c, status;

	if (fl_program_told(argc, argv, "fairlead-web", help))
		return 0;
	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (c == 'c')
			path = optarg;
		else if (c == 'r')
			list = true;
		else
			return fprintf(stderr, "%s\n", help) < 0 ? 1 : 2;
	}
	if (optind < argc)
		return fprintf(stderr, "%s\n", help) < 0 ? 1 : 2;
	a = fl_arena_new((size_t)64 << 20);
	status = work(a, path, list);
	fl_arena_free(a);
	return status;
}
