-- name: desk
-- why: what needs somebody now and how the desk did lately, in one row: counters and short index ranges, days counted by the sweep; and the numbers of the frame
-- out: due_soon int, late int, first_due timestamptz, approvals int, replies int, own_replies int, gave_up int, open int, review int, today int, today_alone int,
-- out: share float, share_points int, better bool, checked int, wrong_share float, answer_s int, answer_min int, faster_min int, slower_min int, counted_at timestamptz,
-- out: unread int, intake int, jobs int
select d.due_soon, d.late, d.first_due, d.approvals, d.replies, d.own_replies, d.gave_up, d.open, d.review, d.today, d.today_alone,
	d.alone / nullif(d.decided, 0)::float8, abs(d.points), d.points >= 0, d.checked, d.wrong::float8 / nullif(d.checked, 0),
	d.p95, (d.p95 + 30) / 60, nullif(greatest(d.p95_before - d.p95, 0) / 60, 0), nullif(greatest(d.p95 - d.p95_before, 0) / 60, 0), d.counted_at, d.unread, d.open, d.jobs
from desk_today() d

-- name: desk_mine
-- why: what of mine is due next
-- out: id uuid, subject text, due_at timestamptz, late bool, soon bool, destination text
select q.id, q.subject, q.due_at, q.answered_at is null and q.due_at < now(), q.answered_at is null and q.due_at < now() + interval '1 hour',
	(select p.name from pipelines p where p.org_id = q.org_id and p.id = q.pipeline_id)
from intake_requests q where q.org_id = (select fl_org()) and q.assignee_id = (select fl_user())
	and q.status in ('NEW', 'ROUTING', 'ASSIGNED', 'NEEDS_APPROVAL', 'NEEDS_REVIEW') order by q.due_at, q.id limit 5

-- name: desk_unsure
-- why: what Fairlead could not decide alone, newest first
-- out: id uuid, subject text, confidence float, destination text
select r.id, r.subject, d.confidence, p.name
from (select x.* from unnest('{NEEDS_APPROVAL,NEEDS_REVIEW}'::text[]) s(status), lateral (select q.org_id, q.id, q.subject, q.decision_id from intake_requests q
		where q.org_id = (select fl_org()) and q.status = s.status order by q.id desc limit 5) x order by x.id desc limit 5) r
	left join agent_decisions d on d.org_id = r.org_id and d.id = r.decision_id
	left join pipelines p on p.org_id = r.org_id and p.id = d.pipeline_id

-- name: desk_views
-- why: views who asks saved, and those of everybody, four at most
-- out: id uuid, name text, query text
select v.id, v.name, v.query from intake_views v where v.org_id = (select fl_org()) and (v.user_id is null or v.user_id = (select fl_user())) order by v.position, v.id limit 4

-- name: desk_view_rows
-- why: what each of these views shows first
-- out: view_id uuid, id uuid, subject text, due_at timestamptz, late bool, soon bool, destination text
select v.id, r.id, r.subject, r.due_at, r.answered_at is null and r.due_at < now(), r.answered_at is null and r.due_at < now() + interval '1 hour', p.name
from (select v.org_id, v.id, v.position, v.query from intake_views v where v.org_id = (select fl_org()) and (v.user_id is null or v.user_id = (select fl_user())) order by v.position, v.id limit 4) v,
	intake_saved(v.query, 5) m join intake_requests r on r.id = m.id left join pipelines p on p.org_id = r.org_id and p.id = r.pipeline_id
where r.org_id = v.org_id
order by v.position, v.id, m.n

-- name: desk_latest
-- why: the newest requests
-- out: id uuid, number int, subject text, requester text, status text, created_at timestamptz
select r.id, r.number, r.subject, coalesce(r.requester_name, r.requester_email), r.status, r.created_at from intake_requests r
where r.org_id = (select fl_org()) order by r.id desc limit 50

-- name: desk_days
-- why: the trend as bars: places and heights in a drawing 728 wide, whose ground line is at 158, the line of the round number `top` at 38 and of its half at 98
-- out: day date, weekday text, month_day int, requests int, alone int, person int, share float, today bool, top int, half int, x int, label_x int, alone_y int, alone_h int, person_y int, person_h int, share_y int
select d.day, d.weekday::text, date_part('day', d.day)::bigint, d.requests, d.alone, d.person, d.alone / nullif(d.requests, 0)::float8, d.n = 1, d.top, d.top / 2, d.x, d.x + 16,
	158 - d.a, d.a, 158 - d.a - d.p, d.p, 152 - d.a - d.p
from (select m.*, (m.day - date '2000-01-02') % 7 as weekday, 40 + (14 - m.n) * 49 as x, m.alone * 120 / m.top as a, m.person * 120 / m.top as p
	from (select q.*, row_number() over w as n, r.steps[width_bucket(max(q.alone + q.person) over w - 1, r.steps) + 1] as top
	from (select q.day, q.requests::bigint, q.alone::bigint, q.person::bigint from request_days q where q.org_id = (select fl_org()) order by q.day desc limit 14) q,
		(values ('{2,4,10,20,40,100,200,400,1000,2000,4000,10000,20000,40000,100000,200000,400000,1000000,2000000,4000000,10000000,20000000,40000000,100000000,10000000000}'::bigint[])) r(steps)
	window w as (order by q.day desc rows between unbounded preceding and unbounded following)) m offset 0) d order by d.day

-- name: desk_parts
-- why: the parts of the page in the order this person wants
-- out: part text, first bool, last bool
select p.part, p.n = 1, p.n = 4 from unnest(desk_parts()) with ordinality p(part, n)

-- name: desk_move
-- why: a part changes places with its neighbour
-- effect
-- in: move text
-- out: part text
select m.part from desk_move($1) m

-- name: desk_steps
-- why: what a new organisation has still to set up; no row when all is done
-- out: form bool, mail bool, people bool, pipelines bool, hours bool, request bool
select form, mail, people, pipelines, hours, request from desk_steps() s where not (s.form and s.mail and s.people and s.pipelines and s.hours)

-- name: sweep_request_days
-- why: requests, decisions and first answers are counted by day
-- out: done int
select sweep_request_days() as done
