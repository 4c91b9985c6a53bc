-- name: onboarding_list
-- why: newcomers and how far they are, newest first
-- in: view text, after uuid, limit int
-- out: id uuid, user_id uuid, name text, avatar text, plan text, state text, done int, total int, late int, why text, created_at timestamptz, ended_at timestamptz, cursor text
select o.id, o.user_id, o.name, m.avatar, p.name, o.state, c.done, c.total, case when o.state = 'open' then c.late else 0 end, o.why, o.created_at, o.ended_at, o.id::text
from onboardings o join onboarding_plans p on p.org_id = o.org_id and p.id = o.plan_id left join memberships m on m.org_id = o.org_id and m.user_id = o.user_id
	cross join lateral onboarding_count(o) c
where o.org_id = (select fl_org()) and ($2::uuid is null or o.id < $2) and case $1 when 'all' then true when 'over' then o.state <> 'open' else o.state = 'open' end
order by o.id desc limit $3

-- name: onboarding_scope
-- why: which list this is
-- in: view text
-- out: view text, open int
select $1, count(*) filter (where o.state = 'open') from onboardings o where o.org_id = (select fl_org())

-- name: onboarding_show
-- why: the onboarding of one person
-- in: id uuid
-- out: id uuid, user_id uuid, name text, mine bool, plan_id uuid, plan text, description text, state text, why text, created_at timestamptz, started_by text, ended_at timestamptz, ended_by text, done int, total int, late int
select o.id, o.user_id, o.name, o.user_id = fl_user(), p.id, p.name, nullif(p.description, ''), o.state, o.why, o.created_at, s.name, o.ended_at, e.name, c.done, c.total, case when o.state = 'open' then c.late else 0 end
from onboardings o join onboarding_plans p on p.org_id = o.org_id and p.id = o.plan_id left join memberships s on s.org_id = o.org_id and s.user_id = o.started_by
	left join memberships e on e.org_id = o.org_id and e.user_id = o.ended_by cross join lateral onboarding_count(o) c
where o.org_id = (select fl_org()) and o.id = $1

-- name: onboarding_items
-- why: what is in it, what is left first; a task or procedure who asks may not see has its title only
-- in: id uuid
-- out: n int, sop_id uuid, task_id uuid, title text, done_at timestamptz, seen bool, due_at timestamptz, late bool, soon bool, who text, own bool
select i.n::bigint, i.sop_id, i.task_id, coalesce(t.title, v.title, i.title), i.done_at, coalesce(t.id, s.id) is not null, x.due, i.done_at is null and o.state = 'open' and x.due < now(),
	i.done_at is null and o.state = 'open' and x.due < now() + interval '1 day', case when i.sop_id is not null then o.name when t.to_agent then 'Fairlead' else coalesce(a.name, g.name) end,
	i.sop_id is not null or coalesce(t.assignee_id = o.user_id, false)
from onboardings o join onboarding_items i on i.org_id = o.org_id and i.onboarding_id = o.id
	left join tasks t on t.org_id = i.org_id and t.id = i.task_id left join memberships a on a.org_id = t.org_id and a.user_id = t.assignee_id left join teams g on g.org_id = t.org_id and g.id = t.team_id
	left join sops s on s.org_id = i.org_id and s.id = i.sop_id left join sop_versions v on v.org_id = s.org_id and v.sop_id = s.id and v.n = s.n
	left join sop_readers r on r.org_id = s.org_id and r.sop_id = s.id and r.user_id = o.user_id
	cross join lateral (select case when i.done_at is null then coalesce(t.due_at, sop_due(s, r)) end as due) x
where o.org_id = (select fl_org()) and o.id = $1 order by i.done_at is not null, x.due nulls last, i.n

-- name: onboarding_mine
-- why: how far who asks is with his own onboarding, and what is due next in it; no row when there is none
-- out: id uuid, plan text, done int, total int, late int, next text, next_due timestamptz
select o.id, o.plan, o.done, o.total, o.late, o.next, o.next_due from onboarding_own() o

-- name: onboarding_of_member
-- why: the onboardings of a member, newest first
-- in: id uuid
-- out: onboarding uuid, plan text, state text, done int, total int, late int, why text, begun_at timestamptz, ended_at timestamptz
select o.id, p.name, o.state, c.done, c.total, case when o.state = 'open' then c.late else 0 end, o.why, o.created_at, o.ended_at
from onboardings o join onboarding_plans p on p.org_id = o.org_id and p.id = o.plan_id cross join lateral onboarding_count(o) c
where o.org_id = (select fl_org()) and o.user_id = $1 order by o.id desc limit 20

-- name: onboarding_plan_choices
-- why: the plans that can be begun by hand
-- out: id uuid, name text
select p.id, p.name from onboarding_plans p where p.org_id = (select fl_org()) and p.archived_at is null order by lower(p.name), p.id limit 200

-- name: onboarding_plan_list
-- why: the plans
-- out: id uuid, name text, description text, places text, sops int, template text, steps int, by_itself bool, archived bool, running int, through int
select p.id, p.name, p.description, place_words(p.places), (select count(*) from onboarding_plan_sops x where x.org_id = p.org_id and x.plan_id = p.id), l.name,
	(select count(*) from task_template_steps s where s.org_id = p.org_id and s.template_id = p.template_id), p.by_itself, p.archived_at is not null,
	(select count(*) from onboardings o where o.org_id = p.org_id and o.plan_id = p.id and o.state = 'open'), (select count(*) from onboardings o where o.org_id = p.org_id and o.plan_id = p.id and o.state = 'done')
from onboarding_plans p left join task_templates l on l.org_id = p.org_id and l.id = p.template_id
where p.org_id = (select fl_org()) order by p.archived_at is not null, lower(p.name), p.id limit 200

-- name: onboarding_plan_show
-- why: a plan to look at or change
-- in: id uuid
-- out: id uuid, name text, description text, template_id uuid, by_itself bool, owner_id uuid, archived bool, version int
select p.id, p.name, p.description, p.template_id, p.by_itself, p.owner_id, p.archived_at is not null, p.version::bigint from onboarding_plans p where p.org_id = (select fl_org()) and p.id = $1

-- name: onboarding_plan_fresh
-- why: what a new plan begins with
-- out: by_itself bool
select true

-- name: onboarding_plan_sops
-- why: the procedures a plan may ask for, and which of them it asks for
-- in: id uuid, sops jsonb
-- out: sop uuid, title text, state text, chosen bool
select s.id, coalesce(v.title, s.title), s.state, coalesce($2 ? s.id::text, x.sop_id is not null) from sops s left join sop_versions v on v.org_id = s.org_id and v.sop_id = s.id and v.n = s.n
	left join onboarding_plan_sops x on x.org_id = s.org_id and x.sop_id = s.id and x.plan_id = $1
where s.org_id = (select fl_org()) and s.state <> 'archived' order by lower(coalesce(v.title, s.title)), s.id limit 500

-- name: onboarding_new_sops
-- why: the same of a plan that is not there yet
-- in: sops jsonb
-- out: sop uuid, title text, state text, chosen bool
select s.id, coalesce(v.title, s.title), s.state, coalesce($1 ? s.id::text, false) from sops s left join sop_versions v on v.org_id = s.org_id and v.sop_id = s.id and v.n = s.n
where s.org_id = (select fl_org()) and s.state <> 'archived' order by lower(coalesce(v.title, s.title)), s.id limit 500

-- name: onboarding_plan_templates
-- why: the blueprints a plan may make tasks of, and the one it does
-- in: id uuid, template_id uuid
-- out: id uuid, name text, steps int, chosen bool
select l.id, l.name, (select count(*) from task_template_steps s where s.org_id = l.org_id and s.template_id = l.id), coalesce(l.id = coalesce($2, p.template_id), false)
from task_templates l left join onboarding_plans p on p.org_id = l.org_id and p.id = $1
where l.org_id = (select fl_org()) and (l.archived_at is null or l.id = p.template_id) order by lower(l.name), l.id limit 500

-- name: onboarding_new_templates
-- why: the same of a plan that is not there yet
-- in: template_id uuid
-- out: id uuid, name text, steps int, chosen bool
select l.id, l.name, (select count(*) from task_template_steps s where s.org_id = l.org_id and s.template_id = l.id), coalesce(l.id = $1, false)
from task_templates l where l.org_id = (select fl_org()) and l.archived_at is null order by lower(l.name), l.id limit 500

-- name: onboarding_plan_roles
-- why: the roles a plan may be for, and which of them it is for
-- in: id uuid, roles jsonb
-- out: role text, chosen bool
select x.role, coalesce($2 ? x.role, exists (select from onboarding_plans p where p.org_id = (select fl_org()) and p.id = $1 and x.role = any (p.roles))) from member_roles() x

-- name: onboarding_plan_places
-- why: the areas and teams a plan may be for, and which of them it is for
-- in: id uuid, places jsonb
-- out: kind text, scope text, name text, part bool, chosen bool
select x.kind, x.scope, x.name, x.part, coalesce($2 ? x.scope, exists (select from onboarding_plans p where p.org_id = (select fl_org()) and p.id = $1 and x.scope = any (p.places))) from sop_choices() x

-- name: onboarding_plan_owners
-- why: who may be told, and who is
-- in: id uuid, owner_id uuid
-- out: id uuid, name text, chosen bool
select m.user_id, m.name, m.user_id = coalesce($2, p.owner_id) from memberships m left join onboarding_plans p on p.org_id = m.org_id and p.id = $1
where m.org_id = (select fl_org()) and m.role in ('owner', 'admin', 'operator', 'pm') order by lower(m.name), m.user_id limit 500

-- name: onboarding_plan_add
-- why: a new plan
-- effect
-- in: name text, description text, roles jsonb, places jsonb, template_id uuid, sops jsonb, by_itself bool, owner_id uuid
-- out: id uuid
select a.id from onboarding_plan_save(null, null, $1, $2, $3, $4, $5, $6, $7, $8, false) a

-- name: onboarding_plan_set
-- why: changes a plan, or puts it away
-- effect
-- in: id uuid, version int, name text, description text, roles jsonb, places jsonb, template_id uuid, sops jsonb, by_itself bool, owner_id uuid, archived bool
-- out: id uuid
select a.id from onboarding_plan_save($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) a

-- name: onboarding_start
-- why: begins a plan for somebody by hand
-- effect
-- in: id uuid, plan_id uuid
-- out: id uuid
select a.id from onboarding_start($1, $2) a

-- name: onboarding_stop
-- why: ends it before it is done
-- effect
-- in: id uuid, why text
-- out: id uuid
select a.id from onboarding_stop($1, $2) a
