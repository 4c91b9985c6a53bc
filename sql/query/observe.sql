-- name: observe_metrics
-- why: samples of the queue, the database, the models and the sweeps for Prometheus
-- out: metric text, kind text, k1 text, v1 text, k2 text, v2 text, k3 text, v3 text, value float
select metric, kind, k1, v1, k2, v2, k3, v3, value from observe_metrics()
union all select metric, kind, k1, v1, k2, v2, k3, v3, value from observe_business()
union all select metric, kind, k1, v1, k2, v2, k3, v3, value from observe_lost()

-- name: observe_total
-- why: the platform in one row: what the program measured beside what the database knows
-- in: facts jsonb
-- out: status text, waiting int, active int, dead int, oldest_s float, slow bool, disk_free_bytes int, disk_low bool, redis_bytes int
-- out: fairlead text, schema text, postgres text, connections int, connections_max int, orgs int, database_bytes int, env text, uptime_s int
select case when $1::jsonb->'machine'->>'status' <> 'ok' then $1::jsonb->'machine'->>'status' when (select bool_or(s.paused_at is null and s.next_at < now() - interval '2 minutes')
	from sweeps s) then 'sweeps late' else 'ok' end, q.waiting, q.active, q.dead, q.oldest_s, q.oldest_s > 10, ($1::jsonb->'machine'->>'disk_free_bytes')::bigint,
	($1::jsonb->'machine'->>'disk_low')::boolean, ($1::jsonb->'machine'->>'redis_bytes')::bigint, $1::jsonb->'machine'->>'fairlead', d.schema, d.postgres, d.connections,
	d.connections_max, d.orgs, d.database_bytes, $1::jsonb->'machine'->>'env', ($1::jsonb->'machine'->>'uptime_s')::bigint
from observe_database() d, (select sum(waiting)::bigint as waiting, sum(active)::bigint as active, sum(dead)::bigint as dead, max(oldest_s) as oldest_s
	from observe_queues()) q

-- name: observe_dependencies
-- why: what the program needs, whether it answers, how fast, since when
-- in: facts jsonb
-- out: name text, state text, ms float, detail text, since timestamptz, checked_at timestamptz
select name, state, ms, detail, since, checked_at from health_list($1)

-- name: health_note
-- why: what a check of the parts elsewhere found
-- in: found jsonb
select health_note($1)

-- name: sweep_health
-- why: has the parts elsewhere checked
-- out: done int
select sweep_health()

-- name: observe_queue_list
-- why: each queue as it is now
-- out: name text, waiting int, active int, retrying int, scheduled int, completed int, failed int, dead int, oldest_s float, slow bool, paused bool
select name, waiting, active, retrying, scheduled, completed, failed, dead, oldest_s, oldest_s > 10, paused from observe_queues()

-- name: observe_sweeps
-- why: when each sweep ran and whether it is late
-- out: name text, every_s int, every_min int, last_finished timestamptz, next_at timestamptz, late bool, failed bool, paused bool
select name, every_s::bigint, every_s::bigint / 60, last_finished, next_at, paused_at is null and next_at < now() - interval '2 minutes', last_error is not null, paused_at is not null
from sweeps order by name

-- name: observe_processes
-- why: the processes of this machine and their memory
-- in: facts jsonb
-- out: name text, pid int, rss_bytes int
select name, pid, rss_bytes from jsonb_to_recordset($1::jsonb->'processes') as x(name text, pid bigint, rss_bytes bigint)

-- name: observe_settings
-- why: the configuration as the program sees it, secrets masked
-- in: facts jsonb
-- out: name text, value text, help text
select name, value, help from jsonb_to_recordset($1::jsonb->'settings') as x(name text, value text, help text)

-- name: observe_events
-- why: events of the organisation, newest first; by correlation within the last 30 days
-- in: type text, correlation text, after uuid, limit int
-- out: id uuid, type text, occurred_at timestamptz, actor_type text, actor text, thing_kind text, thing text, path text, correlation_id text, cursor text
select e.id, e.type, e.occurred_at, e.actor_type, m.name, t.kind, thing_name(t.kind, t.id), thing_path(t.kind, t.id), e.correlation_id, e.id::text
from system_events e left join memberships m on m.org_id = e.org_id and m.user_id = e.actor_id left join lateral thing_of(e.payload) t on true
where e.org_id = (select fl_org()) and ($1::text is null or e.type = (select event_name($1))) and ($2::text is null or e.correlation_id = $2 and e.id > observe_id_at(now() - interval '30 days'))
	and e.id < list_after($3::uuid::text) order by e.id desc limit $4

-- name: observe_event_types
-- why: the types to choose from, and the one that was
-- in: type text
-- out: type text, chosen bool
select type, coalesce(type = (select event_name($1)), false) from event_types where current order by type

-- name: observe_event
-- why: one event, whole
-- in: id uuid
-- out: id uuid, org_id uuid, type text, occurred_at timestamptz, actor_type text, actor_id uuid, actor text, envelope_version text, payload_schema text, payload text
-- out: dedupe_key text, correlation_id text, trace_id text, source text, environment text, thing_kind text, thing text, path text
select e.id, e.org_id, e.type, e.occurred_at, e.actor_type, e.actor_id, m.name, e.envelope_version, e.payload_schema, jsonb_pretty(e.payload), e.dedupe_key,
	e.correlation_id, e.trace_id, e.meta ->> 'source', e.meta ->> 'environment', t.kind, thing_name(t.kind, t.id), thing_path(t.kind, t.id)
from system_events e left join memberships m on m.org_id = e.org_id and m.user_id = e.actor_id left join lateral thing_of(e.payload) t on true
where e.org_id = (select fl_org()) and e.id = $1

-- name: observe_event_words
-- why: what an event says, member by member
-- in: id uuid
-- out: name text, before text, after text
select w.name, w.before, w.after from system_events e left join lateral thing_of(e.payload) t on true, detail_words(e.payload) w
where e.org_id = (select fl_org()) and e.id = $1 and (w.before is not null or w.after is distinct from thing_name(t.kind, t.id)) order by w.n

-- name: observe_event_same
-- why: what else came of the same request within an hour: events, audit rows, jobs, calls to models
-- in: id uuid
-- out: what text, name text, state text, id uuid, at timestamptz
with e as materialized (
	select correlation_id as c, observe_id_at(occurred_at - interval '1 minute') as lo, observe_id_at(occurred_at + interval '1 hour') as hi
	from system_events where org_id = (select fl_org()) and id = $1 and correlation_id <> ''
)
select what, name, state, id, at from (
	(select 'event' as what, s.type as name, '' as state, s.id, s.occurred_at as at from e join system_events s on s.org_id = (select fl_org()) and s.id between e.lo and e.hi
		and s.correlation_id = e.c and s.id <> $1 limit 50)
	union all (select 'audit', a.action, '', a.id, a.at from e join audit_log a on a.org_id = (select fl_org()) and a.id between e.lo and e.hi and a.request_id = e.c limit 50)
	union all (select 'job', j.kind, j.state, j.id, j.created_at from e join jobs j on j.org_id = (select fl_org()) and j.id between e.lo and e.hi and j.request_id = e.c limit 50)
	union all (select 'job', h.kind, h.state, h.id, h.created_at from e join job_history h on h.org_id = (select fl_org()) and h.id between e.lo and e.hi
		and h.request_id = e.c limit 50)
	union all (select 'llm', l.model, l.status, l.id, l.created_at from e join llm_calls l on l.org_id = (select fl_org()) and l.id between e.lo and e.hi
		and l.trace_id = e.c limit 50)
) x order by at, id

-- name: observe_audit
-- why: who did what, newest first; sealed rows are in the chain
-- in: action text, subject text, after uuid, limit int
-- out: id uuid, at timestamptz, actor_type text, actor text, action text, subject_kind text, subject_id uuid, subject text, path text, detail text, request_id text,
-- out: sealed bool, cursor text
select a.id, a.at, a.actor_type, m.name, a.action, a.subject_kind, a.subject_id, thing_name(a.subject_kind, a.subject_id), thing_path(a.subject_kind, a.subject_id),
	a.detail::text, a.request_id, s.audit_id is not null, a.id::text
from audit_log a left join memberships m on m.org_id = a.org_id and m.user_id = a.actor_id
	left join audit_seals s on s.org_id = a.org_id and s.audit_id = a.id
where a.org_id = (select fl_org()) and ($1::text is null or a.action = $1 or starts_with(a.action, $1 || '.')) and ($2::text is null or a.subject_id::text = $2)
	and a.id < list_after($3::uuid::text) order by a.id desc limit $4

-- name: observe_audit_areas
-- why: the areas to choose from, and the one, or the act, that was
-- in: action text
-- out: name text, area text, chosen bool
select x.name, x.name, coalesce(x.name = $1, false) from unnest(array['intake', 'decision', 'task', 'item', 'document', 'chat', 'calendar', 'booking', 'poll', 'sla', 'contact',
	'pipeline', 'form', 'webhook', 'hook', 'email', 'sms', 'member', 'org', 'key', 'session', 'account', 'privacy', 'job']) x(name)
union all select $1::text, null, true where $1 like '%.%'

-- name: observe_audit_words
-- why: what each of these acts changed, before and after
-- in: action text, subject text, after uuid, limit int
-- out: audit_id uuid, name text, before text, after text
select a.id, w.name, w.before, w.after from (
	select a.id, a.detail, thing_name(a.subject_kind, a.subject_id) as subject from audit_log a
	where a.org_id = (select fl_org()) and ($1::text is null or a.action = $1 or starts_with(a.action, $1 || '.')) and ($2::text is null or a.subject_id::text = $2)
		and a.id < list_after($3::uuid::text) order by a.id desc limit $4
) a, detail_words(a.detail) w where w.before is not null or w.after is distinct from a.subject order by a.id desc, w.n

-- name: sweep_llm_stats
-- why: calls to models are added to their totals
-- out: done int
select sweep_llm_stats() as done

-- name: ctl_enter
-- why: the command line acts on jobs of all organisations
select ctl_enter()

-- name: ctl_known
-- why: whether there is what the command line names
-- in: kind text, name text
-- out: known bool
select case $1 when 'org' then exists (select from organizations where slug = $2)
	when 'queue' then exists (select from queues where $2 in (name, alias))
	else exists (select from event_types where type = (select event_name($2))) end

-- name: ctl_jobs_test
-- why: fairlead jobs test
-- in: org text, n int
-- out: made int
select ctl_jobs_test($1, $2::int)

-- name: ctl_replay
-- why: fairlead jobs replay: one batch of dead letters runs again
-- in: queue text
-- out: replayed int
select job_replay(true, $1, null)

-- name: ctl_users
-- why: fairlead user list
-- out: id uuid, email text, name text, admin bool, disabled bool, locked bool, orgs text
select id, email, name, admin, disabled, locked, orgs from ctl_users()

-- name: ctl_keys
-- why: fairlead key list
-- out: id uuid, org text, name text, role text, created_at timestamptz, last_seen_at timestamptz, expires_at timestamptz, revoked_at timestamptz
select id, org, name, role, created_at, last_seen_at, expires_at, revoked_at from ctl_keys()

-- name: ctl_key_revoke
-- why: fairlead key revoke
-- in: id uuid
-- out: id uuid
select id from ctl_key_revoke($1) as id

-- name: ctl_blocked
-- why: fairlead address list
-- out: network text, until text, reason text, by_name text
select network, to_char(until at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC', reason, by_name from admin_blocked()

-- name: ctl_unblock
-- why: fairlead address unblock
-- in: network text
-- out: network text
select network from ctl_unblock($1) as network

-- name: ctl_events
-- why: fairlead event list
-- in: org text, type text, limit int
-- out: id uuid, org text, type text, occurred_at timestamptz, correlation_id text, payload text
select e.id, o.slug, e.type, e.occurred_at, e.correlation_id, e.payload::text from system_events e join organizations o on o.id = e.org_id
where ($1::text is null or o.slug = $1) and ($2::text is null or e.type = (select event_name($2))) order by e.id desc limit $3

-- name: ctl_audit_verify
-- why: fairlead audit verify: the chain of one organisation recomputed
-- in: org uuid
-- out: seq int, audit_id uuid, problem text, sealed int, unsealed int, head text
select seq, audit_id, problem, sealed, unsealed, head from audit_verify($1)

-- name: ctl_audit_seal
-- why: what is not sealed yet is sealed before the chain is shown
-- out: done int
select fl_audit_seal()

-- name: ctl_unforced
-- why: fairlead doctor: tenant tables without forced row-level security
-- out: name text
select name from ctl_unforced()

-- name: ctl_clock
-- why: fairlead doctor: the database's clock
-- out: at timestamptz
select clock_timestamp()
