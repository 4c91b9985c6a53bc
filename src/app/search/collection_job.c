/* Jobs collection.snapshot and collection.restore: a part of the vectors each, as rows of the database. Payload: snapshot_id, and after in all but the first. */
#include "app/search/search.h"
#include "base/json.h"

static enum fl_rc told(struct fl_job *job, struct fl_str *id, struct fl_str *after)
{
	*id = fl_json_str(job->payload, "snapshot_id");
	*after = fl_json_str(job->payload, "after");
	return id->n ? FL_OK : FL_FAIL(job->cx, FL_INVALID, "the payload has no snapshot_id");
}

enum fl_rc collection_snapshot_save(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id, after;

	FL_TRY(told(job, &id, &after));
	fl_batch_add(b, q_collection_snapshot_part(id, after), NULL);
	return FL_OK;
}

enum fl_rc collection_restore_save(struct fl_job *job, struct fl_batch *b)
{
	struct fl_str id, after;

	FL_TRY(told(job, &id, &after));
	fl_batch_add(b, q_collection_restore_part(id, after), NULL);
	return FL_OK;
}
