-- name: schedule_text
-- why: what a requester wrote, with the wall clock of its organisation then, and where the talk about it stands
-- in: intake_id uuid, message_id uuid
-- out: text text, locale text, zone text, now_s int, turns int
select case when m.id is null then r.subject || E'\n' || r.body else m.body end, r.locale, coalesce(p.zone, o.zone),
	floor(extract(epoch from coalesce(m.created_at, r.created_at) at time zone coalesce(p.zone, o.zone)))::bigint, coalesce(t.turns, 0)::bigint
from intake_requests r join organizations o on o.id = r.org_id left join intake_messages m on m.org_id = r.org_id and m.intake_id = r.id and m.id = $2
	left join schedule_talks t on t.org_id = r.org_id and t.intake_id = r.id
	left join booking_pages p on p.org_id = r.org_id and p.id = coalesce(t.page_id, schedule_page(r.subject || ' ' || r.body))
where r.org_id = (select fl_org()) and r.id = $1 and ($2::uuid is null or m.id is not null)

-- name: schedule_turn
-- why: does what a message of a talk asks for, once
-- in: intake_id uuid, message_id uuid, seen int, understood jsonb
-- out: done int
select done from schedule_turn($1, $2, $3, $4)

-- name: schedule_answer
-- why: what a turn is to be answered with
-- in: intake_id uuid, n int
-- out: language text, say text, zone text, page text, place text, has_slot bool, slot_weekday text, slot_number text, slot_month text, slot_clock text, slot_ends text, slot_offset text
select t.language, s.say, p.zone, p.name, p.place, s.slot is not null, extract(isodow from x.at)::text, extract(day from x.at)::text, extract(month from x.at)::text,
	to_char(x.at, 'HH24:MI'), to_char(x.at + make_interval(mins => coalesce(s.minutes, p.minutes)), 'HH24:MI'), calendar_offset(s.slot, p.zone)
from schedule_turns s join schedule_talks t on t.org_id = s.org_id and t.intake_id = s.intake_id join booking_pages p on p.org_id = t.org_id and p.id = t.page_id,
	lateral (select s.slot at time zone p.zone) x(at)
where s.org_id = (select fl_org()) and s.intake_id = $1 and s.n = $2 and s.answered_at is null and s.say is not null

-- name: schedule_offers
-- why: the times a turn offers, in their order
-- in: intake_id uuid, n int
-- out: weekday text, number text, month text, clock text, ends text, offset text
select extract(isodow from x.at)::text, extract(day from x.at)::text, extract(month from x.at)::text, to_char(x.at, 'HH24:MI'),
	to_char(x.at + make_interval(mins => coalesce(s.minutes, p.minutes)), 'HH24:MI'), calendar_offset(o.at, p.zone)
from schedule_turns s join schedule_talks t on t.org_id = s.org_id and t.intake_id = s.intake_id join booking_pages p on p.org_id = t.org_id and p.id = t.page_id,
	unnest(s.offers) with ordinality o(at, n), lateral (select o.at at time zone p.zone) x(at)
where s.org_id = (select fl_org()) and s.intake_id = $1 and s.n = $2 order by o.n

-- name: schedule_say
-- why: sends the answer of a turn, once
-- in: intake_id uuid, n int, text text
-- out: done int
select done from schedule_say($1, $2, $3)

-- name: schedule_talk
-- why: the turns of a talk about a meeting, with where it stands
-- in: id uuid
-- out: n int, act text, say text, at timestamptz, sure_pct int, decision_id uuid, undoable bool, undone bool, first bool, last bool,
-- out: state text, page text, page_id uuid, event_id uuid, starts_at timestamptz, zone text, zone_offset text
select s.n::bigint, s.act, s.say, s.created_at, round(s.confidence * 100)::bigint, s.decision_id, d.state = 'AUTO_EXECUTED', d.state = 'ROLLED_BACK', s.n = 1, s.n = t.turns,
	t.state, p.name, p.id, b.event_id, b.starts_at, p.zone, calendar_offset(b.starts_at, p.zone)
from schedule_talks t join schedule_turns s on s.org_id = t.org_id and s.intake_id = t.intake_id join booking_pages p on p.org_id = t.org_id and p.id = t.page_id
	left join bookings b on b.org_id = t.org_id and b.id = t.booking_id and b.state = 'CONFIRMED' left join agent_decisions d on d.org_id = s.org_id and d.id = s.decision_id
where t.org_id = (select fl_org()) and t.intake_id = $1 order by s.n

-- name: booking_by_message
-- why: messages may book on a page, or not
-- effect
-- in: id uuid, on bool
-- out: id uuid
select id from booking_by_message($1, $2)

-- name: schedule_of_intake
-- why: the times a request asks for, whether who looks is free then, and the event made of it
-- in: id uuid
-- out: n int, phrase text, starts_at timestamptz, ends_at timestamptz, zone text, zone_offset text, day text, from_text text, until_text text, timed bool
-- out: doubt text, unclear bool, busy bool, event_id uuid, first bool, last bool
select s.n::bigint, s.phrase, s.starts_local at time zone s.zone, s.ends_local at time zone s.zone, s.zone,
	calendar_offset(s.starts_local at time zone s.zone, s.zone), to_char(s.starts_local, 'YYYY-MM-DD'),
	to_char(s.starts_local, 'HH24:MI'), to_char(s.ends_local, 'HH24:MI'), s.timed, s.doubt, s.doubt <> 'clear',
	s.timed and exists (select from calendar_claims c where c.org_id = s.org_id and c.party_id = (select fl_user())
		and c.during && tstzrange(s.starts_local at time zone s.zone, s.ends_local at time zone s.zone)),
	(select e.id from calendar_occurrences o join calendar_events e on e.org_id = o.org_id and e.id = o.event_id
		where o.org_id = s.org_id and o.starts_at = s.starts_local at time zone s.zone and e.status <> 'CANCELLED' and starts_with(e.title, 'REQ-' || r.number || ' ') limit 1),
	s.n = 1, s.n = max(s.n) over ()
from schedule_readings s join intake_requests r on r.org_id = s.org_id and r.id = s.intake_id where s.org_id = (select fl_org()) and s.intake_id = $1
	and not exists (select from schedule_talks t where t.org_id = s.org_id and t.intake_id = s.intake_id and t.state <> 'NEEDS_REVIEW') order by s.n

-- name: schedule_message
-- why: a message of somebody who wants a meeting, by the door of the scheduling agent
-- in: channel text, subject text, text text, name text, email text, phone text, intake_id uuid, locale text
-- out: id uuid, number int, status text
select m.id, m.number, m.status from schedule_message($1, $2, $3, $4, $5, $6, $7, $8) m

-- name: schedule_task
-- why: how far a meeting asked for by message is
-- in: id uuid
-- out: id uuid, number int, status text, task_type text, language text, minutes int, page text, confidence float, booking_id uuid, starts_at timestamptz, ends_at timestamptz, zone text
select r.id, r.number, coalesce(t.state, 'PENDING'), coalesce(t.task_type, 'SCHEDULE_MEETING'), coalesce(t.language, left(r.locale, 2)), t.minutes::bigint, p.name,
	(select s.confidence from schedule_turns s where s.org_id = r.org_id and s.intake_id = r.id order by s.n desc limit 1), b.id, b.starts_at, b.ends_at, coalesce(b.zone, p.zone)
from intake_requests r left join schedule_talks t on t.org_id = r.org_id and t.intake_id = r.id left join booking_pages p on p.org_id = r.org_id and p.id = t.page_id
	left join bookings b on b.org_id = r.org_id and b.id = t.booking_id and b.state = 'CONFIRMED'
where r.org_id = (select fl_org()) and r.id = $1

-- name: schedule_turns
-- why: what each message of it was taken for
-- in: id uuid
-- out: n int, act text, say text, slot timestamptz, minutes int, offers jsonb, understood jsonb, confidence float, answered_at timestamptz, created_at timestamptz
select s.n::bigint, s.act, s.say, s.slot, s.minutes::bigint, to_jsonb(s.offers), s.understood, s.confidence, s.answered_at, s.created_at
from schedule_turns s where s.org_id = (select fl_org()) and s.intake_id = $1 order by s.n limit 200

-- name: schedule_messages
-- why: what was said, in its order
-- in: id uuid
-- out: direction text, author text, body text, at timestamptz
select m.direction, m.author_name, m.body, m.created_at from intake_messages m where m.org_id = (select fl_org()) and m.intake_id = $1 and m.direction in ('in', 'out') order by m.created_at limit 200
