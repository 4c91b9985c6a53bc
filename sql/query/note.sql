-- name: note_list
-- why: notifications of who asks, unread first, then newest first, with what became of their mail and text message
-- in: after text, limit int
-- out: id uuid, kind text, number int, subject text, body text, path text, unread bool, at timestamptz, mail text, mail_tries int, mail_error text, sms text, sms_tries int, sms_error text,
-- out: waits_until timestamptz, cursor text
select n.id, n.kind, (n.detail ->> 'number')::bigint, n.detail ->> 'subject', n.detail ->> 'body', note_path(n.subject_kind, n.subject_id), n.read_at is null, n.created_at,
	coalesce(e.state, case m.state when 'skipped' then m.reason else m.state end), e.tries::bigint, e.error,
	coalesce(s.state, case t.state when 'skipped' then t.reason else t.state end), s.tries::bigint, s.error,
	case when m.state = 'waiting' then m.due_at when t.state = 'waiting' then t.due_at when m.state = 'digest' then g.digest_at end,
	case when n.read_at is null then '1' else '0' end || n.id
from notifications n left join notification_deliveries m on m.org_id = n.org_id and m.notification_id = n.id and m.channel = 'email'
	left join notification_deliveries t on t.org_id = n.org_id and t.notification_id = n.id and t.channel = 'sms'
	left join email_messages e on e.org_id = n.org_id and e.id = m.email_id left join sms_messages s on s.org_id = n.org_id and s.id = t.sms_id
	left join notification_settings g on g.org_id = n.org_id and g.user_id = n.user_id
where n.org_id = (select fl_org()) and n.user_id = (select fl_user()) and n.shown
	and ($1::text is null or ((n.read_at is null)::int, n.id) < (left($1, 1)::int, substr($1, 2)::uuid))
order by n.read_at is null desc, n.id desc limit $2

-- name: note_counts
-- why: how many notifications who asks has, and how many he has not read
-- out: unread int, kept int
select count(*) filter (where n.read_at is null), count(*) from notifications n where n.org_id = (select fl_org()) and n.user_id = (select fl_user()) and n.shown

-- name: note_read
-- why: marks one notification, or all, as read
-- effect
-- in: id uuid
-- out: done int
select done from note_read($1)

-- name: note_choices
-- why: what who asks wants to hear of, and how
-- out: kind text, in_app bool, email bool, sms bool, urgent bool
select k.kind, coalesce(n.in_app, true), coalesce(n.email, k.by_mail), coalesce(n.sms, false), k.urgent
from notification_kinds k left join notification_preferences n on n.org_id = (select fl_org()) and n.user_id = (select fl_user()) and n.kind = k.kind order by k.n, k.kind

-- name: note_settings
-- why: when who asks is left in peace, when he gets what was gathered, and his number
-- out: quiet_from text, quiet_until text, digest text, digest_hour int, phone text, proved bool, asked bool, zone text, hourly bool, daily bool
select to_char(s.quiet_from, 'HH24:MI'), to_char(s.quiet_until, 'HH24:MI'), coalesce(s.digest, 'off'), coalesce(s.digest_hour, 8)::bigint, s.phone, s.phone_proved_at is not null,
	s.phone is not null and s.phone_proved_at is null, fl_zone(), coalesce(s.digest = 'hourly', false), coalesce(s.digest = 'daily', false)
from (select 1) x left join notification_settings s on s.org_id = (select fl_org()) and s.user_id = (select fl_user())

-- name: note_choose
-- why: changes what who asks wants to hear of, and when
-- effect
-- in: in_app jsonb, email jsonb, sms jsonb, quiet_from text, quiet_until text, digest text, digest_hour int
-- out: done int
select done from note_choose($1, $2, $3, $4, $5, $6, $7)

-- name: note_phone
-- why: a number for text messages; a code is sent to it
-- effect
-- in: phone text
-- out: done int
select done from note_phone($1)

-- name: note_phone_prove
-- why: the code that came with the text message
-- effect
-- in: code text
-- out: said text
select said from note_phone_prove($1)

-- name: note_door
-- why: what the link of a mail leaves
-- in: token text
-- out: kind text, org_name text, gone bool
select kind, org_name, gone from note_door(split_part($1, '.', 1)::uuid, split_part($1, '.', 2)::uuid, split_part($1, '.', 3))

-- name: note_leave
-- why: no more mail of this kind, by the link in one
-- in: token text
-- out: done int
select done from note_leave(split_part($1, '.', 1)::uuid, split_part($1, '.', 2)::uuid, split_part($1, '.', 3))

-- name: note_delivery_load
-- why: a delivery on its way, with what a text message about it says
-- in: id uuid
-- out: channel text, locale text, template text, subject text, number int, path text, clock text, late bool, org_name text
select d.channel, coalesce(note_locale(d.user_id), o.default_language), k.template, coalesce(n.detail ->> 'subject', ''), (n.detail ->> 'number')::bigint, note_path(n.subject_kind, n.subject_id),
	to_char((n.detail ->> 'due_at')::timestamptz at time zone note_zone(d.user_id), 'YYYY-MM-DD HH24:MI'), coalesce((n.detail ->> 'late')::boolean, false), o.name
from notification_deliveries d join notifications n on n.org_id = d.org_id and n.id = d.notification_id join organizations o on o.id = d.org_id
	join notification_kinds k on k.kind = n.kind
where d.org_id = (select fl_org()) and d.id = $1 and d.state = 'waiting'

-- name: note_deliver
-- why: hands a delivery over to mail or text messages
-- in: id uuid, text text
select note_deliver($1, $2)

-- name: sweep_note_digest
-- why: what was gathered for people goes out
-- out: done int
select note_digest_sweep() as done

-- name: sweep_note_forget
-- why: old notifications go
-- out: done int
select note_forget() as done
