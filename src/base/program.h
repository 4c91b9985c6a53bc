/* What every program answers without doing anything. */
#ifndef FL_BASE_PROGRAM_H
#define FL_BASE_PROGRAM_H

#include <stdbool.h>

/* Prints "NAME VERSION" for a first argument --version, or help for --help, and answers true; the caller then ends with status 0. */
bool fl_program_told(int argc, char **argv, const char *name, const char *help);

#endif
