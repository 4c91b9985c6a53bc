#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/conf.h"
#include "base/files.h"
#include "base/log.h"
#include "base/program.h"
#include "http/metrics.h"
#include "http/openapi.h"

static const char help[] = "usage: fairlead-web [--config FILE] [--check | --routes]\n"
	"Serves pages and API over FastCGI on RUN_DIR/web.sock and RUN_DIR/slow.sock. See fairlead-web(8).\n"
	"--check tells whether it would start: configuration, templates, routes. --routes prints the route table as JSON. Both end then.";

enum what { SERVE, CHECK, ROUTES };

static int work(struct fl_arena *a, const struct web_start *start, enum what what)
{
	struct fl_conf *conf = FL_NEW(a, struct fl_conf);
	struct web *web = FL_NEW(a, struct web);
	enum fl_level level = FL_INFO;
	struct fl_cx cx;

	if (fl_conf_read(a, start->config, conf) != FL_OK || fl_files_check(conf) != FL_OK || fl_db_conf_check(a, conf) != FL_OK || fl_level_parse(fl_str(conf->log_level), &level) != FL_OK)
		return 2;
	fl_log_start("web", level, conf->log_mask);
	fl_cx_init(&cx, a, conf, "", 60);
	web->start = start;
	web->conf = conf;
	FCGX_Init();
	if (fl_view_open(&cx, conf->share_dir, NULL, &web->view) != FL_OK || web_routes_build(&cx, web) != FL_OK) {
		fprintf(stderr, "fairlead-web: %s\n", cx.err.text);
		return 1;
	}
	if (what == CHECK)
		return 0;
	if (what == ROUTES)
		return printf("%s\n", fl_strndup(a, web_list(a, web))) > 0 ? 0 : 1;
	web->metrics = web_metrics_new(web->nroutes);
	web->budget = web_budget_new(conf->rate_limit_org);
	return web_supervise(web);
}

/* "5,6" */
static bool sockets(const char *text, struct web_start *start)
{
	struct fl_str rest = fl_str(text), first = fl_str_cut(&rest, ',');
	int64_t web = -1, slow = -1;

	if (fl_str_int(first, 3, INT32_MAX, &web) != FL_OK || fl_str_int(rest, 3, INT32_MAX, &slow) != FL_OK)
		return false;
	start->web_fd = (int)web;
	start->slow_fd = (int)slow;
	return true;
}

int main(int argc, char **argv)
{
	/* sockets is for the program's own use, at a reload */
	static const struct option options[] = { { "config", required_argument, NULL, 'c' }, { "check", no_argument, NULL, 't' }, { "routes", no_argument, NULL, 'r' },
		                                 { "sockets", required_argument, NULL, 's' }, { 0 } };
	struct web_start start = { .program = argv[0], .web_fd = -1, .slow_fd = -1 };
	enum what what = SERVE;
	struct fl_arena *a;
	bool good = true;
	int c, status;

	if (fl_program_told(argc, argv, "fairlead-web", help))
		return 0;
	while (good && (c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (c == 'c')
			start.config = optarg;
		else if (c == 't' || c == 'r')
			what = c == 't' ? CHECK : ROUTES;
		else
			good = c == 's' && sockets(optarg, &start);
	}
	if (!good || optind < argc)
		return fprintf(stderr, "%s\n", help) < 0 ? 1 : 2;
	a = fl_arena_new((size_t)64 << 20);
	status = work(a, &start, what);
	fl_arena_free(a);
	return status;
}
