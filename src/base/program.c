#include "base/program.h"

#include <stdio.h>
#include <string.h>

bool fl_program_told(int argc, char **argv, const char *name, const char *help)
{
	if (argc < 2)
		return false;
	if (strcmp(argv[1], "--version") == 0)
		return printf("%s %s\n", name, PACKAGE_VERSION) > 0;
	if (strcmp(argv[1], "--help") == 0)
		return puts(help) >= 0;
	return false;
}
