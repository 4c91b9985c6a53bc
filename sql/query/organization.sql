-- name: member_list
-- why: the people of the organisation
-- out: id uuid, name text, email text, role text, scopes text, joined_at timestamptz, self bool, avatar text
select m.user_id, m.name, m.email, m.role, scope_words(m.user_id, 'all'),
	m.created_at, m.user_id = fl_user(), m.avatar
from memberships m where m.org_id = (select fl_org()) order by lower(m.name), m.user_id

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
-- in: id uuid, scopes text, pipelines jsonb, teams jsonb, clients text
-- out: id uuid
select r.id from member_scopes($1, scope_text($2, $3, $4, $5)) r

-- name: member_areas
-- why: pipelines and teams, and which of them a member is in charge of
-- in: id uuid
-- out: kind text, area_id uuid, area text, chosen bool
select x.kind, x.id, x.name, exists (select from scope_grants g where g.org_id = (select fl_org()) and g.user_id = $1 and g.scope = x.kind || '.' || x.id)
from (select 'pipeline' as kind, p.id, p.name, p.position from pipelines p where p.org_id = (select fl_org()) and p.archived_at is null
	union all select 'team', t.id, t.name, 0 from teams t where t.org_id = (select fl_org())) x order by x.kind, x.position, x.name, x.id

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
