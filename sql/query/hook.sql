-- name: hook_list
-- why: where alerts go
-- out: id uuid, name text, form text, url text, active bool, failing bool, waiting int, last_at timestamptz
select h.id, h.name, h.form, h.url, h.active, h.failing, (select count(*) from hook_posts p where p.org_id = h.org_id and p.hook_id = h.id and p.state = 'waiting'),
	(select max(p.sent_at) from hook_posts p where p.org_id = h.org_id and p.hook_id = h.id)
from hooks h where h.org_id = (select fl_org()) order by lower(h.name), h.id

-- name: hook_fresh
-- why: a secret to begin with; shown on the page of a new hook and never again
-- out: secret text
select 'whsec_' || replace(encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), E'\n', '')

-- name: hook_show
-- why: one place alerts go to
-- in: id uuid
-- out: id uuid, name text, url text, form text, active bool, failing bool, version int, chat bool, pager bool
select h.id, h.name, h.url, h.form, h.active, h.failing, h.version::bigint, h.form = 'chat', h.form = 'pager' from hooks h where h.org_id = (select fl_org()) and h.id = $1

-- name: hook_choices
-- why: what a hook may hear of, and what it does
-- in: id uuid
-- out: type text, chosen bool
select k.type, coalesce(k.type = any (h.events), false) from hook_kinds() k left join hooks h on h.org_id = (select fl_org()) and h.id = $1 order by k.n

-- name: hook_all_choices
-- why: what a new hook may hear of; missed promises to begin with
-- out: type text, chosen bool
select k.type, k.type in ('sla.breached', 'task.sla_breached') from hook_kinds() k order by k.n

-- name: hook_posts
-- why: what was sent to a hook and what was answered, newest first
-- in: id uuid
-- out: post uuid, type text, seq int, state text, tries int, status int, error text, at timestamptz, sent_at timestamptz
select p.id, p.type, p.seq, p.state, p.tries::bigint, p.status::bigint, p.error, p.created_at, p.sent_at from hook_posts p
where p.org_id = (select fl_org()) and p.hook_id = $1 order by p.id desc limit 100

-- name: hook_save
-- why: makes or changes a hook
-- in: id uuid, version int, name text, url text, form text, secret bytea, events jsonb, active bool
-- out: id uuid
select s.id from hook_save($1, nullif($2, 0), $3, $4, $5, $6, event_names($7), $8) s

-- name: hook_try
-- why: a post that says hello
-- effect
-- in: id uuid
-- out: id uuid
select t.id from hook_try($1) t

-- name: hook_post_again
-- why: a post that failed goes again
-- effect
-- in: id uuid
-- out: id uuid, hook_id uuid
select a.id, a.hook_id from hook_post_again($1) a

-- name: hook_post_load
-- why: a post on its way, and where to
-- in: id uuid
-- out: url text, form text, secret bytea, type text, subject_id uuid, seq int, payload jsonb, org_id uuid, org_name text, locale text, subject text, number int, path text, at text, secret_was bytea, busy bool
select h.url, h.form, h.secret, p.type, p.subject_id, p.seq, p.payload, p.org_id, o.name, o.default_language, coalesce(r.subject, t.title, e.title, i.title, ''), coalesce(r.number, i.number),
	case when r.id is not null then '/intake/' || r.id when t.id is not null then '/tasks/' || t.id when e.id is not null then '/calendar/' || e.id
		when p.type = 'job.progress' then '/jobs/' || p.subject_id else '/dashboard' end, to_char(p.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
	case when h.secret_was_until > now() then h.secret_was end, not hook_place(h.id)
from hook_posts p join hooks h on h.org_id = p.org_id and h.id = p.hook_id join organizations o on o.id = p.org_id
	left join intake_requests r on r.org_id = p.org_id and r.id = p.subject_id left join tasks t on t.org_id = p.org_id and t.id = p.subject_id
	left join calendar_events e on e.org_id = p.org_id and e.id = p.subject_id left join pipeline_items i on i.org_id = p.org_id and i.id = p.subject_id
where p.org_id = (select fl_org()) and p.id = $1 and p.state = 'waiting' and h.active

-- name: hook_post_later
-- why: another turn for a post whose address is busy
-- in: id uuid
select hook_post_later($1)

-- name: hook_post_off
-- why: a post whose hook was switched off meanwhile
-- in: id uuid
select hook_post_off($1)

-- name: hook_posted
-- why: what became of a post
-- in: id uuid, state text, status int, error text
select hook_posted($1, $2, nullif($3, 0), $4)

-- name: sweep_hook_forget
-- why: old posts go
-- out: done int
select hook_forget() as done
