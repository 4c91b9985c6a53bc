-- name: enter
-- why: opens a request's transaction, when its address is not blocked and its session may be used from there, and tells who asks
-- in: token_hash bytea, org uuid, permission text, read_only bool, request_id text, address text, strict bool, early bool
-- out: kind text, org_id uuid, user_id uuid, role text, rights text, user_name text, org_name text, zone text, locale text
-- out: theme text, single_keys bool, admin bool, subject_id uuid, date_format text, currency text, logo text, avatar text, expires_at timestamptz
select (e.p).kind, nullif((e.p).org_id, '00000000-0000-0000-0000-000000000000'), (e.p).user_id, (e.p).role, (e.p).rights, (e.p).user_name, (e.p).org_name, (e.p).zone, (e.p).locale, (e.p).theme,
	(e.p).single_keys, (e.p).admin, (e.p).subject_id, (e.p).date_format, (e.p).currency, (e.p).logo, (e.p).avatar, (e.p).expires_at
from (select fl_enter($1, $2, $3, $4, $5, $6, $7) p, case when $8 then set_config('synchronous_commit', 'off', true) end offset 0) e

-- name: flush
-- why: when its transaction has committed, all that was committed before it, waited for or not, lies on disk
-- out: lsn text
select pg_logical_emit_message(true, 'fairlead', '')::text

-- name: claim
-- why: claims an idempotency key for this transaction
-- in: route text, key_hash bytea, body_hash bytea
select fl_claim($1, $2, $3)

-- name: claim_words
-- why: the same for a form that brought no key: its words are its key for two minutes
-- in: route text, key_hash bytea, body_hash bytea
select fl_claim_words($1, $2, $3)

-- name: frame
-- why: the numbers in the frame of every page
-- out: unread int, intake int, approvals int, jobs int
select unread, intake, approvals, jobs from frame_counts()

-- name: ping
-- why: whether the database answers
-- out: one int
select 1::bigint

-- name: health
-- why: the shape of what says that all is well; code makes the row
-- out: status text
select '' where false

-- name: ready
-- why: the shape of what says whether this machine can serve; code makes the row
-- out: status text, database text, redis text
select '', '', '' where false

-- name: process_metrics
-- why: the shape of the figures of a process; code makes the row
-- out: uptime int, requests int, memory_kb int, cpu_s float, load float
select 0::bigint, 0::bigint, 0::bigint, 0::float8, 0::float8 where false

-- name: problem_kinds
-- why: the shape of the kinds of refusals; code makes the rows
-- out: type text, status int, title text, detail text, remedy text
select '', 0::bigint, '', '', '' where false

-- name: platform_wall_clock
-- why: what clocks show in a zone, for fairlead when
-- in: zone text
-- out: now_s int
select floor(extract(epoch from now() at time zone $1))::bigint
