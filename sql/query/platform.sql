-- name: enter
-- why: opens a request's transaction and tells who asks
-- in: token_hash bytea, org uuid, permission text, read_only bool, request_id text
-- out: kind text, org_id uuid, user_id uuid, role text, rights text, user_name text, org_name text, zone text, locale text
-- out: theme text, single_keys bool, admin bool, subject_id uuid
select kind, nullif(org_id, '00000000-0000-0000-0000-000000000000'), user_id, role, rights, user_name, org_name, zone, locale, theme, single_keys, admin, subject_id
from fl_enter($1, $2, $3, $4, $5)

-- name: work
-- why: sets tenant and actor for the statements of a job
-- in: org uuid, user_id uuid, job uuid, request_id text
select fl_work($1, $2, $3, $4)

-- name: claim
-- why: claims an idempotency key for this transaction
-- in: route text, key_hash bytea, body_hash bytea
select fl_claim($1, $2, $3)

-- name: frame
-- why: the numbers in the frame of every page
-- out: unread int, intake int, approvals int, jobs int
select (select count(*) from (select from notifications n where n.org_id = (select fl_org()) and n.user_id = (select fl_user()) and n.read_at is null limit 100) x),
	c.open, c.approvals, (select count(*) from (select from job_history h where h.org_id = (select fl_org()) and h.state = 'dead' and h.archived_at is null limit 100) x)
from (select coalesce(sum(n) filter (where name = 'intake.open'), 0)::bigint as open, coalesce(sum(n) filter (where name = 'intake.approval'), 0)::bigint as approvals
	from (select v.name, v.value as n from counters v where v.org_id = (select fl_org()) and v.name in ('intake.approval', 'intake.open')
	union all select e.name, e.delta from counter_deltas e where e.org_id = (select fl_org()) and e.name in ('intake.approval', 'intake.open')) n) c

-- name: ping
-- why: whether the database answers
-- out: one int
select 1::bigint
