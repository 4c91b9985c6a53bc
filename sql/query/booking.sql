-- name: booking_public
-- why: the booking page behind a public key
-- in: zone text
-- out: id uuid, name text, intro text, place text, minutes int, zone text
select p.id, p.name, p.intro, p.place, p.minutes::bigint, case when calendar_is_zone($1) then $1 else p.zone end from booking_pages p
where p.org_id = (select fl_org()) and p.id = nullif(current_setting('app.subject_id', true), '')::uuid and p.active

-- name: booking_days
-- why: the days on which times are free
-- in: day date, zone text
-- out: id text, weekday text, number text, month text, offset text
select day::text, extract(isodow from day)::text, extract(day from day)::text, extract(month from day)::text, calendar_offset(min(starts_at), min(zone))
from booking_offer($1, $2) group by day order by day

-- name: booking_times
-- why: the free times of those days; the first is proposed
-- in: day date, zone text
-- out: day text, start text, clock text, first bool
select day::text, to_char(starts_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:00"Z"'), clock, row_number() over (order by starts_at) = 1 from booking_offer($1, $2) order by starts_at

-- name: booking_later
-- why: from which day to go on looking
-- in: day date, zone text
-- out: day text
select (max(day) + 1)::text from booking_offer($1, $2) having count(*) > 0

-- name: booking_hold
-- why: holds a time for five minutes
-- effect
-- in: start text, zone text, _locale text, _address text
-- out: visit_key text
select h.visit_key from booking_hold(booking_instant($1), $2, $3, $4) h

-- name: visit_show
-- why: a booking for who made it
-- out: id uuid, state text, over bool, name text, intro text, place text, minutes int, weekday text, number text, month text, year text, clock text, ends_clock text, zone text, offset text,
-- out: held_until text, visitor text, email text, phone text, people text, page_key text
select b.id, b.state, b.state = 'HELD' and b.hold_until < now(), p.name, p.intro, p.place, p.minutes::bigint, extract(isodow from x.at)::text, extract(day from x.at)::text,
	extract(month from x.at)::text, extract(year from x.at)::text, to_char(x.at, 'HH24:MI'), to_char(b.ends_at at time zone b.zone, 'HH24:MI'), b.zone, calendar_offset(b.starts_at, b.zone),
	to_char(b.hold_until at time zone b.zone, 'HH24:MI'), b.name, b.email, b.phone,
	(select string_agg(m.name, ', ' order by m.name) from memberships m where m.org_id = b.org_id and m.user_id = any (b.host_ids)), case when p.active then p.public_key end
from bookings b join booking_pages p on p.org_id = b.org_id and p.id = b.page_id, lateral (select b.starts_at at time zone b.zone) x(at)
where b.org_id = (select fl_org()) and b.id = nullif(current_setting('app.subject_id', true), '')::uuid

-- name: visit_confirm
-- why: a held time is booked
-- effect
-- in: name text, email text, phone text, note text, token text
-- out: id uuid
select c.id from visit_confirm($1, $2, $3, $4, $5) c

-- name: visit_cancel
-- why: a booking is cancelled by who made it
-- effect
-- in: token text
-- out: id uuid
select c.id from booking_cancel($1) c

-- name: visit_move
-- why: a booking gets another time
-- effect
-- in: start text, token text
-- out: id uuid
select m.id from booking_move(booking_instant($1), $2) m

-- name: visit_ics
-- why: a confirmed booking as iCalendar
-- out: ics text
select calendar_ics(array[b.event_id], '-infinity', 'PUBLISH') from bookings b
where b.org_id = (select fl_org()) and b.id = nullif(current_setting('app.subject_id', true), '')::uuid and b.state = 'CONFIRMED'

-- name: calendar_feed
-- why: a person's events of the last month and all ahead, as iCalendar
-- out: ics text
select calendar_ics(array(select distinct p.event_id from calendar_parties p where p.org_id = f.org_id and p.party_id = f.user_id), now() - interval '30 days', 'PUBLISH')
from calendar_feeds f where f.org_id = (select fl_org()) and f.id = nullif(current_setting('app.subject_id', true), '')::uuid

-- name: calendar_feed_new
-- why: a new key for one's feed
-- effect
-- out: feed_key text
select f.feed_key from calendar_feed_new() f

-- name: event_ics
-- why: one event as iCalendar
-- in: id uuid
-- out: ics text
select calendar_ics(array[e.id], '-infinity', 'PUBLISH') from calendar_events e where e.org_id = (select fl_org()) and e.id = $1

-- name: booking_list
-- why: booking pages of the organisation
-- in: _url text
-- out: id uuid, name text, minutes int, mode text, active bool, url text, ahead int
select p.id, p.name, p.minutes::bigint, p.mode, p.active, $1::text || '/book/' || p.public_key,
	(select count(*) from bookings b where b.org_id = p.org_id and b.page_id = p.id and b.state = 'CONFIRMED' and b.starts_at > now())
from booking_pages p where p.org_id = (select fl_org()) order by p.active desc, lower(p.name), p.id limit 200

-- name: booking_page_show
-- why: one booking page
-- in: id uuid, _url text
-- out: id uuid, version int, name text, intro text, place text, mode text, minutes int, step int, buffer int, notice int, ahead int, most int, zone text, active bool, by_message bool, url text, listed bool
select p.id, p.version::bigint, p.name, p.intro, p.place, p.mode, p.minutes::bigint, p.step_minutes::bigint, p.buffer_minutes::bigint, p.notice_minutes::bigint, p.ahead_days::bigint,
	p.most_a_day::bigint, p.zone, p.active, p.by_message, $2::text || '/book/' || p.public_key, p.listed
from booking_pages p where p.org_id = (select fl_org()) and p.id = $1

-- name: booking_page_new
-- why: what a new booking page begins with
-- out: mode text, minutes int, step int, buffer int, notice int, ahead int, zone text
select 'one_of', 30::bigint, 30::bigint, 0::bigint, 240::bigint, 30::bigint, o.zone from organizations o where o.id = (select fl_org())

-- name: booking_hosts
-- why: who may be a host of a page, and whether he is
-- in: id uuid
-- out: party_id uuid, name text, chosen bool
select m.user_id, m.name, exists (select from booking_hosts h where h.org_id = m.org_id and h.page_id = $1 and h.party_id = m.user_id)
from memberships m where m.org_id = (select fl_org()) and m.role in ('owner', 'admin', 'operator', 'pm', 'member') order by m.name, m.user_id

-- name: booking_hosts_new
-- why: who may be a host of a new page
-- in: hosts jsonb
-- out: party_id uuid, name text, chosen bool
select m.user_id, m.name, coalesce($1::jsonb ? m.user_id::text, m.user_id = fl_user())
from memberships m where m.org_id = (select fl_org()) and m.role in ('owner', 'admin', 'operator', 'pm', 'member') order by m.name, m.user_id

-- name: booking_things
-- why: what a page may need one of, and whether it does
-- in: id uuid
-- out: party_id uuid, name text, chosen bool
select r.id, r.name, exists (select from booking_hosts h where h.org_id = r.org_id and h.page_id = $1 and h.party_id = r.id)
from resources r where r.org_id = (select fl_org()) and r.active order by r.name, r.id

-- name: booking_things_new
-- why: what a new page may need one of
-- in: resources jsonb
-- out: party_id uuid, name text, chosen bool
select r.id, r.name, coalesce($1::jsonb ? r.id::text, false) from resources r where r.org_id = (select fl_org()) and r.active order by r.name, r.id

-- name: booking_page_save
-- why: makes or changes a booking page
-- effect
-- in: id uuid, version int, name text, intro text, place text, mode text, minutes int, step int, buffer int, notice int, ahead int, most text, zone text, active bool, hosts jsonb, resources jsonb, listed bool
-- out: id uuid
select s.id from booking_page_save($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::bigint, $13, $14, $15, $16) s, lateral booking_page_list(s.id, $17)

-- name: booking_page_add
-- why: makes a booking page
-- effect
-- in: name text, intro text, place text, mode text, minutes int, step int, buffer int, notice int, ahead int, most text, zone text, hosts jsonb, resources jsonb, listed bool
-- out: id uuid
select s.id from booking_page_save(null, null, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10::bigint, $11, true, $12, $13) s, lateral booking_page_list(s.id, $14)

-- name: booking_why
-- why: the rules and busy blocks that take a time away
-- in: id uuid, day date, clock text
-- out: reason text, who text, what text
select w.reason, w.who, w.what from booking_why($1, $2, $3) w where $2 is not null and $3 is not null

-- name: booking_asked
-- why: the time asked about, and whether it is offered
-- in: id uuid, day date, clock text
-- out: asked bool, offered bool, day_text text, clock text
select $2::date is not null and $3::text is not null,
	exists (select from booking_pages p, booking_slots(p.id, $2, $2) s where p.org_id = (select fl_org()) and p.id = $1 and s.starts_at = ($2 + calendar_clock(coalesce($3, ''))) at time zone p.zone),
	$2::date::text, $3::text

-- name: booking_ahead
-- why: bookings ahead of a page
-- in: id uuid
-- out: event_id uuid, name text, email text, whenever text, weekday text, number text, month text, clock text, ends_clock text, offset text
select b.event_id, b.name, b.email, booking_when(b.starts_at, b.ends_at, p.zone), extract(isodow from b.starts_at at time zone p.zone)::text, extract(day from b.starts_at at time zone p.zone)::text,
	extract(month from b.starts_at at time zone p.zone)::text, to_char(b.starts_at at time zone p.zone, 'HH24:MI'), to_char(b.ends_at at time zone p.zone, 'HH24:MI'), calendar_offset(b.starts_at, p.zone) from bookings b join booking_pages p on p.org_id = b.org_id and p.id = b.page_id
where b.org_id = (select fl_org()) and b.page_id = $1 and b.state = 'CONFIRMED' and b.ends_at > now() order by b.starts_at limit 100

-- name: availability_rules
-- why: one's working hours
-- out: id uuid, weekday text, from text, until text
select r.id, r.weekday::text, to_char(make_interval(mins => r.from_minute), 'HH24:MI'), to_char(make_interval(mins => r.until_minute), 'HH24:MI')
from availability_rules r where r.org_id = (select fl_org()) and r.user_id = fl_user() order by r.weekday, r.from_minute

-- name: availability_exceptions
-- why: one's days that are not as their weekday
-- out: id uuid, day text, from text, until text
select x.id, x.day::text, to_char(make_interval(mins => x.from_minute), 'HH24:MI'), to_char(make_interval(mins => x.until_minute), 'HH24:MI')
from availability_exceptions x where x.org_id = (select fl_org()) and x.user_id = fl_user() and x.day >= current_date order by x.day, x.from_minute

-- name: availability_add
-- why: adds working hours of a weekday, or an exception
-- effect
-- in: weekday int, day date, from text, until text, closed bool
-- out: id uuid
select a.id from availability_add($1, $2, $3, $4, $5) a

-- name: availability_remove
-- why: takes working hours or an exception away
-- effect
-- in: id uuid
-- out: id uuid
select r.id from availability_remove($1) r

-- name: calendar_feed_show
-- why: whose feed it is
-- out: name text
select m.name from calendar_feeds f join memberships m on m.org_id = f.org_id and m.user_id = f.user_id
where f.org_id = (select fl_org()) and f.id = nullif(current_setting('app.subject_id', true), '')::uuid

-- name: booking_own
-- why: one's own bookings, what is ahead first
-- out: id uuid, name text, place text, people text, starts_at timestamptz, ends_at timestamptz, state text, ahead bool
select b.id, p.name, p.place, (select string_agg(m.name, ', ' order by m.name) from memberships m where m.org_id = b.org_id and m.user_id = any (b.host_ids)), b.starts_at, b.ends_at, b.state,
	b.state = 'CONFIRMED' and b.starts_at > now()
from booking_own() b join booking_pages p on p.org_id = b.org_id and p.id = b.page_id where b.starts_at > now() - interval '90 days'
order by b.starts_at < now(), abs(extract(epoch from b.starts_at - now())) limit 100

-- name: booking_open
-- why: where a time can be booked
-- out: name text, intro text, minutes int, page_key text
select p.name, p.intro, p.minutes::bigint, p.public_key from booking_pages p where p.org_id = (select fl_org()) and p.active order by lower(p.name), p.id limit 50

-- name: booking_own_cancel
-- why: cancels one of one's own bookings
-- effect
-- in: id uuid
-- out: id uuid
select c.id from booking_own_cancel($1) c

-- name: booking_own_show
-- why: one of one's own bookings that is to be moved; the times offered after it are those of its page
-- in: id uuid
-- out: id uuid, name text, weekday text, number text, month text, clock text, zone text, offset text
select b.id, p.name, extract(isodow from x.at)::text, extract(day from x.at)::text, extract(month from x.at)::text, to_char(x.at, 'HH24:MI'), b.zone, calendar_offset(b.starts_at, b.zone)
from booking_own_pick($1) k join bookings b on b.org_id = (select fl_org()) and b.id = k.id join booking_pages p on p.org_id = b.org_id and p.id = b.page_id,
	lateral (select b.starts_at at time zone b.zone) x(at)

-- name: booking_own_move
-- why: one of one's own bookings gets another time
-- effect
-- in: id uuid, start text
-- out: id uuid
select m.id from booking_own_move($1, booking_instant($2)) m

-- name: booking_beside
-- why: what else can be booked at this organisation
-- out: name text, minutes int, path text, first bool
select p.name, p.minutes::bigint, '/book/' || p.public_key, row_number() over (order by lower(p.name), p.id) = 1 from booking_pages p
where p.org_id = (select fl_org()) and p.active and p.listed and p.id <> nullif(current_setting('app.subject_id', true), '')::uuid order by lower(p.name), p.id limit 50
