-- name: sync_list
-- why: the calendars elsewhere of who looks, with the state and last run of each
-- out: id uuid, kind text, name text, place text, state text, error text, last_run_at timestamptz, last_ok_at timestamptz, busy int, good bool, copies int, both bool, told bool
select l.id, l.kind, l.name, l.place, l.state, l.error, l.last_run_at, l.last_ok_at,
	(select count(*) from calendar_busy b where b.org_id = l.org_id and b.link_id = l.id and upper(b.during) > now()), l.state = 'ok',
	(select count(*) from calendar_copies c where c.org_id = l.org_id and c.link_id = l.id), l.kind <> 'ics',
	coalesce(l.channel_until > now(), false)
from calendar_links l where l.org_id = (select fl_org()) and l.user_id = fl_user() order by l.id

-- name: sync_add
-- why: connects a calendar elsewhere
-- in: kind text, name text, place text, secret bytea
-- out: id uuid
select a.id from sync_add($1, $2, $3, $4) a

-- name: sync_now
-- why: looks into a calendar elsewhere now
-- effect
-- in: id uuid
-- out: id uuid
select n.id from sync_now($1) n

-- name: sync_remove
-- why: disconnects a calendar elsewhere
-- effect
-- in: id uuid
-- out: id uuid
select r.id from sync_remove($1) r

-- name: sync_load
-- why: a calendar elsewhere that is to be looked into
-- in: id uuid
-- out: secret bytea, etag text, since text
select l.secret, l.etag, to_char(now() - interval '31 days', 'YYYY-MM-DD"T"HH24:MI') from calendar_links l where l.org_id = (select fl_org()) and l.id = $1

-- name: sync_busy_keep
-- why: keeps what a calendar elsewhere says is busy
-- in: id uuid, etag text, cal jsonb, dates jsonb
select sync_busy_keep($1, $2, $3, $4)

-- name: sync_unchanged
-- why: a calendar elsewhere is as it was
-- in: id uuid
select sync_unchanged($1)

-- name: sync_failed
-- why: why a calendar elsewhere could not be read
-- in: id uuid, state text, error text
select sync_failed($1, $2, $3)

-- name: sweep_sync
-- why: jobs for the calendars elsewhere that are due
-- out: done int
select sync_due() as done

-- name: sync_choices
-- why: the calendars found at an address that waits for a choice
-- out: link_id uuid, href text, name text
select l.id, c ->> 'href', coalesce(nullif(c ->> 'name', ''), c ->> 'href') from calendar_links l, jsonb_array_elements(l.choices) c
where l.org_id = (select fl_org()) and l.user_id = fl_user() and l.state = 'choose' order by l.id, 3

-- name: sync_choose
-- why: chooses the calendar to keep in step with
-- effect
-- in: id uuid, href text
-- out: id uuid
select c.id from sync_choose($1, $2) c

-- name: dav_load
-- why: a CalDAV calendar that is to be kept in step
-- in: id uuid
-- out: secret bytea, collection text, token text
select l.secret, l.collection, l.sync_token from calendar_links l where l.org_id = (select fl_org()) and l.id = $1 and l.kind = 'caldav'

-- name: dav_copies
-- why: what is known of the events there
-- in: id uuid
-- out: href text, etag text
select c.href, c.etag from calendar_copies c where c.org_id = (select fl_org()) and c.link_id = $1 order by c.href

-- name: dav_outgoing
-- why: what is to go there
-- in: id uuid
-- out: event_id uuid, act text, href text, etag text, version int, ics text
select o.event_id, o.act, o.href, o.etag, o.version::bigint, o.ics from sync_outgoing($1) o

-- name: dav_found
-- why: keeps the calendars found at an address
-- in: id uuid, choices jsonb
select sync_found($1, $2)

-- name: dav_keep
-- why: keeps what a run brought and took
-- in: id uuid, run jsonb
-- out: done int
select done from sync_dav_keep($1, $2)

-- name: google_load
-- why: a Google calendar that is to be kept in step
-- in: id uuid
-- out: secret bytea, collection text, token text, since text, watch bool, channel text, resource text
select l.secret, l.collection, l.sync_token, to_char(now() at time zone 'UTC' - interval '30 days', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
	coalesce(l.channel_until < now() + interval '1 day', true) and coalesce(l.channel_tried_at < now() - interval '6 hours', true),
	case when l.channel_until > now() then l.channel_id::text end, l.channel_resource
from calendar_links l where l.org_id = (select fl_org()) and l.id = $1 and l.kind = 'google'

-- name: google_outgoing
-- why: what is to go to Google
-- in: id uuid
-- out: event_id uuid, act text, href text, etag text, version int, own text, uid text, body jsonb, moved jsonb
select o.event_id, o.act, o.href, o.etag, o.version::bigint, o.own, o.uid, o.body, o.moved from sync_google_outgoing($1) o

-- name: google_token
-- why: keeps the token a code was exchanged for
-- in: id uuid, secret bytea
select sync_google_token($1, $2)

-- name: google_keep
-- why: keeps what a run with Google brought and took
-- in: id uuid, run jsonb
-- out: done int
select done from sync_google_keep($1, $2)

-- name: google_channel
-- why: keeps the channel by which Google says that a calendar changed, or why there is none
-- in: id uuid, channel uuid, resource text, until_ms int, error text
select sync_google_channel($1, $2, $3, to_timestamp(nullif($4::bigint, 0) / 1000.0), $5)

-- name: google_pushed
-- why: something changed in the calendar of a channel
-- in: channel uuid
-- out: id uuid
select p.id from sync_google_pushed($1) p
