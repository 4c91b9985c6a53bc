-- name: board_list
-- why: the boards, with what lies on them
-- out: id uuid, name text, description text, stages int, cards int
select p.id, p.name, p.description, (select count(*) from pipeline_stages s where s.org_id = p.org_id and s.pipeline_id = p.id) as stages,
	(select count(*) from pipeline_stages s join pipeline_items i on i.org_id = s.org_id and i.stage_id = s.id and i.archived_at is null
		where s.org_id = p.org_id and s.pipeline_id = p.id and s.kind = 'open') as cards
from pipelines p where p.org_id = (select fl_org()) and p.archived_at is null order by p.position, p.name, p.id

-- name: board
-- why: the board itself
-- in: id uuid
-- out: id uuid, name text, description text
select id, name, description from pipelines where org_id = (select fl_org()) and id = $1

-- name: board_stages
-- why: the columns: how many cards each has, how many of them are not shown, and what they are worth in the currency of most; others are not added to it
-- in: id uuid, more uuid, from text
-- out: id uuid, name text, count int, wip_limit int, over int, narrow bool, hidden int, next text, begun bool, worth int, worth_currency text, others int
select s.id, s.name, c.count, s.wip_limit, greatest(c.count - s.wip_limit, 0) as over, s.narrow,
	case when s.narrow then 0 else greatest(case when s.begun then (select count(*) from pipeline_items i where i.org_id = (select fl_org()) and i.stage_id = s.id and i.archived_at is null
		and (i.rank, i.id) > (split_part($3, '~', 1)::float8, split_part($3, '~', 2)::uuid)) else c.count end - s.most, 0) end as hidden,
	(select i.rank || '~' || i.id from pipeline_items i where s.id = $2 and i.org_id = (select fl_org()) and i.stage_id = s.id and i.archived_at is null
		and (i.rank, i.id) > (case when $3::text is null then '-infinity' else split_part($3, '~', 1)::float8 end, case when $3::text is null then '00000000-0000-0000-0000-000000000000' else split_part($3, '~', 2)::uuid end)
		order by i.rank, i.id offset 499 limit 1) as next, s.begun, w.worth, w.worth_currency, w.others
from (select t.id, t.name, t.position, t.wip_limit::bigint, t.collapsed and t.id is distinct from $2 as narrow, coalesce(t.id = $2 and $3::text is not null, false) as begun,
		board_lane_most(count(*) filter (where not t.collapsed or t.id = $2) over (), t.id = $2) as most
	from pipeline_stages t where t.org_id = (select fl_org()) and t.pipeline_id = $1) s
	cross join lateral (select count(*) from pipeline_items i where i.org_id = (select fl_org()) and i.stage_id = s.id and i.archived_at is null) c
	left join lateral (select sum(i.value_minor)::bigint as worth, i.value_currency as worth_currency, nullif(sum(count(*)) over () - count(*), 0)::bigint as others
		from pipeline_items i where i.org_id = (select fl_org()) and i.stage_id = s.id and i.archived_at is null and i.value_minor is not null
		group by i.value_currency order by count(*) desc, i.value_currency limit 1) w on true
order by s.position, s.id

-- name: board_cards
-- why: the cards, lane by lane. Without a sort: a lateral limit can only be a nested loop, which keeps the order of both indexes
-- in: id uuid, more uuid, from text
-- out: id uuid, stage_id uuid, number int, title text, intake_id uuid, version int, urgent bool, owner text, due_at timestamptz, press int, by_agent bool, avatar text, worth int, worth_currency text
select c.id, s.id as stage_id, c.number, c.title, c.intake_id, c.version::bigint as version, c.priority <= 3 as urgent, m.name as owner, c.due_at,
	case when c.due_at >= s.soon then 0 when c.due_at < s.now then 2 when c.due_at < s.soon then 1 else 0 end::bigint as press, c.by_agent, nullif(m.avatar, '') as avatar, c.value_minor, c.value_currency
from (
	select t.id, case when t.kind = 'open' then now() else '-infinity' end as now,
		case when t.kind = 'open' then now() + interval '1 hour' else '-infinity' end as soon,
		case when t.collapsed and t.id is distinct from $2 then 0
			else board_lane_most(count(*) filter (where not t.collapsed or t.id = $2) over (), t.id = $2) end as most
	from pipeline_stages t where t.org_id = (select fl_org()) and t.pipeline_id = $1 order by t.position, t.id
) s cross join lateral (
	select i.id, i.number, i.title, i.intake_id, i.version, i.priority, i.owner_id, i.due_at, i.by_agent, i.value_minor, i.value_currency from pipeline_items i
	where i.org_id = (select fl_org()) and i.stage_id = s.id and i.archived_at is null
		and (i.rank, i.id) > (case when s.id = $2 and $3::text is not null then split_part($3, '~', 1)::float8 else '-infinity' end,
			case when s.id = $2 and $3::text is not null then split_part($3, '~', 2)::uuid else '00000000-0000-0000-0000-000000000000' end)
	order by i.rank, i.id limit s.most
) c left join memberships m on m.org_id = (select fl_org()) and m.user_id = c.owner_id

-- name: board_columns
-- why: the choices of the Move form: every column, the card's own chosen
-- in: id uuid, card int
-- out: id uuid, name text, own bool
select s.id, s.name, s.id = i.stage_id as own from pipeline_items i join pipeline_stages s on s.org_id = i.org_id and s.pipeline_id = i.pipeline_id
where i.org_id = (select fl_org()) and i.number = $2 and i.archived_at is null and i.pipeline_id = $1 order by s.position, s.id

-- name: board_places
-- why: the choices of the Move form: places in a column, up to the fullest one's end
-- in: id uuid
-- out: n int, first bool
select n, n = 1 as first from generate_series(1, (select least(max(c.n) + 1, 30) from
	(select count(i.id) as n from pipeline_stages s left join pipeline_items i on i.org_id = s.org_id and i.stage_id = s.id and i.archived_at is null
		where s.org_id = (select fl_org()) and s.pipeline_id = $1 group by s.id) c)) n

-- name: board_picked
-- why: a card with where it lies, and what would undo its last move
-- in: id uuid, card int
-- out: card_id uuid, card int, version int, stage text, place int, count int, back_to uuid, back_position int
select i.id, i.number, i.version::bigint, s.name, item_place(i), (select count(*) from pipeline_items o where o.org_id = i.org_id and o.stage_id = i.stage_id
		and o.archived_at is null), (a.detail->>'from')::uuid, (a.detail->>'from_position')::bigint
from pipeline_items i join pipeline_stages s on s.org_id = i.org_id and s.id = i.stage_id
	left join lateral (select l.detail from audit_log l where l.org_id = i.org_id and l.subject_id = i.id and l.action = 'item.move' order by l.id desc limit 1) a on true
where i.org_id = (select fl_org()) and i.number = $2 and i.pipeline_id = $1 and i.archived_at is null

-- name: item_move
-- why: moves a card
-- effect
-- in: id uuid, card text, version int, stage uuid, position int
-- out: item_id uuid, number int, version int, stage_id uuid
select item_id, number, version, stage_id from item_move($1, split_part($2, '.', 1)::bigint, coalesce($3, nullif(split_part($2, '.', 2), '')::bigint), $4,
	coalesce($5, 1000000000))

-- name: item_next
-- why: moves a card to the stage after its own
-- effect
-- in: id uuid, card text
-- out: item_id uuid, number int, version int, stage_id uuid
select item_id, number, version, stage_id from item_next($1, split_part($2, '.', 1)::bigint, nullif(split_part($2, '.', 2), '')::bigint)

-- name: board_clash
-- why: both states of a card that was changed meanwhile: where it is now and where it was wanted
-- in: id uuid, card text, stage uuid, position int
-- out: card int, title text, version int, now_stage text, now_place int, now_count int, by_whom text, at timestamptz, stage uuid, wanted text, place int
select i.number, i.title, i.version::bigint, s.name, item_place(i), (select count(*) from pipeline_items o where o.org_id = i.org_id
		and o.stage_id = i.stage_id and o.archived_at is null), coalesce(m.name, ''), i.updated_at, w.id, w.name, $4::bigint
from pipeline_items i join pipeline_stages s on s.org_id = i.org_id and s.id = i.stage_id
	left join pipeline_stages w on w.org_id = i.org_id and w.id = $3
	left join lateral (select l.actor_id from audit_log l where l.org_id = i.org_id and l.subject_id = i.id order by l.id desc limit 1) a on true
	left join memberships m on m.org_id = i.org_id and m.user_id = a.actor_id
where i.org_id = (select fl_org()) and i.number = split_part($2, '.', 1)::bigint and i.pipeline_id = $1 and i.archived_at is null

-- name: org_seed
-- why: fairlead org add --with-pipelines
-- in: org uuid
-- out: made int
select fl_org_seed($1)

-- name: pipelines_seed
-- why: the pipelines most front desks begin with
-- effect
-- out: made int
select pipelines_seed()

-- name: pipelines
-- why: pipelines with their stages in words, the archived ones last
-- out: id uuid, name text, description text, intent text, makes_lead bool, archived bool, version int, category text, subcategory text, stages text
select p.id, p.name, p.description, p.intent, p.makes_lead, p.archived_at is not null, p.version::bigint, p.category, p.subcategory, (select string_agg(s.name, ', ' order by s.position, s.id)
	from pipeline_stages s where s.org_id = p.org_id and s.pipeline_id = p.id)
from pipelines p where p.org_id = (select fl_org()) order by p.archived_at is not null, p.position, p.name, p.id

-- name: pipeline
-- why: a pipeline to change
-- in: id uuid
-- out: id uuid, name text, description text, intent text, makes_lead bool, archived bool, version int, category text, subcategory text
select id, name, description, intent, makes_lead, archived_at is not null, version::bigint, category, subcategory from pipelines where org_id = (select fl_org()) and id = $1

-- name: pipeline_stages
-- why: its stages to change
-- in: id uuid
-- out: id uuid, name text, kind text, wip_limit int, collapsed bool, place int, cards int, needs_tasks bool, advances bool
select s.id, s.name, s.kind, s.wip_limit::bigint, s.collapsed, row_number() over (order by s.position, s.id), (select count(*) from pipeline_items i
	where i.org_id = s.org_id and i.stage_id = s.id and i.archived_at is null), s.needs_tasks, s.advances
from pipeline_stages s where s.org_id = (select fl_org()) and s.pipeline_id = $1 order by s.position, s.id

-- name: pipeline_add
-- why: a new pipeline, with stages to begin with
-- effect
-- in: name text, description text, intent text, makes_lead bool
-- out: id uuid, version int
select * from pipeline_add($1, $2, $3, $4)

-- name: pipeline_update
-- why: changes a pipeline, or puts it away
-- effect
-- in: id uuid, version int, name text, description text, intent text, makes_lead bool, archived bool
-- out: id uuid, version int
select * from pipeline_update($1, $2, $3, $4, $5, $6, $7)

-- name: pipeline_area
-- why: puts a pipeline in an area of the organisation
-- effect
-- in: id uuid, category text, subcategory text
-- out: id uuid
select * from pipeline_area($1, $2, $3)

-- name: area_list
-- why: the areas there are, to choose from
-- out: kind text, scope text, name text
select kind, scope, name from scope_areas() order by kind, name

-- name: stage_add
-- why: a new stage at the end
-- effect
-- in: id uuid, name text, kind text, wip_limit int
-- out: stage_id uuid, pipeline_id uuid
select * from stage_add($1, $2, $3, $4)

-- name: stage_update
-- why: changes a stage or its place
-- effect
-- in: id uuid, stage uuid, name text, kind text, wip_limit int, collapsed bool, position int
-- out: stage_id uuid, pipeline_id uuid
select * from stage_update($1, $2, $3, $4, $5, $6, $7)

-- name: stage_remove
-- why: removes a stage, its cards go elsewhere
-- effect
-- in: id uuid, stage uuid, cards_to uuid
-- out: stage_id uuid, pipeline_id uuid
select * from stage_remove($1, $2, $3)

-- name: stage_tasks
-- why: what a stage asks of the tasks of its cards
-- effect
-- in: id uuid, stage uuid, needs_tasks bool, advances bool
-- out: id uuid, pipeline_id uuid
select id, pipeline_id from stage_tasks($1, $2, $3, $4)
