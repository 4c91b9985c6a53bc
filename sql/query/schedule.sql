-- name: schedule_text
-- why: the text of a request with the wall clock of its organisation when it was written
-- in: intake_id uuid
-- out: text text, locale text, zone text, now_s int
select r.subject || E'\n' || r.body, r.locale, o.zone, floor(extract(epoch from r.created_at at time zone o.zone))::bigint
from intake_requests r join organizations o on o.id = r.org_id where r.org_id = (select fl_org()) and r.id = $1

-- name: schedule_keep
-- why: keeps the times read from a request
-- in: intake_id uuid, readings jsonb
-- out: done int
select done from schedule_keep($1, $2)

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
from schedule_readings s join intake_requests r on r.org_id = s.org_id and r.id = s.intake_id where s.org_id = (select fl_org()) and s.intake_id = $1 order by s.n
