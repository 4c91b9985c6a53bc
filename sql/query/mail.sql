-- name: email_load
-- why: mails to send, each with its job and what its template shows; one that another job of them sends already is on its way
-- in: ids text, jobs text
-- out: job_id uuid, id uuid, to_email text, to_name text, locale text, template text, message_id text, in_reply_to text, reference_ids text, automatic bool,
-- out: state text, created_at timestamptz, org_name text, zone text, reply_address text, plus bool, number int, subject text, body text, author text,
-- out: status_key text, path text, quote text, ics text, method text, cut int, org_id uuid, user_id text, kind text, due timestamptz, late bool, items jsonb, box_address text, dates text, logo text, handed bool, rule text, note text
select a.job_id, e.id, e.to_email, e.to_name, e.locale, e.template, e.message_id, e.in_reply_to, e.reference_ids, e.automatic, case when a.turn > 1 then 'sending' else e.state end, e.created_at, o.name, coalesce(note_zone((e.data ->> 'user_id')::uuid), o.zone),
	b.address, coalesce(b.plus, false), coalesce((e.data ->> 'number')::bigint, e.number), coalesce(e.data ->> 'subject', r.subject), e.data ->> 'body',
	e.data ->> 'author', e.data ->> 'status_key', coalesce('/visit/' || (e.data ->> 'visit_key'), e.data ->> 'path'), case when e.template = 'reply' then left(r.body, 4000) end, e.data ->> 'ics', case when e.template like '%-off' then 'CANCEL' when e.template = 'event-reply' then 'REPLY' else 'REQUEST' end,
	(select count(*) from job_attempts t where t.org_id = e.org_id and t.job_id = a.job_id
		and t.outcome in ('killed', 'timeout', 'lost')),
	e.org_id, e.data ->> 'user_id', e.data ->> 'kind', (e.data ->> 'when')::timestamptz, coalesce((e.data ->> 'late')::boolean, false), e.data -> 'items',
	(select x.address from mailboxes x where x.org_id = e.org_id and x.active order by x.created_at limit 1),
	fl_dates((e.data ->> 'user_id')::uuid), o.logo_key,
	exists (select from job_attempts t where t.org_id = e.org_id and t.job_id = a.job_id and right(t.error, 48) = 'handed over ' || t.job_id),
	e.data ->> 'rule', nullif(e.data ->> 'note', '')
from (select u.id, u.job_id, row_number() over (partition by u.id order by u.n) as turn from unnest($1::uuid[], $2::uuid[]) with ordinality u(id, job_id, n)) a
	cross join lateral (select m.* from email_messages m where m.org_id = (select fl_org()) and m.id = a.id offset 0) e -- each by its key
	join organizations o on o.id = e.org_id
	left join intake_requests r on r.org_id = e.org_id and r.id = e.intake_id
	left join mailboxes b on b.org_id = e.org_id and b.id = case when e.intake_id is not null then mail_box_of(e.intake_id) end

-- name: email_sent_all
-- why: mails that went, or are held; each with its job and state
-- in: ids text, jobs text, states text
select mail_sent_all($1::uuid[], $2::uuid[], $3::text[])

-- name: email_failed
-- why: a mail that failed for good
-- in: id uuid, error text
select mail_failed($1, $2)

-- name: email_again
-- why: a held or failed mail goes again
-- effect
-- in: id uuid
-- out: done int
select done from mail_send_again($1)

-- name: email_again_all
-- why: all held and failed mail goes again
-- effect
-- out: done int
select done from mail_send_again(null)

-- name: mail_stops
-- why: addresses that get no mail, newest first
-- out: id uuid, email text, status text, reason text, at timestamptz
select s.id, s.email, s.status, s.reason, s.created_at from mail_stops s where s.org_id = (select fl_org()) order by s.id desc limit 200

-- name: mail_stop_lift
-- why: an address is good after all
-- effect
-- in: id uuid
-- out: id uuid
select l.id from mail_stop_lift($1) l

-- name: mail_of_contact
-- why: what was sent to a contact, newest first, and what became of it
-- in: id uuid
-- out: way text, id uuid, what text, state text, tries int, error text, number int, intake_id uuid, at timestamptz, sent_at timestamptz
select x.way, x.id, x.what, x.state, x.tries, x.error, x.number, x.intake_id, x.at, x.sent_at from (
	select 'email' as way, e.id, e.template as what, e.state, e.tries::bigint as tries, e.error, e.number, e.intake_id, e.created_at as at, e.sent_at
	from contacts c join email_messages e on e.org_id = c.org_id and e.to_email = lower(c.email) where c.org_id = (select fl_org()) and c.id = $1
	union all
	select 'sms', m.id, left(m.body, 80), m.state, m.tries, m.error, null, m.intake_id, m.created_at, null
	from contacts c join sms_messages m on m.org_id = c.org_id and m.peer = regexp_replace(c.phone, '[^+0-9]', '', 'g') and m.direction = 'out'
	where c.org_id = (select fl_org()) and c.id = $1
) x order by x.at desc, x.id desc limit 50

-- name: email_stuck
-- why: mail that did not go out, newest first, and whether its address gets any
-- out: id uuid, to_email text, template text, state text, error text, intake_id uuid, number int, at timestamptz, no_mail bool
select e.id, e.to_email, e.template, e.state, e.error, e.intake_id, e.number, e.created_at,
	exists (select from mail_stops s where s.org_id = e.org_id and s.email = e.to_email) from email_messages e
where e.org_id = (select fl_org()) and e.state in ('held', 'failed', 'bounced', 'stopped') order by e.id desc limit 100

-- name: mailbox_list
-- why: the mailboxes of the organisation
-- out: id uuid, name text, address text, imap_url text, active bool, last_polled_at timestamptz, last_error text, mails int
select b.id, b.name, b.address, b.imap_url, b.active, b.last_polled_at, b.last_error,
	(select count(*) from mail_raw w where w.org_id = b.org_id and w.mailbox_id = b.id and w.created_at > now() - interval '1 day')
from mailboxes b where b.org_id = (select fl_org()) order by b.name, b.id

-- name: mailbox_show
-- why: one mailbox
-- in: id uuid
-- out: id uuid, name text, address text, imap_url text, imap_user text, has_password bool, plus bool, active bool, last_polled_at timestamptz, last_error text
select b.id, b.name, b.address, b.imap_url, b.imap_user, b.imap_password is not null, b.plus, b.active, b.last_polled_at, b.last_error
from mailboxes b where b.org_id = (select fl_org()) and b.id = $1

-- name: mailbox_save
-- why: makes or changes a mailbox
-- in: id uuid, name text, address text, imap_url text, imap_user text, imap_password bytea, plus bool, active bool
-- out: id uuid
select s.id from mailbox_save($1, $2, $3, $4, $5, $6, $7, $8) s

-- name: mailbox_poll
-- why: looks into a mailbox now
-- effect
-- in: id uuid
-- out: id uuid
select p.id from mail_poll_now($1) p

-- name: mail_odd
-- why: mail that could not be read or was put aside, newest first
-- in: state text, after text, limit int
-- out: id uuid, state text, reason text, mailbox text, size int, intake_id uuid, number int, at timestamptz, cursor text
select w.id, w.state, w.reason, b.address, length(w.raw)::bigint, w.intake_id, r.number, w.created_at, w.id::text
from mail_raw w left join mailboxes b on b.org_id = w.org_id and b.id = w.mailbox_id left join intake_requests r on r.org_id = w.org_id and r.id = w.intake_id
where w.org_id = (select fl_org()) and w.state in ('failed', 'ignored') and ($1::text is null or w.state = $1) and w.id < list_after($2::text)
order by w.id desc limit $3

-- name: mail_replay
-- why: a failed or ignored mail is read again
-- effect
-- in: id uuid
-- out: id uuid
select p.id from mail_replay($1) p

-- name: mail_ignore
-- why: a failed mail is put aside
-- effect
-- in: id uuid
-- out: id uuid
select p.id from mail_ignore($1) p

-- name: mail_receive
-- why: fairlead mail receive: keeps a mail for the organisation that has the address
-- in: address text, dedupe text, raw bytea
-- out: org_id uuid, mail_id uuid
select org_id, mail_id from mail_receive($1, $2, $3)

-- name: mail_box_load
-- why: how to reach a mailbox
-- in: id uuid
-- out: id uuid, address text, imap_url text, imap_user text, imap_password bytea, active bool
select b.id, b.address, b.imap_url, b.imap_user, b.imap_password, b.active from mailboxes b where b.org_id = (select fl_org()) and b.id = $1

-- name: mail_store
-- why: keeps a mail as it came, once
-- in: mailbox_id uuid, dedupe text, raw bytea
-- out: id uuid
select mail_store($1, $2, $3)

-- name: mail_stored
-- why: a poll is done; what it stored is to be marked as seen
-- in: mailbox_id uuid, uids text, more bool
select mail_stored($1, $2, $3)

-- name: mail_polled
-- why: notes how a poll ended
-- in: mailbox_id uuid, error text
select mail_polled($1, $2)

-- name: mail_poll_next
-- why: looks into a mailbox again, there was more
-- in: mailbox_id uuid
select p.id from mail_poll_now($1) p

-- name: mail_raw_load
-- why: a mail as it came, while nobody has read it
-- in: id uuid
-- out: id uuid, raw bytea, state text
select w.id, w.raw, w.state from mail_raw w where w.org_id = (select fl_org()) and w.id = $1

-- name: mail_take
-- why: a mail that was read finds its place
-- in: id uuid, mail jsonb, sender text, own text, number text, forced bool
select mail_take($1, $2, $3, $4, $5::text::bigint, $6)

-- name: mail_report
-- why: a report of delivery says what became of mail of ours
-- in: id uuid, report jsonb
-- out: ours bool
select mail_report($1, $2)

-- name: mail_unread
-- why: a mail that could not be read is kept and listed
-- in: id uuid, why text
select mail_unread($1, $2)

-- name: sweep_mail_poll
-- why: a poll for each mailbox
-- out: done int
select mail_poll_due() as done

-- name: mail_counts
-- why: how many mailboxes, odd mails and mails that did not go out; whether one of these could
-- out: boxes int, odd int, stuck int, stops int, unsent bool
select (select count(*) from mailboxes b where b.org_id = (select fl_org())),
	(select count(*) from (select from mail_raw w where w.org_id = (select fl_org()) and w.state in ('failed', 'ignored') limit 1000) x),
	(select count(*) from (select from email_messages e where e.org_id = (select fl_org()) and e.state in ('held', 'failed', 'bounced', 'stopped') limit 1000) x),
	(select count(*) from mail_stops s where s.org_id = (select fl_org())),
	exists (select from email_messages e where e.org_id = (select fl_org()) and e.state in ('held', 'failed')
		and not exists (select from mail_stops s where s.org_id = e.org_id and s.email = e.to_email))
