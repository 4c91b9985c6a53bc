#include "app/app.h"

struct fl_str fl_req_get(const struct fl_req *req, const char *name)
{
	for (int i = 0; i < req->nvalues; i++)
		if (strcmp(req->values[i].field->name, name) == 0)
			return req->values[i].s;
	return (struct fl_str){ NULL, 0 };
}

enum fl_rc fl_req_enter(struct fl_cx *cx, struct fl_req *req)
{
	return req->enter(cx, req);
}
