#include "base/rc.h"

const char *fl_rc_name(enum fl_rc rc)
{
	static const char *const names[] = { "ok", "not_found", "denied", "invalid", "conflict", "later", "bug" };

	return (unsigned)rc < FL_COUNT(names) ? names[rc] : "unknown";
}
