-- name: privacy_export_part
-- why: the next part of an export
-- in: order_id uuid
-- out: n int, name text, org text, was text, at text, seen int, rows int, over bool, lines text
select * from privacy_export_part($1)

-- name: privacy_exported
-- why: notes the parts that were written; the next job follows
-- in: order_id uuid, parts jsonb
select privacy_exported($1, $2)

-- name: privacy_pack
-- why: what goes into an archive
-- in: order_id uuid
-- out: subject text, subject_id uuid, made_at timestamptz, name text, rows int, parts text, left_out text, org_id uuid, hash text
select * from privacy_pack($1)

-- name: privacy_packed
-- why: an archive is ready
-- in: order_id uuid, size int, hash text
select privacy_packed($1, $2, $3)

-- name: privacy_dead
-- why: an order could not be carried out
-- in: order_id uuid
select privacy_dead($1)

-- name: privacy_tidy
-- why: files to remove
-- in: order_id uuid
-- out: path text
select * from privacy_tidy($1)

-- name: privacy_tidied
-- why: these files are gone
-- in: paths jsonb
select privacy_tidied($1)

-- name: sweep_privacy
-- why: archives go after a week
-- out: done int
select sweep_privacy() as done

-- name: privacy_mine
-- why: orders about the account of who asks
-- out: id uuid, what text, subject text, state text, created_at timestamptz, begins_at timestamptz, ended_at timestamptz, expires_at timestamptz, size_bytes int, hash text, steps int, steps_done int, rows int, contact text
select s.id, s.what, s.subject, s.state, s.created_at, s.begins_at, s.ended_at, s.expires_at, s.size_bytes, s.hash, s.steps, s.steps_done, s.rows, s.contact
from privacy_seen('person') s

-- name: privacy_org
-- why: orders about the organisation and its contacts
-- out: id uuid, what text, subject text, state text, created_at timestamptz, begins_at timestamptz, ended_at timestamptz, expires_at timestamptz, size_bytes int, hash text, steps int, steps_done int, rows int, contact text
select s.id, s.what, s.subject, s.state, s.created_at, s.begins_at, s.ended_at, s.expires_at, s.size_bytes, s.hash, s.steps, s.steps_done, s.rows, s.contact
from privacy_seen('organization') s

-- name: privacy_contact
-- why: whom an export or erasure would be about
-- in: id uuid
-- out: id uuid, name text, typed text, documents int
select c.id, coalesce(nullif(c.name, ''), c.email, c.phone, ''), coalesce(c.email, nullif(c.name, ''), c.phone, ''), 0::bigint from contacts c
where c.org_id = (select fl_org()) and c.id = $1

-- name: privacy_of_contact
-- why: orders about one contact
-- in: id uuid
-- out: id uuid, what text, subject text, state text, created_at timestamptz, begins_at timestamptz, ended_at timestamptz, expires_at timestamptz, size_bytes int, hash text, steps int, steps_done int, rows int, contact text
select s.id, s.what, s.subject, s.state, s.created_at, s.begins_at, s.ended_at, s.expires_at, s.size_bytes, s.hash, s.steps, s.steps_done, s.rows, s.contact
from privacy_seen('organization') s where s.subject = 'contact' and s.subject_id = $1

-- name: privacy_show
-- why: how far one order is
-- in: id uuid
-- out: id uuid, what text, subject text, state text, created_at timestamptz, ended_at timestamptz, expires_at timestamptz, size_bytes int, hash text, steps int, steps_done int, rows int
select s.id, s.what, s.subject, s.state, s.created_at, s.ended_at, s.expires_at, s.size_bytes, s.hash, s.steps, s.steps_done, s.rows
from privacy_seen('organization') s where s.id = $1

-- name: privacy_export_me
-- why: asks for an archive of one's own data
-- effect
-- in: _token_hash bytea
-- out: id uuid
select r.id from privacy_export_me($1) r

-- name: privacy_export_org
-- why: asks for an archive of the organisation
-- effect
-- in: _token_hash bytea
-- out: id uuid
select r.id from privacy_export_org($1) r

-- name: privacy_export_contact
-- why: asks for an archive of what is kept of a contact
-- effect
-- in: id uuid
-- out: id uuid
select r.id from privacy_export_contact($1) r

-- name: privacy_link
-- why: a link to an archive for a quarter of an hour
-- effect
-- in: id uuid
-- out: id uuid, token text, until timestamptz
select r.id, r.token, r.until from privacy_link($1, 'organization') r

-- name: privacy_link_me
-- why: a link to one's own archive for a quarter of an hour
-- effect
-- in: id uuid
-- out: id uuid, token text, until timestamptz
select r.id, r.token, r.until from privacy_link($1, 'person') r

-- name: privacy_fetch
-- why: the archive a link opens
-- in: token text
-- out: id uuid, subject text, created_at timestamptz
select * from privacy_fetch($1)

-- name: ctl_privacy_export
-- why: fairlead export: asks for an archive
-- in: org text, email text
-- out: id uuid
select ctl_privacy_export($1, $2)

-- name: ctl_privacy_look
-- why: fairlead export: how far it is
-- in: id uuid
-- out: state text, steps int, done int, rows int, hash text
select * from ctl_privacy_look($1)
