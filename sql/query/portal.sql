-- name: portal_list
-- why: a client's own requests, newest first
-- in: after uuid, limit int
-- out: id uuid, number int, subject text, created_at timestamptz, heard text, due_at timestamptz, overdue bool, messages int, cursor text
select r.id, r.number, r.subject, r.created_at, case when r.status = 'CLOSED' then 'closed' when r.answered_at is not null then 'answered' else 'open' end, r.due_at,
	r.answered_at is null and r.due_at < now(),
	(select count(*) from intake_messages m where m.org_id = r.org_id and m.intake_id = r.id and m.direction in ('in', 'out')), r.id::text
from intake_requests r where r.org_id = (select fl_org()) and portal_own(r.contact_id, r.requester_email) and r.id < list_after($1::uuid::text)
order by r.id desc limit $2

-- name: portal_show
-- why: one of them
-- in: id uuid
-- out: id uuid, number int, subject text, said text, channel text, created_at timestamptz, sorted bool, answered_at timestamptz, due_at timestamptz, overdue bool, is_open bool
-- out: heard text
select r.id, r.number, r.subject, r.body, r.channel, r.created_at, r.status = 'ASSIGNED' or r.pipeline_id is not null, r.answered_at, r.due_at,
	r.answered_at is null and r.due_at < now(), r.status not in ('CLOSED', 'REJECTED'),
	case when r.status = 'CLOSED' then 'closed' when r.answered_at is not null then 'answered' else 'open' end
from intake_requests r where r.org_id = (select fl_org()) and r.id = $1 and portal_own(r.contact_id, r.requester_email)

-- name: portal_thread
-- why: what was said between both sides; notes stay inside
-- in: id uuid
-- out: id uuid, kind text, body text, at timestamptz
select m.id, m.direction, m.body, m.created_at from intake_messages m join intake_requests r on r.org_id = m.org_id and r.id = m.intake_id
where m.org_id = (select fl_org()) and m.intake_id = $1 and m.direction in ('in', 'out') and portal_own(r.contact_id, r.requester_email)
order by m.created_at, m.id limit 200

-- name: portal_documents
-- why: the files of one of them that came from outside
-- in: id uuid
-- out: id uuid, name text, size_bytes int, created_at timestamptz, ready bool
select d.id, f.name, f.size_bytes, f.created_at, d.scan in ('clean', 'off') and d.status not in ('QUARANTINED', 'INFECTED')
from intake_files f join documents d on d.org_id = f.org_id and d.id = f.document_id join intake_requests r on r.org_id = f.org_id and r.id = f.intake_id
where f.org_id = (select fl_org()) and f.intake_id = $1 and portal_own(r.contact_id, r.requester_email) and (d.uploaded_by is null or d.uploaded_by = fl_user())
order by f.created_at, f.id limit 200

-- name: portal_ask
-- why: a new request of a client
-- effect
-- in: subject text, body text
-- out: id uuid
select id from portal_ask($1, $2)

-- name: portal_add
-- why: a word a client adds
-- effect
-- in: id uuid, body text
-- out: id uuid
select a.id from portal_add($1, $2) a
