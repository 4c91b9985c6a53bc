-- name: sla_list
-- why: what is promised
-- out: id uuid, name text, pipeline text, client text, priority_max int, first_min int, next_min int, resolve_min int, zone text, hours int, active bool
select p.id, p.name, l.name, coalesce(nullif(c.name, ''), c.email, c.phone), p.priority_max::bigint, p.first_min::bigint, p.next_min::bigint, p.resolve_min::bigint, p.zone,
	(select count(*) from sla_hours h where h.org_id = p.org_id and h.policy_id = p.id), p.active
from sla_policies p left join pipelines l on l.org_id = p.org_id and l.id = p.pipeline_id left join contacts c on c.org_id = p.org_id and c.id = p.contact_id
where p.org_id = (select fl_org()) order by p.active desc, lower(p.name), p.id

-- name: sla_show
-- why: a policy to change
-- in: id uuid
-- out: id uuid, version int, name text, pipeline_id uuid, pipeline text, contact_id uuid, client text, priority_max int, first_min int, next_min int, resolve_min int, warn_pct int, escalate_min int,
-- out: escalate_user_id uuid, escalate_user text, zone text, holidays text, active bool
select p.id, p.version::bigint, p.name, p.pipeline_id, l.name, p.contact_id, coalesce(nullif(c.name, ''), c.email, c.phone), p.priority_max::bigint, p.first_min::bigint, p.next_min::bigint,
	p.resolve_min::bigint, p.warn_pct::bigint, p.escalate_min::bigint, p.escalate_user_id, m.name, p.zone, array_to_string(p.holidays, E'\n'), p.active
from sla_policies p left join pipelines l on l.org_id = p.org_id and l.id = p.pipeline_id left join contacts c on c.org_id = p.org_id and c.id = p.contact_id
	left join memberships m on m.org_id = p.org_id and m.user_id = p.escalate_user_id
where p.org_id = (select fl_org()) and p.id = $1

-- name: sla_week
-- why: the business hours of a policy, a row a weekday
-- in: id uuid
-- out: day int, periods text
select d::bigint, coalesce((select string_agg(to_char(h.opens, 'HH24:MI') || '-' || case h.closes when '24:00' then '24:00' else to_char(h.closes, 'HH24:MI') end, ', ' order by h.opens)
	from sla_hours h where h.org_id = (select fl_org()) and h.policy_id = $1 and h.weekday = d), '')
from generate_series(1, 7) d

-- name: sla_week_new
-- why: business hours to begin with
-- out: day int, periods text
select d::bigint, case when d <= 5 then '09:00-13:00, 14:00-18:00' else '' end from generate_series(1, 7) d

-- name: sla_clients
-- why: clients a policy may be for
-- out: id uuid, name text
select c.id, coalesce(nullif(c.name, ''), c.email, c.phone) from contacts c where c.org_id = (select fl_org()) order by lower(c.name), c.id limit 200

-- name: sla_add_policy
-- why: a new policy
-- effect
-- in: name text, pipeline_id uuid, contact_id uuid, priority_max int, first_min text, next_min text, resolve_min text, warn_pct int, escalate_min text, escalate_user_id uuid, zone text, hours jsonb,
-- in: holidays text, active bool
-- out: id uuid
select id from sla_policy_save(null, null, $1, $2, $3, $4, $5::bigint, $6::bigint, $7::bigint, $8, $9::bigint, $10, $11, $12, $13, $14)

-- name: sla_set_policy
-- why: changes a policy
-- effect
-- in: id uuid, version int, name text, pipeline_id uuid, contact_id uuid, priority_max int, first_min text, next_min text, resolve_min text, warn_pct int, escalate_min text, escalate_user_id uuid,
-- in: zone text, hours jsonb, holidays text, active bool
-- out: id uuid
select id from sla_policy_save($1, $2, $3, $4, $5, $6, $7::bigint, $8::bigint, $9::bigint, $10, $11::bigint, $12, $13, $14, $15, $16)

-- name: sla_of_intake
-- why: the clocks of a request, with why each stands where it stands
-- in: id uuid
-- out: kind text, state text, reason text, policy text, due_at timestamptz, breached_at timestamptz, changed_at timestamptz, late bool, soon bool, used_min int, target_min int, open_now bool, resumes_at timestamptz
select c.kind, c.state, case when c.state = 'running' and not o.open then 'out_of_hours' else c.reason end, p.name, c.due_at,
	coalesce(c.breached_at, case when c.state = 'running' and c.due_at < now() then c.due_at end), c.changed_at,
	c.breached_at is not null or c.state = 'running' and c.due_at < now(), coalesce(c.state = 'running' and c.due_at between now() and now() + interval '1 hour', false),
	((c.used_s + case when c.state = 'running' then sla_worked(c.policy_id, c.changed_at, now()) else 0 end) / 60)::bigint, (c.target_s / 60)::bigint, o.open,
	case when c.state = 'running' and not o.open then date_trunc('minute', sla_add(c.policy_id, now(), 1)) end
from sla_clocks c join sla_policies p on p.org_id = c.org_id and p.id = c.policy_id
	cross join lateral (select sla_worked(c.policy_id, now(), now() + interval '1 second') > 0 as open) o
where c.org_id = (select fl_org()) and c.intake_id = $1 order by array_position(array['first', 'next', 'resolve'], c.kind)

-- name: sweep_sla
-- why: warns of promises soon to break, notes those broken, escalates
-- out: done int
select sla_sweep() as done

-- name: sla_chain
-- why: the further steps a missed promise climbs
-- in: id uuid
-- out: step uuid, after_min int, person text
select e.id, e.after_min::bigint, m.name from sla_escalations e left join memberships m on m.org_id = e.org_id and m.user_id = e.user_id
where e.org_id = (select fl_org()) and e.policy_id = $1 order by e.after_min

-- name: sla_escalation_add
-- why: one more step
-- effect
-- in: id uuid, after_min int, user_id uuid
-- out: id uuid
select id from sla_escalation_add($1, $2, $3)

-- name: sla_escalation_remove
-- why: a step less
-- effect
-- in: id uuid, step uuid
-- out: id uuid
select id from sla_escalation_remove($1, $2)

-- name: sla_compute_more
-- why: a changed policy reaches the open requests, the newest first
-- in: after text
select sla_compute_more($1::text::uuid)

-- name: sla_clocks
-- why: the clocks of all requests: those that run by when they end, those that wait by how long, those missed latest first
-- in: view text, after text, limit int
-- out: intake_id uuid, number int, subject text, requester text, assignee text, kind text, state text, reason text, due_at timestamptz, breached_at timestamptz,
-- out: changed_at timestamptz, late bool, soon bool, used_min int, target_min int, policy text, steps int, resumes_at timestamptz, cursor text
with page as materialized (
	(select c.*, c.due_at as at from sla_clocks c where $1 = 'running' and c.org_id = (select fl_org()) and c.state = 'running'
		and (c.due_at, c.intake_id, c.kind) > (case when $2::text is null then '-infinity' else split_part($2, '~', 1)::timestamptz end,
			case when $2::text is null then '00000000-0000-0000-0000-000000000000' else split_part($2, '~', 2)::uuid end, case when $2::text is null then '' else split_part($2, '~', 3) end)
	order by c.due_at, c.intake_id, c.kind limit $3)
	union all
	(select c.*, c.changed_at from sla_clocks c where $1 = 'paused' and c.org_id = (select fl_org()) and c.state = 'paused'
		and (c.changed_at, c.intake_id, c.kind) > (case when $2::text is null then '-infinity' else split_part($2, '~', 1)::timestamptz end,
			case when $2::text is null then '00000000-0000-0000-0000-000000000000' else split_part($2, '~', 2)::uuid end, case when $2::text is null then '' else split_part($2, '~', 3) end)
	order by c.changed_at, c.intake_id, c.kind limit $3)
	union all
	(select c.*, c.breached_at from sla_clocks c where $1 = 'missed' and c.org_id = (select fl_org()) and c.breached_at is not null
		and (c.breached_at, c.intake_id, c.kind) < (case when $2::text is null then 'infinity' else split_part($2, '~', 1)::timestamptz end,
			case when $2::text is null then 'ffffffff-ffff-ffff-ffff-ffffffffffff' else split_part($2, '~', 2)::uuid end, case when $2::text is null then '' else split_part($2, '~', 3) end)
	order by c.breached_at desc, c.intake_id desc, c.kind desc limit $3))
select c.intake_id, r.number, r.subject, coalesce(nullif(r.requester_name, ''), r.requester_email, r.requester_phone), m.name, c.kind, c.state,
	case when c.state = 'running' and not o.open then 'out_of_hours' else c.reason end, c.due_at, coalesce(c.breached_at, case when c.state = 'running' and c.due_at < now() then c.due_at end),
	c.changed_at, c.breached_at is not null or c.state = 'running' and c.due_at < now(), coalesce(c.state = 'running' and c.due_at between now() and now() + interval '1 hour', false),
	((c.used_s + case when c.state = 'running' then sla_worked(c.policy_id, c.changed_at, now()) else 0 end) / 60)::bigint, (c.target_s / 60)::bigint, p.name,
	(select count(*) from sla_alerts a where a.org_id = c.org_id and a.subject_id = c.intake_id and a.kind = c.kind and a.level = 'escalation' and a.due_at = c.breached_at),
	case when c.state = 'running' and not o.open then date_trunc('minute', sla_add(c.policy_id, now(), 1)) end, c.at || '~' || c.intake_id || '~' || c.kind
from page c join intake_requests r on r.org_id = c.org_id and r.id = c.intake_id join sla_policies p on p.org_id = c.org_id and p.id = c.policy_id
	left join memberships m on m.org_id = r.org_id and m.user_id = r.assignee_id
	cross join lateral (select sla_worked(c.policy_id, now(), now() + interval '1 second') > 0 as open) o
order by case when $1 = 'missed' then null else c.at end, case when $1 = 'missed' then c.at end desc, case when $1 = 'missed' then null else c.intake_id end, c.intake_id desc, c.kind

-- name: sla_scope
-- why: which clocks are shown, and how many of each there are up to 1000
-- in: view text
-- out: view text, running int, paused int, missed int, policies int
select $1, (select count(*) from (select from sla_clocks c where c.org_id = (select fl_org()) and c.state = 'running' limit 1000) x),
	(select count(*) from (select from sla_clocks c where c.org_id = (select fl_org()) and c.state = 'paused' limit 1000) x),
	(select count(*) from (select from sla_clocks c where c.org_id = (select fl_org()) and c.breached_at is not null limit 1000) x),
	(select count(*) from sla_policies p where p.org_id = (select fl_org()))
