#include "app/app.h"

extern const struct fl_app identity_app;

const struct fl_app *const fl_apps[] = {
	&identity_app,
	NULL,
};
