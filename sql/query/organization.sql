-- name: member_list
-- why: the people of the organisation, by name
-- in: after text, limit int
-- out: id uuid, name text, email text, role text, scopes text, joined_at timestamptz, self bool, avatar text, cursor text
select m.user_id, m.name, m.email, m.role, scope_words(m.user_id, 'all'),
	m.created_at, m.user_id = fl_user(), m.avatar, x.place
from memberships m, lateral (select lower(m.name) || ' ' || m.user_id as place) x
where m.org_id = (select fl_org()) and x.place > coalesce($1, '') order by x.place limit $2

-- name: member_show
-- why: one member
-- in: id uuid
-- out: id uuid, name text, email text, role text, scopes text, clients text, joined_at timestamptz, self bool, last_owner bool
select m.user_id, m.name, m.email, m.role, scope_words(m.user_id, 'named'), scope_words(m.user_id, 'client'),
	m.created_at, m.user_id = fl_user(),
	m.role = 'owner' and not exists (select from memberships x where x.org_id = m.org_id and x.role = 'owner' and x.user_id <> m.user_id)
from memberships m where m.org_id = (select fl_org()) and m.user_id = $1

-- name: member_history
-- why: what was done to a member's rights, newest first
-- in: id uuid
-- out: at timestamptz, action text, was text, role text, author text
select a.at, a.action, a.detail ->> 'was', a.detail ->> 'role', m.name
from audit_log a left join memberships m on m.org_id = a.org_id and m.user_id = a.actor_id
where a.org_id = (select fl_org()) and a.subject_id = $1 and a.action in ('member.add', 'member.join', 'member.role', 'member.scopes')
order by a.id desc limit 20

-- name: invitation_list
-- why: invitations that wait
-- out: id uuid, email text, role text, expires_at timestamptz, expired bool, invited_by text, state text
select i.id, i.email, i.role, i.expires_at, i.expires_at < now(), m.name,
	(select e.state from email_messages e where e.org_id = i.org_id and e.template = 'invite' and e.to_email = i.email order by e.id desc limit 1)
from organization_invitations i left join memberships m on m.org_id = i.org_id and m.user_id = i.invited_by
where i.org_id = (select fl_org()) and i.ended_at is null order by i.created_at desc limit 200

-- name: member_invite
-- why: invites an address with a role
-- effect
-- in: email text, role text
-- out: id uuid, expires_at timestamptz
select id, expires_at from member_invite($1, $2)

-- name: invitation_revoke
-- why: takes an invitation back
-- effect
-- in: id uuid
-- out: id uuid
select r.id from invitation_revoke($1) r

-- name: member_role
-- why: gives a member another role
-- effect
-- in: id uuid, role text
-- out: id uuid
select r.id from member_role($1, $2) r

-- name: member_scopes
-- why: says what a member is in charge of
-- effect
-- in: id uuid, scopes text, areas jsonb, pipelines jsonb, teams jsonb, clients text
-- out: id uuid
select r.id from member_scopes($1, scope_text($2, $3, $4, $5, $6)) r

-- name: member_areas
-- why: areas, pipelines and teams, and which of them a member is in charge of
-- in: id uuid
-- out: kind text, area_id uuid, area text, scope text, part bool, first bool, last bool, chosen bool
select x.kind, x.id, x.name, x.scope, x.part, lag(x.kind) over w is distinct from x.kind, lead(x.kind) over w is distinct from x.kind, exists (select from scope_grants g where g.org_id = (select fl_org()) and g.user_id = $1 and g.scope = x.scope)
from (select 'area' as kind, null::uuid as id, a.name, a.scope, a.kind = 'subcategory' as part, a.area as above, 0 as position from scope_areas() a
	union all select 'pipeline', p.id, p.name, 'pipeline.' || p.id, false, '', p.position from pipelines p where p.org_id = (select fl_org()) and p.archived_at is null
	union all select 'team', t.id, t.name, 'team.' || t.id, false, '', 0 from teams t where t.org_id = (select fl_org())) x window w as (order by x.kind, x.above, x.part, x.position, x.name, x.id) order by x.kind, x.above, x.part, x.position, x.name, x.id

-- name: member_remove
-- why: removes a member
-- effect
-- in: id uuid
-- out: id uuid
select r.id from member_remove($1) r

-- name: invitation_show
-- why: the invitation a link opens
-- out: id uuid, email text, role text, org_name text, invited_by text, expires_at timestamptz, known bool
select * from invitation_show()

-- name: invitation_look
-- why: whether a link is good, before a password is hashed
-- in: token_hash bytea
-- out: email text, known bool
select * from invitation_look($1)

-- name: invitation_accept
-- why: the invited person joins
-- in: name text, password text
-- out: id uuid, email text
select * from invitation_accept($1, $2)

-- name: welcome_show
-- why: the first-run wizard as it stands for who asks
-- out: step text, name text, email text, phone text, org_name text, industry text, size text, language text, zone text, currency text
select * from welcome_show()

-- name: welcome_profile
-- why: the wizard's first step
-- effect
-- in: name text, phone text
-- out: id uuid
select r.id from welcome_profile($1, $2) r

-- name: organization_found
-- why: makes an organisation; who asks owns it
-- effect
-- in: _token_hash bytea, org_name text, industry text, size text
-- out: org_id uuid, slug text, name text
select * from organization_found($1, $2, $3, $4)

-- name: organization_show
-- why: the organisation's own data
-- out: id uuid, slug text, name text, industry text, size text, billing_email text, plan text, language text, zone text, currency text, date_format text
select o.id, o.slug, o.name, o.industry, o.size, o.billing_email, o.plan, o.default_language, o.zone, o.currency, o.date_format
from organizations o where o.id = (select fl_org())

-- name: organization_save
-- why: changes the organisation's own data
-- effect
-- in: name text, industry text, size text, billing_email text
-- out: id uuid
select r.id from organization_save($1, $2, $3, null, $4) r

-- name: organization_region
-- why: changes language, zone and currency of the organisation
-- effect
-- in: language text, zone text, currency text, date_format text
-- out: id uuid
select r.id from organization_region($1, $2, $3, $4) r

-- name: company_show
-- why: what the business says of itself; a row even before it said anything
-- out: summary text, offer text, customers text, tone text, facts text, updated_at timestamptz
select coalesce(c.summary, ''), coalesce(c.offer, ''), coalesce(c.customers, ''), coalesce(c.tone, ''), coalesce(c.facts, ''), c.updated_at
from organizations o left join company_profiles c on c.org_id = o.id where o.id = (select fl_org())

-- name: company_save
-- why: keeps what the business says of itself
-- effect
-- in: summary text, offer text, customers text, tone text, facts text
-- out: id uuid
select r.id from company_save($1, $2, $3, $4, $5) r

-- name: organization_logo
-- why: takes a picture as the logo
-- in: document uuid
-- out: id uuid
select l.id from organization_logo($1) l

-- name: organization_logo_off
-- why: no logo any more
-- effect
-- out: id uuid
select l.id from organization_logo(null) l

-- name: organization_logo_state
-- why: the logo and whether it is read; no row when there is none
-- out: key text, file text, ready bool
select * from organization_logo_state()

-- name: logo_show
-- why: where the drawing of a logo lies
-- in: key text
-- out: org_id uuid, hash text
select * from logo_show($1)

-- name: organization_usage
-- why: what the organisation uses of its plan
-- out: people int, requests int, month int, documents int, bytes int, keys int
select (select count(*) from memberships m where m.org_id = o.id), (select count(*) from intake_requests r where r.org_id = o.id),
	(select count(*) from intake_requests r where r.org_id = o.id and r.created_at >= date_trunc('month', now())),
	(select count(*) from documents d where d.org_id = o.id), (select coalesce(sum(d.size_bytes), 0)::bigint from documents d where d.org_id = o.id),
	(select count(*) from api_keys k where k.org_id = o.id and k.revoked_at is null)
from (select fl_org() as id) o

-- name: integration_list
-- why: what the organisation is connected to, with state, last use and last error; one row without a name for a kind of which there is none
-- in: facts jsonb
-- out: kind text, name text, state text, used_at timestamptz, error text, path text
with found as (
	select 'webhook' as kind, w.name, case when w.active then 'on' else 'off' end as state,
		(select max(r.created_at) from webhook_receipts r where r.org_id = w.org_id and r.source_id = w.id) as used_at, null as error, '/channels/webhooks/' || w.id as path
	from webhook_sources w where w.org_id = (select fl_org())
	union all
	select 'hook', h.name, case when not h.active then 'off' when h.failing then 'failing' else 'on' end,
		(select max(p.sent_at) from hook_posts p where p.org_id = h.org_id and p.hook_id = h.id),
		(select p.error from hook_posts p where p.org_id = h.org_id and p.hook_id = h.id and p.error is not null and p.state <> 'sent' order by p.id desc limit 1),
		'/channels/hooks/' || h.id
	from hooks h where h.org_id = (select fl_org())
	union all
	select 'mailbox', b.address, case when not b.active then 'off' when b.last_error is not null then 'failing' else 'on' end,
		coalesce((select max(r.created_at) from mail_raw r where r.org_id = b.org_id and r.mailbox_id = b.id), b.last_polled_at), b.last_error, '/channels/mail/' || b.id
	from mailboxes b where b.org_id = (select fl_org())
	union all
	select 'calendar', m.name, case when l.state in ('ok') then 'on' when l.state in ('new', 'choose', 'waiting') then 'waiting' else 'failing' end, l.last_ok_at, l.error,
		case when l.user_id = fl_user() then '/calendar/links' end
	from calendar_links l left join memberships m on m.org_id = l.org_id and m.user_id = l.user_id where l.org_id = (select fl_org())
	union all
	select 'key', k.name, case when k.state = 'live' then 'on' else 'expired' end, k.used_at, null, '/settings/keys' from key_list(null, 100) k where k.state <> 'ended'
	union all
	select 'provider', p.label, 'on', p.used_at, null, '/settings/identities' from integration_providers() p
	union all
	select 'model', 'Anthropic', d.state, (select max(c.created_at) from llm_calls c where c.org_id = (select fl_org()) and c.provider = 'anthropic'),
		(select c.error from llm_calls c where c.org_id = (select fl_org()) and c.provider = 'anthropic' and c.status = 'error' and c.created_at > now() - interval '7 days' order by c.id desc limit 1), null
	from health_list($1) d where d.name = 'anthropic' and d.state <> 'off'
	union all
	select 'model', 'OpenAI', d.state, (select max(c.created_at) from llm_calls c where c.org_id = (select fl_org()) and c.provider = 'openai'),
		(select c.error from llm_calls c where c.org_id = (select fl_org()) and c.provider = 'openai' and c.status = 'error' and c.created_at > now() - interval '7 days' order by c.id desc limit 1), null
	from health_list($1) d where d.name = 'openai' and d.state <> 'off'
	union all
	select 'smtp', 'SMTP', d.state, (select max(e.sent_at) from email_messages e where e.org_id = (select fl_org())),
		(select e.error from email_messages e where e.org_id = (select fl_org()) and e.state in ('held', 'failed') and e.error is not null order by e.id desc limit 1), '/channels/mail'
	from health_list($1) d where d.name = 'smtp' and d.state <> 'off'
	union all
	select 'sms', 'Twilio', d.state, (select max(s.updated_at) from sms_messages s where s.org_id = (select fl_org()) and s.state in ('sent', 'delivered', 'received')),
		(select s.error from sms_messages s where s.org_id = (select fl_org()) and s.state in ('failed', 'undelivered', 'held') and s.error is not null order by s.id desc limit 1), '/channels/sms'
	from health_list($1) d where d.name = 'sms' and d.state <> 'off'
	union all
	select 'store', 'S3', d.state, null, null, null from health_list($1) d where d.name = 's3' and d.state <> 'off'
	union all
	select 'vectors', 'Qdrant', d.state, (select max(v.updated_at) from vector_copies v where v.org_id = (select fl_org()) and v.store = 'qdrant'), null, null
	from health_list($1) d where d.name = 'qdrant' and d.state <> 'off'
	union all
	select 'scanner', 'ClamAV', d.state, (select max(s.created_at) from documents s where s.org_id = (select fl_org()) and s.scan in ('clean', 'infected')), null, null
	from health_list($1) d where d.name = 'clamd' and d.state <> 'off')
select k.kind, f.name, case f.state when 'ok' then 'on' when 'away' then 'failing' when 'unknown' then 'waiting' else coalesce(f.state, k.state) end, f.used_at, f.error,
	case when f.name is null then k.add else f.path end
from (values (1, 'webhook', 'none', '/channels/webhooks/new'), (2, 'hook', 'none', '/channels/hooks/new'), (3, 'mailbox', 'none', '/channels/mail/new'),
	(4, 'calendar', 'none', '/calendar/links'), (5, 'key', 'none', '/settings/keys/new'), (6, 'provider', 'none', null), (7, 'model', 'own', null), (8, 'smtp', 'none', null),
	(9, 'sms', 'none', null), (10, 'store', 'own', null), (11, 'vectors', 'own', null), (12, 'scanner', 'none', null)) k (n, kind, state, add)
left join found f on f.kind = k.kind order by k.n, lower(f.name) limit 500

-- name: reminder_choices
-- why: how long before something people can be reminded, in minutes, and which of these the organisation chose
-- out: minutes int, days int, chosen bool
select c.m::bigint, case when c.m % 1440 = 0 then c.m / 1440 end::bigint, c.m in (select fl_remind_minutes()) from (select unnest(array[10080, 2880, 1440, 240, 60, 30, 15, 5]) union select fl_remind_minutes()) c(m) order by c.m desc

-- name: reminder_rules
-- why: whether what comes in is acknowledged
-- out: acknowledge bool
select coalesce(o.settings ->> 'acknowledge', 'on') <> 'off' from organizations o where o.id = (select fl_org())

-- name: organization_reminders
-- why: changes when people are reminded, and whether what comes in is acknowledged
-- effect
-- in: remind jsonb, acknowledge bool
-- out: id uuid
select r.id from organization_reminders($1, $2) r
