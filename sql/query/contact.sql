-- name: contact_list
-- why: people who asked, latest first; q looks in name, address, phone and company
-- in: q text, after uuid, limit int
-- out: id uuid, name text, email text, phone text, company text, requests int, open int, last_at timestamptz, cursor text
select c.id, c.name, c.email, c.phone, c.company, coalesce(k.n, 0), coalesce(k.open, 0), k.last_at, c.id::text
from contacts c left join lateral (select count(*) as n, count(*) filter (where r.status not in ('CLOSED', 'REJECTED')) as open, max(r.created_at) as last_at
	from intake_requests r where r.org_id = (select fl_org()) and r.contact_id = c.id) k on true
where c.org_id = (select fl_org()) and c.id < list_after($2::uuid::text)
	and case when $1::text is null then true else contact_has(c.name, c.email, c.phone, c.company, $1) end
order by c.id desc limit $3

-- name: contact_count
-- why: whether there are contacts at all, for the kind of empty page
-- in: q text
-- out: any_ever bool, q text
select exists (select from contacts c where c.org_id = (select fl_org())), $1::text

-- name: contact_show
-- why: one contact
-- in: id uuid
-- out: id uuid, name text, email text, phone text, company text, notes text, created_at timestamptz, title_name text, version int
select c.id, c.name, c.email, c.phone, c.company, c.notes, c.created_at, coalesce(nullif(c.name, ''), c.email, c.phone, ''), c.version::bigint from contacts c
where c.org_id = (select fl_org()) and c.id = $1

-- name: contact_requests
-- why: what a contact asked, newest first
-- in: id uuid
-- out: id uuid, number int, subject text, status text, channel text, pipeline text, created_at timestamptz
select r.id, r.number, r.subject, r.status, r.channel, p.name, r.created_at
from intake_requests r left join pipelines p on p.org_id = (select fl_org()) and p.id = r.pipeline_id
where r.org_id = (select fl_org()) and r.contact_id = $1 order by r.id desc limit 100

-- name: contact_leads
-- why: leads of a contact
-- in: id uuid
-- out: id uuid, title text, status text, intake_id uuid, created_at timestamptz
select l.id, l.title, l.status, l.intake_id, l.created_at from leads l where l.org_id = (select fl_org()) and l.contact_id = $1 order by l.id desc limit 50

-- name: contact_add
-- why: makes a contact by hand
-- effect
-- in: name text, email text, phone text, company text, notes text
-- out: id uuid
select contact_set(null, null, $1, $2, $3, $4, $5)

-- name: contact_set
-- why: changes a contact
-- effect
-- in: id uuid, version text, name text, email text, phone text, company text, notes text
-- out: id uuid
select c from contact_set($1, $2::bigint, $3, $4, $5, $6, $7) c where c is not null

-- name: contact_import
-- why: contacts and leads from a table
-- effect
-- in: rows jsonb
-- out: made int, known int, left_out int, lines text
select made, known, left_out, lines from contact_import($1)

-- name: contact_imported
-- why: what came of a table that was just sent, as its address says
-- in: made int, known int, left_out int, lines text
-- out: made int, known int, left_out int, lines text
select $1::bigint, $2::bigint, $3::bigint, $4::text where $1::bigint >= 0

-- name: contact_imported_not
-- why: the same page when a table was refused
-- out: made int, known int, left_out int, lines text
select 0::bigint, 0::bigint, 0::bigint, ''::text where false
