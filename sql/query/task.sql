-- name: task_of_intake
-- why: what has to be done about a request
-- in: id uuid
-- out: id uuid, title text, status text, priority int, assignee text, due_at timestamptz, created_at timestamptz
select t.id, t.title, t.status, t.priority::bigint as priority, m.name as assignee, t.due_at, t.created_at
from tasks t left join memberships m on m.org_id = t.org_id and m.user_id = t.assignee_id
where t.org_id = (select fl_org()) and t.intake_id = $1 order by t.id

-- name: task_list
-- why: tasks newest first (TSK-04)
-- in: view text, status text, priority int, assignee_id uuid, team_id uuid, pipeline_id uuid, after text, limit int
-- out: id uuid, title text, status text, priority int, urgent bool, assignee text, assignee_avatar text, team text, due_at timestamptz, late bool, soon bool, waits int, intake_id uuid, number int, pipeline text,
-- out: created_at timestamptz, updated_at timestamptz, version int, cursor text
select t.id, t.title, t.status, t.priority::bigint, t.priority <= 3, coalesce(m.name, case when t.to_agent then 'Fairlead' end), m.avatar, g.name, t.due_at, t.due_at < now() and t.status not in ('DONE', 'CANCELLED'),
	t.due_at between now() and now() + interval '1 hour' and t.status not in ('DONE', 'CANCELLED'), task_waits(t.id), t.intake_id, r.number, p.name,
	t.created_at, t.updated_at, t.version::bigint, t.id::text
from tasks t left join memberships m on m.org_id = t.org_id and m.user_id = t.assignee_id
	left join teams g on g.org_id = t.org_id and g.id = t.team_id
	left join intake_requests r on r.org_id = t.org_id and r.id = t.intake_id
	left join pipelines p on p.org_id = t.org_id and p.id = t.pipeline_id
where t.org_id = (select fl_org()) and t.id < list_after($7::text)
	and case $1 when 'all' then true when 'over' then t.status in ('DONE', 'CANCELLED') else t.status not in ('DONE', 'CANCELLED') end
	and case $1 when 'mine' then t.assignee_id = (select fl_user()) when 'unassigned' then t.assignee_id is null when 'review' then t.status = 'NEEDS_REVIEW'
		when 'late' then t.due_at < now() else true end
	and ($2::text is null or t.status = $2) and (nullif($3, 0) is null or t.priority = $3) and ($4::uuid is null or t.assignee_id = $4)
	and ($5::uuid is null or t.team_id = $5) and ($6::uuid is null or t.pipeline_id = $6)
order by t.id desc limit $8

-- name: task_people
-- why: people a task can be given to
-- out: id uuid, name text, me bool
select m.user_id, m.name, m.user_id = (select fl_user()) from memberships m where m.org_id = (select fl_org()) and m.role in ('owner', 'admin', 'operator', 'pm', 'member', 'user')
order by m.user_id <> (select fl_user()), lower(m.name) limit 500

-- name: task_people_of
-- why: people a task can be given to, and who has it
-- in: id uuid
-- out: id uuid, name text, me bool, chosen bool
select m.user_id, m.name, m.user_id = (select fl_user()), m.user_id = t.assignee_id from memberships m join tasks t on t.org_id = m.org_id and t.id = $1
where m.org_id = (select fl_org()) and m.role in ('owner', 'admin', 'operator', 'pm', 'member', 'user') order by m.user_id <> (select fl_user()), lower(m.name) limit 500

-- name: task_priorities
-- why: the choices of the filter
-- in: priority int
-- out: n int, chosen bool
select n::bigint, n = $1 from generate_series(1, 9) n

-- name: task_scope
-- why: which view of the tasks is shown, and how many each holds
-- in: view text, status text, priority int, assignee_id uuid, team_id uuid, pipeline_id uuid
-- out: view text, filtered bool, open int, mine int, unassigned int, review int, late int
select $1, $2::text is not null or nullif($3, 0) is not null or $4::uuid is not null or $5::uuid is not null or $6::uuid is not null, count(*), count(*) filter (where t.assignee_id = (select fl_user())),
	count(*) filter (where t.assignee_id is null), count(*) filter (where t.status = 'NEEDS_REVIEW'), count(*) filter (where t.due_at < now())
from tasks t where t.org_id = (select fl_org()) and t.status not in ('DONE', 'CANCELLED')

-- name: task_day
-- why: my day: what is mine and not over, by when it is due
-- out: id uuid, section text, title text, status text, priority int, urgent bool, due_at timestamptz, late bool, soon bool, waits int, intake_id uuid, number int, version int
select t.id, case when t.due_at < now() then 'late' when t.due_at < (date_trunc('day', now() at time zone z.zone) + interval '1 day') at time zone z.zone then 'today'
		when t.due_at < (date_trunc('day', now() at time zone z.zone) + interval '7 days') at time zone z.zone then 'week' when t.due_at is not null then 'later' else 'open' end,
	t.title, t.status, t.priority::bigint, t.priority <= 3, t.due_at, coalesce(t.due_at < now(), false), coalesce(t.due_at between now() and now() + interval '1 hour', false),
	task_waits(t.id), t.intake_id, r.number, t.version::bigint
from tasks t cross join (select fl_zone() as zone) z left join intake_requests r on r.org_id = t.org_id and r.id = t.intake_id
where t.org_id = (select fl_org()) and t.assignee_id = (select fl_user()) and t.status not in ('DONE', 'CANCELLED')
order by t.due_at nulls last, t.priority, t.id limit 200

-- name: task_day_review
-- why: what others wait for me to look at
-- out: id uuid, title text, assignee text, updated_at timestamptz
select t.id, t.title, m.name, t.updated_at from tasks t left join memberships m on m.org_id = t.org_id and m.user_id = t.assignee_id
where t.org_id = (select fl_org()) and t.status = 'NEEDS_REVIEW' and t.reviewer_id = (select fl_user()) order by t.updated_at, t.id limit 50

-- name: task_day_counts
-- why: my day in figures
-- out: late int, today int, mine int, done int, more bool
select count(*) filter (where t.due_at < now() and t.status not in ('DONE', 'CANCELLED')),
	count(*) filter (where t.due_at >= now() and t.due_at < (date_trunc('day', now() at time zone z.zone) + interval '1 day') at time zone z.zone and t.status not in ('DONE', 'CANCELLED')),
	count(*) filter (where t.status not in ('DONE', 'CANCELLED')), count(*) filter (where t.status = 'DONE' and t.done_at >= date_trunc('day', now() at time zone z.zone) at time zone z.zone),
	count(*) filter (where t.status not in ('DONE', 'CANCELLED')) > 200
from tasks t cross join (select fl_zone() as zone) z where t.org_id = (select fl_org()) and t.assignee_id = (select fl_user())

-- name: task_lanes
-- why: the lanes of the board: the states, with how many tasks each holds; a lane shows a hundred, the list the rest
-- in: pipeline_id uuid
-- out: id text, count int, more bool, view text, pipeline text
select s.id, c.n, c.n > 100, case when s.id = 'DONE' then 'over' else 'open' end, $1::uuid::text
from (values ('NEW', 1), ('IN_PROGRESS', 2), ('BLOCKED', 3), ('NEEDS_REVIEW', 4), ('DONE', 5)) s (id, n),
	lateral (select count(*) as n from tasks t where t.org_id = (select fl_org()) and t.status = s.id and ($1::uuid is null or t.pipeline_id = $1)
		and (s.id <> 'DONE' or t.done_at > now() - interval '7 days')) c order by s.n

-- name: task_cards
-- why: the cards of the board, most urgent first
-- in: pipeline_id uuid
-- out: id uuid, lane text, title text, version int, urgent bool, assignee text, assignee_avatar text, due_at timestamptz, press int, waits int
select c.id, s.id, c.title, c.version::bigint, c.priority <= 3, m.name, m.avatar, c.due_at,
	case when s.id = 'DONE' or c.due_at is null then 0 when c.due_at < now() then 2 when c.due_at < now() + interval '1 hour' then 1 else 0 end::bigint, task_waits(c.id)
from (values ('NEW', 1), ('IN_PROGRESS', 2), ('BLOCKED', 3), ('NEEDS_REVIEW', 4), ('DONE', 5)) s (id, n)
	cross join lateral (select t.* from tasks t where t.org_id = (select fl_org()) and t.status = s.id and ($1::uuid is null or t.pipeline_id = $1)
		and (s.id <> 'DONE' or t.done_at > now() - interval '7 days') order by t.due_at nulls last, t.priority, t.id limit 100) c
	left join memberships m on m.org_id = c.org_id and m.user_id = c.assignee_id
order by s.n, c.due_at nulls last, c.priority, c.id

-- name: task_board_scope
-- why: which pipeline the board of tasks is cut to
-- in: pipeline_id uuid
-- out: pipeline_id uuid, pipeline text
select p.id, p.name from (select 1) x left join pipelines p on p.org_id = (select fl_org()) and p.id = $1

-- name: task_show
-- why: one task
-- in: id uuid
-- out: id uuid, version int, title text, description text, status text, priority int, urgent bool, assignee_id uuid, assignee text, assignee_avatar text, team_id uuid, team text, reviewer_id uuid, reviewer text,
-- out: due_at timestamptz, due text, late bool, soon bool, intake_id uuid, number int, subject text, pipeline_id uuid, pipeline text, stage text, template text, waits int, over bool,
-- out: created_at timestamptz, updated_at timestamptz, done_at timestamptz, checks int, ticked int, org_id uuid, stage_id uuid, template_id uuid, to_agent bool
select t.id, t.version::bigint, t.title, t.description, t.status, t.priority::bigint, t.priority <= 3, t.assignee_id, coalesce(m.name, case when t.to_agent then 'Fairlead' end), m.avatar, t.team_id, g.name, t.reviewer_id, v.name,
	t.due_at, to_char(t.due_at at time zone fl_zone(), 'YYYY-MM-DD"T"HH24:MI'), coalesce(t.due_at < now(), false) and t.status not in ('DONE', 'CANCELLED'),
	coalesce(t.due_at between now() and now() + interval '1 hour', false) and t.status not in ('DONE', 'CANCELLED'), t.intake_id, r.number, r.subject, t.pipeline_id, p.name, s.name,
	l.name, task_waits(t.id), t.status in ('DONE', 'CANCELLED'), t.created_at, t.updated_at, t.done_at, (select count(*) from task_checks c where c.org_id = t.org_id and c.task_id = t.id),
	(select count(*) from task_checks c where c.org_id = t.org_id and c.task_id = t.id and c.done_at is not null), t.org_id, t.stage_id, t.template_id, t.to_agent
from tasks t left join memberships m on m.org_id = t.org_id and m.user_id = t.assignee_id
	left join memberships v on v.org_id = t.org_id and v.user_id = t.reviewer_id
	left join teams g on g.org_id = t.org_id and g.id = t.team_id
	left join intake_requests r on r.org_id = t.org_id and r.id = t.intake_id
	left join pipelines p on p.org_id = t.org_id and p.id = t.pipeline_id
	left join pipeline_stages s on s.org_id = t.org_id and s.id = t.stage_id
	left join task_templates l on l.org_id = t.org_id and l.id = t.template_id
where t.org_id = (select fl_org()) and t.id = $1

-- name: task_comments
-- why: what was said about a task
-- in: id uuid
-- out: id uuid, kind text, author text, body text, at timestamptz
select c.id, c.kind, c.author_name, c.body, c.created_at from task_comments c where c.org_id = (select fl_org()) and c.task_id = $1 order by c.id limit 500

-- name: task_checks
-- why: the checklist of a task
-- in: id uuid
-- out: check uuid, text text, ticked bool, who text, at timestamptz
select c.id, c.text, c.done_at is not null, m.name, c.done_at from task_checks c left join memberships m on m.org_id = c.org_id and m.user_id = c.done_by
where c.org_id = (select fl_org()) and c.task_id = $1 order by c.id limit 200

-- name: task_blockers
-- why: what a task waits for
-- in: id uuid
-- out: id uuid, title text, status text, over bool
select b.id, b.title, b.status, b.status in ('DONE', 'CANCELLED') from task_dependencies d join tasks b on b.org_id = d.org_id and b.id = d.blocker_id
where d.org_id = (select fl_org()) and d.task_id = $1 order by b.id

-- name: task_blocked
-- why: what waits for a task
-- in: id uuid
-- out: id uuid, title text, status text
select o.id, o.title, o.status from task_dependencies d join tasks o on o.org_id = d.org_id and o.id = d.task_id
where d.org_id = (select fl_org()) and d.blocker_id = $1 order by o.id

-- name: task_history
-- why: what happened to a task, and why an agent did what it did (TSK-11)
-- in: id uuid
-- out: action text, from_status text, to_status text, who text, by_agent bool, reason text, code text, at timestamptz, decision_id uuid, sure float
select h.action, h.f, h.t, m.name, h.by_agent, h.reason, h.code, h.at, h.decision_id, h.sure from (
	select l.action, l.detail ->> 'from' as f, l.detail ->> 'to' as t, l.actor_id, l.actor_type = 'job' and m.user_id is null as by_agent, null as reason, null as code, l.at, l.id, null::uuid as decision_id, null::float8 as sure
	from audit_log l left join memberships m on m.org_id = l.org_id and m.user_id = l.actor_id where l.org_id = (select fl_org()) and l.subject_id = $1
	union all
	select 'task.decided', null, null, null, true, case when d.code is null then d.reason end, d.code, d.created_at, d.id, null, null from decision_logs d where d.org_id = (select fl_org()) and d.task_id = $1
	union all
	select 'task.made', null, null, null, true, coalesce((select string_agg('“' || e.phrase || '”', ', ' order by e.i) from jsonb_array_elements_text(d.evidence) with ordinality e(phrase, i) where e.i <= 3), d.reason),
		null, t.created_at, d.id, d.id, d.confidence::float8
		from tasks t join agent_decisions d on d.org_id = t.org_id and d.id = t.decision_id where t.org_id = (select fl_org()) and t.id = $1 and fl_can('decision.read')
) h left join memberships m on m.org_id = (select fl_org()) and m.user_id = h.actor_id order by h.at, h.id limit 300

-- name: task_others
-- why: what a task may be made to wait for: open tasks of the same request first
-- in: id uuid
-- out: id uuid, title text
select o.id, o.title from tasks t join tasks o on o.org_id = t.org_id and o.id <> t.id and o.status not in ('DONE', 'CANCELLED')
where t.org_id = (select fl_org()) and t.id = $1 and not exists (select from task_dependencies d where d.org_id = t.org_id and d.task_id = t.id and d.blocker_id = o.id)
order by o.intake_id is not distinct from t.intake_id desc, o.id desc limit 50

-- name: task_about
-- why: the request a new task is about
-- in: intake_id uuid
-- out: intake_id uuid, number int, subject text
select r.id, r.number, r.subject from (select 1) x left join intake_requests r on r.org_id = (select fl_org()) and r.id = $1

-- name: task_new
-- why: a new task
-- effect
-- in: title text, description text, priority int, assignee_id uuid, team_id uuid, reviewer_id uuid, due text, intake_id uuid, pipeline_id uuid
-- out: id uuid, version int
select id, version from task_new($1, $2, $3, $4, $5, $6, fl_local_time($7, 'due'), $8, $9)

-- name: task_set
-- why: changes a task
-- effect
-- in: id uuid, version int, title text, description text, priority int, reviewer_id uuid, due text
-- out: id uuid, version int
select id, version from task_set($1, $2, $3, $4, $5, $6, fl_local_time($7, 'due'))

-- name: task_step
-- why: moves a task through its states
-- effect
-- in: id uuid, version int, status text, feedback text
-- out: id uuid, version int, undo text
select id, version, undo_handle(true) from task_step($1, $2, $3, $4)

-- name: task_drop
-- why: cancels a task wherever it stands
-- effect
-- in: id uuid, version int, feedback text
-- out: id uuid, version int, undo text
select id, version, undo_handle(true) from task_drop($1, $2, $3)

-- name: task_card_step
-- why: the same from the board
-- effect
-- in: card uuid, version int, stage text
-- out: id uuid, version int, undo text
select id, version, undo_handle(true) from task_step($1, $2, $3, null)

-- name: task_assign
-- why: gives a task to a person or a team
-- effect
-- in: id uuid, version int, assignee_id uuid, team_id uuid
-- out: id uuid, version int, undo text
select id, version, undo_handle(true) from task_assign($1, $2, $3, $4)

-- name: task_comment
-- why: a word about a task
-- effect
-- in: id uuid, text text
-- out: id uuid
select id from task_comment($1, $2)

-- name: task_check_add
-- why: a point of the checklist
-- effect
-- in: id uuid, text text
-- out: id uuid
select id from task_check_add($1, $2)

-- name: task_check
-- why: ticks a point of the checklist
-- effect
-- in: id uuid, check uuid, ticked bool
-- out: id uuid
select id from task_check($1, $2, $3)

-- name: task_depend
-- why: makes a task wait for another
-- effect
-- in: id uuid, blocker_id uuid
-- out: id uuid
select id from task_depend($1, $2)

-- name: task_free
-- why: a task waits for another no more
-- effect
-- in: id uuid, blocker_id uuid
-- out: id uuid
select id from task_free($1, $2)

-- name: task_bulk
-- why: one act on many tasks
-- effect
-- in: act text, id jsonb, assignee_id uuid, team_id uuid
-- out: done int, undo text
select b.done, undo_handle(b.done > 0) from task_bulk($1, $2, $3, $4) b(done)

-- name: task_undo
-- why: takes back what one did to a task a moment ago
-- effect
-- in: request text, id uuid
-- out: id uuid, undone int
select id, undone from undo_request($1, 'task', $2)

-- name: task_undo_all
-- why: takes back what one did to many at once a moment ago
-- effect
-- in: request text
-- out: undone int
select undone from undo_request($1, 'task', null)

-- name: task_matching
-- why: how many tasks match a filter, and in which states
-- in: view text, status text, priority int, assignee_id uuid, team_id uuid, pipeline_id uuid
-- out: count int, fresh int, going int, waiting int, over int, view text, status text, priority int, assignee_id uuid, team_id uuid, pipeline_id uuid
select count(*), count(*) filter (where t.status = 'NEW'), count(*) filter (where t.status in ('IN_PROGRESS', 'NEEDS_REVIEW')), count(*) filter (where t.status = 'BLOCKED'),
	count(*) filter (where t.status in ('DONE', 'CANCELLED')), $1, $2, $3, $4, $5, $6
from task_matching(task_filter($1, $2, $3, $4, $5, $6), '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff') t

-- name: task_bulk_all
-- why: one act on all tasks that match
-- effect
-- in: view text, status text, priority int, assignee_id uuid, team_id uuid, pipeline_id uuid, act text, to_assignee_id uuid, to_team_id uuid, count int
-- out: done int
select done from task_bulk_all(task_filter($1, $2, $3, $4, $5, $6), $7, $8, $9, $10)

-- name: task_bulk_some
-- why: some of the tasks one act was asked for
-- in: p jsonb
select task_bulk_some($1)

-- name: team_list
-- why: teams, with who is in them
-- out: id uuid, name text, rule text, members text, count int
select g.id, g.name, g.rule, (select string_agg(m.name, ', ' order by m.name) from team_members x join memberships m on m.org_id = x.org_id and m.user_id = x.user_id
	where x.org_id = g.org_id and x.team_id = g.id), (select count(*) from team_members x where x.org_id = g.org_id and x.team_id = g.id)
from teams g where g.org_id = (select fl_org()) order by lower(g.name), g.id

-- name: team_show
-- why: a team to change
-- in: id uuid
-- out: id uuid, name text, rule text
select id, name, rule from teams where org_id = (select fl_org()) and id = $1

-- name: team_people
-- why: everybody who could be in a team, those who are marked
-- in: id uuid
-- out: user_id uuid, name text, member bool
select m.user_id, m.name, x.user_id is not null from memberships m left join team_members x on x.org_id = m.org_id and x.user_id = m.user_id and x.team_id = $1
where m.org_id = (select fl_org()) and m.role <> 'client' order by lower(m.name), m.user_id

-- name: team_add
-- why: makes a team
-- effect
-- in: name text, rule text, member jsonb
-- out: id uuid
select id from team_save(null, $1, $2, $3)

-- name: team_set
-- why: changes a team
-- effect
-- in: id uuid, name text, rule text, member jsonb
-- out: id uuid
select id from team_save($1, $2, $3, $4)

-- name: task_template_list
-- why: blueprints of tasks
-- out: id uuid, name text, description text, pipeline text, steps int, archived bool
select l.id, l.name, l.description, p.name, (select count(*) from task_template_steps s where s.org_id = l.org_id and s.template_id = l.id), l.archived_at is not null
from task_templates l left join pipelines p on p.org_id = l.org_id and p.id = l.pipeline_id
where l.org_id = (select fl_org()) order by l.archived_at is not null, lower(l.name), l.id

-- name: task_template_choices
-- why: the blueprints that can be used
-- out: id uuid, name text
select l.id, l.name from task_templates l where l.org_id = (select fl_org()) and l.archived_at is null
	and exists (select from task_template_steps s where s.org_id = l.org_id and s.template_id = l.id) order by lower(l.name), l.id

-- name: task_template_show
-- why: a blueprint to change or use
-- in: id uuid
-- out: id uuid, name text, description text, pipeline_id uuid, pipeline text, archived bool, version int, stage_id uuid, stage text
select l.id, l.name, l.description, l.pipeline_id, p.name, l.archived_at is not null, l.version::bigint, l.stage_id, s.name
from task_templates l left join pipelines p on p.org_id = l.org_id and p.id = l.pipeline_id left join pipeline_stages s on s.org_id = l.org_id and s.id = l.stage_id
where l.org_id = (select fl_org()) and l.id = $1

-- name: task_template_steps
-- why: its steps in their order
-- in: id uuid
-- out: step uuid, n int, title text, description text, priority int, due_min int, after_n int, assignee text, team text, checklist text, to_agent bool
select s.id, s.n::bigint, s.title, s.description, s.priority::bigint, s.due_min::bigint, s.after_n::bigint, m.name, g.name, s.checklist, s.to_agent
from task_template_steps s left join memberships m on m.org_id = s.org_id and m.user_id = s.assignee_id left join teams g on g.org_id = s.org_id and g.id = s.team_id
where s.org_id = (select fl_org()) and s.template_id = $1 order by s.n

-- name: task_template_add
-- why: a new blueprint
-- effect
-- in: name text, description text, pipeline_id uuid
-- out: id uuid
select id from task_template_save(null, null, $1, $2, $3, false)

-- name: task_template_set
-- why: changes a blueprint or puts it away
-- effect
-- in: id uuid, version int, name text, description text, pipeline_id uuid, archived bool
-- out: id uuid
select id from task_template_save($1, $2, $3, $4, $5, $6)

-- name: task_template_step_add
-- why: a step at the end of a blueprint
-- effect
-- in: id uuid, title text, description text, priority int, due_min int, after_n int, assignee_id uuid, team_id uuid, checklist text, to_agent bool
-- out: id uuid
select id from task_template_step_add($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: task_template_step_remove
-- why: takes a step off a blueprint
-- effect
-- in: id uuid, step uuid
-- out: id uuid
select id from task_template_step_remove($1, $2)

-- name: task_template_use
-- why: makes the tasks of a blueprint
-- effect
-- in: id uuid, intake_id uuid, start text
-- out: made int, first uuid
select made, first from task_template_use($1, $2, fl_local_time($3, 'start'))

-- name: stage_choices
-- why: every stage of every pipeline, to choose from
-- out: id uuid, name text, pipeline text
select s.id, s.name, p.name from pipelines p join pipeline_stages s on s.org_id = p.org_id and s.pipeline_id = p.id
where p.org_id = (select fl_org()) and p.archived_at is null order by p.position, p.name, s.position, s.id

-- name: task_template_stage
-- why: the stage whose cards get the tasks of a blueprint
-- effect
-- in: id uuid, stage_id uuid
-- out: id uuid
select s.id from task_template_stage($1, $2) s

-- name: task_react
-- why: the agent's answer to what happened to a task
-- in: job uuid, task_id uuid, what text, to text
select task_react($1, $2, $3, $4)

-- name: task_to_agent
-- why: gives a task to the agent
-- effect
-- in: id uuid, version int
-- out: id uuid, version int
select id, version from task_give_agent($1, $2)

-- name: task_agent_load
-- why: what is known about a task that the agent has
-- in: id uuid
-- out: locale text, number int, subject text, body text, requester text, last_word text, checklist text, earlier text, done_tasks text
select o.default_language, r.number, r.subject, left(r.body, 1000), coalesce(nullif(r.requester_name, ''), r.requester_email, r.requester_phone),
	(select left(m.body, 500) from intake_messages m where m.org_id = t.org_id and m.intake_id = r.id and m.direction = 'in' order by m.id desc limit 1),
	(select string_agg('- ' || c.text, E'\n' order by c.id) from task_checks c where c.org_id = t.org_id and c.task_id = t.id and c.done_at is null),
	(select string_agg('- REQ-' || e.number || ' ' || e.subject, E'\n' order by e.id desc) from (select q.id, q.number, q.subject from intake_requests q
		where q.org_id = t.org_id and q.contact_id = r.contact_id and q.id <> r.id order by q.id desc limit 5) e),
	(select string_agg('- ' || d.title, E'\n' order by d.id) from tasks d where d.org_id = t.org_id and d.intake_id = r.id and d.status = 'DONE')
from tasks t join organizations o on o.id = t.org_id left join intake_requests r on r.org_id = t.org_id and r.id = t.intake_id
where t.org_id = (select fl_org()) and t.id = $1 and t.to_agent

-- name: task_agent_done
-- why: what the agent gathered, for a person to look at
-- in: id uuid, text text
select task_agent_done($1, $2)
