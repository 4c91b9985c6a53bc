#include "app/app.h"

extern const struct fl_app identity_app;
extern const struct fl_app jobs_app;

const struct fl_app *const fl_apps[] = {
	&identity_app,
	&jobs_app,
	NULL,
};
