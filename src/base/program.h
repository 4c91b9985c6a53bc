/* What every program answers without doing anything, and whether another would start. */
#ifndef FL_BASE_PROGRAM_H
#define FL_BASE_PROGRAM_H

#include <stdbool.h>

/* Prints "NAME VERSION" for a first argument --version, or help for --help, and answers true; the caller then ends with status 0. */
bool fl_program_told(int argc, char **argv, const char *name, const char *help);

/* Whether `PROGRAM --check --config FILE` ends with status 0: the configuration as it is now suits the program as it is installed now. What is wrong stands on standard
 * error. program: a path; config: NULL for where fl_conf_read looks. Waits for the end; SIGCHLD of it is left to the caller. */
bool fl_program_is_sound(const char *program, const char *config);

#endif
