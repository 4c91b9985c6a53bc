-- name: calendar_scope
-- why: what a calendar page shows: days, zone, neighbours
-- in: view text, day date, who uuid
-- out: view text, day date, day_text text, month text, year text, before text, after text, zone text, offset text, who uuid, days int, first text, first_month text, last text, last_month text
select $1, s.day, s.day::text, extract(month from s.day)::text, extract(year from s.day)::text,
	(case $1 when 'month' then date_trunc('month', s.day::timestamp) - interval '1 month' when 'week' then s.day::timestamp - interval '7 days' else s.day::timestamp - interval '30 days' end)::date::text,
	(case $1 when 'month' then date_trunc('month', s.day::timestamp) + interval '1 month' when 'week' then s.day::timestamp + interval '7 days' else s.day::timestamp + interval '30 days' end)::date::text,
	s.zone, calendar_offset(s.day::timestamp at time zone s.zone, s.zone), $3::uuid, (s.last - s.first + 1)::bigint,
	extract(day from s.first)::text, case when extract(month from s.first) <> extract(month from s.last) then extract(month from s.first)::text end,
	extract(day from s.last)::text, extract(month from s.last)::text
from (select coalesce($2, (now() at time zone calendar_zone())::date) as day, calendar_zone() as zone, calendar_first($1, $2) as first, calendar_last($1, $2) - 1 as last) s

-- name: calendar_heads
-- why: the seven columns of week and month
-- in: view text, day date
-- out: id text, weekday text, number text, month text, today bool, change text
select d.day::date::text, extract(isodow from d.day)::text, case when $1 = 'week' then extract(day from d.day)::text end, extract(month from d.day)::text,
	d.day::date = (now() at time zone z.zone)::date and $1 = 'week',
	case when $1 = 'week' and calendar_offset(d.day at time zone z.zone, z.zone) <> calendar_offset((d.day + interval '1 day') at time zone z.zone, z.zone)
		then calendar_offset(d.day at time zone z.zone, z.zone) || ' → ' || calendar_offset((d.day + interval '1 day') at time zone z.zone, z.zone) end
from (select calendar_zone() as zone) z, generate_series(calendar_first($1, $2)::timestamp, calendar_first($1, $2)::timestamp + interval '6 days', interval '1 day') d(day)
where $1 <> 'list' order by d.day

-- name: calendar_rows
-- why: the rows of a grid: hours of a week, weeks of a month
-- in: view text, day date, who uuid
-- out: id text, clock text
select lpad(g.h::text, 2, '0'), lpad(g.h::text, 2, '0') || ':00' from calendar_hours($2, $3) x, generate_series(x.first_hour, x.last_hour) g(h) where $1 = 'week'
union all select '-1', null where $1 = 'week'
union all select lpad(w::text, 2, '0'), null from generate_series(0, (calendar_last($1, $2) - calendar_first($1, $2)) / 7 - 1) w where $1 = 'month'
order by 1

-- name: calendar_cells
-- why: the cells of a grid, row by row
-- in: view text, day date, who uuid
-- out: id text, row text, number text, month text, today bool, aside bool, change text
with z as materialized (select calendar_zone() as zone, calendar_first($1, $2) as first, calendar_last($1, $2) as last),
	r as materialized (select lpad(g.h::text, 2, '0') as id, 0 as w from calendar_hours($2, $3) x, generate_series(x.first_hour, x.last_hour) g(h) where $1 = 'week'
		union all select '-1', 0 where $1 = 'week'
		union all select lpad(w::text, 2, '0'), w from z, generate_series(0, (z.last - z.first) / 7 - 1) w where $1 = 'month')
select r.id || '.' || d.day::date::text, r.id, case when $1 = 'month' then extract(day from d.day)::text end, extract(month from d.day)::text,
	d.day::date = (now() at time zone z.zone)::date,
	$1 = 'month' and extract(month from d.day) <> extract(month from coalesce($2, (now() at time zone z.zone)::date)),
	case when $1 = 'month' and calendar_offset(d.day at time zone z.zone, z.zone) <> calendar_offset((d.day + interval '1 day') at time zone z.zone, z.zone)
		then calendar_offset(d.day at time zone z.zone, z.zone) || ' → ' || calendar_offset((d.day + interval '1 day') at time zone z.zone, z.zone) end
from z, r, generate_series(z.first::timestamp + r.w * interval '7 days', z.first::timestamp + r.w * interval '7 days' + interval '6 days', interval '1 day') d(day)
where $1 <> 'list' order by r.id, d.day

-- name: calendar_items
-- why: what lies in the cells; in a week where in its hour it begins, how long it lasts, and which lane of how many it has. One's own takes one's time, or nobody's and one made it; outside: taken in a calendar elsewhere
-- in: view text, day date, who uuid
-- out: event_id uuid, cell text, title text, place text, clock text, ends_clock text, tentative bool, own bool, outside bool, quarter int, hours int, quarters int, lane int, lanes int
select b.event_id, b.cell, b.title, b.place, b.clock, b.ends_clock, b.tentative,
	b.party is not distinct from (select fl_user()) or b.event_id in (select p.event_id from calendar_parties p where p.org_id = (select fl_org()) and p.party_id = (select fl_user()))
		or e.owner_id = (select fl_user()) and not exists (select from calendar_parties p where p.org_id = e.org_id and p.event_id = e.id and p.kind = 'person'), b.party is not null,
	b.quarter::bigint, b.hours::bigint, b.quarters::bigint, b.lane::bigint, case when b.knot is not null then max(b.lane) over (partition by b.knot) + 1 end::bigint
from calendar_boxes($1, $2, $3) b left join calendar_events e on e.org_id = (select fl_org()) and e.id = b.event_id where $1 <> 'list' order by b.cell, b.starts_at, b.event_id

-- name: calendar_list
-- why: the same as a list, by day and time; outside: taken in a calendar elsewhere, which tells no more
-- in: view text, day date, who uuid
-- out: event_id uuid, outside bool, original text, weekday text, number text, month text, first bool, title text, place text, clock text, ends_clock text, offset text, all_day bool, tentative bool, series bool, people text, change text
with w as materialized (select * from calendar_window($1, $2, $3) c order by c.day, c.starts_at, c.id limit 1000),
	k as (select p.event_id, string_agg(coalesce(m.name, r.name), ', ' order by coalesce(m.name, r.name)) as people from calendar_parties p
		left join memberships m on m.org_id = p.org_id and m.user_id = p.party_id left join resources r on r.org_id = p.org_id and r.id = p.party_id
		where p.org_id = (select fl_org()) and p.event_id in (select w.id from w) group by p.event_id),
	d as materialized (select x.day, case when o.here <> o.next then o.here || ' → ' || o.next end as change
		from (select distinct w.day from w) x, (select calendar_zone() as zone) z,
			lateral (select calendar_offset(x.day::timestamp at time zone z.zone, z.zone) as here, calendar_offset((x.day + 1)::timestamp at time zone z.zone, z.zone) as next) o)
select w.id, w.party is not null, w.original, extract(isodow from w.day)::text, extract(day from w.day)::text, extract(month from w.day)::text,
	lag(w.day) over (order by w.day, w.starts_at, w.id) is distinct from w.day, w.title, w.place, case when w.hour is not null then w.clock end, w.ends_clock, w.zone_offset,
	w.all_day, w.tentative, w.series, coalesce(k.people, m.name),
	d.change
from w left join k on k.event_id = w.id left join memberships m on m.org_id = (select fl_org()) and m.user_id = w.party left join d on d.day = w.day order by w.day, w.starts_at, w.id

-- name: calendar_next
-- why: what comes next for who looks, two weeks ahead
-- out: event_id uuid, title text, place text, starts_at timestamptz, weekday text, number text, month text, clock text, ends_clock text, first bool, today bool, tentative bool
-- out: intake_id uuid, request int
select e.id, e.title, e.place, o.starts_at, extract(isodow from s.at)::text, extract(day from s.at)::text, extract(month from s.at)::text,
	case when not e.all_day then to_char(s.at, 'HH24:MI') end, to_char(o.ends_at at time zone z.zone, 'HH24:MI'),
	lag(s.at::date) over (order by o.starts_at, e.id) is distinct from s.at::date, s.at::date = (now() at time zone z.zone)::date, e.status = 'TENTATIVE', e.intake_id, r.number
from (select calendar_zone() as zone) z, calendar_occurrences o join calendar_events e on e.org_id = o.org_id and e.id = o.event_id
	left join intake_requests r on r.org_id = e.org_id and r.id = e.intake_id,
	lateral (select o.starts_at at time zone case when e.all_day then e.zone else z.zone end as at) s
where o.org_id = (select fl_org()) and o.starts_at between now() and now() + interval '14 days' and (e.id in (select p.event_id from calendar_parties p where p.org_id = (select fl_org()) and p.party_id = (select fl_user()))
		or e.owner_id = (select fl_user()) and not exists (select from calendar_parties p where p.org_id = e.org_id and p.event_id = e.id and p.kind = 'person')) order by o.starts_at, e.id limit 6

-- name: calendar_show
-- why: one event
-- in: id uuid
-- out: id uuid, version int, title text, note text, place text, zone text, offset text, day text, last_day text, from text, until text, all_day bool, free bool,
-- out: repeat text, rrule text, status text, guests text, intake_id uuid, number int, owner text, local_day date, local_last date, organizer text, asked bool, repeat_until text,
-- out: subject text, task_id uuid, task text
select e.id, e.version::bigint, e.title, e.note, e.place, e.zone, calendar_offset(e.starts_local at time zone e.zone, e.zone), e.starts_local::date::text,
	case when (e.ends_local - interval '1 second')::date > e.starts_local::date then (e.ends_local - case when e.all_day then interval '1 day' else interval '0' end)::date::text end,
	to_char(e.starts_local, 'HH24:MI'), to_char(e.ends_local, 'HH24:MI'), e.all_day, not e.busy, calendar_repeat(e.rule), e.rule, e.status,
	(select string_agg(g.email, E'\n' order by g.email) from calendar_guests g where g.org_id = e.org_id and g.event_id = e.id), e.intake_id,
	(select r.number from intake_requests r where r.org_id = e.org_id and r.id = e.intake_id), m.name, e.starts_local::date, (e.ends_local - interval '1 second')::date, e.organizer,
	e.organizer is not null and e.status <> 'CANCELLED',
	case when calendar_repeat(e.rule) <> 'rule' then calendar_until(e.rule)::text end,
	(select r.subject from intake_requests r where r.org_id = e.org_id and r.id = e.intake_id and fl_can('intake.read')), t.id, t.title
from calendar_events e left join tasks t on t.org_id = e.org_id and t.id = e.task_id left join memberships m on m.org_id = e.org_id and m.user_id = e.owner_id where e.org_id = (select fl_org()) and e.id = $1

-- name: calendar_answers
-- why: who is invited and what they said
-- in: id uuid
-- out: name text, email text, kind text, answer text
select coalesce(m.name, r.name), m.email, p.kind, null from calendar_parties p left join memberships m on m.org_id = p.org_id and m.user_id = p.party_id
	left join resources r on r.org_id = p.org_id and r.id = p.party_id where p.org_id = (select fl_org()) and p.event_id = $1
union all select nullif(g.name, ''), g.email, 'guest', g.answer from calendar_guests g where g.org_id = (select fl_org()) and g.event_id = $1
order by 3 desc, 1, 2

-- name: calendar_reminders
-- why: who is reminded of an event, and when
-- in: id uuid
-- out: at timestamptz, who text, state text, late bool
select r.at, m.name, r.state, r.late from reminders r left join memberships m on m.org_id = r.org_id and m.user_id = r.user_id
where r.org_id = (select fl_org()) and r.state <> 'withdrawn' and r.subject_kind in ('event', 'booking')
	and r.subject_id = any (array(select $1 union all select b.id from bookings b where b.org_id = (select fl_org()) and b.event_id = $1))
	and r.at > now() - interval '2 days'
order by r.at, m.name limit 50

-- name: calendar_of_task
-- why: what is planned for a task
-- in: id uuid
-- out: event_id uuid, event text, starts_at timestamptz
select e.id, e.title, min(o.starts_at) from calendar_events e join calendar_occurrences o on o.org_id = e.org_id and o.event_id = e.id
where e.org_id = (select fl_org()) and e.task_id = $1 and fl_can('calendar.read') group by e.id, e.title order by 3 limit 20

-- name: calendar_dates
-- why: the next occurrences of an event
-- in: id uuid
-- out: at text, starts_at timestamptz, weekday text, number text, month text, clock text, ends_clock text, offset text, moved bool
select to_char(o.original_local, 'YYYY-MM-DD"T"HH24:MI'), o.starts_at, extract(isodow from o.starts_at at time zone e.zone)::text, extract(day from o.starts_at at time zone e.zone)::text,
	extract(month from o.starts_at at time zone e.zone)::text, to_char(o.starts_at at time zone e.zone, 'HH24:MI'), to_char(o.ends_at at time zone e.zone, 'HH24:MI'),
	calendar_offset(o.starts_at, e.zone), c.event_id is not null
from calendar_occurrences o join calendar_events e on e.org_id = o.org_id and e.id = o.event_id
	left join calendar_changes c on c.org_id = o.org_id and c.event_id = o.event_id and c.original_local = o.original_local
where o.org_id = (select fl_org()) and o.event_id = $1 and o.ends_at > now() order by o.starts_at limit 20

-- name: calendar_people
-- why: who can be asked to an event, and whether they are
-- in: id uuid
-- out: user_id uuid, name text, chosen bool
select m.user_id, m.name, exists (select from calendar_parties p where p.org_id = m.org_id and p.event_id = $1 and p.party_id = m.user_id)
from memberships m where m.org_id = (select fl_org()) and m.role in ('owner', 'admin', 'operator', 'pm', 'member') order by m.name, m.user_id

-- name: calendar_resources
-- why: rooms and other things that can be taken, and whether they are
-- in: id uuid
-- out: resource_id uuid, name text, kind text, chosen bool
select r.id, r.name, r.kind, exists (select from calendar_parties p where p.org_id = r.org_id and p.event_id = $1 and p.party_id = r.id)
from resources r where r.org_id = (select fl_org()) and r.active order by r.name, r.id

-- name: calendar_people_new
-- why: who can be asked to a new event: those chosen, at first the reader
-- in: people jsonb
-- out: user_id uuid, name text, chosen bool
select m.user_id, m.name, coalesce($1::jsonb ? m.user_id::text, m.user_id = fl_user())
from memberships m where m.org_id = (select fl_org()) and m.role in ('owner', 'admin', 'operator', 'pm', 'member') order by m.name, m.user_id

-- name: calendar_resources_new
-- why: rooms and other things for a new event
-- in: resources jsonb
-- out: resource_id uuid, name text, kind text, chosen bool
select r.id, r.name, r.kind, coalesce($1::jsonb ? r.id::text, false) from resources r where r.org_id = (select fl_org()) and r.active order by r.name, r.id

-- name: calendar_new
-- why: what the form for a new event begins with
-- in: day date, task uuid
-- out: day text, from text, until text, zone text, offset text, id uuid, title text, task uuid
select coalesce($1, (now() at time zone calendar_zone())::date)::text, '10:00', '11:00', calendar_zone(), calendar_offset(now(), calendar_zone()), null::uuid,
	t.title, t.id from (select) x left join tasks t on t.org_id = (select fl_org()) and t.id = $2

-- name: calendar_save
-- why: makes or changes an event
-- in: id uuid, version text, title text, note text, place text, zone text, day text, from text, last_day text, until text, all_day bool, rule text, dates jsonb,
-- in: people jsonb, resources jsonb, guests text, busy bool, task uuid
-- out: id uuid
select c.id from calendar_save($1, $2::bigint, $3, $4, $5, $6, $7::text::date, $8, $9::text::date, $10, $11, $12, $13, $14, $15, $16, $17) c, lateral calendar_of_task(c.id, $18)

-- name: calendar_do
-- why: cancels an event, leaves out, adds or moves an occurrence
-- effect
-- in: id uuid, version int, what text, at text, day date, from text, until text
-- out: id uuid
select d.id from calendar_do($1, $2, $3, $4, $5, $6, $7) d

-- name: calendar_answer
-- why: answers an invitation of somebody else
-- effect
-- in: id uuid, answer text
-- out: id uuid
select a.id from itip_answer($1, $2) a

-- name: resource_list
-- why: rooms and other things that can be taken
-- out: id uuid, name text, kind text, active bool, taken int
select r.id, r.name, r.kind, r.active, (select count(*) from calendar_claims c where c.org_id = r.org_id and c.party_id = r.id and upper(c.during) > now())
from resources r where r.org_id = (select fl_org()) order by r.name, r.id limit 500

-- name: resource_add
-- why: a new room or other thing
-- effect
-- in: name text, kind text
-- out: id uuid
select a.id from resource_add($1, $2) a

-- name: calendar_series_load
-- why: a series whose dates are to be made
-- in: id uuid
-- out: start text, from text, rule text, version int
select to_char(e.starts_local, 'YYYY-MM-DD"T"HH24:MI'), to_char(greatest(e.starts_local, (now() at time zone e.zone) - interval '31 days'), 'YYYY-MM-DD"T"HH24:MI'), e.rule, e.version::bigint
from calendar_events e where e.org_id = (select fl_org()) and e.id = $1 and e.rule is not null and e.status <> 'CANCELLED'

-- name: calendar_series_keep
-- why: keeps the dates of a series
-- in: id uuid, version int, from text, dates jsonb
-- out: done int
select done from calendar_series_keep($1, $2, $3::text::timestamp, $4)

-- name: sweep_calendar_series
-- why: jobs for the series whose dates end within two years
-- out: done int
select calendar_series_due() as done

-- name: sweep_calendar_remind
-- why: reminders for the events of the next days
-- out: done int
select calendar_remind_sweep() as done

-- name: calendar_import_add
-- why: keeps an iCalendar file to be read
-- in: name text, raw text
-- out: id uuid
select a.id from calendar_import_add($1, $2) a

-- name: calendar_import_load
-- why: an iCalendar file that is to be read
-- in: id uuid
-- out: raw text, since text
select i.raw, to_char(now() - interval '31 days', 'YYYY-MM-DD"T"HH24:MI') from calendar_imports i where i.org_id = (select fl_org()) and i.id = $1 and i.state = 'READING' and i.raw is not null

-- name: calendar_import_read
-- why: keeps what an iCalendar file holds
-- in: id uuid, cal jsonb, dates jsonb
select calendar_import_read($1, $2, $3)

-- name: calendar_import_failed
-- why: why an iCalendar file could not be read
-- in: id uuid, wrong text
select calendar_import_failed($1, $2)

-- name: calendar_import_some
-- why: looks at, or takes, some events of a file
-- in: id uuid
select calendar_import_some($1)

-- name: calendar_imports
-- why: the files of events of who looks, latest first
-- out: id uuid, name text, state text, events int, taken int, created_at timestamptz
select i.id, i.name, i.state, (select count(*) from calendar_import_rows r where r.org_id = i.org_id and r.import_id = i.id),
	(select count(*) from calendar_import_rows r where r.org_id = i.org_id and r.import_id = i.id and r.outcome <> 'skipped'), i.created_at
from calendar_imports i where i.org_id = (select fl_org()) and i.user_id = fl_user() order by i.id desc limit 20

-- name: calendar_import_show
-- why: a file of events: how far it is, and how much of what it would bring
-- in: id uuid
-- out: id uuid, name text, state text, wrong text, more bool, busy bool, fresh int, changed int, same int, left int, broken int, clashing int, taken int, events int, coming int, zone text
select i.id, i.name, i.state, i.wrong, i.more, i.state in ('READING', 'TAKING'), c.fresh, c.changed, c.same, c.other, c.broken, c.clashing, c.taken, c.events, c.fresh + c.changed, calendar_zone()
from calendar_imports i, lateral (select count(*) filter (where r.verdict = 'new') as fresh, count(*) filter (where r.verdict = 'changed') as changed, count(*) filter (where r.verdict = 'same') as same,
		count(*) filter (where r.verdict in ('older', 'cancelled', 'foreign', 'lone')) as other, count(*) filter (where r.verdict = 'broken') as broken,
		count(*) filter (where r.clash is not null) as clashing, count(*) filter (where r.outcome <> 'skipped') as taken, count(*) as events
	from calendar_import_rows r where r.org_id = i.org_id and r.import_id = i.id) c
where i.org_id = (select fl_org()) and i.user_id = fl_user() and i.id = $1

-- name: calendar_import_rows
-- why: the events of a file, each with what becomes of it
-- in: id uuid, after text, limit int
-- out: n int, uid text, title text, starts_at timestamptz, ends_at timestamptz, all_day bool, day text, rule text, moved int, left_out int, verdict text, wrong text, clash text, outcome text, event_id uuid, cursor text
select r.n::bigint, r.uid, r.title, r.starts_at, r.ends_at, r.all_day, to_char(r.starts_at at time zone calendar_zone(), 'YYYY-MM-DD'), nullif(r.events #>> '{0,rule}', ''),
	(select count(*) from jsonb_array_elements(r.events) x where x ? 'recurrence'), coalesce(jsonb_array_length(r.events #> '{0,except}'), 0)::bigint, r.verdict, r.wrong, r.clash, r.outcome,
	case when r.verdict <> 'foreign' then r.event_id end, r.n::text
from calendar_import_rows r join calendar_imports i on i.org_id = r.org_id and i.id = r.import_id and i.user_id = fl_user()
where r.org_id = (select fl_org()) and r.import_id = $1 and r.n > coalesce($2::bigint, -1) order by r.n limit $3

-- name: calendar_import_take
-- why: takes the events of a file
-- effect
-- in: id uuid, clashes text
-- out: id uuid
select t.id from calendar_import_take($1, $2) t
