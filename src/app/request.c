#include "app/app.h"

struct fl_str fl_req_get(const struct fl_req *req, const char *name)
{
	for (int i = 0; i < req->nvalues; i++)
		if (strcmp(req->values[i].field->name, name) == 0)
			return req->values[i].s;
	return (struct fl_str){ NULL, 0 };
}
