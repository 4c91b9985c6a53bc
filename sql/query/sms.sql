-- name: sms_take
-- why: begins to send a message
-- in: job uuid, id uuid, to text, body text, gateway bool
-- out: id uuid, peer text, body text, act text, line text, since text, known text
select id, peer, body, act, line, since, known from sms_take($1, $2, $3, $4, $5)

-- name: sms_done
-- why: what came of sending
-- in: id uuid, state text, provider text, error text
select sms_done($1, $2, $3, $4)

-- name: sms_report
-- why: what the gateway says of a message on its way
-- in: provider text, status text, error text, to text
-- out: known int
select sms_report($1, $2, $3, $4)

-- name: sms_receive
-- why: a message that came in
-- in: to text, from text, body text, provider text
-- out: org_id uuid, sms_id uuid, said text
select org_id, sms_id, said from sms_receive($1, $2, $3, $4)

-- name: sms_list
-- why: messages out and in, newest first, with what became of each
-- in: after uuid, limit int
-- out: id uuid, direction text, peer text, body text, state text, error text, tries int, stuck bool, intake_id uuid, at timestamptz, cursor text
select s.id, s.direction, s.peer, s.body, s.state, s.error, s.tries::bigint, s.state in ('held', 'failed', 'undelivered'), s.intake_id, s.created_at, s.id::text
from sms_messages s where s.org_id = (select fl_org()) and s.id < list_after($1::uuid::text) order by s.id desc limit $2

-- name: sms_counts
-- why: how many messages need a person, and how many numbers said stop
-- out: stuck int, stopped int
select (select count(*) from sms_messages s where s.org_id = (select fl_org()) and s.state in ('held', 'failed', 'undelivered')),
	(select count(*) from sms_stops t where t.org_id = (select fl_org()))

-- name: sms_again
-- why: sends a message again that did not arrive
-- effect
-- in: id uuid
-- out: done int
select done from sms_again($1)

-- name: sms_words
-- why: what the house says by text message on its own account: of a reminder, or of a request that has come
-- in: reminder uuid, intake uuid
-- out: peer text, locale text, message text, number int, page text, at_time text, late bool, org_name text, intake_id uuid, heard text
select peer, locale, message, number, page, at_time, late, org_name, intake_id, heard from sms_words($1, $2)

-- name: sms_say
-- why: a text message in the words made for it, once a job
-- in: peer text, body text, dedupe text, intake uuid
-- out: id uuid
select fl_sms($1, $2, $3, $4)
